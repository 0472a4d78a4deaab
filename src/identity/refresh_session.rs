//! Renewing a session: a refresh token is exchanged for the next pair of tokens, once.
//!
//! Whoever shows a used token again has stolen it, or was robbed of it; nobody can tell which, so the session ends. Two
//! that show the same token at the same moment are no exception: the row's lock lets one through, and the other one ends
//! the session. Clients with several tabs renew in one of them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use futures_util::FutureExt;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::account::{RefreshSessionInput, RefreshSessionPayload};
use super::start_session::{Started, make_tokens};
use crate::db::{Actor, Scope, audit};
use crate::opaque_token::{OpaqueToken, ParsedToken};
use crate::request::{RequestContext, SessionTerms, failure, fault};

/// A session that a refresh token belongs to, locked.
struct Found {
    session: Uuid,
    user: Uuid,
    /// Session, user and tenant let it live on.
    is_usable: bool,
    must_change_password: bool,
    expires_at: DateTime<Utc>,
    csrf_hash: Option<Vec<u8>>,
}

enum Outcome {
    Renewed(Box<Started>),
    /// Unknown, or of a session that is over.
    Refused,
    /// Used before; its session has ended, if it had not yet.
    Reused(Option<Uuid>),
    /// It came as a cookie, without proof that a page of ours sent it.
    Unproved,
}

/// Exchanges a refresh token.
pub(super) async fn refresh(
    context: &Arc<RequestContext>,
    input: RefreshSessionInput,
) -> async_graphql::Result<RefreshSessionPayload> {
    // What is written out wins over what a browser sends by itself.
    let is_cookie = input.refresh_token.is_none();
    let given = input.refresh_token.as_ref().or(context.caller.cookies.refresh.as_ref());
    let cookie = input.cookie.unwrap_or(is_cookie);
    if (is_cookie && given.is_some() || cookie) && context.caller.is_foreign_page {
        return Err(failure("FORBIDDEN", "Pages of other origins cannot use the cookies of this one."));
    }
    let refused = || {
        let message = "This session cannot be renewed: sign in again.";
        RefreshSessionPayload::refused(UserError::new("INVALID_TOKEN", "refreshToken", message))
    };
    let Some(token) = given.and_then(|text| OpaqueToken::parse(text)) else { return Ok(refused()) };
    let csrf = context.caller.csrf_token.clone().filter(|_| is_cookie || cookie);
    let request = Arc::clone(context);
    // Nobody is known yet, and sessions are personal.
    let actor = Actor::tenant(token.tenant, Scope { users: true, ..Scope::NONE });
    let outcome = context
        .write(actor, move |transaction| exchange(request, transaction, token, is_cookie, csrf, cookie).boxed())
        .await
        .map_err(fault)?;
    match outcome {
        Outcome::Renewed(started) => {
            started.set_cookies(context);
            Ok(RefreshSessionPayload::of(*started))
        }
        Outcome::Refused => Ok(refused()),
        Outcome::Reused(session) => {
            if let Some(session) = session {
                context.services.access.forget_session(session);
            }
            Ok(refused())
        }
        Outcome::Unproved => {
            let message = "A request with cookies needs the header x-csrf-token with the value that signing in gave.";
            Err(failure("FORBIDDEN", message))
        }
    }
}

