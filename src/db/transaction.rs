//! The transaction of one operation.
//!
//! Its beginning travels in the same flush as the first statement, and, when the engine knows which statement is the
//! last, its end in the same flush as that one. When an operation is dropped halfway, the connection is not handed on
//! before its transaction is over; when that does not happen at once, the statement is cancelled and the connection
//! thrown away. So no row and no setting can reach the next user of the connection.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use deadpool::managed::Object;
use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::Sql;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join, join3};
use tokio::sync::OnceCell;
use tokio::task::unconstrained;

use super::actor::Actor;
use super::connection::Connection;
use super::pool::{Connections, Database};

/// How long an abandoned statement may go on before it is cancelled.
const PATIENCE: Duration = Duration::from_millis(50);

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Reads one snapshot.
    Read,
    /// Writes.
    Write,
}

/// What an operation cost.
#[derive(Debug, Default)]
pub struct Counters {
    statements: AtomicU32,
    rows: AtomicU64,
}

impl Counters {
    /// Statements, those that begin and end transactions aside.
    pub fn statements(&self) -> u32 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Rows that they gave.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }
}

/// A transaction in somebody's name, see [`Actor`]. Takes a connection with its first statement.
pub struct Transaction {
    database: Database,
    mode: Mode,
    actor: Actor,
    mutation: Option<Box<str>>,
    address: Option<IpAddr>,
    lease: OnceCell<Lease>,
    counters: Arc<Counters>,
}

/// A connection with an open transaction.
struct Lease {
    connection: Option<Object<Connections>>,
    begun: AtomicBool,
    ended: AtomicBool,
    /// Statements without an answer yet. One that is dropped stays among them: the server may still be busy with it.
    unanswered: AtomicUsize,
}

impl Transaction {
    /// A transaction that has not begun yet.
    pub fn new(database: Database, mode: Mode, actor: Actor, counters: Arc<Counters>) -> Self {
        Self { database, mode, actor, mutation: None, address: None, lease: OnceCell::new(), counters }
    }

    /// The same, for a mutation of this name, which the change log keeps with what is written. Anything but
    /// a word of ASCII letters, digits and `_` is no name.
    #[must_use]
    pub fn of_mutation(mut self, name: &str) -> Self {
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        self.mutation = is_name.then(|| name.into());
        self
    }

    /// The same, for somebody at this address, which the log of access to files keeps with what is written.
    #[must_use]
    pub fn from_address(mut self, address: Option<IpAddr>) -> Self {
        self.address = address;
        self
    }

    async fn lease(&self) -> Result<&Lease, DbError> {
        let open = || async {
            let connection = self.database.acquire().await?;
            Ok(Lease {
                connection: Some(connection),
                begun: AtomicBool::new(false),
                ended: AtomicBool::new(false),
                unanswered: AtomicUsize::new(0),
            })
        };
        self.lease.get_or_try_init(open).await
    }

    /// Begins the transaction if nothing has begun it yet.
    async fn begin(&self, lease: &Lease) -> Result<(), DbError> {
        if lease.begun.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let begin = self.actor.begin(self.mode);
        if self.mutation.is_none() && self.address.is_none() {
            return lease.connection()?.batch(begin).await;
        }
        let mut begin = begin.to_owned();
        if let Some(name) = &self.mutation {
            begin.push_str(&format!("; set local app.mutation = '{name}'"));
        }
        // An address is written with digits, letters, dots and colons alone.
        if let Some(address) = self.address.filter(|_| self.mode == Mode::Write) {
            begin.push_str(&format!("; set local app.client_address = '{address}'"));
        }
        lease.connection()?.batch(&begin).await
    }

    /// A statement that is a whole operation: it brings its settings along, and ends them by ending.
    ///
    /// PostgreSQL makes a transaction around a statement that comes alone, so neither beginning nor end has to be sent,
    /// parsed and answered: a third of the cost of reading one row. Nothing is left behind that could reach the next user of
    /// the connection.
    fn alone(&self, sql: Sql) -> Sql {
        sql.behind(|sql| self.actor.apply(sql))
    }

    async fn run(&self, sql: Sql, last: bool) -> Result<Rows, DbError> {
        let lease = self.lease().await?;
        if lease.ended.load(Ordering::SeqCst) {
            // It would run without tenant and see nothing, silently.
            return Err(DbError::Fault("a statement came after the end of its transaction".into()));
        }
        let connection = lease.connection()?;
        let alone = last && self.mode == Mode::Read && !lease.begun.load(Ordering::SeqCst);
        if alone && !lease.ended.swap(true, Ordering::SeqCst) {
            return self.answered(lease, connection.rows(self.alone(sql))).await;
        }
        let last = last && connection.is_prepared(&sql) && !lease.ended.swap(true, Ordering::SeqCst);
        // Polled in this order, so they go out in this order, without waiting for each other's answers.
        let end = async { if last { connection.batch("commit").await } else { Ok(()) } };
        // Unconstrained, because a task that has used up its turn would let the end overtake the statement.
        let work = join3(self.begin(lease), unconstrained(connection.rows(sql)), end);
        let work = async {
            let (begun, rows, ended) = work.await;
            begun?;
            let rows = rows?;
            ended?;
            Ok(rows)
        };
        self.answered(lease, work).await
    }

