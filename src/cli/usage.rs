//! Reports a command line or an environment that cannot be understood: in one line that names the
//! variable, and never with the value of a secret in it.

use std::error::Error;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The exit code of a wrong setting.
const WRONG_SETTING: u8 = 2;

/// Prints help and versions as asked, and anything else as one line on standard error.
pub(super) fn report(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Whoever closed our standard output does not want to read it.
        drop(error.print());
        return ExitCode::SUCCESS;
    }
    eprintln!("mostrador: {}", line(error));
    ExitCode::from(WRONG_SETTING)
}

/// What is wrong, in one line.
pub(super) fn line(error: &clap::Error) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    // `--pool-size <POOL_SIZE>`: the flag, then the variable, which clap derives from one name.
    let argument = context(ContextKind::InvalidArg).map(|argument| {
        match argument.split_once(" <").and_then(|(flag, name)| Some((flag, name.strip_suffix('>')?))) {
            Some((flag, name)) => format!("{name} ({flag})"),
            None => argument.to_owned(),
        }
    });
    match (error.kind(), argument) {
        // The message of one of our parsers: the end of a sentence.
        (ErrorKind::ValueValidation, Some(argument)) => match error.source() {
            Some(problem) => format!("{argument} {problem}"),
            None => format!("{argument} has a wrong value"),
        },
        // One of a few words, so nothing secret.
        (ErrorKind::InvalidValue, Some(argument)) => {
            let value = context(ContextKind::InvalidValue).unwrap_or_default();
            match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(words)) if !words.is_empty() => {
                    format!("{argument} must be {}, not {value:?}", words.join(" or "))
                }
                _ => format!("{argument} has no value"),
            }
        }
        _ => first_line(&error.to_string()),
    }
}

/// clap's own message without its advice: `error: unexpected argument '--x' found`.
fn first_line(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let sentence = text.split("\n\n").next().unwrap_or(text);
    let sentence = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{sentence} (see mostrador --help)")
}
