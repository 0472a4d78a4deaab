//! Choosing a new password.
//!
//! Whoever is asked to at the first sign-in has just proved the old one, which somebody else may have chosen; all others
//! prove theirs again. All other sessions end: whoever knew the old password is out.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::account::{ChangePasswordInput, ChangePasswordPayload};
use crate::db::{Actor, Scope};
use crate::password::{MAX_PASSWORD_BYTES, PasswordError};
use crate::request::{RequestContext, failure, fault, rate_limited};
use crate::throttle::{Limit, Throttled};

/// Wrong guesses of the present password in a session that somebody left open.
const GUESSES: Limit = Limit { failures: 10, window: std::time::Duration::from_secs(15 * 60) };

/// The account as it is now.
struct Account {
    email: String,
    password_hash: Option<String>,
    is_first_login: bool,
}

/// Changes the password of whoever asks.
pub(super) async fn change_password(
    context: &Arc<RequestContext>,
    input: ChangePasswordInput,
) -> async_graphql::Result<ChangePasswordPayload> {
    let identity = *context.signed_in()?;
    if identity.home_tenant_id.is_some() {
        return Err(failure("FORBIDDEN", "Change your password in your own business, with your own token."));
    }
    let (tenant, user) = (identity.tenant_id, identity.user_id);
    let (old, new) = (input.old_password.map(Zeroizing::new), Zeroizing::new(input.new_password));
    let actor = Actor::user(tenant, user, Scope::default());
    let account = find(context, &actor, tenant, user).await.map_err(fault)?;
    let Some(account) = account else { return Err(failure("UNAUTHENTICATED", "This account no longer exists.")) };
    if let Err(weakness) = context.services.passwords.policy().check(&new, &account.email) {
        return Ok(refused(UserError::new("VALIDATION", "newPassword", weakness.to_string())));
    }
    let needs_old = account.password_hash.is_some() && !account.is_first_login;
    if needs_old {
        let Some(old) = old.filter(|old| old.len() <= MAX_PASSWORD_BYTES) else {
            return Ok(refused(UserError::new("INVALID_CREDENTIALS", "oldPassword", "Give the present password.")));
        };
        let subject = Sha256::new().chain_update(b"change password").chain_update(user).finalize().into();
        let attempt = context.services.throttle.begin(&[(subject, GUESSES)]).map_err(rate_limited)?;
        let verdict = context.services.passwords.verify(old.clone(), account.password_hash.clone()).await;
        if !verdict.map_err(unhashed)?.is_right {
            return Ok(refused(UserError::new(
                "INVALID_CREDENTIALS",
                "oldPassword",
                "This is not the present password.",
            )));
        }
        attempt.succeeded();
        if *old == *new {
            return Ok(refused(UserError::new(
                "VALIDATION",
                "newPassword",
                "Choose another password than the present one.",
            )));
        }
    }
    let hash = context.services.passwords.hash(new).await.map_err(unhashed)?;
    let (now, kept) = (context.services.clock.now(), identity.session_id);
    let before = account.password_hash;
    let ended = context
        .write(actor, move |transaction| {
            async move {
                if !is_still(transaction, tenant, user, before).await? {
                    return Ok(None);
                }
                store(transaction, tenant, user, hash, now).await?;
                end_sessions(transaction, tenant, user, Some(kept)).await.map(Some)
            }
            .boxed()
        })
        .await
        .map_err(fault)?;
    match ended {
        Some(ended) => Ok(ChangePasswordPayload { ended_sessions: i32::try_from(ended).ok(), errors: Vec::new() }),
        // Somebody who knows the old password as well was faster.
        None => Ok(refused(UserError::new("CONFLICT", "", "The password was changed a moment ago."))),
    }
}

fn refused(error: UserError) -> ChangePasswordPayload {
    ChangePasswordPayload { ended_sessions: None, errors: vec![error] }
}

/// Why no hash was made, as the client sees it.
pub(super) fn unhashed(error: PasswordError) -> async_graphql::Error {
    match error {
        PasswordError::Busy => rate_limited(Throttled { retry_after: 1 }),
        PasswordError::Fault(reason) => fault(DbError::Fault(reason)),
    }
}

async fn find(context: &RequestContext, actor: &Actor, tenant: Uuid, user: Uuid) -> Result<Option<Account>, DbError> {
    let transaction = context.read(actor.clone());
    let mut sql = Sql::new();
    sql.push("select email, password_hash, is_first_login from users where deleted_at is null and tenant_id = ");
    sql.bind(Bind::Uuid(tenant)).push(" and id = ").bind(Bind::Uuid(user));
    let rows = transaction.rows(sql, true).await;
    transaction.finish();
    let rows = rows?;
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(Account {
        email: rows.text(0, 0).unwrap_or_default(),
        password_hash: rows.text(0, 1),
        is_first_login: rows.is_true(0, 2),
    }))
}

/// Locks the user, and says whether the password is the one that was compared.
async fn is_still(
    statements: &dyn Statements,
    tenant: Uuid,
    user: Uuid,
    before: Option<String>,
) -> Result<bool, DbError> {
    let mut sql = Sql::new();
    sql.push("select id from users where is_active and deleted_at is null and tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and id = ").bind(Bind::Uuid(user)).push(" and coalesce(password_hash, '') = ");
    sql.bind(Bind::Text(before.unwrap_or_default())).push(" for update");
    Ok(!statements.rows(sql, false).await?.is_empty())
}

/// Stores the hash of a password that its user chose: the first sign-in is over, and the password's age begins.
pub(super) async fn store(
    statements: &dyn Statements,
    tenant: Uuid,
    user: Uuid,
    hash: String,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let mut sql = Sql::new();
    sql.push("update users u set password_hash = ").bind(Bind::Text(hash)).push(", is_first_login = false");
    sql.push(", password_expires_at = ").bind(Bind::DateTime(now));
    sql.push(
        " + make_interval(days => (select s.password_max_age_days from tenant_settings s where s.tenant_id = u.tenant_id)) \
         where tenant_id = ",
    );
    sql.bind(Bind::Uuid(tenant)).push(" and id = ").bind(Bind::Uuid(user)).push(" returning id");
    statements.rows(sql, false).await.map(drop)
}

/// Ends all sessions of a user, but one. Gives their number.
pub(super) async fn end_sessions(
    statements: &dyn Statements,
    tenant: Uuid,
    user: Uuid,
    kept: Option<Uuid>,
) -> Result<usize, DbError> {
    let mut sql = Sql::new();
    sql.push("update sessions set is_active = false where is_active and tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and user_id = ").bind(Bind::Uuid(user));
    if let Some(kept) = kept {
        sql.push(" and id <> ").bind(Bind::Uuid(kept));
    }
    sql.push(" returning id");
    Ok(statements.rows(sql, false).await?.len())
}