async fn exchange(
    context: Arc<RequestContext>,
    statements: &dyn Statements,
    token: ParsedToken,
    is_cookie: bool,
    csrf: Option<String>,
    cookie: bool,
) -> Result<Outcome, DbError> {
    let now = context.services.clock.now();
    let Some(found) = find(statements, context.services.session_terms, &token, now).await? else {
        return end_of_used(&context, statements, &token).await.map(Outcome::Reused);
    };
    let is_proved = csrf.as_ref().is_some_and(|csrf| found.csrf_hash.as_deref() == Some(Sha256::digest(csrf).as_ref()));
    if is_cookie && !is_proved {
        return Ok(Outcome::Unproved);
    }
    if !found.is_usable {
        return Ok(Outcome::Refused);
    }
    // A session that began without cookies does not come by them later: there is nothing to prove with.
    let csrf = csrf.filter(|_| cookie && is_proved);
    let (access, refresh) = make_tokens(&context, token.tenant, found.user, found.session, csrf.as_deref())?;
    let mut sql = Sql::new();
    sql.push("insert into used_refresh_tokens (tenant_id, session_id, token_hash) values (")
        .bind(Bind::Uuid(token.tenant));
    sql.push(", ").bind(Bind::Uuid(found.session)).push(", ").bind(Bind::Bytes(token.hash.to_vec()));
    sql.push(") returning session_id");
    statements.rows(sql, false).await?;
    let mut sql = Sql::new();
    sql.push("update sessions set last_used_at = ").bind(Bind::DateTime(now));
    sql.push(", expires_at = ").bind(Bind::DateTime(found.expires_at));
    sql.push(", session_token_hash = ").bind(Bind::Bytes(Sha256::digest(&access.text).to_vec()));
    sql.push(", refresh_token_hash = ").bind(Bind::Bytes(refresh.hash().to_vec()));
    sql.push(" where tenant_id = ").bind(Bind::Uuid(token.tenant)).push(" and id = ").bind(Bind::Uuid(found.session));
    sql.push(" returning id");
    statements.rows(sql, false).await?;
    Ok(Outcome::Renewed(Box::new(Started {
        session: found.session,
        tenant: token.tenant,
        user: found.user,
        must_change_password: found.must_change_password,
        expires_at: found.expires_at,
        access,
        refresh,
        csrf,
    })))
}

/// Finds and locks the session whose refresh token this is. Who waited for somebody that used the token up finds none.
async fn find(
    statements: &dyn Statements,
    terms: SessionTerms,
    token: &ParsedToken,
    now: DateTime<Utc>,
) -> Result<Option<Found>, DbError> {
    let mut sql = Sql::new();
    sql.push("select s.id, s.user_id, s.is_active and s.expires_at > ").bind(Bind::DateTime(now));
    sql.push(" and u.is_active and u.deleted_at is null and t.status in ('TRIAL', 'ACTIVE')");
    sql.push(", u.is_first_login or coalesce(u.password_expires_at <= ").bind(Bind::DateTime(now)).push(", false)");
    sql.push(", (extract(epoch from s.created_at) * 1000)::bigint, s.csrf_token_hash from sessions s");
    sql.push(" join users u on u.tenant_id = s.tenant_id and u.id = s.user_id join tenants t on t.id = s.tenant_id");
    sql.push(" where s.tenant_id = ").bind(Bind::Uuid(token.tenant));
    sql.push(" and s.refresh_token_hash = ").bind(Bind::Bytes(token.hash.to_vec())).push(" for update of s");
    let rows = statements.rows(sql, false).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let fault = || DbError::Fault("a session without id or user".into());
    let (session, user) = rows.uuid(0, 0).zip(rows.uuid(0, 1)).ok_or_else(fault)?;
    let created_at = rows.int8(0, 4).and_then(DateTime::from_timestamp_millis).unwrap_or(now);
    Ok(Some(Found {
        session,
        user,
        is_usable: rows.is_true(0, 2),
        must_change_password: rows.is_true(0, 3),
        expires_at: (now + terms.idle).min(created_at + terms.longest),
        csrf_hash: rows.cell(0, 5).map(<[u8]>::to_vec),
    }))
}

/// Ends the session of a token that was used before.
async fn end_of_used(
    context: &RequestContext,
    statements: &dyn Statements,
    token: &ParsedToken,
) -> Result<Option<Uuid>, DbError> {
    let mut sql = Sql::new();
    sql.push("update sessions s set is_active = false from used_refresh_tokens u where u.tenant_id = ");
    sql.bind(Bind::Uuid(token.tenant)).push(" and u.token_hash = ").bind(Bind::Bytes(token.hash.to_vec()));
    sql.push(" and s.tenant_id = u.tenant_id and s.id = u.session_id and s.is_active returning s.id");
    let ended = statements.rows(sql, false).await?.uuid_of_first();
    if let Some(session) = ended {
        let details = json!({ "ipAddress": context.caller.address, "userAgent": context.caller.user_agent });
        audit(statements, "session.reused", "Session", Some(session), details).await?;
    }
    Ok(ended)
}
