//! The pool.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, QueueMode, RecycleError, RecycleResult};
use diesel_async::AsyncPgConnection;
use entity::database::DbError;
use tokio::sync::Notify;

use super::connection::Connection;

/// A statement that takes longer than this is a reason to ask whether the database still lives.
const PROBE_INTERVAL: Duration = Duration::from_millis(900);
/// How long a living database may take to accept a connection.
const PROBE_TIMEOUT: Duration = Duration::from_millis(800);

/// How to reach the database.
#[derive(Clone)]
pub struct DatabaseSettings {
    /// PostgreSQL URL.
    pub url: String,
    /// Most connections.
    pub pool_size: usize,
    /// How long an operation waits for a connection.
    pub pool_timeout: Duration,
    /// How long a statement may run.
    pub statement_timeout: Duration,
}

/// The database, as the gateway sees it. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    pool: managed::Pool<Connections>,
    pool_timeout: Duration,
    written: Arc<Notify>,
}

/// Opens connections and looks after used ones.
pub(super) struct Connections {
    config: tokio_postgres::Config,
    setup: String,
}

impl Database {
    /// A pool; no connection is opened yet.
    ///
    /// # Errors
    /// A sentence when the URL is not one.
    pub fn new(settings: &DatabaseSettings) -> Result<Self, String> {
        let mut config =
            tokio_postgres::Config::from_str(&settings.url).map_err(|_| "this is not a PostgreSQL URL".to_owned())?;
        config.application_name("mostrador").connect_timeout(settings.pool_timeout);
        // The role owns nothing and cannot bypass row-level security, whoever logs in.
        // Each statement is planned once: left to itself, PostgreSQL plans those over partitions anew each time, because
        // it thinks that a plan for any tenant reads all partitions (the inbox: 1.05 ms of its processor, not 1.72).
        let setup = format!(
            "set role mostrador_api; set statement_timeout = {}; set idle_in_transaction_session_timeout = '60s'; \
             set search_path = public; set jit = off; set plan_cache_mode = force_generic_plan; \
             set default_transaction_isolation = 'read committed'; \
             set default_transaction_read_only = on",
            settings.statement_timeout.as_millis()
        );
        let pool = managed::Pool::builder(Connections { config, setup })
            .max_size(settings.pool_size)
            // Whoever worked last has its plans and caches warm; in turns, all connections are cold.
            .queue_mode(QueueMode::Lifo)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { pool, pool_timeout: settings.pool_timeout, written: Arc::default() })
    }

    /// A connection, waiting for one if need be.
    pub(super) async fn acquire(&self) -> Result<Object<Connections>, DbError> {
        match tokio::time::timeout(self.pool_timeout, self.pool.get()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(managed::PoolError::Backend(error))) => Err(error),
            Ok(Err(_)) => Err(DbError::Unavailable("the pool is closed".into())),
            Err(_) => Err(DbError::Unavailable("no connection became free in time".into())),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        let connection = self.acquire().await?;
        match tokio::time::timeout(self.pool_timeout, connection.batch("select 1")).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error),
            Err(_) => {
                drop(Object::take(connection));
                Err(DbError::Unavailable("the database does not answer".into()))
            }
        }
    }

    /// Waits until the database does not even take a new connection; never returns while it does.
    ///
    /// For statements that take long: a frozen server, unlike a stopped one, leaves its clients waiting for ever.
    pub(super) async fn unreachable(&self) {
        loop {
            tokio::time::sleep(PROBE_INTERVAL).await;
            let connect = self.config().connect(tokio_postgres::NoTls);
            match tokio::time::timeout(PROBE_TIMEOUT, connect).await {
                Ok(Ok(_)) => {}
                // It says no, for instance because it has connections enough: it lives.
                Ok(Err(error)) if error.as_db_error().is_some() => {}
                _ => return,
            }
        }
    }

    /// Connections: the most there may be, open ones, idle ones, and operations that wait.
    #[must_use]
    pub fn status(&self) -> (usize, usize, usize, usize) {
        let status = self.pool.status();
        (status.max_size, status.size, status.available, status.waiting)
    }

    /// How to reach the database.
    pub(super) fn config(&self) -> &tokio_postgres::Config {
        &self.pool.manager().config
    }

    /// Wakes one waiter after each commit of this process.
    pub fn written(&self) -> &Notify {
        &self.written
    }

    /// Whether the pool is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// Closes the pool: operations that still come are refused.
    pub fn close(&self) {
        self.pool.close();
    }
}

impl managed::Manager for Connections {
    type Type = Connection;
    type Error = DbError;

    async fn create(&self) -> Result<Connection, DbError> {
        let unreachable = |error: tokio_postgres::Error| DbError::Unavailable(error.to_string());
        let (client, connection) = self.config.connect(tokio_postgres::NoTls).await.map_err(unreachable)?;
        let pg = AsyncPgConnection::try_from_client_and_connection(client, connection)
            .await
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        let connection = Connection::new(pg);
        connection.batch(&self.setup).await?;
        Ok(connection)
    }

    /// Asks nobody: that the other side has hung up is known here, and when it is silently gone the first statement
    /// shows it.
    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<DbError> {
        if connection.is_closed() || connection.is_worn() {
            return Err(RecycleError::message("the connection is used up"));
        }
        Ok(())
    }
}
