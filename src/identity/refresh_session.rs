//! Renewing a session: a refresh token is exchanged for the next pair of tokens, once.
//!
//! Whoever shows a used token again has stolen it, or was robbed of it; nobody can tell which, so the session ends. One
//! case is told apart: answers get lost, and then a client shows the token again that it still has. From the same device
//! and within [`GRACE`] it gets what the lost answer said, the same refresh token, and not another one: so whoever is
//! second to use *that* ends the session, and a thief who was as quick is found out at the next renewal. The row's lock
//! puts those in order who show a token at the same moment, as the tabs of a browser do.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use futures_util::FutureExt;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::account::{RefreshSessionInput, RefreshSessionPayload};
use super::start_session::{Started, make_access_token};
use crate::db::{Actor, Scope, audit};
use crate::opaque_token::{OpaqueToken, ParsedToken};
use crate::request::{RequestContext, SessionTerms, failure, fault};

/// How long the answer to a renewal can be asked for again.
const GRACE: TimeDelta = TimeDelta::seconds(30);

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

/// What was shown to be exchanged.
struct Shown {
    token: ParsedToken,
    /// In clear: the next one follows from it.
    text: Zeroizing<String>,
    is_cookie: bool,
    csrf: Option<String>,
    /// Whether the new tokens are wanted as cookies.
    cookie: bool,
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
    let Some((token, text)) = given.and_then(|text| OpaqueToken::parse(text).zip(Some(text.clone()))) else {
        return Ok(refused());
    };
    let csrf = context.caller.csrf_token.clone().filter(|_| is_cookie || cookie);
    let shown = Shown { token, text: Zeroizing::new(text), is_cookie, csrf, cookie };
    let request = Arc::clone(context);
    // Nobody is known yet, and sessions are personal.
    let actor = Actor::tenant(token.tenant, Scope { users: true, ..Scope::NONE });
    let outcome =
        context.write(actor, move |transaction| exchange(request, transaction, shown).boxed()).await.map_err(fault)?;
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

async fn exchange(context: Arc<RequestContext>, statements: &dyn Statements, shown: Shown) -> Result<Outcome, DbError> {
    let now = context.services.clock.now();
    let terms = context.services.session_terms;
    if let Some(found) = find(statements, terms, &shown.token, now).await? {
        let salt = salt()?;
        let next = OpaqueToken::after(&shown.text, &salt).ok_or_else(|| DbError::Fault("no refresh token".into()))?;
        let started = match begin(&context, &shown, found, next)? {
            Ok(started) => started,
            Err(outcome) => return Ok(outcome),
        };
        use_up(statements, &shown.token, started.session, &device(&context), now).await?;
        store(statements, &started, Some(salt), now).await?;
        return Ok(Outcome::Renewed(started));
    }
    if let Some((found, next)) = find_answered(&context, statements, &shown, now).await? {
        let started = match begin(&context, &shown, found, next)? {
            Ok(started) => started,
            Err(outcome) => return Ok(outcome),
        };
        store(statements, &started, None, now).await?;
        return Ok(Outcome::Renewed(started));
    }
    end_of_used(&context, statements, &shown.token).await.map(Outcome::Reused)
}

/// The session with its tokens, or why there are none.
fn begin(
    context: &RequestContext,
    shown: &Shown,
    found: Found,
    refresh: OpaqueToken,
) -> Result<Result<Box<Started>, Outcome>, DbError> {
    let is_proved =
        shown.csrf.as_ref().is_some_and(|csrf| found.csrf_hash.as_deref() == Some(Sha256::digest(csrf).as_ref()));
    if shown.is_cookie && !is_proved {
        return Ok(Err(Outcome::Unproved));
    }
    if !found.is_usable {
        return Ok(Err(Outcome::Refused));
    }
    // A session that began without cookies does not come by them later: there is nothing to prove with.
    let csrf = shown.csrf.clone().filter(|_| shown.cookie && is_proved);
    let tenant = shown.token.tenant;
    let access = make_access_token(context, tenant, found.user, found.session, csrf.as_deref())?;
    Ok(Ok(Box::new(Started {
        session: found.session,
        tenant,
        user: found.user,
        must_change_password: found.must_change_password,
        expires_at: found.expires_at,
        access,
        refresh,
        csrf,
    })))
}

/// Writes down that a token was exchanged, when and by what.
async fn use_up(
    statements: &dyn Statements,
    token: &ParsedToken,
    session: Uuid,
    device: &[u8],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let mut sql = Sql::new();
    sql.push("insert into used_refresh_tokens (tenant_id, session_id, token_hash, used_at, device_hash) values (");
    sql.bind(Bind::Uuid(token.tenant)).push(", ").bind(Bind::Uuid(session)).push(", ");
    sql.bind(Bind::Bytes(token.hash.to_vec())).push(", ").bind(Bind::DateTime(now)).push(", ");
    sql.bind(Bind::Bytes(device.to_vec())).push(") returning session_id");
    statements.rows(sql, false).await.map(drop)
}

/// Makes the tokens those of the session.
async fn store(
    statements: &dyn Statements,
    started: &Started,
    salt: Option<[u8; 32]>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let mut sql = Sql::new();
    sql.push("update sessions set last_used_at = ").bind(Bind::DateTime(now));
    sql.push(", expires_at = ").bind(Bind::DateTime(started.expires_at));
    sql.push(", session_token_hash = ").bind(Bind::Bytes(Sha256::digest(&started.access.text).to_vec()));
    sql.push(", refresh_token_hash = ").bind(Bind::Bytes(started.refresh.hash().to_vec()));
    if let Some(salt) = salt {
        sql.push(", refresh_salt = ").bind(Bind::Bytes(salt.to_vec()));
    }
    sql.push(" where tenant_id = ").bind(Bind::Uuid(started.tenant)).push(" and id = ");
    sql.bind(Bind::Uuid(started.session)).push(" returning id");
    statements.rows(sql, false).await.map(drop)
}

/// What tells devices apart: what the client calls itself. Addresses change when a phone leaves the house, which is when
/// answers get lost.
fn device(context: &RequestContext) -> [u8; 32] {
    Sha256::digest(context.caller.user_agent.as_deref().unwrap_or_default()).into()
}

fn salt() -> Result<[u8; 32], DbError> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).map_err(|error| DbError::Fault(format!("no random bytes: {error}")))?;
    Ok(salt)
}

