//! A running `mostrador serve`, its data folder, and just enough HTTP to talk to it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// A guard: a first start makes a cluster and loads the demo data with an unoptimised binary on a busy machine.
const START: Duration = Duration::from_secs(240);
/// A guard: an end takes less than a second.
const END: Duration = Duration::from_secs(60);

/// The binary with an environment of its own: nothing of the caller's settings reaches it.
pub(crate) fn mostrador(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mostrador"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    for name in ["PATH", "HOME", "POSTGRES_BIN", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// A folder of one test, removed at its end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("md-binary-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The postmaster's process, when its file is there.
    pub(crate) fn postmaster(&self) -> Option<Pid> {
        let file = std::fs::read_to_string(self.0.join("database/cluster/postmaster.pid")).ok()?;
        file.lines().next()?.trim().parse().ok().map(Pid::from_raw)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A gateway that serves. Dropping it kills it.
pub(crate) struct Gateway {
    child: Child,
    /// Where it listens, as it says itself.
    pub(crate) address: String,
    /// The token of the demo login.
    pub(crate) token: String,
    /// What it printed.
    pub(crate) banner: String,
    /// How long it took from the start to the banner.
    pub(crate) ready_after: Duration,
    log: PathBuf,
}

impl Gateway {
    /// Starts one with its own PostgreSQL, and waits until it serves.
    pub(crate) fn start(folder: &Folder) -> Self {
        let mut command = mostrador(&["serve"]);
        command.env("DATA_DIR", folder.path()).env("LISTEN", "127.0.0.1:0");
        Self::run(command, folder)
    }

    /// Starts one and waits until it serves.
    pub(crate) fn run(mut command: Command, folder: &Folder) -> Self {
        let started = Instant::now();
        let mut gateway = Self::spawn(&mut command, folder);
        let lines = BufReader::new(gateway.child.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        // A thread, because a pipe has no time limit.
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        while !gateway.banner.contains("valid until") {
            match receiver.recv_timeout(START) {
                Ok(line) => gateway.banner.push_str(&(line + "\n")),
                Err(_) => panic!("it does not serve:\n{}\n{}", gateway.banner, gateway.log()),
            }
        }
        gateway.ready_after = started.elapsed();
        gateway.address = gateway.field("GraphQL").replace("http://", "").replace("/graphql", "");
        gateway.token = gateway.field("Token");
        gateway
    }

    /// Starts one that prints no banner, as in production, and waits until it serves. Nobody is signed in.
    pub(crate) fn run_silently(mut command: Command, folder: &Folder) -> Self {
        let started = Instant::now();
        command.env("LOG_FORMAT", "json");
        let mut gateway = Self::spawn(&mut command, folder);
        while gateway.address.is_empty() {
            assert!(started.elapsed() < START, "it does not serve:\n{}", gateway.log());
            assert!(is_alive(gateway.pid()), "it has ended:\n{}", gateway.log());
            std::thread::sleep(Duration::from_millis(10));
            let log = gateway.log();
            let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            if let Some(line) = lines.find(|line| line.to_string().contains("\"serving\"")) {
                gateway.address =
                    line.pointer("/fields/address").or(line.get("address")).unwrap().as_str().unwrap().to_owned();
            }
        }
        gateway.ready_after = started.elapsed();
        gateway
    }

    fn spawn(command: &mut Command, folder: &Folder) -> Self {
        let log = folder.0.join("gateway.log");
        // A group of its own, as a shell gives it.
        command.stdout(Stdio::piped()).stderr(File::create(&log).unwrap()).process_group(0);
        let child = command.spawn().unwrap();
        Self {
            child,
            address: String::new(),
            token: String::new(),
            banner: String::new(),
            ready_after: Duration::ZERO,
            log,
        }
    }

    fn field(&self, name: &str) -> String {
        let line = self.banner.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.banner)).trim().to_owned()
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + END;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.exchange(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address))
    }

    /// Posts an operation with the printed token; without one when there is none.
    pub(crate) fn query(&self, query: &str) -> Value {
        let body = serde_json::json!({ "query": query }).to_string();
        let bearer =
            if self.token.is_empty() { String::new() } else { format!("Authorization: Bearer {}\r\n", self.token) };
        let (status, text) = self.exchange(&format!(
            "POST /graphql HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             {bearer}Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        ));
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
    }

    fn exchange(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(END)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text}"));
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a process lives; a dead one that nobody has waited for does not.
pub(crate) fn is_alive(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

/// Waits until a process is gone.
pub(crate) fn await_end(pid: Pid) {
    let deadline = Instant::now() + END;
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "process {pid} still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
}
