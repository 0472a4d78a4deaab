//! The worker that clears away payloads that were worked through, and reports that nobody claimed.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::work::{Stop, Tenancy, Worker};

/// How often it looks.
const REST: Duration = Duration::from_secs(3600);
/// Rows in one transaction.
const BATCH: i32 = 1000;

/// Removes payloads some days after they were worked through, and reports about messages that never became known.
/// Payloads that could not be worked through stay.
pub struct InboundKeeper {
    tenancy: Tenancy,
    kept_days: i32,
}

impl InboundKeeper {
    /// Keeps them for so many days.
    pub fn new(tenancy: Tenancy, kept_days: u64) -> Self {
        Self { tenancy, kept_days: i32::try_from(kept_days).unwrap_or(i32::MAX) }
    }

    fn old(&self, table: &str, column: &str, tenant: uuid::Uuid) -> Sql {
        let mut sql = Sql::new();
        sql.push("delete from ").push(table).push(" where tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(" and id in (select id from ").push(table).push(" where tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(" and ").push(column).push(" < now() - make_interval(days => ").bind(Bind::Int(self.kept_days));
        sql.push(") limit ").bind(Bind::Int(BATCH)).push(") returning id");
        sql
    }
}

impl Worker for InboundKeeper {
    fn name(&self) -> &'static str {
        "inbound keeper"
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut old = Sql::new();
            old.push("select app.tenants_with_old_inbound(make_interval(days => ")
                .bind(Bind::Int(self.kept_days))
                .push("))");
            let tenants = self.tenancy.tenants(old).await?;
            for tenant in &tenants {
                if stop.is_asked() {
                    return Ok(false);
                }
                let payloads = self.old("inbound_payloads", "processed_at", *tenant);
                let reports = self.old("parked_reports", "created_at", *tenant);
                let cleared = self.tenancy.write(*tenant, move |tx| {
                    async move {
                        tx.rows(payloads, false).await?;
                        tx.rows(reports, false).await
                    }
                    .boxed()
                });
                cleared.await?;
            }
            Ok(!tenants.is_empty())
        }
        .boxed()
    }
}
