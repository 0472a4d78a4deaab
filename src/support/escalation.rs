//! The worker that escalates urgent tickets which nobody has answered in time.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::work::{Stop, Tenancy, Worker};

/// How often it looks.
const REST: Duration = Duration::from_secs(30);

/// Tickets in one transaction.
const AT_ONCE: i32 = 200;

/// Escalates tickets.
pub struct Escalation {
    tenancy: Tenancy,
}

impl Escalation {
    /// Over the database of these transactions.
    #[must_use]
    pub fn new(tenancy: &Tenancy) -> Self {
        Self { tenancy: tenancy.clone().seeing_all_tickets() }
    }

    /// Escalates what is late in a tenant, each ticket once; gives how many were.
    ///
    /// # Errors
    /// What the database said.
    pub async fn escalate(&self, tenant: Uuid) -> Result<usize, DbError> {
        let mut sql = Sql::new();
        // Rows that somebody holds are being answered right now, or escalated by another gateway.
        sql.push("with late as (select id from support_tickets where tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(
            " and answer_due_at <= now() and priority in ('HIGH', 'URGENT') and status in ('OPEN', 'IN_PROGRESS') \
             and escalated_at is null order by answer_due_at limit ",
        );
        sql.bind(Bind::Int(AT_ONCE));
        sql.push(
            " for no key update skip locked) update support_tickets t set status = 'ESCALATED' from late \
             where t.tenant_id = ",
        );
        sql.bind(Bind::Uuid(tenant)).push(" and t.id = late.id returning t.id");
        let rows = self.tenancy.write(tenant, |transaction| transaction.rows(sql, false)).await?;
        Ok(rows.len())
    }
}

impl Worker for Escalation {
    fn name(&self) -> &'static str {
        "ticket escalation"
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut sql = Sql::new();
            sql.push("select app.tenants_with_late_tickets()");
            let mut is_more = false;
            for tenant in self.tenancy.tenants(sql).await? {
                if stop.is_asked() {
                    break;
                }
                is_more |= self.escalate(tenant).await? >= AT_ONCE.unsigned_abs() as usize;
            }
            Ok(is_more)
        }
        .boxed()
    }
}
