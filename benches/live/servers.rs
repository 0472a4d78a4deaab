//! The two servers, as child processes.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::database::Loaded;
use crate::options::Options;
use crate::writer::Connection;

/// Signs the tokens of the run.
pub(crate) const SECRET: &str = "jt4Cq8vNw2mXz7KpR5yLd9sFh3bTg6aU";

/// How long a server may take until it serves.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that runs until this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    child: Child,
}

/// Both.
pub(crate) struct Servers {
    pub(crate) gateway: Running,
    pub(crate) bare: Running,
}

impl Running {
    /// Memory that the process has to itself, in bytes.
    pub(crate) fn memory(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).ok_or("no RssAnon in /proc")?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024)
    }

    async fn start(mut command: Command, address: SocketAddr, logs: bool) -> Outcome<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        if !logs {
            // Written as in any installation, but kept by nobody.
            command.stderr(Stdio::null());
        }
        let mut running = Self { address, child: command.spawn()? };
        let deadline = Instant::now() + PATIENCE;
        while !is_ready(address).await {
            if let Some(status) = running.child.try_wait()? {
                return Err(format!("a server ended with {status}; --logs shows why").into());
            }
            if Instant::now() > deadline {
                return Err(format!("no server answers on {address}; --logs shows why").into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(running)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts both.
pub(crate) async fn start(database: &Loaded, options: &Options) -> Outcome<Servers> {
    let address = free_address()?;
    let watchers = (options.watchers + 100).to_string();
    let mut gateway = Command::new(env!("CARGO_BIN_EXE_mostrador"));
    gateway
        .arg("serve")
        .env("LISTEN", address.to_string())
        .env("DATABASE_URL", database.url("mostrador_api"))
        .env("JWT_SECRET", SECRET)
        .env("ENCRYPTION_KEYS", "bench:AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=")
        .env("ENVIRONMENT", "production")
        .env("LIVE_MAX_CONNECTIONS", &watchers)
        .env("LIVE_MAX_CONNECTIONS_PER_TENANT", &watchers)
        .env("LOG_FORMAT", "json");
    let gateway = Running::start(gateway, address, options.logs).await?;
    let address = free_address()?;
    let mut bare = Command::new(std::env::current_exe()?);
    bare.args(["bare", "--listen", &address.to_string()]);
    let bare = Running::start(bare, address, options.logs).await?;
    Ok(Servers { gateway, bare })
}

/// A port that nobody uses at this moment.
fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

async fn is_ready(address: SocketAddr) -> bool {
    let ask = async {
        let mut connection = Connection::open(address).await?;
        connection.exchange(b"GET /readyz HTTP/1.1\r\nhost: bench\r\n\r\n").await.map(drop)
    };
    ask.await.is_ok()
}
