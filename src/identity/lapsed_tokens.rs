//! The worker that lets invitations expire and clears away old tokens.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::work::{Stop, Tenancy, Worker};

/// How often it looks. Between two looks an invitation whose time is over is still shown as PENDING, but refused.
const REST: Duration = Duration::from_secs(60);

/// How long tokens are kept after they expired, for whoever asks what happened.
const KEPT_DAYS: i32 = 30;

/// Lets invitations expire, and removes old tokens.
pub(super) struct LapsedTokens {
    tenancy: Tenancy,
}

impl LapsedTokens {
    pub(super) fn new(tenancy: Tenancy) -> Self {
        Self { tenancy }
    }
}

impl Worker for LapsedTokens {
    fn name(&self) -> &'static str {
        "lapsed tokens"
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut lapsed = Sql::new();
            lapsed.push("select app.tenants_with_lapsed_tokens(make_interval(days => ").bind(Bind::Int(KEPT_DAYS));
            lapsed.push("))");
            for tenant in self.tenancy.tenants(lapsed).await? {
                if stop.is_asked() {
                    break;
                }
                let mut expire = Sql::new();
                expire.push("update invitations set status = 'EXPIRED' where tenant_id = ").bind(Bind::Uuid(tenant));
                expire.push(" and status = 'PENDING' and expires_at <= now() returning id");
                let mut remove = Sql::new();
                remove.push("delete from verification_tokens where tenant_id = ").bind(Bind::Uuid(tenant));
                remove.push(" and expires_at < now() - make_interval(days => ").bind(Bind::Int(KEPT_DAYS));
                remove.push(") returning id");
                let cleared = self.tenancy.write(tenant, move |tx| {
                    async move {
                        tx.rows(expire, false).await?;
                        tx.rows(remove, false).await
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
