//! A one-time token for the operator to pass on: the only thing on standard output, and nowhere else.

use tokio_postgres::Transaction;
use uuid::Uuid;

use super::failure::Failure;
use super::output;
use super::owner::Undone;
use crate::config::Config;
use crate::mail::{Letter, Links};
use crate::opaque_token::OpaqueToken;

/// A new token of a tenant.
pub(super) fn new_token(tenant: Uuid) -> Result<OpaqueToken, Undone> {
    OpaqueToken::new(tenant).map_err(|error| Undone::Because(format!("could not draw a token: {error}")))
}

/// Prints the link that the mail would have brought; the token alone when nobody said where the pages are.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn print(
    config: &Config,
    letter: impl FnOnce(String) -> Letter,
    token: &OpaqueToken,
) -> Result<(), Failure> {
    // In production the gateway's own address is nothing that people could open.
    let line = if config.mail.app_url.is_some() || config.is_development() {
        letter(token.text().to_owned()).link(&Links::new(&config.app_url()?))
    } else {
        token.text().to_owned()
    };
    output::print(&format!("{line}\n"))
}

/// Makes a token with which a user sets the password, once, within an hour. Links of before no longer work.
pub(super) async fn password_token(tx: &Transaction<'_>, tenant: Uuid, user: Uuid) -> Result<OpaqueToken, Undone> {
    let token = new_token(tenant)?;
    let (tenant, user, hash) = (tenant.to_string(), user.to_string(), token.hash());
    let sql = "update verification_tokens set consumed_at = now() \
               where tenant_id = $1::text::uuid and user_id = $2::text::uuid and purpose = 'PASSWORD_RESET' \
               and token_hash is not null and consumed_at is null";
    tx.execute(sql, &[&tenant, &user]).await?;
    let sql = "insert into verification_tokens (tenant_id, identifier, purpose, token_hash, user_id) \
               select tenant_id, email, 'PASSWORD_RESET', $3, id from users \
               where tenant_id = $1::text::uuid and id = $2::text::uuid";
    tx.execute(sql, &[&tenant, &user, &hash.as_slice()]).await?;
    tx.execute("select app.audit('user.reset_link_made', 'User', $1::text::uuid)", &[&user]).await?;
    Ok(token)
}
