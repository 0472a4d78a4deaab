//! The launcher with real servers. Each test has its own data folder and ends its own servers.

mod fetching;
mod lifetime;
mod starting;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use nix::{sys::signal::kill, unistd::Pid};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::{Durability, Server, Settings, cluster::PidFile, start};

/// A folder of one test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("mostrador-test-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self(path)
    }

    fn settings(&self) -> Settings {
        settings_in(&self.0)
    }

    fn cluster(&self) -> PathBuf {
        self.0.join("database/cluster")
    }

    fn server_pid(&self) -> Pid {
        let pid = PidFile::read(&self.cluster()).unwrap().pid.unwrap();
        Pid::from_raw(pid.cast_signed())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn settings_in(data_dir: &Path) -> Settings {
    Settings { data_dir: Some(data_dir.to_owned()), durability: Durability::None, ..Settings::default() }
}

/// The rows of a statement as text, columns joined by a bar.
fn query(server: &Server, sql: &str) -> Vec<String> {
    let url = server.url("postgres", "postgres");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(sql).await.unwrap();
        drop(client);
        connection.await.unwrap().unwrap();
        messages
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => {
                    let columns = (0..row.len()).map(|i| row.get(i).unwrap_or("null"));
                    Some(columns.collect::<Vec<_>>().join("|"))
                }
                _ => None,
            })
            .collect()
    })
}

fn is_alive(pid: Pid) -> bool {
    // A dead process that nobody waited for still has its number.
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    kill(pid, None).is_ok() && !state.contains(") Z ")
}

fn await_end(pid: Pid) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_alive(pid) {
        assert!(Instant::now() < deadline, "process {pid} still runs");
        thread::sleep(Duration::from_millis(10));
    }
}

const HOLD: &str = "MOSTRADOR_TEST_HOLD_SERVER_IN";

/// Not a test of its own: run in another process it holds a server until it is killed.
#[test]
fn helper_that_holds_a_server() {
    let Some(data_dir) = env::var_os(HOLD) else {
        return;
    };
    let _server = start(&settings_in(Path::new(&data_dir))).unwrap();
    println!("\nholding");
    thread::sleep(Duration::from_secs(120));
}

fn other_process(folder: &Folder) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture", "postgres::tests::helper_that_holds_a_server"])
        .env(HOLD, &folder.0)
        .process_group(0);
    command
}

/// Another process, in a process group of its own as a shell would make it, with a running server.
fn hold_in_other_process(folder: &Folder) -> Child {
    let mut child = other_process(folder).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "holding"));
    child
}
