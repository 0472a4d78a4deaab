//! Signing in by one click, for development: the users of the demo's tenants.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::connection::connect;
use super::directory;
use super::failure::Failure;
use crate::config::secret::DatabaseUrl;
use crate::demo;
use crate::http::service::{DevLogins, Login, SignedIn};
use crate::token::Tokens;

/// How long a token lasts that was got without a password: a working day.
const LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// Looks users up over a connection of its own, so that a busy pool does not keep anybody out.
#[derive(Clone, Debug)]
pub struct DemoLogins {
    api: DatabaseUrl,
    tokens: Arc<Tokens>,
}

impl DemoLogins {
    /// Works with the database as the role that serves.
    pub fn new(api: DatabaseUrl, tokens: Arc<Tokens>) -> Self {
        Self { api, tokens }
    }

    /// The users that are in this database, tenant by tenant.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(&self) -> Result<Vec<Login>, Failure> {
        let mut tenants: Vec<&str> = Vec::new();
        for login in demo::logins() {
            if !tenants.contains(&login.tenant_slug.as_str()) {
                tenants.push(&login.tenant_slug);
            }
        }
        let mut client = connect(&self.api).await?;
        let mut logins = Vec::new();
        for tenant in tenants {
            logins.extend(directory::logins(&mut client, tenant).await?);
        }
        Ok(logins)
    }

    /// A token for one of them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn token(&self, tenant: &str, email: &str) -> Result<Option<SignedIn>, Failure> {
        let mut client = connect(&self.api).await?;
        let Ok(found) = directory::find(&mut client, tenant, email).await? else {
            return Ok(None);
        };
        let issued = directory::open_session(&mut client, &self.tokens, found, LIFETIME, "development").await?;
        Ok(Some(SignedIn { token: issued.text, expires_at: issued.expires_at }))
    }
}

impl DevLogins for DemoLogins {
    fn logins(&self) -> BoxFuture<'static, Result<Vec<Login>, String>> {
        let this = self.clone();
        async move { this.list().await.map_err(unavailable) }.boxed()
    }

    fn sign_in(&self, tenant: String, email: String) -> BoxFuture<'static, Result<Option<SignedIn>, String>> {
        let this = self.clone();
        async move { this.token(&tenant, &email).await.map_err(unavailable) }.boxed()
    }
}

/// The log has the reason, the page does not need it.
fn unavailable(failure: Failure) -> String {
    tracing::warn!(%failure, "a development sign-in failed");
    "The database does not answer.".to_owned()
}