    /// Waits for the rows of a statement, and counts them.
    async fn answered(
        &self,
        lease: &Lease,
        work: impl Future<Output = Result<Rows, DbError>>,
    ) -> Result<Rows, DbError> {
        lease.unanswered.fetch_add(1, Ordering::SeqCst);
        let rows = self.watched(lease.connection()?, work).await?;
        lease.unanswered.fetch_sub(1, Ordering::SeqCst);
        let rows = rows?;
        self.counters.statements.fetch_add(1, Ordering::Relaxed);
        self.counters.rows.fetch_add(rows.len() as u64, Ordering::Relaxed);
        Ok(rows)
    }

    async fn send(&self, sql: &'static str) -> Result<(), DbError> {
        let lease = self.lease().await?;
        let connection = lease.connection()?;
        let work = join(self.begin(lease), connection.batch(sql));
        let (begun, sent) = self.watched(connection, work).await?;
        begun?;
        sent
    }

    /// Waits for the database's answer as long as the database lives.
    async fn watched<T>(&self, connection: &Connection, work: impl Future<Output = T>) -> Result<T, DbError> {
        tokio::select! {
            biased;
            answer = work => Ok(answer),
            () = self.database.unreachable() => {
                connection.give_up();
                Err(DbError::Unavailable("the database has stopped answering".into()))
            }
        }
    }

    /// Ends a read. The answer is complete, so nobody waits for the end: it is sent, and whatever the connection's
    /// next user sends comes after it.
    pub fn finish(&self) {
        let Some(lease) = self.lease.get() else { return };
        let Ok(connection) = lease.connection() else { return };
        if lease.begun.load(Ordering::SeqCst) && !lease.ended.swap(true, Ordering::SeqCst) {
            // The first poll hands the message to the connection's task.
            let _ = connection.batch("commit").now_or_never();
        }
    }

    /// Makes a write durable. Returns only when PostgreSQL has said so.
    ///
    /// # Errors
    /// When it is not certain that the write is stored.
    pub async fn commit(&self) -> Result<(), DbError> {
        let committed = self.commit_unheard().await;
        // Also when it is not certain whether the write is stored.
        self.database.written().notify_one();
        committed
    }

    /// The same, without waking who waits for writes.
    ///
    /// # Errors
    /// When it is not certain that the write is stored.
    pub async fn commit_unheard(&self) -> Result<(), DbError> {
        self.end("commit").await
    }

    /// Undoes a write.
    ///
    /// # Errors
    /// When the connection is gone; PostgreSQL then undoes it by itself.
    pub async fn rollback(&self) -> Result<(), DbError> {
        self.end("rollback").await
    }

    async fn end(&self, sql: &str) -> Result<(), DbError> {
        let Some(lease) = self.lease.get() else { return Ok(()) };
        if !lease.begun.load(Ordering::SeqCst) || lease.ended.load(Ordering::SeqCst) {
            return Ok(());
        }
        let connection = lease.connection()?;
        self.watched(connection, connection.batch(sql)).await??;
        lease.ended.store(true, Ordering::SeqCst);
        Ok(())
    }
}

impl Statements for Transaction {
    fn rows(&self, sql: Sql, last: bool) -> BoxFuture<'_, Result<Rows, DbError>> {
        self.run(sql, last).boxed()
    }

    fn command(&self, sql: &'static str) -> BoxFuture<'_, Result<(), DbError>> {
        self.send(sql).boxed()
    }
}

impl Lease {
    fn connection(&self) -> Result<&Connection, DbError> {
        self.connection.as_deref().ok_or_else(|| DbError::Fault("the connection was given back".into()))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Behind an unanswered statement the end has been sent, but may be far off; the connection's next user would
        // wait for a statement that nobody needs any more.
        let clean = (!*self.begun.get_mut() || *self.ended.get_mut()) && *self.unanswered.get_mut() == 0;
        let Some(connection) = self.connection.take() else { return };
        if clean {
            return;
        }
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(abandon(connection))),
            // Outside the runtime, at the very end of the process, nothing can be awaited.
            Err(_) => drop(Object::take(connection)),
        }
    }
}

/// Ends the transaction of a dropped operation before the connection can be used again.
async fn abandon(connection: Object<Connections>) {
    match tokio::time::timeout(PATIENCE, connection.batch("rollback")).await {
        Ok(Ok(())) => drop(connection),
        _ => {
            // A late cancel signal could hit the next statement of this connection, so there is none.
            connection.cancel().await;
            drop(Object::take(connection));
        }
    }
}
