//! Using up a token that came by mail.

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use uuid::Uuid;

use super::verification_token::TokenPurpose;
use crate::opaque_token::ParsedToken;

/// What whoever brings a wrong token is told. Only who has a real one learns that it was used or has expired.
pub(super) fn invalid_token() -> UserError {
    UserError::new("VALIDATION", "token", "This link is not valid.")
}

/// Whose token it is; nobody's when there is none like it for this purpose. Looks only: whether it can still be used is
/// said when it is.
pub(super) async fn holder(
    statements: &dyn Statements,
    token: &ParsedToken,
    purpose: TokenPurpose,
) -> Result<Option<Uuid>, DbError> {
    let mut sql = Sql::new();
    sql.push("select user_id from verification_tokens where tenant_id = ").bind(Bind::Uuid(token.tenant));
    sql.push(" and token_hash = ").bind(Bind::Bytes(token.hash.to_vec()));
    sql.push(" and purpose = ").bind(Bind::Text(purpose.as_str().to_owned()));
    Ok(statements.rows(sql, false).await?.uuid_of_first())
}

/// Uses the token up, and with it the user's others for this purpose. Of two who bring it at once, the second waits for
/// the first and is refused.
///
/// The user is locked and not the token: two different tokens of one user use up each other.
pub(super) async fn consume(
    statements: &dyn Statements,
    token: &ParsedToken,
    purpose: TokenPurpose,
) -> Result<Result<Uuid, UserError>, DbError> {
    let Some(user) = holder(statements, token, purpose).await? else { return Ok(Err(invalid_token())) };
    let mut sql = Sql::new();
    sql.push("select id from users where tenant_id = ").bind(Bind::Uuid(token.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(user)).push(" for no key update");
    statements.rows(sql, false).await?;
    // A statement of its own, so that it sees what the one before has waited for.
    let mut sql = Sql::new();
    sql.push(
        "select u.id, v.consumed_at is not null, v.expires_at <= now(), \
         u.email_lowered = lower(v.identifier) and u.is_active and u.deleted_at is null and t.status in ('TRIAL', 'ACTIVE') \
         from verification_tokens v join users u on u.tenant_id = v.tenant_id and u.id = v.user_id \
         join tenants t on t.id = v.tenant_id where v.tenant_id = ",
    );
    sql.bind(Bind::Uuid(token.tenant)).push(" and v.token_hash = ").bind(Bind::Bytes(token.hash.to_vec()));
    sql.push(" and v.purpose = ").bind(Bind::Text(purpose.as_str().to_owned()));
    let rows = statements.rows(sql, false).await?;
    if rows.is_empty() {
        return Ok(Err(invalid_token()));
    }
    let refused = |message| Ok(Err(UserError::new("VALIDATION", "token", message)));
    if rows.is_true(0, 1) {
        return refused("This link was used already.");
    }
    if rows.is_true(0, 2) {
        return refused("This link has expired; ask for a new one.");
    }
    if !rows.is_true(0, 3) {
        return refused("This link is no longer valid.");
    }
    let mut sql = Sql::new();
    sql.push("update verification_tokens set consumed_at = now() where tenant_id = ").bind(Bind::Uuid(token.tenant));
    sql.push(" and user_id = ").bind(Bind::Uuid(user)).push(" and token_hash is not null and consumed_at is null");
    sql.push(" and purpose = ").bind(Bind::Text(purpose.as_str().to_owned())).push(" returning id");
    statements.rows(sql, false).await?;
    Ok(Ok(user))
}
