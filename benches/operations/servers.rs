//! The two servers, as child processes.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;
use crate::database::Loaded;
use crate::options::Options;

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
    /// The baseline, or another build of the gateway.
    pub(crate) other: Running,
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
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

/// Starts both over the same database.
pub(crate) async fn start(database: &Loaded, options: &Options) -> Outcome<Servers> {
    let ours = Path::new(env!("CARGO_BIN_EXE_mostrador"));
    let gateway = start_gateway(ours, &database.url("mostrador_api"), options).await?;
    let other = match &options.against {
        Some(program) => start_gateway(program, &database.url("mostrador_api"), options).await?,
        None if options.open => start_gateway(ours, &database.open_url("mostrador_api"), options).await?,
        None => start_baseline(database, options).await?,
    };
    Ok(Servers { gateway, other })
}

async fn start_gateway(program: &Path, url: &str, options: &Options) -> Outcome<Running> {
    let address = free_address()?;
    let mut command = Command::new(program);
    command
        .arg("serve")
        .env("LISTEN", address.to_string())
        .env("DATABASE_URL", url)
        .env("JWT_SECRET", SECRET)
        .env("ENCRYPTION_KEYS", "bench:AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=")
        .env("ENVIRONMENT", "production")
        .env("LOG_FORMAT", "json");
    Running::start(command, address, options.logs).await
}

async fn start_baseline(database: &Loaded, options: &Options) -> Outcome<Running> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["baseline", "--listen", &address.to_string(), "--database-url", &database.url("postgres")]);
    Running::start(command, address, options.logs).await
}

/// A port that nobody uses at this moment.
fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

async fn is_ready(address: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer.starts_with(b"HTTP/1.1 200"))
    };
    ask.await.unwrap_or(false)
}
