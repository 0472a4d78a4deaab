//! A gateway, as a child process over a database that others look after.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mostrador::clock::SystemClock;
use mostrador::token::{Bearer, Key, KeySet, Tokens};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::http::is_ready;
use crate::{Failure, Outcome};

const SECRET: &str = "b8Rk2Wz5Tq9Xn4Lc7Vm3Jh6Gd1Fs0YpA";
/// How long it may take until it serves.
const PATIENCE: Duration = Duration::from_secs(30);

/// A gateway that runs until this is dropped.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Node {
    /// Starts one over this database, and waits until it serves.
    pub(crate) async fn start(url: &str, bus: &str) -> Outcome<Self> {
        // A port that nobody uses at this moment.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(env!("CARGO_BIN_EXE_mostrador"))
            .arg("serve")
            .env("LISTEN", address.to_string())
            .env("DATABASE_URL", url)
            .env("JWT_SECRET", SECRET)
            .env("ENCRYPTION_KEYS", "bench:AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=")
            .env("ENVIRONMENT", "production")
            .env("BUS", bus)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let node = Self { address, child };
        let deadline = Instant::now() + PATIENCE;
        while !is_ready(address).await {
            if Instant::now() > deadline {
                return Err("a gateway does not serve".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(node)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An access token of this user, in a new session, that every [`Node`] takes.
pub(crate) async fn token(superuser: &Client, tenant: Uuid, user: Uuid) -> Outcome<String> {
    let sql = format!(
        "insert into sessions (tenant_id, user_id, session_token_hash, refresh_token_hash, expires_at)
         values ('{tenant}', '{user}', sha256('session'), sha256('refresh'), '2100-01-01') returning id::text"
    );
    let session_id = superuser.query_one(&sql, &[]).await?.get::<_, &str>(0).parse()?;
    let bearer = Bearer { user_id: user, tenant_id: tenant, session_id, home_tenant_id: None, csrf_hash: None };
    let key = Key::secret(SECRET.as_bytes()).map_err(|_| "the secret is too short")?;
    let keys = KeySet::new(&key, []).map_err(|_| "the key is no key")?;
    let token = Tokens::new(keys, Arc::new(SystemClock)).issue(&bearer, Duration::from_secs(24 * 3600));
    Ok(token.map_err(|error| Failure::from(error.to_string()))?.text)
}