/// What is read of a session, its user and its tenant: `s`, `u`, `t`.
fn select(now: DateTime<Utc>) -> Sql {
    let mut sql = Sql::new();
    sql.push("select s.id, s.user_id, s.is_active and s.expires_at > ").bind(Bind::DateTime(now));
    sql.push(" and u.is_active and u.deleted_at is null and t.status in ('TRIAL', 'ACTIVE')");
    sql.push(", u.is_first_login or coalesce(u.password_expires_at <= ").bind(Bind::DateTime(now)).push(", false)");
    sql.push(", (extract(epoch from s.created_at) * 1000)::bigint, s.csrf_token_hash");
    sql
}

fn found(rows: &Rows, terms: SessionTerms, now: DateTime<Utc>) -> Result<Found, DbError> {
    let fault = || DbError::Fault("a session without id or user".into());
    let (session, user) = rows.uuid(0, 0).zip(rows.uuid(0, 1)).ok_or_else(fault)?;
    let created_at = rows.int8(0, 4).and_then(DateTime::from_timestamp_millis).unwrap_or(now);
    Ok(Found {
        session,
        user,
        is_usable: rows.is_true(0, 2),
        must_change_password: rows.is_true(0, 3),
        expires_at: (now + terms.idle).min(created_at + terms.longest),
        csrf_hash: rows.cell(0, 5).map(<[u8]>::to_vec),
    })
}

/// Finds and locks the session whose refresh token this is. Who waited for somebody that used the token up finds none.
async fn find(
    statements: &dyn Statements,
    terms: SessionTerms,
    token: &ParsedToken,
    now: DateTime<Utc>,
) -> Result<Option<Found>, DbError> {
    let mut sql = select(now);
    sql.push(" from sessions s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id");
    sql.push(" join tenants t on t.id = s.tenant_id where s.tenant_id = ").bind(Bind::Uuid(token.tenant));
    sql.push(" and s.refresh_token_hash = ").bind(Bind::Bytes(token.hash.to_vec())).push(" for update of s");
    let rows = statements.rows(sql, false).await?;
    (!rows.is_empty()).then(|| found(&rows, terms, now)).transpose()
}

/// Finds and locks the session of a token that the same device exchanged a moment ago, with the token it got for it, when
/// that has not been used yet.
async fn find_answered(
    context: &RequestContext,
    statements: &dyn Statements,
    shown: &Shown,
    now: DateTime<Utc>,
) -> Result<Option<(Found, OpaqueToken)>, DbError> {
    let mut sql = select(now);
    sql.push(", s.refresh_salt, s.refresh_token_hash from used_refresh_tokens r");
    sql.push(" join sessions s on s.tenant_id = r.tenant_id and s.id = r.session_id");
    sql.push(" join users u on u.tenant_id = s.tenant_id and u.id = s.user_id");
    sql.push(" join tenants t on t.id = s.tenant_id where r.tenant_id = ").bind(Bind::Uuid(shown.token.tenant));
    sql.push(" and r.token_hash = ").bind(Bind::Bytes(shown.token.hash.to_vec()));
    sql.push(" and r.device_hash = ").bind(Bind::Bytes(device(context).to_vec()));
    sql.push(" and r.used_at > ").bind(Bind::DateTime(now - GRACE)).push(" for update of s");
    let rows = statements.rows(sql, false).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let salt = rows.cell(0, 6).and_then(|salt| <[u8; 32]>::try_from(salt).ok());
    let next = salt.and_then(|salt| OpaqueToken::after(&shown.text, &salt));
    let next = next.filter(|next| rows.cell(0, 7) == Some(next.hash().as_slice()));
    let found = found(&rows, context.services.session_terms, now)?;
    // Whoever switched the session off has done so for this device as well.
    Ok(next.filter(|_| found.is_usable).map(|next| (found, next)))
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
