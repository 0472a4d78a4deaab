//! The embedded PostgreSQL: finds or fetches the binaries, keeps one private cluster in a data
//! folder, and runs it as a child that ends with this process, however this process ends.
//!
//! What belongs here: files, processes and locks. What does not: schema, roles and SQL; callers
//! connect to [`Server::url`] and go on from there. The surprising thing is the lifetime: between
//! us and the server sits a small shell (`supervisor.rs`) that reads a pipe of ours, because a
//! process killed by SIGKILL cannot clean up, but the kernel closes its pipes.
//!
//! Unix only: the server is reached through a unix socket in a private folder, never by TCP.
//!
//! Layout of the data folder (everything is in `database/`; only `cluster/`
//! and `run/` belong to the account that the server runs as):
//!
//! | name | what |
//! |---|---|
//! | `gateway.lock` | locked by the running gateway, holds its process id |
//! | `server.lock` | locked by every process of the server, so it outlives a killed gateway |
//! | `cluster/` | PostgreSQL's own data folder |
//! | `run/` | the socket, when the path is short enough (otherwise in the temporary folder) |
//! | `server.log`, `server.previous.log` | what the server said in this run and the one before |

mod account;
mod binaries;
mod cluster;
mod error;
mod folders;
mod lock;
mod server;
mod supervisor;
mod wheel;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use self::{binaries::Version, error::LaunchError, server::Server};

/// How the embedded server is found and run. `Settings::default()` is right for development and
/// for a small installation.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where the database lives; created when missing. `None`: `$XDG_DATA_HOME/mostrador` or
    /// `~/.local/share/mostrador`, and `/var/lib/mostrador` for root, because the account that
    /// root's server runs as cannot enter root's home.
    pub data_dir: Option<PathBuf>,
    /// Where fetched binaries are kept (about 50 MB). `None`: `$XDG_CACHE_HOME/mostrador` or
    /// `~/.cache/mostrador`, and `/var/cache/mostrador` for root.
    pub cache_dir: Option<PathBuf>,
    /// Which PostgreSQL to run.
    pub binaries: Binaries,
    /// What a power cut may cost.
    pub durability: Durability,
    /// Further server settings (`shared_buffers`, `512MB`); they win over the launcher's own.
    pub parameters: Vec<(String, String)>,
}

/// Which PostgreSQL to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Binaries {
    /// The folder in the environment variable `POSTGRES_BIN` if set; otherwise an installed
    /// PostgreSQL 15 or newer, preferring the major version that initialised the data folder;
    /// otherwise a fetched one.
    #[default]
    Find,
    /// The folder that holds `postgres` and `initdb`; nothing else is tried.
    Folder(PathBuf),
    /// The fetched one, even when another is installed.
    Fetched,
}

/// What a power cut may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was committed.
    #[default]
    Full,
    /// The whole cluster: no fsync, for tests only.
    None,
}

/// Starts the server and returns when it accepts connections: about 0.2 s with an existing
/// cluster, about 1.5 s for the first one, plus the download when no PostgreSQL is installed.
///
/// Blocks; call it before the async runtime starts or inside `spawn_blocking`.
///
/// # Errors
/// Every [`LaunchError`] is a sentence for the person at the terminal. The common ones are
/// [`LaunchError::AlreadyRunning`], [`LaunchError::NoBinaries`] and
/// [`LaunchError::OtherMajorVersion`].
pub fn start(settings: &Settings) -> Result<Server, LaunchError> {
    server::start(settings)
}
