//! `mostrador token`: an access token for operators and load tests, with a session of its own that can be revoked.

use std::sync::Arc;
use std::time::Duration;

use super::connection::connect;
use super::database_access::DatabaseAccess;
use super::failure::Failure;
use super::{directory, output, signing_keys};
use crate::clock::SystemClock;
use crate::config::Config;
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
    let tokens = Tokens::new(signing_keys::find(config, access.data_dir())?, Arc::new(SystemClock));
    let mut client = connect(&access.urls().api).await?;
    let found = directory::find(&mut client, tenant, email)
        .await?
        .map_err(|missing| Failure::Runtime(missing.sentence(tenant, email)))?;
    let issued = directory::open_session(&mut client, &tokens, found, lifetime, "mostrador token").await?;
    Ok(issued.text)
}
