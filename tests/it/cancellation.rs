//! Requests that are left halfway, at every await point, while another tenant uses the same connections.

mod abandoned;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use mostrador::db::{Actor, Counters, Database, Mode, Scope, Transaction};
use mostrador::demo::CONSISTENCY;
use mostrador::http::service::{Call, GraphqlService, RequestId};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::app::{TestApp, demo_tenants, superuser};

const ROUNDS: usize = 10_000;
/// Pools that the rounds are spread over, by size: with one connection every request follows another on it.
const POOLS: [usize; 4] = [1, 2, 1, 2];
const SEED: u64 = 0x5eed_2026_0302;

/// What tenant A does, and leaves.
const LIST: &str = "{ contacts(first: 5) { nodes { id displayName } } }";
const ONE: &str = "query One($id: ID!) { contact(id: $id) { id displayName phone } }";
const INBOX: &str = "{ conversations(first: 5, filter: {status: {eq: OPEN}}) { nodes { id contact { id displayName }
    tags { nodes { name } } messages(last: 3) { nodes { id content sender { __typename ... on User { displayName } } } } } } }";
const ROOTS: &str =
    "{ a: contacts(first: 3) { nodes { id sales { nodes { id } } } } b: vehicles(first: 3) { nodes { id } }
    viewer { tenant { slug } user { email } } }";
const CREATE: &str = "mutation Create($input: CreateContactInput!) { createContact(input: $input) {
    contact { id displayName owner { id } } errors { code existingId } } }";
const SEND: &str = "mutation Send($input: SendMessageInput!) { sendMessage(input: $input) {
    message { id content conversation { lastMessagePreview messages(last: 2) { nodes { id } } } } errors { code } } }";

