//! One connection: Diesel's, with the list of what it has prepared.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::{AsyncConnectionCore, AsyncPgConnection, SimpleAsyncConnection};
use entity::database::DbError;
use entity::rows::Rows;
use entity::sql::Sql;
use futures_util::TryStreamExt;

use super::error::translate;

/// A connection keeps at most this many prepared statements; then it is replaced by a new one, because neither side
/// ever forgets one. The operations of one application are far fewer.
const MAX_PREPARED: usize = 600;

/// A connection in the API's role.
pub struct Connection {
    pg: AsyncPgConnection,
    prepared: Mutex<HashSet<u64>>,
    closed: AtomicBool,
}

impl Connection {
    pub(super) fn new(pg: AsyncPgConnection) -> Self {
        Self { pg, prepared: Mutex::default(), closed: AtomicBool::new(false) }
    }

    /// Whether it has prepared as much as it should.
    pub(super) fn is_worn(&self) -> bool {
        self.prepared.lock().map_or(true, |prepared| prepared.len() >= MAX_PREPARED)
    }

    /// Whether the other side is gone.
    pub(super) fn is_closed(&mut self) -> bool {
        self.closed.load(Ordering::Relaxed) || PoolableConnection::is_broken(&mut self.pg)
    }

    /// Whether this statement goes out as soon as it is polled, without being prepared first.
    pub(super) fn is_prepared(&self, sql: &Sql) -> bool {
        self.prepared.lock().is_ok_and(|prepared| prepared.contains(&fingerprint(sql)))
    }

    /// Runs one statement.
    pub(super) async fn rows(&self, sql: Sql) -> Result<Rows, DbError> {
        let fingerprint = fingerprint(&sql);
        let mut shared = &self.pg;
        let mut stream = AsyncConnectionCore::load(&mut shared, sql).await.map_err(|error| self.noted(error))?;
        if let Ok(mut prepared) = self.prepared.lock() {
            prepared.insert(fingerprint);
        }
        let mut rows = Rows::new();
        while let Some(row) = stream.try_next().await.map_err(|error| self.noted(error))? {
            rows.push_row(&row);
        }
        Ok(rows)
    }

    /// Runs statements without parameters and without rows, in one message.
    pub(super) async fn batch(&self, sql: &str) -> Result<(), DbError> {
        let mut shared = &self.pg;
        shared.batch_execute(sql).await.map_err(|error| self.noted(error))
    }

    /// Translates an error, and remembers when it says that the connection is gone.
    fn noted(&self, error: diesel::result::Error) -> DbError {
        let error = translate(error);
        if matches!(error, DbError::Unavailable(_)) {
            self.closed.store(true, Ordering::Relaxed);
        }
        error
    }

    /// The other side does not answer any more.
    pub(super) fn give_up(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Asks the server to stop what this connection is doing.
    pub(super) async fn cancel(&self) {
        // It may be done already, or the server gone or frozen: either way there is nothing left to stop.
        let token = self.pg.cancel_token();
        let _ = tokio::time::timeout(Duration::from_secs(2), token.cancel_query(tokio_postgres::NoTls)).await;
    }
}

fn fingerprint(sql: &Sql) -> u64 {
    let mut hasher = DefaultHasher::new();
    sql.text().hash(&mut hasher);
    hasher.finish()
}
