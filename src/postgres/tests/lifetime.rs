//! The server ends with its gateway, however that ends, and nothing stale blocks the next start.

use std::{
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::{Pid, Uid},
};
use tokio_postgres::NoTls;

use super::{
    super::{cluster::PidFile, start},
    Folder, await_end, hold_in_other_process, is_alive, other_process, query,
};

#[test]
fn open_connections_do_not_keep_a_server_from_stopping() {
    let folder = Folder::new();
    let server = start(&folder.settings()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = server.url("postgres", "postgres");
    let (client, connection) = runtime.block_on(tokio_postgres::connect(&url, NoTls)).unwrap();
    let connection = runtime.spawn(connection);
    runtime.block_on(client.batch_execute("begin; create table t ()")).unwrap();
    let begin = Instant::now();
    server.stop().unwrap();
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(runtime.block_on(connection).unwrap().is_err());
}

#[test]
fn the_server_ends_when_its_gateway_is_killed_and_the_next_start_works() {
    let folder = Folder::new();
    let mut gateway = hold_in_other_process(&folder);
    let pid = folder.server_pid();
    gateway.kill().unwrap();
    gateway.wait().unwrap();
    // At once: the old server is still shutting down.
    let server = start(&folder.settings()).unwrap();
    assert!(!is_alive(pid));
    assert_eq!(query(&server, "select 1"), ["1"]);
}

#[test]
fn the_server_ends_soon_after_its_gateway_is_killed() {
    let folder = Folder::new();
    let mut gateway = hold_in_other_process(&folder);
    let pid = folder.server_pid();
    assert!(is_alive(pid));
    gateway.kill().unwrap();
    gateway.wait().unwrap();
    await_end(pid);
    assert_eq!(PidFile::read(&folder.cluster()), None, "the shutdown was in order");
}

#[test]
fn a_gateway_killed_at_any_moment_of_its_first_start_leaves_nothing_in_the_way() {
    let folder = Folder::new();
    for milliseconds in [5, 20, 60, 150, 300, 500, 700, 900] {
        let mut gateway = other_process(&folder).stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(milliseconds));
        gateway.kill().unwrap();
        gateway.wait().unwrap();
    }
    let server = start(&folder.settings()).unwrap();
    assert_eq!(query(&server, "select 1"), ["1"]);
}

#[test]
fn ctrl_c_twice_in_a_row_reaches_the_gateway_only() {
    let folder = Folder::new();
    let mut gateway = hold_in_other_process(&folder);
    let pid = folder.server_pid();
    // A terminal signals the whole foreground group. The helper dies of it: it has no handler.
    let group = Pid::from_raw(gateway.id().cast_signed());
    killpg(group, Signal::SIGINT).unwrap();
    killpg(group, Signal::SIGINT).unwrap();
    gateway.wait().unwrap();
    await_end(pid);
    assert_eq!(PidFile::read(&folder.cluster()), None, "the shutdown was in order");
    drop(start(&folder.settings()).unwrap());
}

#[test]
fn a_start_beside_a_running_gateway_names_it() {
    let folder = Folder::new();
    let mut gateway = hold_in_other_process(&folder);
    let error = start(&folder.settings()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "another gateway (process {}) is running with the data folder {}: \
             stop it, or choose another data folder",
            gateway.id(),
            folder.0.display()
        )
    );
    assert!(is_alive(folder.server_pid()), "the other one is not disturbed");
    let pid = folder.server_pid();
    gateway.kill().unwrap();
    gateway.wait().unwrap();
    await_end(pid);
}

#[test]
fn a_killed_server_is_noticed_and_its_pid_file_does_not_block_the_next_start() {
    let folder = Folder::new();
    let mut server = start(&folder.settings()).unwrap();
    assert!(server.is_running().unwrap());
    let pid = folder.server_pid();
    kill(pid, Signal::SIGKILL).unwrap();
    await_end(pid);
    let deadline = Instant::now() + Duration::from_secs(5);
    while server.is_running().unwrap() {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(10));
    }
    drop(server);

    // Since the power cut the number went to a process of the same account: PostgreSQL alone
    // would take it for a running server and refuse.
    let mut other = Command::new("sleep");
    other.arg("60");
    if Uid::effective().is_root() {
        other.uid(folder.cluster().metadata().unwrap().uid());
    }
    let mut other = other.spawn().unwrap();
    for path in [folder.cluster().join("postmaster.pid"), lock_file_of_socket(&folder)] {
        let text = fs::read_to_string(&path).unwrap();
        let text = text.replacen(&pid.to_string(), &other.id().to_string(), 1);
        fs::write(&path, text).unwrap();
    }
    let server = start(&folder.settings()).unwrap();
    assert_eq!(query(&server, "select 1"), ["1"]);
    assert!(is_alive(Pid::from_raw(other.id().cast_signed())));
    other.kill().unwrap();
    other.wait().unwrap();
}

fn lock_file_of_socket(folder: &Folder) -> PathBuf {
    folder.0.join("database/run/.s.PGSQL.5432.lock")
}
