//! The worker that renews tokens before they expire.

use std::time::Duration;

use entity::database::DbError;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::tokens::{AHEAD_SECONDS, TokenKeeper};
use crate::work::{Stop, Worker};

/// How often it looks.
const REST: Duration = Duration::from_secs(30);

/// Renews tokens.
pub(super) struct Refresh(pub(super) TokenKeeper);

impl Worker for Refresh {
    fn name(&self) -> &'static str {
        "integration tokens"
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut sql = Sql::new();
            sql.push("select app.tenants_with_expiring_integrations(make_interval(secs => ");
            sql.bind(Bind::Int(AHEAD_SECONDS)).push("))");
            for tenant in self.0.tenancy().tenants(sql).await? {
                if stop.is_asked() {
                    break;
                }
                self.0.renew_all(tenant).await?;
            }
            Ok(false)
        }
        .boxed()
    }
}
