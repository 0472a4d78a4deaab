//! The two locks of a data folder.
//!
//! Both are advisory locks (`flock`) on files that are never deleted, so a crash or a power cut
//! leaves nothing behind that could be stale. `gateway.lock` answers "is another gateway running
//! here?", `server.lock` "is any process of the last server still alive?". The second is a file
//! that every process of the server inherits: such a lock ends only when the last of them closed
//! it, so we never have to guess from process ids, which get reused.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::error::LaunchError;

const POLL: Duration = Duration::from_millis(10);

/// A lock can be held for an instant by a child of this process that is between fork and exec.
const PATIENCE_WITH_GATEWAY: Duration = Duration::from_millis(100);

/// How long the server of a killed gateway may take to shut down; it writes a checkpoint.
const PATIENCE_WITH_SERVER: Duration = Duration::from_secs(30);

/// Says that this process is the gateway of a data folder, until dropped.
#[derive(Debug)]
pub(super) struct GatewayLock {
    file: File,
}

impl GatewayLock {
    /// Takes the lock of the database in `home`, and writes our process id for the next one who
    /// tries; `data_dir` is for the message.
    pub(super) fn take(home: &Path, data_dir: &Path) -> Result<Self, LaunchError> {
        let path = home.join("gateway.lock");
        let attempt = || format!("lock {}", path.display());
        let mut file = open(&path)?;
        if !lock_within(&file, PATIENCE_WITH_GATEWAY).map_err(LaunchError::system(attempt()))? {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(LaunchError::system(format!("read {}", path.display())))?;
            return Err(LaunchError::AlreadyRunning { pid: pid.trim().parse().ok(), data_dir: data_dir.to_owned() });
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(LaunchError::system(format!("write {}", path.display())))?;
        Ok(Self { file })
    }
}

impl Drop for GatewayLock {
    fn drop(&mut self) {
        // Closing would do, were it not for children between fork and exec (see above).
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "could not unlock the data folder");
        }
    }
}

/// Takes the lock that says that a server works on `home`, waiting for an earlier server to end.
/// Hand the file to the new server's processes; it must not be unlocked, only closed, because an
/// unlock would hold for everybody who shares the file.
pub(super) fn take_server_lock(home: &Path, data_dir: &Path) -> Result<File, LaunchError> {
    let path = home.join("server.lock");
    let file = open(&path)?;
    let attempt = format!("lock {}", path.display());
    if lock_within(&file, PATIENCE_WITH_SERVER).map_err(LaunchError::system(attempt))? {
        Ok(file)
    } else {
        Err(LaunchError::StillStopping { data_dir: data_dir.to_owned() })
    }
}

fn open(path: &Path) -> Result<File, LaunchError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(LaunchError::system(format!("open {}", path.display())))
}

fn lock_within(file: &File, patience: Duration) -> std::io::Result<bool> {
    let deadline = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(POLL),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}
