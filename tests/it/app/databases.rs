//! The cluster of a run of the tests, and the databases in it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use mostrador::postgres::{Durability, Server, Settings, start};
use tokio::sync::OnceCell;

/// The cluster of this run. It ends with the process, and needs no durability.
pub(crate) async fn cluster() -> &'static Server {
    static CLUSTER: OnceCell<Server> = OnceCell::const_new();
    CLUSTER
        .get_or_init(|| async {
            tokio::task::spawn_blocking(|| {
                [Path::new(MEMORY), &std::env::temp_dir()].into_iter().for_each(sweep);
                let folder = home().join(format!("mostrador-tests-{}", std::process::id()));
                std::fs::create_dir_all(&folder).unwrap();
                let settings = Settings { data_dir: Some(folder), durability: Durability::None, ..Settings::default() };
                start(&settings).unwrap()
            })
            .await
            .unwrap()
        })
        .await
}

/// Files in memory: where there is such a folder, and room in it, copying a database takes a tenth of the time.
const MEMORY: &str = "/dev/shm";

/// What the databases of a run take at most, in bytes, with as much again for everybody else.
const ROOM: u64 = 8 << 30;

/// Where the cluster lives.
fn home() -> PathBuf {
    if room_in_memory().is_some_and(|bytes| bytes >= ROOM) { PathBuf::from(MEMORY) } else { std::env::temp_dir() }
}

/// How many bytes may be put there.
#[cfg(target_os = "linux")]
fn room_in_memory() -> Option<u64> {
    let folder = nix::sys::statvfs::statvfs(MEMORY).ok()?;
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let kilobytes = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")?.trim().strip_suffix(" kB"))?;
    Some((folder.blocks_available() * folder.fragment_size()).min(kilobytes.parse::<u64>().ok()? << 10))
}

#[cfg(not(target_os = "linux"))]
fn room_in_memory() -> Option<u64> {
    None
}

/// Removes what earlier runs left behind.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(process) = name.strip_prefix("mostrador-tests-") else { continue };
        if !PathBuf::from("/proc").join(process).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A connection of the superuser, for setting up and for looking behind the gateway.
pub(crate) async fn superuser(database: &str) -> tokio_postgres::Client {
    connect("postgres", database).await
}

/// A connection in any role.
pub(crate) async fn connect(role: &str, database: &str) -> tokio_postgres::Client {
    let url = cluster().await.url(role, database);
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A database that is dropped with it, as soon as there is time.
pub(super) struct Lent(String);

impl Lent {
    pub(super) fn new(database: &str) -> Self {
        Self(database.to_owned())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        static DROPPER: LazyLock<Sender<String>> = LazyLock::new(dropper);
        let _ = DROPPER.send(std::mem::take(&mut self.0));
    }
}

/// Drops databases for tests whose own runtime has ended.
fn dropper() -> Sender<String> {
    let (sender, databases) = channel::<String>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for database in databases {
            // One that is left goes with the cluster.
            let statement = format!("drop database if exists {database} with (force)");
            let _ = runtime.block_on(async { superuser("postgres").await.batch_execute(&statement).await });
        }
    });
    sender
}

/// Makes a database from another one.
pub(super) async fn copy(template: &str, name: &str) {
    // One at a time: PostgreSQL refuses to copy a template that another copy is reading from.
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    let client = superuser("postgres").await;
    let statement = format!("create database {name} template {template} strategy file_copy");
    for attempt in 0.. {
        match client.batch_execute(&statement).await {
            Ok(()) => return,
            // The session that filled the template is still closing.
            Err(_) if attempt < 50 => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{statement}: {error:?}"),
        }
    }
}
