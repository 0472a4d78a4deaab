//! PostgreSQL's own data folder: making it, its version, and what a crash leaves in it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::{fs::OpenOptionsExt, net::UnixStream},
    path::{Path, PathBuf},
};

use super::{
    Durability,
    account::Account,
    binaries::{Installation, Version},
    error::LaunchError,
    folders,
    supervisor::Supervised,
};

/// Character classes to try, best first: without one that knows UTF-8, `lower('Á')` is `Á`. The
/// first is everywhere but on older macOS, which has the others.
const CHARACTER_TYPES: [&str; 4] = ["C.UTF-8", "en_US.UTF-8", "UTF-8", "C"];

/// The first major version with a locale of its own, the same on every system.
const BUILTIN_LOCALE_SINCE: u32 = 17;

/// The version that initialised the cluster, of which only the major number is kept (`15`);
/// `None` when there is no cluster yet.
pub(super) fn version(cluster: &Path) -> Result<Option<Version>, LaunchError> {
    let path = cluster.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => Version::from_number(&text)
            .map(Some)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it holds no version"))
            .map_err(LaunchError::system(format!("read {}", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LaunchError::system(format!("read {}", path.display()))(error)),
    }
}

/// Makes the cluster in `home`. It gets its name when it is complete, so an interrupted attempt
/// leaves nothing that looks like a cluster.
pub(super) fn initialise(
    home: &Path,
    cluster: &Path,
    installation: &Installation,
    account: &Account,
    durability: Durability,
    server_lock: &File,
) -> Result<(), LaunchError> {
    let partial = home.join("cluster.partial");
    let log = home.join("initdb.log");
    let mut output = String::new();
    for character_type in CHARACTER_TYPES {
        folders::remove_dir(&partial)?;
        folders::claim_private(&partial, account)?;
        let mut arguments = vec![
            "--encoding=UTF8".to_owned(),
            // Sorts by code point everywhere, so an index means the same on every machine.
            "--locale=C".to_owned(),
            format!("--lc-ctype={character_type}"),
            "--username=postgres".to_owned(),
            // Who may connect is decided by who may enter the socket's folder.
            "--auth-local=trust".to_owned(),
            "--auth-host=reject".to_owned(),
            "--no-instructions".to_owned(),
        ];
        if installation.version.major >= BUILTIN_LOCALE_SINCE {
            arguments.push("--locale-provider=builtin".to_owned());
            arguments.push("--builtin-locale=C.UTF-8".to_owned());
        }
        if durability == Durability::None {
            arguments.push("--no-sync".to_owned());
        }
        let mut arguments: Vec<_> = arguments.into_iter().map(Into::into).collect();
        arguments.push("--pgdata".into());
        arguments.push(partial.clone().into_os_string());

        let attempt = "run initdb";
        let status = Supervised::spawn(
            account,
            &partial,
            "TERM",
            &installation.folder.join("initdb"),
            arguments,
            server_lock.try_clone().map_err(LaunchError::system(attempt))?,
            create_log(&log)?,
        )
        .and_then(|mut initdb| initdb.wait())
        .map_err(LaunchError::system(attempt))?;
        output = tail(&log);
        if status.success() {
            folders::remove_file(&log)?;
            return fs::rename(&partial, cluster).map_err(LaunchError::system(format!("rename {}", partial.display())));
        }
        if !output.contains("locale") {
            break;
        }
    }
    Err(LaunchError::InitialisationFailed { output })
}

/// Removes what a crash or a power cut leaves: PostgreSQL takes the process id in its lock files
/// for a running server when any process of the same account has that number now.
///
/// The caller holds the server's lock, so no server of ours lives. One that somebody started by
/// hand in this folder would answer on its socket.
pub(super) fn clear_stale_files(cluster: &Path, socket_dir: &Path, data_dir: &Path) -> Result<(), LaunchError> {
    let pid_file = PidFile::path(cluster);
    if let Some(found) = PidFile::read(cluster) {
        if let Some(socket) = &found.socket
            && UnixStream::connect(socket).is_ok()
        {
            return Err(LaunchError::AlreadyRunning { pid: found.pid, data_dir: data_dir.to_owned() });
        }
        tracing::info!("the last run did not end in order; PostgreSQL will recover");
    }
    folders::remove_file(&pid_file)?;
    folders::remove_file(&socket_dir.join(".s.PGSQL.5432"))?;
    folders::remove_file(&socket_dir.join(".s.PGSQL.5432.lock"))
}

/// What a server writes into `postmaster.pid`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PidFile {
    /// The server's process id.
    pub(super) pid: Option<u32>,
    /// Its socket.
    socket: Option<PathBuf>,
    /// Whether it accepts connections.
    pub(super) is_ready: bool,
}

impl PidFile {
    fn path(cluster: &Path) -> PathBuf {
        cluster.join("postmaster.pid")
    }

    /// `None` when there is no such file, or none that can be read.
    pub(super) fn read(cluster: &Path) -> Option<Self> {
        fs::read_to_string(Self::path(cluster)).ok().map(|text| Self::parse(&text))
    }

    /// The lines: process id, data folder, start time, port, socket folder, TCP address, shared
    /// memory, status.
    fn parse(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let line = |number: usize| lines.get(number).copied().filter(|line| !line.is_empty());
        Self {
            pid: line(0).and_then(|pid| pid.parse().ok()),
            socket: line(3).zip(line(4)).map(|(port, folder)| Path::new(folder).join(format!(".s.PGSQL.{port}"))),
            is_ready: line(7) == Some("ready"),
        }
    }
}

/// An empty file for a child's messages.
pub(super) fn create_log(path: &Path) -> Result<File, LaunchError> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(LaunchError::system(format!("write {}", path.display())))
}

/// The last lines of a log, joined for a message.
pub(super) fn tail(path: &Path) -> String {
    const LINES: usize = 6;
    const BYTES: i64 = 4096;
    let mut text = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        // Fails when the file is shorter, and then the position stays at the beginning.
        drop(file.seek(SeekFrom::End(-BYTES)));
        file.read_to_end(&mut text)
    });
    if let Err(error) = read {
        return format!("{} cannot be read: {error}", path.display());
    }
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [] => "it wrote nothing".to_owned(),
        lines => lines[lines.len().saturating_sub(LINES)..].join(" / "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pid_file_is_read_whole_or_in_part() {
        let whole = "42\n/data\n1700000000\n5432\n/run/x\n\n  1234   5\nready   \n";
        assert_eq!(
            PidFile::parse(whole),
            PidFile { pid: Some(42), socket: Some(PathBuf::from("/run/x/.s.PGSQL.5432")), is_ready: true }
        );
        assert!(!PidFile::parse(&whole.replace("ready", "starting")).is_ready);
        assert_eq!(PidFile::parse(""), PidFile::default());
    }
}
