//! The stage: one PostgreSQL that can be stopped at any moment, three gateways that can be killed, two businesses.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mostrador::clock::SystemClock;
use mostrador::config::secret::DatabaseUrl;
use mostrador::postgres::{Durability, Server, Settings, start};
use mostrador::token::{Bearer, Key, KeySet, Tokens};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::client::ask;
use crate::app::session_of;
use crate::binary::{Folder, Gateway, await_end, mostrador};

const SECRET: &str = "4b61d5c7a8e90f3246813579bdf02468ace13579bdf02468ace1357948151623";
const NODES: usize = 3;
/// Conversations of each business.
const CONVERSATIONS: usize = 8;
/// A guard; the lease of a job is half a minute.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Stage {
    folder: PathBuf,
    server: Mutex<Option<Server>>,
    url: String,
    api_url: String,
    nodes: Vec<Node>,
    pub(crate) businesses: Vec<Business>,
}

/// A gateway, running or not.
struct Node {
    folder: Arc<Folder>,
    address: String,
    gateway: Mutex<Option<Gateway>>,
}

/// A tenant, with somebody who sees everything in it.
pub(crate) struct Business {
    pub(crate) tenant: Uuid,
    pub(crate) user: Uuid,
    pub(crate) token: String,
    pub(crate) conversations: Vec<Uuid>,
    pub(crate) contacts: Vec<Uuid>,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        // A short path, so that the socket stays in the folder and keeps its address.
        let folder = std::env::temp_dir().join(format!("md-history-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let server = start_server(folder.clone()).await;
        let url = server.url("postgres", "world");
        let api_url = server.url("mostrador_api", "world");
        let postgres = connect(&server.url("postgres", "postgres")).await.unwrap();
        postgres.batch_execute("create role mostrador_owner login createrole").await.unwrap();
        postgres.batch_execute("create database world owner mostrador_owner").await.unwrap();
        let owner = server.url("mostrador_owner", "world").parse::<DatabaseUrl>().unwrap();
        mostrador::app::migrations::run(&owner).await.unwrap();
        let client = connect(&url).await.unwrap();
        let mut businesses = Vec::new();
        for slug in ["autos", "casas"] {
            businesses.push(Business::open(&client, slug).await);
        }
        // What comes later has a higher number of the transaction.
        client.batch_execute("create table history_begin as select pg_current_xact_id() as xid").await.unwrap();
        let mut nodes = Vec::new();
        for _ in 0..NODES {
            nodes.push(Node::start(&api_url).await);
        }
        Self { folder, server: Mutex::new(Some(server)), url, api_url, nodes, businesses }
    }

    /// Where the nodes are, whether they run or not.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.address.clone()).collect()
    }

    /// A cursor at which nothing of what follows has happened.
    pub(crate) async fn begin(&self) -> String {
        let answer = ask(&self.nodes[0].address, &self.businesses[0].token, "{ eventCursor }", &json!({})).await;
        let answer = answer.unwrap();
        answer["data"]["eventCursor"].as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned()
    }

