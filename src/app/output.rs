//! Standard output: what a command was asked for, and nothing else. Logs go to standard error.

use std::io::{self, Write};

use super::failure::Failure;

/// Prints a text as it is. A reader who has seen enough (`mostrador schema | head`) is no failure;
/// `println!` would panic then.
///
/// # Errors
/// When the text cannot be written for another reason, such as a full disk.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::because("could not write to standard output", &error)),
        Ok(()) => Ok(()),
    }
}
