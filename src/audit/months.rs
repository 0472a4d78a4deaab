//! Makes the partitions of the audit log for the months to come, when the gateway starts and once a day.
//!
//! They reach months ahead, so that it takes a long outage before a sensitive write finds no room.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::Sql;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::work::{Stop, Tenancy, Worker};

/// The worker.
pub(super) struct Months(pub(super) Tenancy);

impl Worker for Months {
    fn name(&self) -> &'static str {
        "audit months"
    }

    fn rest(&self) -> Duration {
        Duration::from_secs(24 * 3600)
    }

    fn round<'a>(&'a self, _: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut sql = Sql::new();
            sql.push("select app.make_audit_partitions()");
            // A partition is of no tenant.
            self.0.write(Uuid::nil(), |transaction| transaction.rows(sql, false)).await?;
            Ok(false)
        }
        .boxed()
    }
}
