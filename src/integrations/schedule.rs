//! The worker that queues the syncs whose time has come: one job for each connection and interval.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::work::{Stop, Tenancy, Worker};

/// How often it looks.
const REST: Duration = Duration::from_secs(30);

/// Queues syncs.
pub struct Schedule(Tenancy);

impl Schedule {
    /// Over the database of these transactions.
    #[must_use]
    pub fn new(tenancy: &Tenancy) -> Self {
        Self(tenancy.clone().seeing_all_integrations())
    }

    /// Queues what is due in a tenant.
    ///
    /// # Errors
    /// What the database said.
    pub async fn queue(&self, tenant: Uuid) -> Result<(), DbError> {
        let mut sql = Sql::new();
        sql.push("select app.queue_due_syncs(").bind(Bind::Uuid(tenant)).push(")");
        self.0.write(tenant, |transaction| transaction.rows(sql, false)).await.map(drop)
    }
}

impl Worker for Schedule {
    fn name(&self) -> &'static str {
        "integration schedule"
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut sql = Sql::new();
            sql.push("select app.tenants_with_due_syncs()");
            for tenant in self.0.tenants(sql).await? {
                if stop.is_asked() {
                    break;
                }
                self.queue(tenant).await?;
            }
            Ok(false)
        }
        .boxed()
    }
}
