//! Why a command failed: one line for the person at the terminal, and an exit code.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::postgres::LaunchError;

/// The end of a command that did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A setting is wrong: exit code 2.
    Configuration(String),
    /// Everything else: exit code 1.
    Runtime(String),
}

impl Failure {
    /// Says what was attempted, and why it failed down to the last cause.
    pub fn because(attempt: impl fmt::Display, error: &(dyn Error + 'static)) -> Self {
        Self::Runtime(format!("{attempt}: {}", chain(error)))
    }

    /// The exit code of the process.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Configuration(_) => 2,
            Self::Runtime(_) => 1,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(message) | Self::Runtime(message) => formatter.write_str(message),
        }
    }
}

impl Error for Failure {}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Configuration(error.to_string())
    }
}

impl From<LaunchError> for Failure {
    fn from(error: LaunchError) -> Self {
        Self::Runtime(chain(&error))
    }
}

/// An error and its causes in one line. A cause that its effect has quoted already is left out.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let sentence = error.to_string();
        if !text.contains(&sentence) {
            text = format!("{text}: {sentence}");
        }
        cause = error.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);

    impl fmt::Display for Layer {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str(self.0)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|layer| layer as _)
        }
    }

    #[test]
    fn a_failure_is_one_line_with_every_cause_once() {
        let error = Layer(
            "cannot connect: refused",
            Some(Box::new(Layer("refused", Some(Box::new(Layer("code\n111", None)))))),
        );
        assert_eq!(
            Failure::because("could not start", &error),
            Failure::Runtime("could not start: cannot connect: refused: code 111".into())
        );
    }
}
