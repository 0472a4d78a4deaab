//! What carries a bus in tests, and can be cut.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mostrador::bus::{Bus, BusChoice, NatsBus, PostgresBus};
use mostrador::db::{Database, Listener};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::app::{cluster, copy_template, pool_settings, superuser};

/// A guard.
const START: Duration = Duration::from_secs(60);

/// Something that buses are made over.
pub(super) trait Carrier {
    /// The bus of another node.
    async fn node(&self) -> Arc<dyn Bus>;
    /// Cuts every connection and lets none be opened.
    async fn cut(&mut self);
    /// Lets connections be opened again.
    async fn mend(&mut self);
}

/// A database.
pub(super) struct Notifications {
    database: String,
}

impl Notifications {
    pub(super) async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let database = format!("bus_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        copy_template(&database).await;
        Self { database }
    }
}

impl Carrier for Notifications {
    async fn node(&self) -> Arc<dyn Bus> {
        let url = cluster().await.url("mostrador_api", &self.database);
        let listener = Listener::new(Database::new(&pool_settings(url)).unwrap());
        let bus = PostgresBus::new(&listener);
        tokio::spawn(async move { listener.run().await });
        bus
    }

    async fn cut(&mut self) {
        let database = &self.database;
        let client = superuser("postgres").await;
        client.batch_execute(&format!("alter database {database} with allow_connections false")).await.unwrap();
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
        client.execute(kill, &[database]).await.unwrap();
    }

    async fn mend(&mut self) {
        let allow = format!("alter database {} with allow_connections true", self.database);
        superuser("postgres").await.batch_execute(&allow).await.unwrap();
    }
}

/// A NATS server of its own.
pub(super) struct NatsServer {
    folder: PathBuf,
    port: String,
    process: Option<Child>,
}

/// A process that stands still until this is dropped.
pub(super) struct Frozen(Pid);

impl NatsServer {
    pub(super) async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("md-nats-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut server = Self { folder, port: "-1".to_owned(), process: None };
        server.start().await;
        server
    }

    pub(super) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(super) fn freeze(&self) -> Frozen {
        let pid = Pid::from_raw(self.process.as_ref().unwrap().id().cast_signed());
        kill(pid, Signal::SIGSTOP).unwrap();
        Frozen(pid)
    }

    /// On the port it had before, if any.
    async fn start(&mut self) {
        let program = program().await;
        let mut command = Command::new(program);
        command.args(["-a", "127.0.0.1", "-p", &self.port, "--ports_file_dir"]).arg(&self.folder);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let ports = self.folder.join(format!("nats-server_{}.ports", process.id()));
        self.process = Some(process);
        let deadline = Instant::now() + START;
        while self.port == "-1" {
            assert!(Instant::now() < deadline, "nats-server does not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
            let text = std::fs::read_to_string(&ports).unwrap_or_default();
            let Ok(ports) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
            let url = ports["nats"][0].as_str().unwrap();
            self.port = url.rsplit(':').next().unwrap().to_owned();
        }
    }

    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Carrier for NatsServer {
    async fn node(&self) -> Arc<dyn Bus> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let BusChoice::Nats(url) = self.url().parse().unwrap() else { panic!("not NATS") };
        NatsBus::new(&url, Uuid::from_u128(NEXT.fetch_add(1, Ordering::Relaxed).into()))
    }

    async fn cut(&mut self) {
        self.stop();
    }

    async fn mend(&mut self) {
        self.start().await;
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGCONT);
    }
}

/// Where `nats-server` is; installed when it is missing and can be.
async fn program() -> &'static str {
    static PROGRAM: OnceCell<String> = OnceCell::const_new();
    PROGRAM
        .get_or_init(|| async {
            let install = || Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nats/install.sh")).output();
            let output = tokio::task::spawn_blocking(install).await.unwrap().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        })
        .await
}
