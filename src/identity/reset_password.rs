//! Choosing a new password with a link from a mail.
//!
//! It ends all sessions and begins none: whoever read the mail proves with the first sign-in to know the new password.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::ID;
use entity::database::{DbError, Statements};
use entity::id::format_id;
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use futures_util::FutureExt;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::account_mails::{ResetPasswordInput, ResetPasswordPayload};
use super::change_password::{end_sessions, store, unhashed};
use super::mail_limits::count_token;
use super::use_token::{consume, holder, invalid_token};
use super::verification_token::TokenPurpose;
use super::verify_email::mark_proven;
use crate::db::{Actor, Scope, Transaction, audit};
use crate::mail::{Letter, Locale, Posting};
use crate::opaque_token::{OpaqueToken, ParsedToken};
use crate::request::{RequestContext, fault};

/// How long it makes sense to tell somebody that the password was changed.
const NEWS: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is known of the token before it is used up.
struct Holder {
    user: Uuid,
    email: String,
    business: String,
    locale: Locale,
}

/// Sets a new password.
pub(super) async fn reset(
    context: &Arc<RequestContext>,
    input: ResetPasswordInput,
) -> async_graphql::Result<ResetPasswordPayload> {
    let password = Zeroizing::new(input.new_password);
    let Some(token) = OpaqueToken::parse(&input.token) else { return Ok(refused(invalid_token())) };
    let attempt = count_token(context, token.tenant)?;
    // Nobody who has no token makes us hash.
    let Some(holder) = look(context, &token).await.map_err(fault)? else { return Ok(refused(invalid_token())) };
    if let Err(weakness) = context.services.passwords.policy().check(&password, &holder.email) {
        attempt.undo();
        return Ok(refused(UserError::new("VALIDATION", "newPassword", weakness.to_string())));
    }
    let hash = context.services.passwords.hash(password).await.map_err(unhashed)?;
    let request = Arc::clone(context);
    let actor = Actor::user(token.tenant, holder.user, Scope::default());
    let user = holder.user;
    let done = context.write(actor, move |transaction| {
        async move { write(&request, transaction, &token, holder, hash).await }.boxed()
    });
    Ok(match done.await.map_err(fault)? {
        Ok(ended) => {
            attempt.succeeded();
            let ended_sessions = i32::try_from(ended).ok();
            ResetPasswordPayload { user_id: Some(ID(format_id("user", user))), ended_sessions, errors: Vec::new() }
        }
        Err(error) => refused(error),
    })
}

fn refused(error: UserError) -> ResetPasswordPayload {
    ResetPasswordPayload { user_id: None, ended_sessions: None, errors: vec![error] }
}

async fn look(context: &RequestContext, token: &ParsedToken) -> Result<Option<Holder>, DbError> {
    let transaction = context.read(Actor::tenant(token.tenant, Scope::default()));
    let Some(user) = holder(&transaction, token, TokenPurpose::PasswordReset).await? else { return Ok(None) };
    let mut sql = Sql::new();
    sql.push("select u.email, t.name, v.locale from users u join tenants t on t.id = u.tenant_id ");
    sql.push("join verification_tokens v on v.tenant_id = u.tenant_id and v.user_id = u.id and v.token_hash = ");
    sql.bind(Bind::Bytes(token.hash.to_vec())).push(" where u.tenant_id = ").bind(Bind::Uuid(token.tenant));
    sql.push(" and u.id = ").bind(Bind::Uuid(user));
    let rows = transaction.rows(sql, false).await?;
    transaction.finish();
    if rows.is_empty() {
        return Ok(None);
    }
    let text = |cell| rows.text(0, cell).unwrap_or_default();
    Ok(Some(Holder { user, email: text(0), business: text(1), locale: Locale::best(&text(2)) }))
}

/// Uses the token up and sets the password. Gives the number of sessions that were ended.
async fn write(
    context: &RequestContext,
    transaction: &Transaction,
    token: &ParsedToken,
    holder: Holder,
    hash: String,
) -> Result<Result<usize, UserError>, DbError> {
    let (tenant, services) = (token.tenant, &context.services);
    let user = match consume(transaction, token, TokenPurpose::PasswordReset).await? {
        Ok(user) => user,
        Err(error) => return Ok(Err(error)),
    };
    store(transaction, tenant, user, hash, services.clock.now()).await?;
    mark_proven(transaction, tenant, user).await?;
    let ended = end_sessions(transaction, tenant, user, None).await?;
    let details = json!({ "ipAddress": context.caller.address, "userAgent": context.caller.user_agent });
    audit(transaction, "user.password_reset", "User", Some(user), details).await?;
    let letter = Letter::PasswordChanged { business: holder.business };
    let reference = Some(user);
    let posting =
        Posting { tenant, to: &holder.email, locale: holder.locale, reference, valid_for: NEWS, letter: &letter };
    services.outbox.post(transaction, posting).await?;
    Ok(Ok(ended))
}
