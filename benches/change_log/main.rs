//! What the change log costs writers, and how soon readers get what was written.
//!
//! `cargo bench --bench change_log` starts a PostgreSQL of its own (fsync on), loads the demo data, and lets 32 writers
//! write for a moment at a time, in turns: without the log's triggers, and with them while rounds are taken and the log of
//! all tenants is read, as on a node of the gateway. The machine's moods hit both alike, because turns are short and many
//! and each is compared with the one beside it. It fails when less than 0.8 of the throughput of any kind of write
//! is left in the middle one of the pairs of turns.
//! Afterwards a single writer on an idle machine shows how long a change takes from its commit to a reader. `--turns`,
//! `--seconds`, `--writers` change the sizes, `--load` chooses among the writes; `--quick` is a small run.

#[path = "../sign_in_flood/client.rs"]
mod http;
#[path = "../latency/node.rs"]
mod node;
#[path = "../operations/spread.rs"]
mod spread;
mod stage;
mod writers;

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;

use self::spread::{middle, spread};
use self::stage::Stage;
use self::writers::{Load, Written};

/// Whatever goes wrong ends the run with its message.
type Failure = Box<dyn Error + Send + Sync>;

/// What everything here returns.
type Outcome<T> = Result<T, Failure>;

/// What must be left of the throughput.
const BAR: f64 = 0.8;

#[derive(Parser)]
struct Options {
    /// How often each side has its turn, for each kind of write.
    #[arg(long, default_value = "24")]
    turns: usize,
    /// How long a turn takes, in seconds.
    #[arg(long, default_value = "1.5")]
    seconds: f64,
    /// Connections that write.
    #[arg(long, default_value = "32")]
    writers: usize,
    /// Only the kinds of writes in whose names this stands.
    #[arg(long, default_value = "")]
    load: String,
    /// Four turns.
    #[arg(long)]
    quick: bool,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = Stage::server().and_then(|server| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(run(&options, server))
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("change_log: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options, server: mostrador::postgres::Server) -> Outcome<bool> {
    let turns = if options.quick { 4 } else { options.turns };
    let turn = Duration::try_from_secs_f64(options.seconds)?;
    let loads: Vec<Load> = Load::ALL.into_iter().filter(|load| load.name().contains(&options.load)).collect();
    if loads.is_empty() {
        return Err(format!("there is no kind of write with {:?} in its name", options.load).into());
    }
    let stage = Stage::set(server, options.writers).await?;
    let mut passed = true;
    println!("PostgreSQL {}, fsync on, {} writers, {turns} turns of {turn:?} each", stage.version(), options.writers);
    println!(
        "{:<34} {:>12} {:>12} {:>17} {:>14} {:>14} {:>7} {:>10}",
        "write", "without/s", "with/s", "ratio (of pairs)", "ms CPU without", "ms CPU with", "rounds", "changes"
    );
    for load in loads {
        // Plans and caches as on a machine that has run for a while.
        stage.logged(true).await?;
        writers::run(&stage, load, options.writers, Duration::from_secs(3)).await?;
        let (mut without, mut with, mut ratios) = (Written::default(), Written::default(), Vec::new());
        for number in 0..turns {
            let mut pair = [0.0; 2];
            // Who begins changes: the second of a pair meets a table that has grown.
            for is_logged in [number % 2 == 0, number % 2 != 0] {
                stage.logged(is_logged).await?;
                // Each connection plans anew what it writes to a table whose triggers were switched: this is no write.
                writers::run(&stage, load, options.writers, turn / 3).await?;
                let written = writers::run(&stage, load, options.writers, turn).await?;
                pair[usize::from(is_logged)] = written.per_second();
                if is_logged { with.add(written) } else { without.add(written) }
            }
            ratios.push(pair[1] / pair[0]);
        }
        // The middle of the pairs: where the machine did something else during one turn, it was one pair.
        passed &= middle(&ratios) >= BAR;
        println!(
            "{:<34} {:>12.0} {:>12.0} {:>17} {:>14.3} {:>14.3} {:>7} {:>10}",
            load.name(),
            without.per_second(),
            with.per_second(),
            spread(&ratios),
            without.cpu_each(),
            with.cpu_each(),
            with.rounds,
            with.changes
        );
    }
    stage.logged(true).await?;
    let mut delays = writers::delays(&stage, if options.quick { 100 } else { 1_000 }).await?;
    delays.sort_unstable();
    let at = |share: f64| delays[((delays.len() - 1) as f64 * share) as usize];
    println!("\nfrom commit to reader, one write at a time: p50 {:?}, p99 {:?}, most {:?}", at(0.5), at(0.99), at(1.0));
    println!("{}", if passed { "passed" } else { "FAILED: less than 0.8 of the throughput is left" });
    Ok(passed)
}

/// How long something took.
fn since(start: Instant) -> Duration {
    start.elapsed()
}
