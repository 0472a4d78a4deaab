//! How long an event takes from its commit at one gateway to a watcher at another one.
//!
//! `cargo bench --bench latency` starts an embedded PostgreSQL (fsync on) and two of the gateway's own binaries. One
//! client sends messages through the first gateway at a steady pace; a watcher at the second one subscribes to the
//! conversation over a WebSocket. The time of a commit is PostgreSQL's own (`track_commit_timestamp`), that of an arrival
//! this program's, on the same clock. The bar is a p99 of 50 ms on an idle machine; `--bus nats://…` lets the gateways
//! hear each other over a NATS server, `--messages` and `--rate` change the sizes. Afterwards as many webhooks come in, and
//! it says how long a provider waits for its answer.

#[path = "../../tests/it/history/client.rs"]
mod client;
#[path = "../sign_in_flood/client.rs"]
mod http;
mod node;
mod webhook;

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;
use entity::id::format_id;
use mostrador::app::migrations;
use mostrador::config::secret::DatabaseUrl;
use mostrador::postgres::{self, Durability, Server, Settings};
use serde_json::json;
use tokio_postgres::NoTls;
use uuid::Uuid;

use self::client::{Said, Socket, ask};
use self::node::Node;

/// Whatever goes wrong ends the run with its message.
type Failure = Box<dyn Error + Send + Sync>;

/// What everything here returns.
type Outcome<T> = Result<T, Failure>;

/// What is promised, on an idle machine.
const BAR: Duration = Duration::from_millis(50);
/// How long an event may take to come.
const PATIENCE: Duration = Duration::from_secs(30);
const DATABASE: &str = "latency";
const OWNER: &str = "mostrador_owner";
const SEND: &str = "mutation($input: SendMessageInput!) { sendMessage(input: $input) { errors { message } } }";
const WATCH: &str = "subscription($id: ID!) { conversationEvents(conversationId: $id) {
    ... on MessageAdded { clientMessageId message { id content } } ... on StreamReady { cursor } } }";

