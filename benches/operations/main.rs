//! What the gateway costs, beside the cheapest server that gives the same answers.
//!
//! `cargo bench --bench operations` starts an embedded PostgreSQL with the demo data at scale 20, the gateway's own
//! binary, and a baseline: axum that answers each operation with one hand-written, prepared `json_build_object`
//! statement, without GraphQL, tokens and row-level security. Both get the same requests over HTTP, in turns and within
//! one run, so that what else the machine does hits both alike. Trust the ratios and the processor time per request,
//! not the absolute figures.
//!
//! The loaded cluster is kept under `target/tmp`; every run works on a copy. Linux only: it reads `/proc`.

mod baseline;
mod compare;
mod cpu;
mod database;
mod http;
mod load;
mod operation;
mod options;
mod report;
mod servers;
mod spread;
mod variants;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use self::options::{Command, Options, Side};
use self::report::{Round, Row};
use self::variants::Setup;

/// The gateway's allocator, for the baseline as well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Whatever goes wrong ends the run with its message.
type Failure = Box<dyn Error + Send + Sync>;

/// What everything here returns.
type Outcome<T> = Result<T, Failure>;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match &options.command {
        Some(Command::Baseline { listen, database_url }) => baseline::serve(*listen, database_url),
        None => run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("operations: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprint!(": {error}");
                cause = error.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rows = runtime.block_on(measure(options))?;
    println!("\n{}", report::table(&rows, options.other()));
    Ok(())
}

/// Runs everything; the servers end with the values that stand for them.
async fn measure(options: &Options) -> Outcome<Vec<Row>> {
    let database = database::open(options).await?;
    let servers = servers::start(&database, options).await?;
    let postmaster = cpu::postmaster(&database.superuser).await?;
    eprintln!(
        "gateway: pid {} on {}; {}: pid {} on {}; PostgreSQL {}: pid {postmaster}; {} connections",
        servers.gateway.pid(),
        servers.gateway.address,
        options.other(),
        servers.other.pid(),
        servers.other.address,
        database.version(),
        options.connections
    );
    let mut setup = Setup::new(&database.superuser, &servers).await?;
    let mut rows = Vec::new();
    for operation in operation::ALL {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == operation.name) {
            continue;
        }
        let variants = (operation.variants)(&mut setup).await?;
        let requests = variants::requests(operation, &variants, &setup, &servers, options)?;
        let answers = compare::check(operation, &requests, &servers).await?;
        eprintln!(
            "{}: {} variants; both answer the same in {} of them",
            operation.name,
            variants.len(),
            answers.compared
        );
        let mut rounds = Vec::new();
        for number in 0..options.rounds {
            // A new connection of the pool prepares its statements once, so the first warm-up is the longest.
            let warm_up = if number == 0 { options.first_warm_up() } else { options.warm_up() };
            let drive = |side: Side| {
                let (server, requests) = match side {
                    Side::Gateway => (&servers.gateway, &requests.gateway),
                    Side::Other => (&servers.other, &requests.other),
                };
                let load = load::Load { connections: options.connections, warm_up, length: options.length() };
                load.drive(server, requests, postmaster)
            };
            // Every other round the other way round, so that neither always follows the other.
            let (gateway, other) = match options.side {
                Some(Side::Gateway) => (Some(drive(Side::Gateway)?), None),
                Some(Side::Other) => (None, Some(drive(Side::Other)?)),
                None if number % 2 == 0 => (Some(drive(Side::Gateway)?), Some(drive(Side::Other)?)),
                None => {
                    let other = drive(Side::Other)?;
                    (Some(drive(Side::Gateway)?), Some(other))
                }
            };
            let round = Round { gateway, other };
            eprintln!("  round {}: {round}", number + 1);
            rounds.push(round);
        }
        rows.push(Row { title: operation.title, bar: operation.bar, bytes: answers.bytes, rounds });
    }
    Ok(rows)
}
