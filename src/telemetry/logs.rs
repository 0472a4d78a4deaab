//! Structured logs on standard error.
//!
//! Standard output belongs to the commands (`schema` prints the SDL, `token` a token).

use std::io::{IsTerminal, stderr};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use super::json_line::JsonLine;

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people: one line of `key=value`, coloured on a terminal.
    Text,
    /// For collectors: one JSON object per line.
    Json,
}

/// Parses a filter in the syntax of `tracing-subscriber`: `info`, `warn,mostrador=debug`, ….
///
/// # Errors
/// Names the first directive that cannot be read.
pub fn parse_filter(text: &str) -> Result<EnvFilter, String> {
    EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).parse(text).map_err(|error| error.to_string())
}

/// Starts logging for the whole process. A second call (tests) changes nothing.
pub fn start(format: LogFormat, filter: EnvFilter) {
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(stderr().is_terminal());
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.event_format(JsonLine).try_init(),
    };
    // The only error is that logging has been started already.
    drop(started);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_checked() {
        for good in ["info", "warn,mostrador=debug", "mostrador::request=info"] {
            assert!(parse_filter(good).is_ok(), "{good}");
        }
        assert!(parse_filter("mostrador=loud").is_err());
    }
}
