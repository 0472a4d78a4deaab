//! The gateway, as a child process with a database of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::client::{Connection, is_ready};
use crate::{Failure, Outcome};

/// How long it may take to make a database, load it and serve.
const PATIENCE: Duration = Duration::from_secs(180);

/// A gateway that runs until it is stopped or dropped.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    child: Child,
    folder: PathBuf,
}

/// Somebody of a demo tenant.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) tenant: String,
    pub(crate) email: String,
}

impl Gateway {
    /// Starts it over the demo data, trusting this machine as a proxy.
    pub(crate) async fn start() -> Outcome<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let folder = std::env::temp_dir().join(format!("mostrador-flood-{}", std::process::id()));
        let child = Command::new(env!("CARGO_BIN_EXE_mostrador"))
            .arg("serve")
            .env("LISTEN", address.to_string())
            .env("DATA_DIR", &folder)
            .env("TRUSTED_PROXIES", "127.0.0.1")
            .env("LOG_LEVEL", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let mut gateway = Self { address, child, folder };
        let deadline = Instant::now() + PATIENCE;
        while !is_ready(address).await {
            if let Some(status) = gateway.child.try_wait()? {
                return Err(format!("the gateway ended with {status}").into());
            }
            if Instant::now() > deadline {
                return Err("the gateway does not serve".into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(gateway)
    }

    /// An administrator of each of the two demo tenants.
    pub(crate) async fn tenants(&self) -> Outcome<[Person; 2]> {
        let (_, answer) = Connection::open(self.address).await?.get("/dev/logins").await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        let mut people: Vec<Person> = Vec::new();
        for login in answer["logins"].as_array().into_iter().flatten() {
            let text = |key: &str| login[key].as_str().unwrap_or_default().to_owned();
            if login["role"] == "ADMIN" && people.iter().all(|person| person.tenant != text("tenant")) {
                people.push(Person { tenant: text("tenant"), email: text("email") });
            }
        }
        people.truncate(2);
        people.try_into().map_err(|_| Failure::from(format!("two tenants are needed: {answer}")))
    }

    /// An access token.
    pub(crate) async fn token(&self, person: &Person) -> Outcome<String> {
        let body = json!({ "tenant": person.tenant, "email": person.email }).to_string();
        let (_, answer) = Connection::open(self.address).await?.post("/dev/sign-in", "", &body).await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        answer["token"].as_str().map(ToOwned::to_owned).ok_or_else(|| format!("no token: {answer}").into())
    }

    /// Stops it, and its database with it.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        self.terminate();
        self.child.wait()?;
        Ok(())
    }

    fn terminate(&self) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // It may have ended by itself.
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.terminate();
        }
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
