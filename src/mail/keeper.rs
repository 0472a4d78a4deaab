//! The worker that clears away mails that are over.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::work::{Stop, Tenancy, Worker};

/// How often it looks.
const REST: Duration = Duration::from_secs(3600);

/// Removes mails some time after they were sent or given up, and wipes the text of those given up once it has expired.
pub struct MailKeeper {
    tenancy: Tenancy,
    kept_days: i32,
}

impl MailKeeper {
    /// Keeps mails for so many days after they are finished.
    pub fn new(tenancy: Tenancy, kept_days: i32) -> Self {
        Self { tenancy, kept_days }
    }
}

impl Worker for MailKeeper {
    fn name(&self) -> &'static str {
        "mail keeper"
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut old = Sql::new();
            old.push("select app.tenants_with_old_mail(make_interval(days => ")
                .bind(Bind::Int(self.kept_days))
                .push("))");
            for tenant in self.tenancy.tenants(old).await? {
                if stop.is_asked() {
                    break;
                }
                let mut removed = Sql::new();
                removed.push("delete from emails where tenant_id = ").bind(Bind::Uuid(tenant));
                removed.push(" and finished_at < now() - make_interval(days => ").bind(Bind::Int(self.kept_days));
                removed.push(") returning id");
                let mut wiped = Sql::new();
                wiped.push("update emails set body = null where tenant_id = ").bind(Bind::Uuid(tenant));
                wiped.push(" and status = 'DEAD' and body is not null and expires_at <= now() returning id");
                let cleared = self.tenancy.write(tenant, move |tx| {
                    async move {
                        tx.rows(removed, false).await?;
                        tx.rows(wiped, false).await
                    }
                    .boxed()
                });
                cleared.await?;
            }
            Ok(false)
        }
        .boxed()
    }
}
