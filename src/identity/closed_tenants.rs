//! The worker that removes for good what a closed business had, once its time is over.
//!
//! In rounds of bounded size, each a transaction of its own: it may be stopped anywhere, and any number of gateways may
//! be at it. The bytes of files go after their rows, with those that nothing refers to.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::work::{Stop, Tenancy, Worker};

/// Rows that are removed in one transaction: less than a second of work, mostly.
const ROWS_AT_ONCE: i32 = 1_000;

/// Clears closed businesses away.
pub struct ClosedTenants {
    tenancy: Tenancy,
    days: i32,
}

impl ClosedTenants {
    /// Leaves businesses alone for so many days after they were closed, at least one.
    #[must_use]
    pub fn new(tenancy: Tenancy, days: u64) -> Self {
        Self { tenancy, days: i32::try_from(days).unwrap_or(i32::MAX).max(1) }
    }

    /// Removes some rows; whether there may be more.
    ///
    /// # Errors
    /// What the database said.
    pub async fn clear_some(&self) -> Result<bool, DbError> {
        let mut sql = Sql::new();
        sql.push("select app.clear_closed_tenants(").bind(Bind::Int(self.days));
        sql.push(", ").bind(Bind::Int(ROWS_AT_ONCE)).push(")::bigint");
        // Which business it is, the function finds out.
        let rows = self.tenancy.write(Uuid::nil(), |transaction| transaction.rows(sql, false)).await?;
        Ok(rows.int8(0, 0).is_some_and(|count| count > 0))
    }
}

impl Worker for ClosedTenants {
    fn name(&self) -> &'static str {
        "closed tenants"
    }

    fn rest(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn round<'a>(&'a self, _: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        self.clear_some().boxed()
    }
}
