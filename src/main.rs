//! The binary: everything is in the library, so that tests reach it.

use std::process::ExitCode;

/// Answers are many small strings that die together; mimalloc is faster at that than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mostrador::cli::run(std::env::args_os())
}