#[derive(Parser)]
struct Options {
    /// Messages.
    #[arg(long, default_value_t = 1_000)]
    messages: u128,
    /// Messages per second.
    #[arg(long, default_value_t = 25)]
    rate: u32,
    /// What carries wake-ups between the gateways.
    #[arg(long, default_value = "postgres")]
    bus: String,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(run(&options))) {
        Ok(p99) if p99 < BAR => ExitCode::SUCCESS,
        Ok(_) => {
            eprintln!("latency: the p99 is above {BAR:?}; is the machine idle?");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("latency: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Outcome<Duration> {
    let stage = Stage::set(&options.bus).await?;
    let variables = json!({ "id": stage.conversation });
    let second = stage.nodes[1].address.to_string();
    let watching = Socket::subscribe(&second, &stage.token, WATCH, &variables);
    let mut watcher = watching.await.ok_or("the second gateway takes no subscription")?;
    arrival(&mut watcher).await?;
    // The first messages warm both up.
    let (warm, mut sent_at) = (20, HashMap::new());
    let mut arrived_at = HashMap::new();
    let mut beat = tokio::time::interval(Duration::from_secs(1) / options.rate.max(1));
    for number in 0..options.messages + warm {
        beat.tick().await;
        let id = Uuid::from_u128(number + 1);
        let input = json!({
            "conversationId": stage.conversation, "clientMessageId": id, "content": format!("message {number}"),
        });
        sent_at.insert(id, Instant::now());
        let (address, token) = (stage.nodes[0].address.to_string(), stage.token.clone());
        let sending = tokio::spawn(async move { ask(&address, &token, SEND, &json!({ "input": input })).await });
        while !arrived_at.contains_key(&id) {
            if let Some((id, moment)) = arrival(&mut watcher).await? {
                arrived_at.insert(id, (moment, sent_at.get(&id).map(Instant::elapsed)));
            }
        }
        sending.await?.ok_or("a message was not taken")?;
    }
    let committed_at = stage.committed_at().await?;
    let (mut from_commit, mut from_request) = (Vec::new(), Vec::new());
    for (id, (moment, whole)) in arrived_at.into_iter().filter(|(id, _)| id.as_u128() > warm) {
        let committed = committed_at.get(&id).ok_or("a message was not committed")?;
        from_commit.push(moment.saturating_sub(*committed));
        from_request.extend(whole);
    }
    println!("{} messages at {} per second over {}", from_commit.len(), options.rate, options.bus);
    let p99 = report("from the commit", &mut from_commit);
    report("from the request", &mut from_request);
    let mut answered = webhook::answered(stage.nodes[0].address, &stage.token, options.messages, options.rate).await?;
    report("a webhook's answer", &mut answered);
    Ok(p99)
}

/// Prints quantiles; gives the p99.
fn report(what: &str, all: &mut [Duration]) -> Duration {
    all.sort_unstable();
    let quantile = |part: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a length")]
        let index = (all.len() as f64 * part) as usize;
        all.get(index.min(all.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    let [p50, p90, p99, most] = [0.5, 0.9, 0.99, 1.0].map(quantile);
    println!("{what:<18} p50 {p50:>9.2?}  p90 {p90:>9.2?}  p99 {p99:>9.2?}  max {most:>9.2?}");
    p99
}

/// The next event: which message has arrived and when, since 1970; none for other events.
async fn arrival(watcher: &mut Socket) -> Outcome<Option<(Uuid, Duration)>> {
    match tokio::time::timeout(PATIENCE, watcher.next()).await? {
        Said::Next(payload) => {
            #[expect(clippy::disallowed_methods, reason = "compared with PostgreSQL's clock")]
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            let id = payload["data"]["conversationEvents"]["clientMessageId"].as_str();
            Ok(id.map(str::parse).transpose()?.map(|id| (id, now)))
        }
        Said::Ended(errors) => Err(format!("the subscription has ended: {errors:?}").into()),
        Said::Gone => Err("the connection has ended".into()),
    }
}

/// A database and two gateways.
struct Stage {
    nodes: Vec<Node>,
    token: String,
    conversation: String,
    client: tokio_postgres::Client,
    _server: Server,
}

impl Stage {
    async fn set(bus: &str) -> Outcome<Self> {
        let settings = Settings {
            data_dir: Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("latency")),
            durability: Durability::Full,
            parameters: vec![("track_commit_timestamp".to_owned(), "on".to_owned())],
            ..Settings::default()
        };
        let server = tokio::task::spawn_blocking(move || postgres::start(&settings)).await??;
        let admin = connect(&server.url("postgres", "postgres")).await?;
        for statement in [
            format!("drop database if exists {DATABASE}"),
            format!("drop role if exists {OWNER}"),
            format!("create role {OWNER} login createrole"),
            format!("create database {DATABASE} owner {OWNER}"),
        ] {
            admin.batch_execute(&statement).await?;
        }
        let owner = server.url(OWNER, DATABASE).parse::<DatabaseUrl>()?;
        migrations::run(&owner).await.map_err(|failure| failure.to_string())?;
        let client = connect(&server.url("postgres", DATABASE)).await?;
        let (token, conversation) = people(&client).await?;
        let url = server.url("mostrador_api", DATABASE);
        let nodes = vec![Node::start(&url, bus).await?, Node::start(&url, bus).await?];
        Ok(Self { nodes, token, conversation, client, _server: server })
    }

    /// When each message was committed, since 1970.
    async fn committed_at(&self) -> Outcome<HashMap<Uuid, Duration>> {
        let sql = "select client_message_id::text, \
                          (extract(epoch from pg_xact_commit_timestamp(xid::xid)) * 1000000)::bigint \
                     from changes where client_message_id is not null and kind = 'INSERT'";
        let rows = self.client.query(sql, &[]).await?;
        let read = |row: &tokio_postgres::Row| {
            let micros = u64::try_from(row.get::<_, i64>(1))?;
            Ok((row.get::<_, &str>(0).parse()?, Duration::from_micros(micros)))
        };
        rows.iter().map(read).collect()
    }
}

/// Makes a business with a conversation; a token of its administrator, and the conversation.
async fn people(client: &tokio_postgres::Client) -> Outcome<(String, String)> {
    let sql = "with business as (
            insert into tenants (name, email, status, slug, default_currency, timezone)
            values ('Business', 'hello@business.test', 'ACTIVE', 'business', 'EUR', 'UTC') returning id
        )
        insert into users (tenant_id, email, display_name, role, is_active, is_first_login)
        select id, 'ana@business.test', 'Ana', 'ADMIN', true, false from business returning tenant_id::text, id::text";
    let row = client.query_one(sql, &[]).await?;
    let (tenant, user): (String, String) = (row.get(0), row.get(1));
    let first =
        async |sql: String| -> Outcome<Uuid> { Ok(client.query_one(&sql, &[]).await?.get::<_, String>(0).parse()?) };
    let contact = first(format!(
        "insert into contacts (tenant_id, display_name) values ('{tenant}', 'Contact') returning id::text"
    ))
    .await?;
    let conversation = first(format!(
        "insert into conversations (tenant_id, contact_id, channel) values ('{tenant}', '{contact}', 'WEB_CHAT') \
         returning id::text"
    ))
    .await?;
    let token = node::token(client, tenant.parse()?, user.parse()?).await?;
    Ok((token, format_id("conversation", conversation)))
}

async fn connect(url: &str) -> Outcome<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