/// What tenant B asks meanwhile; its answer must never change.
const REFERENCE: &str = "{ viewer { tenant { slug } user { email } }
    contacts(first: 2) { nodes { id tenantId displayName conversations(first: 1) { nodes { id } } } } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_left_at_any_await_point_crosses_nothing_over_to_another_tenant() {
    println!("seed {SEED}");
    let app = TestApp::demo().await;
    let world = Arc::new(World::find(&app).await);
    let mut lanes = tokio::task::JoinSet::new();
    for (number, size) in POOLS.into_iter().enumerate() {
        let lane = app.beside(|settings| settings.pool_size = size).await;
        let world = Arc::clone(&world);
        lanes.spawn(async move {
            let mut lane = Lane { random: Random(SEED + number as u64), app: lane, world, number };
            for round in 0..ROUNDS / POOLS.len() {
                lane.round(round).await;
            }
            lane.settle().await;
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane.unwrap_or_else(|error| panic!("seed {SEED}: {error}"));
    }
    no_transaction_stays_open(&app).await;
    every_write_is_whole(&app).await;
}

/// With a single connection, whoever gets it next can look whether the last one left a transaction open on it.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_handed_on_outside_of_any_transaction() {
    let app = TestApp::demo().await;
    let world = Arc::new(World::find(&app).await);
    let own = app.beside(|settings| settings.pool_size = 1).await;
    let lane = Lane { random: Random(SEED), app: own, world, number: 0 };
    let watcher = superuser(&app.database_name).await;
    let open = "select count(*) from pg_stat_activity where application_name = 'mostrador' and datname = current_database() \
                and (state <> 'idle' or xact_start is not null) and pid <> pg_backend_pid()";
    // Reads only: a write goes on in a task of its own, and may rightly hold the connection when one looks.
    for round in (0..6 * 24).filter(|round| round % 6 < 4) {
        let polls = 1 + round / 6;
        LeftAfter { polls, future: lane.app.gateway.execute(lane.operation(round)) }.await;
        lane.app.database.ping().await.unwrap();
        let found: i64 = watcher.query_one(open, &[]).await.unwrap().get(0);
        assert_eq!(found, 0, "operation {} after {polls} polls left a transaction open", round % 6);
    }
    lane.settle().await;
}

/// The two tenants and what is asked in their names.
struct World {
    token_a: String,
    token_b: String,
    tenant_b: Uuid,
    contact: String,
    conversations: Vec<Value>,
    reference: bytes::Bytes,
}

impl World {
    async fn find(app: &TestApp) -> Self {
        let [a, b] = demo_tenants();
        let token_a = app.somebody_of(a).await;
        let token_b = app.somebody_of(b).await;
        let tenant_b = app.cell(&format!("select id from tenants where slug = '{b}'")).await;
        let found = token_a
            .data("{ contacts(first: 1) { nodes { id } } conversations(first: 4, filter: {status: {eq: OPEN}, channel: {ne: WHATSAPP}}) { nodes { id } } }", json!({}))
            .await;
        let reference = app.gateway.execute(call(&token_b.token, REFERENCE, json!({}))).await.body;
        assert!(!String::from_utf8_lossy(&reference).contains("errors"), "{reference:?}");
        Self {
            token_a: token_a.token,
            token_b: token_b.token,
            tenant_b: tenant_b.parse().unwrap(),
            contact: found["contacts"]["nodes"][0]["id"].as_str().unwrap().to_owned(),
            conversations: found["conversations"]["nodes"].as_array().unwrap().clone(),
            reference,
        }
    }
}

/// A pool of its own with one user of each tenant.
struct Lane {
    random: Random,
    app: TestApp,
    world: Arc<World>,
    number: usize,
}

impl Lane {
    async fn round(&mut self, round: usize) {
        // Every small number of polls for every operation, then at random.
        let polls = if round < 6 * 24 { 1 + round / 6 } else { 1 + self.random.below(30) };
        let left = LeftAfter { polls, future: self.app.gateway.execute(self.operation(round)) };
        let other = self.app.gateway.execute(call(&self.world.token_b, REFERENCE, json!({})));
        let answer = if self.random.below(2) == 0 {
            left.await;
            other.await
        } else {
            futures_util::future::join(left, other).await.1
        };
        assert!(
            answer.body == self.world.reference,
            "lane {}, round {round}, {polls} polls: tenant B was told\n{}\ninstead of\n{}",
            self.number,
            String::from_utf8_lossy(&answer.body),
            String::from_utf8_lossy(&self.world.reference)
        );
    }

    fn operation(&self, round: usize) -> Call {
        let token = &self.world.token_a;
        let name = format!("left-{}-{round}", self.number);
        match round % 6 {
            0 => call(token, LIST, json!({})),
            1 => call(token, ONE, json!({ "id": self.world.contact })),
            2 => call(token, INBOX, json!({})),
            3 => call(token, ROOTS, json!({})),
            4 => {
                // Every other one collides, so that refused writes are left as well.
                let phone = format!("+3460{:07}", self.number * 1_000_000 + round / 12);
                let input = json!({ "displayName": name, "phone": phone, "idempotencyKey": name });
                call(token, CREATE, json!({ "input": input }))
            }
            _ => {
                let conversation = &self.world.conversations[self.number]["id"];
                let input = json!({ "conversationId": conversation, "content": name, "idempotencyKey": name });
                call(token, SEND, json!({ "input": input }))
            }
        }
    }

    /// The pool comes to rest, no connection is lost, and none remembers anybody.
    async fn settle(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let (max, open, idle, waiting) = self.app.database.status();
            assert!(open <= max);
            if open == idle && waiting == 0 {
                break;
            }
            assert!(Instant::now() < deadline, "lane {}: {open} connections, {idle} idle, {waiting} wait", self.number);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for _ in 0..8 {
            nobody_is_set(&self.app.database, self.world.tenant_b).await;
        }
    }
}

/// Looks at the session's own settings on a connection of the pool, after a transaction.
async fn nobody_is_set(database: &Database, tenant: Uuid) {
    use entity::database::Statements;
    const CHECK: &str = "do $$ begin \
        if coalesce(current_setting('app.tenant_id', true), '') || coalesce(current_setting('app.user_id', true), '') <> '' \
        then raise exception 'somebody is still set'; end if; end $$";
    let transaction = Transaction::new(
        database.clone(),
        Mode::Read,
        Actor::tenant(tenant, Scope::ALL),
        Arc::new(Counters::default()),
    );
    transaction.command("select 1").await.unwrap();
    transaction.commit().await.unwrap();
    transaction.command(CHECK).await.unwrap();
}

async fn no_transaction_stays_open(app: &TestApp) {
    let sql = format!(
        "select state, query from pg_stat_activity where datname = '{}' and application_name = 'mostrador' and state <> 'idle'",
        app.database_name
    );
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let busy = app.rows(&sql).await;
        if busy.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "sessions that are not idle: {busy:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A mutation and its idempotency key are one: both are there, or neither; and so are counters and previews.
async fn every_write_is_whole(app: &TestApp) {
    let written = app
        .rows(
            "select k.operation, count(*), count(k.outcome ->> 'id'), count(coalesce(c.id, m.id)) \
             from idempotency_keys k \
             left join contacts c on c.tenant_id = k.tenant_id and c.display_name = k.key and c.id::text = k.outcome ->> 'id' \
             left join messages m on m.tenant_id = k.tenant_id and m.content = k.key and m.id::text = k.outcome ->> 'id' \
             where k.key like 'left-%' group by 1 order by 1",
        )
        .await;
    println!("operation, keys, with an outcome, with a row: {written:?}");
    let count = |row: &[String], cell: usize| row[cell].parse::<usize>().unwrap();
    let [contacts, messages] = &written[..] else { panic!("{written:?}") };
    for row in [contacts, messages] {
        assert_eq!(count(row, 2), count(row, 3), "keys whose row is missing: {written:?}");
        assert!(count(row, 3) > 100, "too few writes came through to prove anything: {written:?}");
    }
    assert!(count(contacts, 1) > count(contacts, 2), "no write was refused: {written:?}");
    assert_eq!(app.cell("select count(*) from idempotency_keys where outcome is null").await, "0");
    let rows = "select (select count(*) from contacts where display_name like 'left-%'), \
                (select count(*) from messages where content like 'left-%')";
    assert_eq!(app.rows(rows).await[0], [contacts[3].clone(), messages[3].clone()], "rows without a key");
    let about_messages = format!("select * from ({CONSISTENCY}) broken where rule ~ 'unread_count|last_message_at'");
    assert_eq!(app.rows(&about_messages).await, Vec::<Vec<String>>::new());
}

/// A call as HTTP would make it.
fn call(token: &str, query: &str, variables: Value) -> Call {
    let variables: Map<String, Value> = if let Value::Object(map) = variables { map } else { Map::new() };
    Call {
        query: query.to_owned(),
        operation_name: None,
        variables: Some(variables),
        extensions: None,
        queries_only: false,
        caller: Default::default(),
        bearer: Some(token.to_owned()),
        request_id: RequestId::accept("test").unwrap(),
    }
}

/// A future that is polled so often, each time after it has asked for it, and then dropped.
struct LeftAfter<F> {
    polls: usize,
    future: F,
}

impl<F: Future + Unpin> Future for LeftAfter<F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        if self.polls == 0 {
            return Poll::Ready(false);
        }
        self.polls -= 1;
        match pin!(&mut self.future).poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            // Dropped at once, not when it next wakes.
            Poll::Pending if self.polls == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
