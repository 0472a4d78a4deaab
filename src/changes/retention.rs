//! Makes the log's partitions of the days to come, and drops those that are over for long enough.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::work::{Stop, Tenancy, Worker};

/// The worker.
pub struct Retention {
    tenancy: Tenancy,
    days: u32,
}

impl Retention {
    /// Keeps today and so many days before, at least one.
    #[must_use]
    pub fn new(tenancy: Tenancy, days: u32) -> Self {
        Self { tenancy, days: days.max(1) }
    }

    /// Makes what is missing and drops what is over.
    ///
    /// # Errors
    /// What the database said; also that somebody held the log for too long just now.
    pub async fn keep(&self) -> Result<(), DbError> {
        let mut make = Sql::new();
        make.push("select app.make_change_partitions()");
        // A partition is of no tenant.
        self.tenancy.write(Uuid::nil(), |transaction| transaction.rows(make, false)).await?;
        let mut drop_old = Sql::new();
        drop_old.push("select app.drop_change_partitions(");
        drop_old.bind(Bind::Int(i32::try_from(self.days).unwrap_or(i32::MAX))).push(")");
        self.tenancy.write(Uuid::nil(), |transaction| transaction.rows(drop_old, false)).await?;
        Ok(())
    }
}

impl Worker for Retention {
    fn name(&self) -> &'static str {
        "change retention"
    }

    fn rest(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn round<'a>(&'a self, _: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move { self.keep().await.map(|()| false) }.boxed()
    }
}
