//! The command line.

use std::net::SocketAddr;

use clap::{Parser, Subcommand};

/// Measures live connections.
#[derive(Parser, Debug)]
#[command(name = "live")]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Only these parts, separated by commas: memory, fan-out, crowd.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,

    /// Sockets with one subscription each.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) watchers: usize,

    /// Events to all, of each server.
    #[arg(long, default_value_t = 20)]
    pub(crate) events: usize,

    /// Conversations that a crowd watches.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) conversations: usize,

    /// Messages per second while a crowd watches.
    #[arg(long, default_value_t = 50)]
    pub(crate) rate: u32,

    /// How long a crowd is watched, in seconds.
    #[arg(long, default_value_t = 20)]
    pub(crate) seconds: u64,

    /// Show what the servers log.
    #[arg(long)]
    pub(crate) logs: bool,

    /// Cargo passes this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What else the program can be.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// The bare server; the benchmark starts it by itself.
    #[command(hide = true)]
    Bare {
        /// Where to serve.
        #[arg(long)]
        listen: SocketAddr,
    },
}

impl Options {
    /// Whether a part is to be run.
    pub(crate) fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}
