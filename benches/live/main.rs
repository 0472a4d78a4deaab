//! What live connections cost: memory of idle ones, the time of one event to all, statements that follow from watchers.
//!
//! `cargo bench --bench live` starts an embedded PostgreSQL with the demo data, the gateway's own binary, and a bare
//! server to compare with: axum's WebSockets and one broadcast channel, without GraphQL, tokens, a log or a database.
//! One event reaches the watchers of both in turns and within one run, so that what else the machine does, and what this
//! program takes to read ten thousand sockets, hits both alike. Trust the ratios.
//!
//! It needs two open files per watcher: the soft limit is raised to the hard one. Linux only: it reads `/proc`.

mod bare;
mod crowd;
mod database;
mod fan_out;
mod memory;
mod options;
mod servers;
mod swarm;
mod writer;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use self::options::{Command, Options};

/// The gateway's allocator, for the bare server as well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Whatever goes wrong ends the run with its message.
type Failure = Box<dyn Error + Send + Sync>;

/// What everything here returns.
type Outcome<T> = Result<T, Failure>;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = raise_limit(options.watchers).and_then(|()| match &options.command {
        Some(Command::Bare { listen }) => bare::serve(*listen),
        None => run(&options),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("live: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The servers inherit the limit.
fn raise_limit(watchers: usize) -> Outcome<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    if hard < watchers as u64 + 500 {
        return Err(format!("{watchers} watchers need more than the {hard} files that may be open (ulimit -Hn)").into());
    }
    Ok(())
}

fn run(options: &Options) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let database = database::open().await?;
        let servers = servers::start(&database, options).await?;
        let mut report = String::new();
        if options.wants("memory") {
            report += &memory::measure(&database, &servers.gateway, options).await?;
        }
        if options.wants("fan-out") {
            report += &fan_out::measure(&database, &servers, options).await?;
        }
        if options.wants("crowd") {
            report += &crowd::measure(&database, &servers.gateway, options).await?;
        }
        println!("\n{report}");
        Ok(())
    })
}
