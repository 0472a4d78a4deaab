//! Writers, through a gateway or with its transactions, and a node of the gateway that takes rounds and reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use entity::database::{DbError, Statements};
use entity::id::format_id;
use entity::sql::{Bind, Sql};
use futures_util::future::join;
use mostrador::db::{Actor, Database, Mode, Transaction};
use mostrador::work::{Crew, Worker};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::http::Connection;
use crate::stage::Stage;
use crate::{Failure, Outcome};

/// What an agent's client asks for.
const UPDATE: &str = "mutation($input: UpdateTaskInput!) { updateTask(input: $input) { \
     task { id version title status dueDate owner { displayName } contact { displayName } updatedAt } \
     errors { code message } } }";

/// What is written.
#[derive(Clone, Copy)]
pub(crate) enum Load {
    /// A message comes in and is read back: its conversation counts it, and is logged as well.
    Message,
    /// An agent changes a task, as its client does it: a request to the gateway. One row, few triggers.
    Mutation,
    /// What such a request asks of PostgreSQL, in the gateway's own transaction but without the gateway: the leanest write,
    /// so the log weighs most.
    Statements,
}

impl Load {
    pub(crate) const ALL: [Self; 3] = [Self::Message, Self::Mutation, Self::Statements];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Message => "a message comes in (2 rows logged)",
            Self::Mutation => "updateTask (1 row logged)",
            Self::Statements => "its statements, without gateway",
        }
    }

    /// What is written to the row of this key.
    const fn statement(self) -> (&'static str, &'static str) {
        match self {
            Self::Message => (
                "insert into messages (conversation_id, sender_type, content) values (",
                ", 'CONTACT', 'Is it still there? I could come by on Saturday morning.') returning id",
            ),
            Self::Mutation | Self::Statements => (
                "update tasks t set title = 'Call back, note ' || floor(random() * 1e9) where t.id = ",
                " and t.deleted_at is null returning t.id",
            ),
        }
    }

    /// What is read for the answer.
    const fn read_back(self) -> &'static str {
        match self {
            Self::Message => {
                "select m.id, m.content, m.created_at, c.status, c.unread_count, c.last_message_at \
                 from conversations c \
                 join lateral (select * from messages m where m.tenant_id = c.tenant_id and m.conversation_id = c.id \
                               order by m.id desc limit 1) m on true \
                 where c.id = "
            }
            Self::Mutation | Self::Statements => {
                "select id, version, title, status, due_date, owner_id, contact_id, updated_at from tasks where id = "
            }
        }
    }

    const fn mutation(self) -> &'static str {
        match self {
            Self::Message => "receiveMessage",
            Self::Mutation | Self::Statements => "updateTask",
        }
    }

    /// Writes to one row and reads it back, in the transaction that the gateway would make of a mutation.
    async fn write(self, database: &Database, actor: &Actor, key: Uuid) -> Result<(), DbError> {
        let transaction = Transaction::new(database.clone(), Mode::Write, actor.clone(), Arc::default());
        let transaction = transaction.of_mutation(self.mutation());
        let (mut written, mut read) = (Sql::new(), Sql::new());
        let (before, behind) = self.statement();
        written.push(before).bind(Bind::Uuid(key)).push(behind);
        read.push(self.read_back()).bind(Bind::Uuid(key));
        let (savepoint, rows) = join(transaction.command("savepoint verb"), transaction.rows(written, false)).await;
        savepoint?;
        rows?;
        transaction.rows(read, false).await?;
        transaction.commit().await
    }

    async fn keys(self, stage: &Stage) -> Outcome<Vec<Uuid>> {
        match self {
            Self::Message => stage.keys("conversations", "status <> 'ARCHIVED'").await,
            Self::Mutation | Self::Statements => stage.keys("tasks", "deleted_at is null").await,
        }
    }
}

/// Somebody who writes one thing after another.
enum Writer {
    /// Over a connection to the gateway, with these headers.
    Client(Connection, String),
    /// With the gateway's own transactions.
    Transactions(Database, Actor),
}

impl Writer {
    async fn of(stage: &Stage, load: Load) -> Outcome<Self> {
        Ok(match load {
            Load::Mutation => {
                let headers = format!("authorization: Bearer {}\r\n", stage.token);
                Self::Client(Connection::open(stage.node.address).await?, headers)
            }
            Load::Message | Load::Statements => Self::Transactions(stage.database.clone(), stage.actor.clone()),
        })
    }

    async fn write(&mut self, load: Load, key: Uuid) -> Outcome<()> {
        match self {
            Self::Client(connection, headers) => update(connection, headers, key).await,
            Self::Transactions(database, actor) => {
                load.write(database, actor, key).await.map_err(|error| Failure::from(format!("{error:?}")))
            }
        }
    }
}

