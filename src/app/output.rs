//! Standard output: what a command was asked for, and nothing else. Logs go to standard error.

use std::io::{self, Write};

use super::failure::Failure;

/// Prints a text as it is.
///
/// # Errors
/// When nobody reads any more. `println!` would panic then.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::because("could not write to standard output", &error))
}
