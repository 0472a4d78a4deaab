//! A process that ends when we end, even when we are killed with SIGKILL.
//!
//! We start a shell with a pipe for its input; the shell starts the program and reads the pipe.
//! Nothing is ever written: the end of the input means that we are gone, or want the program to
//! stop, and the shell signals it. The shell's own end tells us that the program has ended, with
//! its exit code.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::account::Account;

const POLL: Duration = Duration::from_millis(5);

/// How long a program may take to stop; a server with much to write takes some seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// `$1` is the signal to stop the program with, the rest is the program.
///
/// - Descriptor 8 is our pipe, 9 the server's lock. The program keeps 9: as long as one of its
///   processes lives, the lock is held.
/// - The signal is repeated until the program has ended, because one that comes in the program's
///   first instant is lost: a shell starts background programs with SIGINT ignored.
const SCRIPT: &str = r#"
exec 8<&0 9>&1 </dev/null >/dev/null
signal=$1
shift
"$@" 8<&- &
program=$!
( read -r _ <&8; while kill -s "$signal" "$program"; do sleep 1; done ) 2>/dev/null 9>&- &
reader=$!
exec 8<&-
wait "$program"
code=$?
kill "$reader" 2>/dev/null
exit "$code"
"#;

/// A running program and the pipe that keeps it alive. Dropping it stops the program and waits.
#[derive(Debug)]
pub(super) struct Supervised {
    shell: Child,
    /// Not left in `shell`, because [`Child::wait`] closes it, and that means "stop".
    pipe: Option<ChildStdin>,
}

impl Supervised {
    /// Starts `program` as `account` in `folder`; `lock` is inherited by all its processes, and
    /// `log` takes what it writes to standard error. `signal` (`INT`, `TERM`) will stop it.
    pub(super) fn spawn<Argument: AsRef<OsStr>>(
        account: &Account,
        folder: &Path,
        signal: &str,
        program: &Path,
        arguments: impl IntoIterator<Item = Argument>,
        lock: File,
        log: File,
    ) -> io::Result<Self> {
        let mut command = account.command("/bin/sh", folder);
        clean_environment(&mut command);
        let mut shell = command
            .args(["-c", SCRIPT, "mostrador-supervisor", signal])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(lock)
            .stderr(log)
            // Out of the terminal's reach: Ctrl-C is for us, and we stop the program in order.
            .process_group(0)
            .spawn()?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    /// The program's exit status once it has ended.
    pub(super) fn exited(&mut self) -> io::Result<Option<ExitStatus>> {
        self.shell.try_wait()
    }

    /// Waits for the program to end by itself.
    pub(super) fn wait(&mut self) -> io::Result<ExitStatus> {
        self.shell.wait()
    }

    /// Asks the program to stop and waits. One that has not ended after `patience` is killed, and
    /// the answer is `None`.
    pub(super) fn stop(&mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        self.pipe = None;
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Some(status) = self.shell.try_wait()? {
                return Ok(Some(status));
            }
            thread::sleep(POLL);
        }
        // The shell leads the group that the program is in; a server's backends are not in it,
        // but end by themselves when their parent is gone.
        killpg(Pid::from_raw(self.shell.id().cast_signed()), Signal::SIGKILL)?;
        self.shell.wait()?;
        Ok(None)
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if let Err(error) = self.stop(PATIENCE) {
            tracing::warn!(%error, "could not wait for a child process to end");
        }
    }
}

/// Takes away what would change the server's behaviour by accident: libpq's variables (`PGPORT`
/// is also the server's default) and the caller's language (error texts, collation).
fn clean_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b"PG") || bytes.starts_with(b"LC_") || bytes.starts_with(b"LANG") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C");
}