/// Changes a task through the gateway.
async fn update(connection: &mut Connection, headers: &str, key: Uuid) -> Outcome<()> {
    // What stays as it is would not be written.
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let title = format!("Call back, note {}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let input = json!({ "id": format_id("task", key), "title": title });
    let body = json!({ "query": UPDATE, "variables": { "input": input } }).to_string();
    let (status, answer) = connection.post("/graphql", headers, &body).await?;
    let answer = String::from_utf8_lossy(&answer);
    match status == 200 && answer.contains(&title) {
        true => Ok(()),
        false => Err(format!("a task was not changed: {status} {answer}").into()),
    }
}

/// What came of some turns.
#[derive(Default)]
pub(crate) struct Written {
    transactions: u64,
    time: Duration,
    cpu: f64,
    pub(crate) rounds: i64,
    pub(crate) changes: i64,
}

impl Written {
    pub(crate) fn add(&mut self, other: Self) {
        self.transactions += other.transactions;
        self.time += other.time;
        self.cpu += other.cpu;
        self.rounds += other.rounds;
        self.changes += other.changes;
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.transactions as f64 / self.time.as_secs_f64()
    }

    /// PostgreSQL's processor time for one transaction, rounds and readers included, in milliseconds.
    pub(crate) fn cpu_each(&self) -> f64 {
        self.cpu / self.transactions as f64
    }
}

/// Lets writers write for a while, and a node take rounds and read meanwhile.
pub(crate) async fn run(stage: &Stage, load: Load, writers: usize, time: Duration) -> Outcome<Written> {
    let keys = Arc::new(load.keys(stage).await?);
    let (is_over, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut tasks = JoinSet::<Outcome<()>>::new();
    let (before, rounds) = (stage.count().await?, *stage.log.rounds().borrow());
    let mut place = stage.log.head().await?;
    let crew = Crew::start(vec![Box::new(Shared(Arc::clone(&stage.sequencer))) as Box<dyn Worker>]);
    let (cpu, start) = (stage.cpu().await?, Instant::now());
    for number in 0..writers {
        let (keys, is_over, done) = (Arc::clone(&keys), Arc::clone(&is_over), Arc::clone(&done));
        let mut writer = Writer::of(stage, load).await?;
        tasks.spawn(async move {
            let mut next = number * 61;
            while !is_over.load(Ordering::Relaxed) {
                next += 97;
                writer.write(load, keys[next % keys.len()]).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
    }
    let mut news = stage.log.rounds();
    while start.elapsed() < time {
        let left = time.saturating_sub(start.elapsed());
        // Whether there was a round or not, what there is is read.
        let _ = tokio::time::timeout(left, news.changed()).await;
        loop {
            let page = stage.log.tail(&place, 1_000).await?;
            place = page.end;
            // While others write, there may always be more.
            if !page.has_more || start.elapsed() >= time {
                break;
            }
        }
    }
    is_over.store(true, Ordering::Relaxed);
    let (transactions, time) = (done.load(Ordering::Relaxed), start.elapsed());
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let cpu = stage.cpu().await? - cpu;
    crew.stop(Duration::from_secs(5)).await;
    let (rounds, changes) = (*stage.log.rounds().borrow() - rounds, stage.count().await? - before);
    Ok(Written { transactions, time, cpu, rounds, changes })
}

/// From the end of a commit to the moment at which a reader has its change.
pub(crate) async fn delays(stage: &Stage, count: usize) -> Outcome<Vec<Duration>> {
    let keys = Load::Statements.keys(stage).await?;
    let mut writer = Writer::of(stage, Load::Statements).await?;
    let crew = Crew::start(vec![Box::new(Shared(Arc::clone(&stage.sequencer))) as Box<dyn Worker>]);
    let (mut news, mut delays) = (stage.log.rounds(), Vec::with_capacity(count));
    stage.sequencer.take().await.map_err(|error| format!("{error:?}"))?;
    let mut place = stage.log.head().await?;
    for number in 0..count {
        tokio::time::sleep(Duration::from_millis(10)).await;
        writer.write(Load::Statements, keys[number % keys.len()]).await?;
        let committed = Instant::now();
        loop {
            let page = stage.log.tail(&place, 100).await?;
            place = page.end;
            if !page.changes.is_empty() {
                break;
            }
            news.changed().await?;
        }
        delays.push(committed.elapsed());
    }
    crew.stop(Duration::from_secs(5)).await;
    Ok(delays)
}

/// The stage's sequencer, as a worker of one crew after another.
struct Shared(Arc<mostrador::changes::Sequencer>);

impl Worker for Shared {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn rest(&self) -> Duration {
        self.0.rest()
    }

    fn round<'a>(
        &'a self,
        stop: &'a mostrador::work::Stop,
    ) -> futures_util::future::BoxFuture<'a, Result<bool, DbError>> {
        self.0.round(stop)
    }
}
