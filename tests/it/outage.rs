//! A database that is stopped, frozen, busy or slow: a clear answer in bounded time, and nothing to do afterwards.
//!
//! The limits on time are guards: far above what an answer takes on a busy machine, and what the gateway promises.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use mostrador::config::secret::DatabaseUrl;
use mostrador::postgres::{Durability, Server, Settings, start};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::app::{Reply, TestApp, TestClient, pool_settings, session_of, superuser};

const LIST: &str = "{ contacts(first: 3) { totalCount nodes { id displayName } } }";
const CREATE: &str =
    "mutation Create($input: CreateContactInput!) { createContact(input: $input) { contact { id } errors { code } } }";

/// What the gateway promises of a stopped database.
const PROMISED: Duration = Duration::from_secs(2);
/// The same on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// A cluster that a test may stop, with the world in it.
struct Cluster {
    folder: PathBuf,
    server: Option<Server>,
}

impl Cluster {
    async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // A short path, so that the socket stays in the folder and keeps its address.
        let folder = std::env::temp_dir().join(format!("md-outage-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut cluster = Self { folder, server: None };
        cluster.start().await;
        let superuser = cluster.connect("postgres").await;
        superuser.batch_execute("create role mostrador_owner login createrole").await.unwrap();
        superuser.batch_execute("create database world owner mostrador_owner").await.unwrap();
        let owner = cluster.url("mostrador_owner").parse::<DatabaseUrl>().unwrap();
        mostrador::app::migrations::run(&owner).await.unwrap();
        cluster.connect("world").await.batch_execute(crate::app::WORLD).await.unwrap();
        cluster
    }

    async fn start(&mut self) {
        let settings =
            Settings { data_dir: Some(self.folder.clone()), durability: Durability::None, ..Settings::default() };
        let server = tokio::task::spawn_blocking(move || start(&settings).unwrap()).await.unwrap();
        self.server = Some(server);
    }

    async fn stop(&mut self) {
        let server = self.server.take().unwrap();
        tokio::task::spawn_blocking(move || server.stop().unwrap()).await.unwrap();
    }

    fn url(&self, role: &str) -> String {
        self.server.as_ref().unwrap().url(role, "world")
    }

    async fn connect(&self, database: &str) -> tokio_postgres::Client {
        let url = self.server.as_ref().unwrap().url("postgres", database);
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// A gateway with the time limits of the default configuration, and somebody who uses it.
    async fn gateway(&self) -> (TestApp, TestClient) {
        let mut settings = pool_settings(self.url("mostrador_api"));
        settings.pool_size = 4;
        settings.pool_timeout = Duration::from_millis(1_500);
        settings.statement_timeout = Duration::from_secs(10);
        let app = TestApp::with_settings(settings, "world".to_owned());
        let row = self
            .connect("world")
            .await
            .query_one("select tenant_id::text, min(id::text) from users where is_active and deleted_at is null group by 1 limit 1", &[])
            .await
            .unwrap();
        let (tenant, user) = (row.get::<_, String>(0).parse().unwrap(), row.get::<_, String>(1).parse().unwrap());
        let session = session_of(&self.connect("world").await, user).await;
        let client = app.client_in(tenant, user, session);
        (app, client)
    }

    /// The postmaster, then everything it has started.
    fn processes(&self) -> Vec<Pid> {
        let file = std::fs::read_to_string(self.folder.join("database/cluster/postmaster.pid")).unwrap();
        let postmaster = file.lines().next().unwrap().trim().parse().unwrap();
        let mut all = vec![Pid::from_raw(postmaster)];
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<i32>() else { continue };
            // The parent is the second field behind the name, which may hold anything.
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<i32>().ok());
            if parent == Some(postmaster) {
                all.push(Pid::from_raw(pid));
            }
        }
        all
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.server.take();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Processes that stand still until this is dropped.
struct Frozen(Vec<Pid>);

impl Frozen {
    fn all(processes: Vec<Pid>) -> Self {
        for process in &processes {
            kill(*process, Signal::SIGSTOP).unwrap();
        }
        Self(processes)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for process in &self.0 {
            let _ = kill(*process, Signal::SIGCONT);
        }
    }
}

async fn status(app: &TestApp, path: &str) -> StatusCode {
    app.router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap().status()
}

fn code(reply: &Reply) -> &str {
    reply.json["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

async fn unavailable(client: &TestClient, query: &str, variables: Value, within: Duration) {
    let started = Instant::now();
    let reply = client.send(query, variables).await;
    let took = started.elapsed();
    assert_eq!((reply.status, code(&reply)), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"), "{:#}", reply.json);
    assert!(took < within, "it took {took:?} to say so");
}

/// Opens every connection of the pool, so that each has something to lose.
async fn warm_up(app: &TestApp, client: &TestClient) {
    let both = "{ contacts(first: 1) { nodes { id } } vehicles(first: 1) { nodes { id } } }";
    futures_util::future::join_all((0..8).map(|_| client.data(both, json!({})))).await;
    assert!(app.database.status().1 > 1);
}

async fn at_rest(app: &TestApp) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (_, open, idle, waiting) = app.database.status();
        if open == idle && waiting == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "{:?}", app.database.status());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_database_is_said_to_be_unavailable_and_all_heals_when_it_returns() {
    let mut cluster = Cluster::new().await;
    let (app, client) = cluster.gateway().await;
    let before = client.data(LIST, json!({})).await;
    warm_up(&app, &client).await;
    assert_eq!((status(&app, "/readyz").await, status(&app, "/livez").await), (StatusCode::OK, StatusCode::OK));

    cluster.stop().await;
    for round in 0..6 {
        unavailable(&client, LIST, json!({}), PROMISED).await;
        let input = json!({ "displayName": "Outage", "idempotencyKey": format!("outage-{round}") });
        unavailable(&client, CREATE, json!({ "input": input }), PROMISED).await;
    }
    let started = Instant::now();
    assert_eq!(status(&app, "/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
    assert!(started.elapsed() < PROMISED + Duration::from_secs(1));
    assert_eq!(status(&app, "/livez").await, StatusCode::OK);
    // Whether a session still lives only the database knows, so a token is good for nothing meanwhile.
    let reply = client.send("{ __typename }", json!({})).await;
    assert_eq!(reply.json["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);

    cluster.start().await;
    // Not one request pays for connections that the old server had: they are known to be gone.
    assert_eq!(client.data(LIST, json!({})).await, before);
    for answer in futures_util::future::join_all((0..8).map(|_| client.data(LIST, json!({})))).await {
        assert_eq!(answer, before);
    }
    assert_eq!(status(&app, "/readyz").await, StatusCode::OK);
    let created =
        client.data(CREATE, json!({ "input": { "displayName": "After", "idempotencyKey": "outage-1" } })).await;
    assert_eq!(created["createContact"]["errors"], json!([]), "the key was not used up by a write that never was");
    at_rest(&app).await;
    drop(app);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_running_when_the_database_stops_is_told_so() {
    let mut cluster = Cluster::new().await;
    let (_app, client) = cluster.gateway().await;
    let locker = cluster.connect("world").await;
    locker.batch_execute("begin; lock table contacts in access exclusive mode").await.unwrap();
    let running = tokio::spawn(async move {
        let input = json!({ "displayName": "Cut off" });
        futures_util::future::join(client.send(LIST, json!({})), client.send(CREATE, json!({ "input": input }))).await
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!running.is_finished());
    cluster.stop().await;
    let (read, write) = tokio::time::timeout(PATIENCE, running).await.expect("an answer").unwrap();
    assert_eq!((read.status, code(&read)), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"), "{:#}", read.json);
    assert_eq!((write.status, code(&write)), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"), "{:#}", write.json);
    cluster.start().await;
    let count = "select count(*) from contacts where display_name = 'Cut off'";
    let row = cluster.connect("world").await.query_one(count, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_database_is_said_to_be_unavailable_and_all_heals_when_it_thaws() {
    let cluster = Cluster::new().await;
    let (app, client) = cluster.gateway().await;
    let before = client.data(LIST, json!({})).await;
    warm_up(&app, &client).await;
    at_rest(&app).await;
    let frozen = Frozen::all(cluster.processes());
    // Those that find a connection and those that need a new one: no more than twice what is promised of a stopped one.
    for _ in 0..2 {
        let input = json!({ "displayName": "Frozen" });
        futures_util::future::join4(
            unavailable(&client, LIST, json!({}), PROMISED * 2),
            unavailable(&client, LIST, json!({}), PROMISED * 2),
            unavailable(&client, CREATE, json!({ "input": input }), PROMISED * 2),
            unavailable(&client, "{ vehicles { totalCount } }", json!({}), PROMISED * 2),
        )
        .await;
    }
    assert_eq!(status(&app, "/readyz").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status(&app, "/livez").await, StatusCode::OK);
    drop(frozen);
    let deadline = Instant::now() + PATIENCE;
    while status(&app, "/readyz").await != StatusCode::OK {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let after = client
        .data(
            "{ contacts(first: 3, filter: {displayName: {ne: \"Frozen\"}}) { totalCount nodes { id displayName } } }",
            json!({}),
        )
        .await;
    assert_eq!(after, before);
    at_rest(&app).await;
    no_session_stays_busy(&cluster).await;
}

async fn no_session_stays_busy(cluster: &Cluster) {
    let watcher = cluster.connect("world").await;
    let busy = "select count(*) from pg_stat_activity where application_name = 'mostrador' and state <> 'idle'";
    let deadline = Instant::now() + PATIENCE;
    while watcher.query_one(busy, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(Instant::now() < deadline, "sessions stay busy or in a transaction");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_no_free_connection_in_time_is_told_so() {
    let app = TestApp::world().await;
    let small = app
        .beside(|settings| {
            settings.pool_size = 1;
            settings.pool_timeout = Duration::from_millis(300);
        })
        .await;
    let client = small.somebody_of("autos").await;
    let mut locker = superuser(&app.database_name).await;
    let lock = locker.transaction().await.unwrap();
    lock.batch_execute("lock table contacts in access exclusive mode").await.unwrap();
    let holder = tokio::spawn({
        let client = client.clone();
        async move { client.send(LIST, json!({})).await }
    });
    while small.database.status().1 == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    for query in [
        "{ vehicles { totalCount } }",
        "{ viewer { user { id } } }",
        "{ node(id: \"user_00000000000000000000000ana\") { id } }",
    ] {
        let reply = client.send(query, json!({})).await;
        assert_eq!((reply.status, code(&reply)), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"), "{:#}", reply.json);
    }
    unavailable(&client, CREATE, json!({ "input": { "displayName": "No room" } }), PATIENCE).await;
    lock.rollback().await.unwrap();
    assert_eq!(holder.await.unwrap().status, StatusCode::OK);
    client.data(LIST, json!({})).await;
    assert_eq!(app.cell("select count(*) from contacts where display_name = 'No room'").await, "0");
    at_rest(&small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_stopped_and_told_so() {
    let app = TestApp::world().await;
    let hasty = app
        .beside(|settings| {
            settings.pool_size = 1;
            settings.statement_timeout = Duration::from_millis(200);
        })
        .await;
    let client = hasty.somebody_of("autos").await;
    let mut locker = superuser(&app.database_name).await;
    let lock = locker.transaction().await.unwrap();
    lock.batch_execute("lock table contacts in access exclusive mode").await.unwrap();
    for _ in 0..3 {
        let reply = client.send(LIST, json!({})).await;
        assert_eq!(code(&reply), "TIMEOUT", "{:#}", reply.json);
        let reply = client.send(CREATE, json!({ "input": { "displayName": "Late", "idempotencyKey": "late" } })).await;
        assert_eq!(code(&reply), "TIMEOUT", "{:#}", reply.json);
        // Other tables are served meanwhile, on the same connection.
        client.data("{ vehicles { totalCount } }", json!({})).await;
    }
    lock.rollback().await.unwrap();
    assert_eq!(app.cell("select count(*) from contacts where display_name = 'Late'").await, "0");
    assert_eq!(app.cell("select count(*) from idempotency_keys").await, "0");
    let created = client.data(CREATE, json!({ "input": { "displayName": "Late", "idempotencyKey": "late" } })).await;
    assert_eq!(created["createContact"]["errors"], json!([]));
    at_rest(&hasty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_killed_costs_one_request_at_most() {
    let app = TestApp::world().await;
    let client = app.somebody_of("autos").await;
    warm_up(&app, &client).await;
    let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'mostrador' and datname = current_database()";
    assert!(app.cell(kill).await.parse::<i32>().unwrap() > 1);
    let deadline = Instant::now() + PATIENCE;
    // One that was on its way when the others were killed is killed as well.
    while app.cell(kill).await != "0" {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..4 {
        client.data(LIST, json!({})).await;
    }
}
