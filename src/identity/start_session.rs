//! Beginning and renewing sessions: the tokens that are handed out, and the row that stands for them.
//!
//! Every way to sign in ends here: by password, by mail, by another provider. A session has an access token of 15 minutes
//! and an opaque refresh token that is exchanged for the next pair. For browsers both become cookies, together with a
//! CSRF token that pages repeat in a header.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::database::{DbError, Statements};
use entity::sql::{Bind, NullOf, Sql};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::db::audit;
use crate::opaque_token::OpaqueToken;
use crate::request::{Jar, RequestContext};
use crate::token::{ACCESS_LIFETIME, Bearer, IssuedToken};

/// How long sessions that are over stay listed, in days.
const REMEMBERED_DAYS: i32 = 90;

/// Somebody who has proved who they are.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    /// The tenant.
    pub(super) tenant: Uuid,
    /// The user.
    pub(super) user: Uuid,
    /// How it was proved: `PASSWORD`, `MAGIC_LINK`, `OAUTH`. Stands in the audit log.
    pub(super) method: &'static str,
    /// The stored hash that the password was compared with. When it is another one by now, there is no session.
    pub(super) password_hash: Option<String>,
    /// Whether the tokens go into cookies.
    pub(super) cookie: bool,
}

/// A session with new tokens.
pub(super) struct Started {
    pub(super) session: Uuid,
    pub(super) tenant: Uuid,
    pub(super) user: Uuid,
    pub(super) must_change_password: bool,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) access: IssuedToken,
    pub(super) refresh: OpaqueToken,
    /// In clear; there when the tokens go into cookies.
    pub(super) csrf: Option<String>,
}

impl Started {
    /// Puts the tokens into cookies, when they go there.
    pub(super) fn set_cookies(&self, context: &RequestContext) {
        let Some(csrf) = &self.csrf else { return };
        let jar = Jar {
            access: (&self.access.text, self.access.expires_at),
            refresh: (self.refresh.text(), self.expires_at),
            csrf,
        };
        for cookie in jar.headers(context.caller.has_secure_cookies, context.services.clock.now()) {
            context.set_cookie(cookie);
        }
    }
}

/// Begins a session, in a transaction of the tenant; it acts in the name of the user from then on.
///
/// `None` when the user may not sign in (any more): deleted, switched off, with another password, or of a tenant that is
/// closed.
pub(super) async fn start(
    context: &RequestContext,
    statements: &dyn Statements,
    arrival: &Arrival,
) -> Result<Option<Started>, DbError> {
    let services = &context.services;
    let (tenant, user, now) = (arrival.tenant, arrival.user, services.clock.now());
    let mut sql = Sql::new();
    sql.push("select set_config('app.user_id', ").bind(Bind::Text(user.to_string())).push(", true)");
    statements.rows(sql, false).await?;

    // The lock makes a change of the password wait, or this wait for it.
    let mut sql = Sql::new();
    sql.push("update users set last_login_at = ").bind(Bind::DateTime(now));
    sql.push(" where is_active and deleted_at is null and tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and id = ").bind(Bind::Uuid(user));
    if let Some(hash) = &arrival.password_hash {
        sql.push(" and password_hash = ").bind(Bind::Text(hash.clone()));
    }
    sql.push(" and exists (select from tenants t where t.id = users.tenant_id and t.status in ('TRIAL', 'ACTIVE'))");
    sql.push(" returning is_first_login or coalesce(password_expires_at <= ")
        .bind(Bind::DateTime(now))
        .push(", false)");
    let rows = statements.rows(sql, false).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let must_change_password = rows.is_true(0, 0);

    let session = services.ids.next();
    let csrf = arrival.cookie.then(random_text).transpose()?;
    let (access, refresh) = make_tokens(context, tenant, user, session, csrf.as_deref())?;
    let expires_at = now + services.session_terms.idle.min(services.session_terms.longest);
    let mut sql = Sql::new();
    sql.push(
        "insert into sessions (id, tenant_id, user_id, created_at, last_used_at, expires_at, session_token_hash, \
         refresh_token_hash, csrf_token_hash, ip_address, user_agent) values (",
    );
    sql.bind(Bind::Uuid(session)).push(", ").bind(Bind::Uuid(tenant)).push(", ").bind(Bind::Uuid(user)).push(", ");
    sql.bind(Bind::DateTime(now)).push(", ").bind(Bind::DateTime(now)).push(", ").bind(Bind::DateTime(expires_at));
    sql.push(", ").bind(Bind::Bytes(Sha256::digest(&access.text).to_vec()));
    sql.push(", ").bind(Bind::Bytes(refresh.hash().to_vec()));
    sql.push(", nullif(")
        .bind(Bind::Bytes(csrf.as_ref().map(|csrf| Sha256::digest(csrf).to_vec()).unwrap_or_default()));
    sql.push(", ''::bytea), ").bind(text(context.caller.address.map(|address| address.to_string())));
    sql.push(", ").bind(text(context.caller.user_agent.clone())).push(") returning id");
    statements.rows(sql, false).await?;

    audit(
        statements,
        "session.started",
        "Session",
        Some(session),
        json!({ "method": arrival.method, "ipAddress": context.caller.address, "userAgent": context.caller.user_agent }),
    )
    .await?;
    forget_old_sessions(statements, tenant, user, now).await?;
    Ok(Some(Started { session, tenant, user, must_change_password, expires_at, access, refresh, csrf }))
}

/// New tokens for a session that begins.
fn make_tokens(
    context: &RequestContext,
    tenant: Uuid,
    user: Uuid,
    session: Uuid,
    csrf: Option<&str>,
) -> Result<(IssuedToken, OpaqueToken), DbError> {
    let access = make_access_token(context, tenant, user, session, csrf)?;
    let refresh = OpaqueToken::new(tenant).map_err(|error| DbError::Fault(format!("no refresh token: {error}")))?;
    Ok((access, refresh))
}

/// A new access token for a session.
pub(super) fn make_access_token(
    context: &RequestContext,
    tenant: Uuid,
    user: Uuid,
    session: Uuid,
    csrf: Option<&str>,
) -> Result<IssuedToken, DbError> {
    let bearer = Bearer {
        user_id: user,
        tenant_id: tenant,
        session_id: session,
        home_tenant_id: None,
        csrf_hash: csrf.map(|csrf| Sha256::digest(csrf).into()),
    };
    let tokens = &context.services.tokens;
    tokens.issue(&bearer, ACCESS_LIFETIME).map_err(|error| DbError::Fault(format!("no access token: {error}")))
}

/// 32 random bytes as text.
fn random_text() -> Result<String, DbError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| DbError::Fault(format!("no random bytes: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn text(value: Option<String>) -> Bind {
    value.map_or(Bind::Null(NullOf::Text), Bind::Text)
}

/// Sessions that were over long ago leave the list, with the refresh tokens that they used.
async fn forget_old_sessions(
    statements: &dyn Statements,
    tenant: Uuid,
    user: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let mut sql = Sql::new();
    sql.push("delete from sessions where tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and user_id = ").bind(Bind::Uuid(user)).push(" and expires_at < ").bind(Bind::DateTime(now));
    sql.push(" - make_interval(days => ").bind(Bind::Int(REMEMBERED_DAYS)).push(") returning id");
    statements.rows(sql, false).await.map(drop)
}
