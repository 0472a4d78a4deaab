//! The command line: reads it, starts logging and the runtime, and runs one command.
//!
//! One file per command, with its arguments; what a command does is in `app`.

mod demo;
mod doctor;
mod migrate;
mod platform;
mod rotate_keys;
mod schema;
mod serve;
mod tenant;
mod token;
mod usage;
mod work;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::Failure;
use crate::app::serve::LAST_WORD;
use crate::config::Config;
use crate::telemetry::logs;

/// One GraphQL API for everything that happens at the front desk of a business that sells cars or homes.
#[derive(Debug, Parser)]
#[command(name = "mostrador", version, after_help = "Without a command, serve runs.")]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    config: Config,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API (the default)
    Serve(serve::Serve),
    /// Do background work: jobs, mails, cleaning up
    Work(work::Work),
    /// Bring the database to the version of this binary
    Migrate(migrate::Migrate),
    /// Make the platform's tenant and somebody who runs it, and print a link to set the password
    Platform(platform::Platform),
    /// Make a business, and print the invitation of its first administrator
    Tenant(tenant::Tenant),
    /// Load the demo data
    Demo(demo::Demo),
    /// Print the GraphQL schema
    Schema(schema::Schema),
    /// Print an access token for a user
    Token(token::Token),
    /// Seal every secret in the database with the current key, and prove that all of them open
    RotateKeys(rotate_keys::RotateKeys),
    /// Say what is wrong with this installation
    Doctor(doctor::Doctor),
}

impl Default for Command {
    fn default() -> Self {
        Self::Serve(serve::Serve::default())
    }
}

/// Runs the program with these arguments, the first being its own name.
///
/// Exit codes: 0 when all went well, 1 when something failed, 2 when a setting is wrong.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error),
    };
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("mostrador: {failure}");
            failure.exit_code()
        }
    }
}

fn execute(cli: Cli) -> Result<(), Failure> {
    let Cli { command, config } = cli;
    let filter =
        logs::parse_filter(&config.log_level).map_err(|error| Failure::Configuration(format!("LOG_LEVEL: {error}")))?;
    logs::start(config.log_format, filter);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::because("could not start the runtime", &error))?;
    let result = runtime.block_on(async {
        match command.unwrap_or_default() {
            Command::Serve(serve) => serve.run(&config).await,
            Command::Work(work) => work.run(&config).await,
            Command::Migrate(migrate) => migrate.run(&config).await,
            Command::Platform(platform) => platform.run(&config).await,
            Command::Tenant(tenant) => tenant.run(&config).await,
            Command::Demo(demo) => demo.run(&config).await,
            Command::Schema(schema) => schema.run(),
            Command::Token(token) => token.run(&config).await,
            Command::RotateKeys(rotate_keys) => rotate_keys.run(&config).await,
            Command::Doctor(doctor) => doctor.run(&config).await,
        }
    });
    // A PostgreSQL that was just starting when we were asked to stop is stopped by its thread.
    runtime.shutdown_timeout(LAST_WORD);
    result
}

#[cfg(test)]
mod tests;
