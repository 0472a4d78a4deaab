//! `mostrador token`: an access token for operators and load tests.

use std::sync::Arc;
use std::time::Duration;

use super::connection::connect;
use super::database_access::DatabaseAccess;
use super::failure::Failure;
use super::{directory, output, signing_secret};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::config::secret::JwtSecret;
use crate::token::Tokens;

/// Prints a token for a user, found by the tenant's slug and the user's address.
///
/// # Errors
/// When there is no such active user, or no secret to sign with.
pub async fn token(config: &Config, tenant: &str, email: &str, lifetime: Duration) -> Result<(), Failure> {
    config.check()?;
    let access = DatabaseAccess::open_or_join(config).await?;
    let issued = issue(config, &access, tenant, email, lifetime).await;
    let closed = access.close().await;
    output::print(&format!("{}\n", issued?))?;
    closed
}

async fn issue(
    config: &Config,
    access: &DatabaseAccess,
    tenant: &str,
    email: &str,
    lifetime: Duration,
) -> Result<String, Failure> {
    let tokens = signer(&signing_secret::find(config, access.data_dir())?)?;
    let mut client = connect(&access.urls().api).await?;
    let found = directory::find(&mut client, tenant, email)
        .await?
        .map_err(|missing| Failure::Runtime(missing.sentence(tenant, email)))?;
    let issued =
        tokens.issue(found.tenant_id, found.user_id, lifetime).map_err(|error| Failure::Runtime(error.to_string()))?;
    Ok(issued.text)
}

/// Signs and verifies with a secret, by the machine's clock.
///
/// # Errors
/// Never in practice: a [`JwtSecret`] is long enough.
pub(super) fn signer(secret: &JwtSecret) -> Result<Tokens, Failure> {
    Tokens::new(secret.expose(), Arc::new(SystemClock))
        .map_err(|error| Failure::Configuration(format!("JWT_SECRET {error}")))
}
