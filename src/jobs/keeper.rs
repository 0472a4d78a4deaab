//! Removes jobs some time after they were finished.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::work::{Stop, Tenancy, Worker};

/// How often it looks.
const REST: Duration = Duration::from_secs(900);

/// Jobs removed in one transaction.
const MOST_AT_ONCE: i64 = 1000;

/// Removes jobs so many days after they were finished.
pub struct JobKeeper {
    tenancy: Tenancy,
    kept_days: i32,
}

impl JobKeeper {
    /// Keeps finished jobs for so many days.
    pub fn new(tenancy: Tenancy, kept_days: i32) -> Self {
        Self { tenancy, kept_days }
    }

    /// Removes some jobs of a tenant; says whether there may be more.
    async fn remove(&self, tenant: Uuid) -> Result<bool, DbError> {
        let mut sql = Sql::new();
        sql.push("delete from jobs where tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(" and id = any(array(select j.id from jobs j where j.tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(" and j.finished_at < now() - make_interval(days => ").bind(Bind::Int(self.kept_days));
        sql.push(") order by j.finished_at limit ").bind(Bind::BigInt(MOST_AT_ONCE));
        sql.push(" for update skip locked)) returning id");
        let removed = self.tenancy.write(tenant, move |tx| async move { tx.rows(sql, false).await }.boxed()).await?;
        Ok(removed.len() as i64 == MOST_AT_ONCE)
    }
}

impl Worker for JobKeeper {
    fn name(&self) -> &'static str {
        "job keeper"
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut old = Sql::new();
            old.push("select app.tenants_with_old_jobs(make_interval(days => ")
                .bind(Bind::Int(self.kept_days))
                .push("))");
            let mut is_more = false;
            for tenant in self.tenancy.tenants(old).await? {
                if stop.is_asked() {
                    break;
                }
                is_more |= self.remove(tenant).await?;
            }
            Ok(is_more)
        }
        .boxed()
    }
}
