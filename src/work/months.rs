//! Keeps the tables with one partition a month: makes the months to come and drops those that are over, when the
//! gateway starts and once a day. Which tables these are, and how long each is kept, stands in `app.monthly_tables`.
//!
//! Partitions reach months ahead, so that it takes a long outage before a write finds no room.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{Stop, Tenancy, Worker};

/// The worker.
pub struct Months(Tenancy);

impl Months {
    /// Over the database of these transactions.
    #[must_use]
    pub fn new(tenancy: Tenancy) -> Self {
        Self(tenancy)
    }

    /// Makes what is missing and drops what is over, table by table: one that is read for long does not stop the others.
    ///
    /// # Errors
    /// What the database said of the first table that could not be kept.
    pub async fn keep(&self) -> Result<(), DbError> {
        let mut sql = Sql::new();
        sql.push("select app.monthly_table_names()");
        // A partition is of no tenant.
        let rows = self.0.read(Uuid::nil(), sql).await?;
        let mut outcome = Ok(());
        for row in 0..rows.len() {
            let Some(table) = rows.text(row, 0) else { continue };
            let mut sql = Sql::new();
            sql.push("select made, dropped from app.keep_monthly_partitions(").bind(Bind::Text(table)).push(")");
            let kept = self.0.write(Uuid::nil(), |transaction| transaction.rows(sql, false)).await;
            outcome = outcome.and(kept.map(drop));
        }
        outcome
    }
}

impl Worker for Months {
    fn name(&self) -> &'static str {
        "months"
    }

    fn rest(&self) -> Duration {
        Duration::from_secs(24 * 3600)
    }

    fn round<'a>(&'a self, _: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move { self.keep().await.map(|()| false) }.boxed()
    }
}