    /// A connection past all gateways, as psql has it; sooner or later.
    pub(crate) async fn psql(&self) -> tokio_postgres::Client {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match connect(&self.url).await {
                Ok(client) => return client,
                Err(error) if Instant::now() > deadline => panic!("{error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    pub(crate) async fn signal(&self, node: usize, signal: Signal) {
        let gateway = self.nodes[node].gateway.lock().await;
        gateway.as_ref().unwrap().signal(signal);
    }

    /// Ends a node by a signal.
    pub(crate) async fn end(&self, node: usize, signal: Signal) {
        let mut gateway = self.nodes[node].gateway.lock().await.take().unwrap();
        let wait = move || {
            gateway.signal(signal);
            gateway.ended()
        };
        let status = tokio::task::spawn_blocking(wait).await.unwrap();
        assert!(
            signal == Signal::SIGKILL || status.code() == Some(0),
            "a node that was asked to stop has failed: {status}"
        );
    }

    /// Starts a node that has ended, where it was.
    pub(crate) async fn start(&self, node: usize) {
        let node = &self.nodes[node];
        let gateway = run(&self.api_url, &node.folder, &node.address).await;
        *node.gateway.lock().await = Some(gateway);
    }

    /// Stops PostgreSQL without giving it time to write anything, and starts it again.
    pub(crate) async fn crash_postgres(&self, down: Duration) {
        let mut server = self.server.lock().await;
        let file = std::fs::read_to_string(self.folder.join("database/cluster/postmaster.pid")).unwrap();
        let postmaster = Pid::from_raw(file.lines().next().unwrap().trim().parse().unwrap());
        kill(postmaster, Signal::SIGQUIT).unwrap();
        let old = server.take();
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || {
            await_end(postmaster);
            drop(old);
        })
        .await
        .unwrap();
        tokio::time::sleep(down).await;
        *server = Some(start_server(folder).await);
    }

    /// Waits until all nodes answer and nothing is under way in the database, neither transactions nor jobs that send.
    pub(crate) async fn settle(&self) {
        let deadline = Instant::now() + PATIENCE;
        for node in &self.nodes {
            while ask(&node.address, &self.businesses[0].token, "{ __typename }", &json!({})).await.is_none() {
                assert!(Instant::now() < deadline, "{} does not answer", node.address);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        // Sending changes messages. What a killed node was sending is taken up by another once its lease has run out.
        let client = self.psql().await;
        let now: String = client.query_one("select pg_current_xact_id()::text", &[]).await.unwrap().get(0);
        let sql = "select pg_snapshot_xmin(pg_current_snapshot()) > $1::text::xid8 \
                          and not exists (select from jobs where kind = 'send_message' and state in ('QUEUED', 'RUNNING'))";
        let deadline = Instant::now() + PATIENCE;
        while !client.query_one(sql, &[&now]).await.unwrap().get::<_, bool>(0) {
            assert!(Instant::now() < deadline, "messages are still being sent");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The last warnings and errors of all nodes, for who looks for a reason.
    pub(crate) fn logs(&self) -> String {
        let last = |text: String| {
            let lines = text.lines().rev().filter(|line| !line.contains("\"INFO\""));
            lines.take(30).map(str::to_owned).collect::<Vec<_>>().join("\n")
        };
        let of = |node: &Node| {
            node.gateway
                .try_lock()
                .ok()
                .and_then(|gateway| gateway.as_ref().map(|one| last(one.log())))
                .unwrap_or_default()
        };
        self.nodes.iter().map(|node| format!("{}\n{}\n", node.address, of(node))).collect()
    }
}

impl Node {
    async fn start(api_url: &str) -> Self {
        let folder = Arc::new(Folder::new());
        let gateway = run(api_url, &folder, "127.0.0.1:0").await;
        Self { folder, address: gateway.address.clone(), gateway: Mutex::new(Some(gateway)) }
    }
}

async fn run(api_url: &str, folder: &Arc<Folder>, listen: &str) -> Gateway {
    let mut command = mostrador(&["serve"]);
    command.env("ENVIRONMENT", "production").env("DATABASE_URL", api_url).env("LISTEN", listen);
    command.env("JWT_SECRET", SECRET).env("POOL_SIZE", "8");
    command.env("ENCRYPTION_KEYS", "test:AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=");
    let folder = Arc::clone(folder);
    tokio::task::spawn_blocking(move || Gateway::run_silently(command, &folder)).await.unwrap()
}

async fn start_server(folder: PathBuf) -> Server {
    // What was committed must outlive the server, though not the machine.
    let parameters = [("synchronous_commit", "on"), ("full_page_writes", "on")];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let settings = Settings { data_dir: Some(folder), durability: Durability::None, parameters, ..Settings::default() };
    tokio::task::spawn_blocking(move || start(&settings).unwrap()).await.unwrap()
}

async fn connect(url: &str) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

impl Business {
    async fn open(client: &tokio_postgres::Client, slug: &str) -> Self {
        let sql = format!(
            "with business as (
                 insert into tenants (name, email, status, slug, default_currency, timezone)
                 values ('{slug}', 'hello@{slug}.test', 'ACTIVE', '{slug}', 'EUR', 'Europe/Madrid') returning id
             )
             insert into users (tenant_id, email, display_name, role, is_active, is_first_login)
             select id, 'ana@{slug}.test', 'Ana', 'ADMIN', true, false from business returning tenant_id::text, id::text"
        );
        let row = client.query_one(&sql, &[]).await.unwrap();
        let [tenant, user] = [0, 1].map(|cell| row.get::<_, String>(cell).parse::<Uuid>().unwrap());
        let session = session_of(client, user).await;
        let ids = async |sql: &str| -> Vec<Uuid> {
            let rows = client.query(sql, &[&tenant.to_string()]).await.unwrap();
            rows.iter().map(|row| row.get::<_, String>(0).parse().unwrap()).collect()
        };
        let contacts = ids(&format!(
            "insert into contacts (tenant_id, display_name) \
             select $1::text::uuid, 'Contact ' || number from generate_series(1, {CONVERSATIONS}) as number returning id::text"
        ))
        .await;
        let conversations = ids(
            "insert into conversations (tenant_id, contact_id, channel) \
             select tenant_id, id, 'WEB_CHAT' from contacts where tenant_id = $1::text::uuid and display_name like 'Contact %' \
             returning id::text",
        )
        .await;
        let tokens =
            Tokens::new(KeySet::new(&Key::secret(SECRET.as_bytes()).unwrap(), []).unwrap(), Arc::new(SystemClock));
        let bearer =
            Bearer { user_id: user, tenant_id: tenant, session_id: session, home_tenant_id: None, csrf_hash: None };
        let token = tokens.issue(&bearer, Duration::from_secs(12 * 3600)).unwrap().text;
        Self { tenant, user, token, conversations, contacts }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            node.gateway.get_mut().take();
        }
        self.server.get_mut().take();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
