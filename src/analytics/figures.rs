//! The worker that counts the figures of dashboards again where something has changed them.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::work::{Stop, Tenancy, Worker};

/// How often it looks.
const REST: Duration = Duration::from_secs(15);

/// Counts figures.
pub struct Figures(Tenancy);

impl Figures {
    /// Over the database of these transactions.
    #[must_use]
    pub fn new(tenancy: &Tenancy) -> Self {
        Self(tenancy.clone().seeing_all_records())
    }

    /// Counts what is stale in a tenant.
    ///
    /// # Errors
    /// What the database said.
    pub async fn refresh(&self, tenant: Uuid) -> Result<(), DbError> {
        let mut sql = Sql::new();
        sql.push("select app.refresh_figures(").bind(Bind::Uuid(tenant)).push(")");
        self.0.write(tenant, |transaction| transaction.rows(sql, false)).await.map(drop)
    }
}

impl Worker for Figures {
    fn name(&self) -> &'static str {
        "dashboard figures"
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut sql = Sql::new();
            sql.push("select app.tenants_with_stale_figures()");
            for tenant in self.0.tenants(sql).await? {
                if stop.is_asked() {
                    break;
                }
                self.refresh(tenant).await?;
            }
            Ok(false)
        }
        .boxed()
    }
}
