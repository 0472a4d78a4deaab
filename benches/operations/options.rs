//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

/// Measures the gateway beside a bare server that answers with one statement.
#[derive(Parser, Debug)]
#[command(name = "operations")]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Only these operations, separated by commas: by_id, inbox, deep, sales, list, send.
    #[arg(long, value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// Only one of the servers, for profiling.
    #[arg(long)]
    pub(crate) side: Option<Side>,

    /// Rounds per operation; each measures both servers.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,

    /// How long each server is measured in a round, in seconds.
    #[arg(long, default_value_t = 4.0)]
    pub(crate) seconds: f64,

    /// Connections that send one request after the other.
    #[arg(long, default_value_t = 16)]
    pub(crate) connections: usize,

    /// Compare with another build of the gateway, the program at this path, instead of the baseline.
    #[arg(long)]
    pub(crate) against: Option<PathBuf>,

    /// Compare with this gateway over a database without row-level security, instead of the baseline.
    #[arg(long, conflicts_with = "against")]
    pub(crate) open: bool,

    /// Load the demo data anew.
    #[arg(long)]
    pub(crate) reload: bool,

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
    /// The baseline server; the benchmark starts it by itself.
    #[command(hide = true)]
    Baseline {
        /// Where to serve.
        #[arg(long)]
        listen: SocketAddr,
        /// The database, as a role that row-level security does not bind.
        #[arg(long)]
        database_url: String,
    },
}

/// One of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// The gateway.
    Gateway,
    /// What it is compared with.
    Other,
}

impl Options {
    /// What the gateway is compared with.
    pub(crate) fn other(&self) -> &'static str {
        match self {
            Self { open: true, .. } => "the same without row-level security",
            Self { against: Some(_), .. } => "the other build",
            _ => "the baseline",
        }
    }

    /// Whether the gateway is compared with a gateway.
    pub(crate) fn other_is_gateway(&self) -> bool {
        self.open || self.against.is_some()
    }

    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    pub(crate) fn first_warm_up(&self) -> Duration {
        Duration::from_secs_f64((self.seconds / 2.0).max(1.0))
    }

    pub(crate) fn warm_up(&self) -> Duration {
        Duration::from_millis(300)
    }
}
