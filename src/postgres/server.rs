//! The running server: start, where to connect, stop.

use std::{
    ffi::OsString,
    io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::{
    Durability, Settings,
    account::Account,
    binaries::{self, Version},
    cluster::{self, PidFile},
    error::LaunchError,
    folders,
    lock::{self, GatewayLock},
    supervisor::{self, Supervised},
};

const POLL: Duration = Duration::from_millis(10);

/// How long a server may take to accept connections. Recovery after a crash replays up to a
/// gigabyte of log, which a slow disk needs its time for.
const START_PATIENCE: Duration = Duration::from_secs(120);

/// A running embedded PostgreSQL. It ends with this value, and with this process in any case.
#[derive(Debug)]
pub struct Server {
    // Before the lock: fields drop in order, and the folder is free when the server has ended.
    process: Supervised,
    socket_dir: PathBuf,
    data_dir: PathBuf,
    version: Version,
    _lock: GatewayLock,
}

pub(super) fn start(settings: &Settings) -> Result<Server, LaunchError> {
    let begin = Instant::now();
    let data_dir = folders::data_dir(settings.data_dir.as_deref())?;
    folders::create_open(&data_dir)?;
    let home = data_dir.join("database");
    let cluster = home.join("cluster");
    let account = Account::choose(&cluster)?;
    account.check_reach(&data_dir)?;
    folders::create_home(&home, &account)?;
    let gateway_lock = GatewayLock::take(&home, &data_dir)?;

    let cluster_version = cluster::version(&cluster)?;
    let installation = binaries::find(
        &settings.binaries,
        &folders::cache_dir(settings.cache_dir.as_deref())?,
        &account,
        cluster_version.as_ref().map(|version| version.major),
    )?
    .map_err(|found| LaunchError::OtherMajorVersion {
        cluster: cluster.clone(),
        cluster_version: cluster_version.clone().map(|version| version.text).unwrap_or_default(),
        found: found.text,
    })?;

    let server_lock = lock::take_server_lock(&home, &data_dir)?;
    if cluster_version.is_none() {
        tracing::info!(version = %installation.version, data_dir = %data_dir.display(), "making a new database");
        let durability = settings.durability;
        cluster::initialise(&home, &cluster, &installation, &account, durability, &server_lock)?;
    }
    let socket_dir = folders::socket_dir(&home, &account)?;
    cluster::clear_stale_files(&cluster, &socket_dir, &data_dir)?;

    let log = home.join("server.log");
    folders::rename_file(&log, &home.join("server.previous.log"))?;
    let process = Supervised::spawn(
        &account,
        &cluster,
        // Fast shutdown: open transactions are rolled back, and a checkpoint is written.
        "INT",
        &installation.folder.join("postgres"),
        arguments(settings, &cluster, &socket_dir),
        server_lock,
        cluster::create_log(&log)?,
    )
    .map_err(LaunchError::system("run postgres"))?;
    let mut server = Server { process, socket_dir, data_dir, version: installation.version, _lock: gateway_lock };
    server.await_ready(&cluster, &log)?;
    tracing::info!(
        version = %server.version,
        data_dir = %server.data_dir.display(),
        milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX),
        "PostgreSQL is running"
    );
    Ok(server)
}

impl Server {
    /// A connection URL over the socket, for tokio-postgres, diesel-async and psql. Any role may
    /// connect without a password, because nobody else can enter the socket's folder; the
    /// superuser is `postgres`, and a new cluster has the database `postgres`.
    #[must_use]
    pub fn url(&self, role: &str, database: &str) -> String {
        format!(
            "postgres://{}@{}/{}",
            percent_encoded(role.as_bytes()),
            percent_encoded(self.socket_dir.as_os_str().as_bytes()),
            percent_encoded(database.as_bytes()),
        )
    }

    /// The server's version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// The data folder in use.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Whether the server still runs; it can end before we ask it to when somebody kills it.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn is_running(&mut self) -> io::Result<bool> {
        Ok(self.process.exited()?.is_none())
    }

    /// Shuts the server down and waits for it, usually for less than 0.2 s: open transactions are
    /// rolled back, their clients disconnected. Dropping does the same, without the error.
    ///
    /// # Errors
    /// [`LaunchError::DidNotStop`] when it had to be killed.
    pub fn stop(mut self) -> Result<(), LaunchError> {
        match self.process.stop(supervisor::PATIENCE) {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(LaunchError::DidNotStop),
            Err(error) => Err(LaunchError::system("wait for PostgreSQL to end")(error)),
        }
    }

    fn await_ready(&mut self, cluster: &Path, log: &Path) -> Result<(), LaunchError> {
        let deadline = Instant::now() + START_PATIENCE;
        while !PidFile::read(cluster).is_some_and(|file| file.is_ready) {
            let ended = self.process.exited().map_err(LaunchError::system("watch PostgreSQL"))?;
            if ended.is_some() {
                return Err(LaunchError::DidNotStart { output: cluster::tail(log), log: log.to_owned() });
            }
            if Instant::now() >= deadline {
                return Err(LaunchError::TooSlow { seconds: START_PATIENCE.as_secs(), log: log.to_owned() });
            }
            thread::sleep(POLL);
        }
        Ok(())
    }
}

/// The server's command line. Settings are given here and not in the cluster's files, so that an
/// old cluster runs with what this version of the program says.
fn arguments(settings: &Settings, cluster: &Path, socket_dir: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["-D".into(), cluster.into()];
    let mut set = |name: &str, value: &str| {
        arguments.push("-c".into());
        arguments.push(format!("{name}={value}").into());
    };
    set("listen_addresses", "");
    set("port", "5432");
    // The folder is known to be ASCII without anything to quote.
    set("unix_socket_directories", &socket_dir.to_string_lossy());
    set("cluster_name", "mostrador");
    set("shared_buffers", "256MB");
    set("max_connections", "200");
    // Our statements are many and short; compiling them costs more than it saves.
    set("jit", "off");
    set("timezone", "UTC");
    set("log_timezone", "UTC");
    // Refused statements are the gateway's to log, and their texts and details hold values.
    set("log_min_messages", "log");
    set("log_min_error_statement", "panic");
    set("log_error_verbosity", "terse");
    set("log_checkpoints", "off");
    set("logging_collector", "off");
    let (safe, synchronous) = match settings.durability {
        Durability::Full => ("on", "on"),
        Durability::None => ("off", "off"),
    };
    set("fsync", safe);
    set("full_page_writes", safe);
    set("synchronous_commit", synchronous);
    for (name, value) in &settings.parameters {
        set(name, value);
    }
    arguments
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
