//! Standard output: what a command was asked for, and nothing else. Logs and remarks go to standard error.

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

/// Tells the person at the terminal something beside what was asked for. Nothing secret: it may be kept with the logs.
pub(super) fn remark(text: &str) {
    // Whoever closed standard error does not want to read it.
    drop(writeln!(io::stderr().lock(), "{text}"));
}
