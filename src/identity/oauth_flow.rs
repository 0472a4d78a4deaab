//! A sign-in at another provider that is under way: a row from the start until the person is back, once.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use entity::write::{Moment, UserError};
use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use tables::oauth_flows;
use uuid::Uuid;

use super::oauth::{StartOauthPayload, answer, refused_start, service};
use super::sign_in::network_of;
use crate::db::{Actor, Scope};
use crate::oauth::{Begun, FlowSecrets, OauthError, Proven, Returned};
use crate::opaque_token::OpaqueToken;
use crate::request::{OauthService, RequestContext, fault, rate_limited};
use crate::secrets::Place;
use crate::throttle::Limit;

/// How long a person may take at the provider.
const LIFETIME: chrono::Duration = chrono::Duration::minutes(10);

/// Starts from one address; an office shares one. Nobody needs to be signed in to start, and each start is a row.
const STARTS: Limit = Limit { failures: 300, window: Duration::from_secs(15 * 60) };

/// Expired rows that a new one takes away with it, so that none pile up.
const SWEPT_AT_ONCE: i32 = 20;

/// What a way there and back is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nobody is signed in yet.
    SignIn,
    /// This user links an account.
    Link(Uuid),
}

/// The tenant that somebody signs in to.
#[derive(Clone, Debug)]
pub(super) struct TenantName {
    pub(super) id: Uuid,
    pub(super) slug: String,
}

/// What somebody asked for.
pub(super) struct Wanted {
    pub(super) provider: String,
    pub(super) redirect_uri: String,
}

/// A way that was there, and is taken: it cannot be gone again.
pub(super) struct Flow {
    pub(super) tenant: Uuid,
    pub(super) provider: String,
    redirect_uri: String,
    secrets: FlowSecrets,
}

/// Counts a start of somebody who is not signed in.
pub(super) fn count_start(request: &RequestContext) -> async_graphql::Result<()> {
    let Some(address) = request.caller.address else { return Ok(()) };
    let subject = Sha256::digest(format!("oauth start {}", network_of(address))).into();
    // A start says nothing of how it ends, so it counts.
    request.services.throttle.begin(&[(subject, STARTS)]).map(drop).map_err(rate_limited)
}

/// The tenant of a slug, while people can sign in to it.
pub(super) async fn tenant(request: &RequestContext, slug: &str) -> async_graphql::Result<Option<TenantName>> {
    let transaction = request.read(Actor::tenant(Uuid::nil(), Scope::default()));
    let mut sql = Sql::new();
    sql.push("select id from app.tenant_by_slug(").bind(Bind::Text(slug.to_owned()));
    sql.push(") where status in ('TRIAL', 'ACTIVE')");
    let id = transaction.rows(sql, true).await.map_err(fault)?.uuid_of_first();
    transaction.finish();
    Ok(id.map(|id| TenantName { id, slug: slug.to_owned() }))
}

/// The tenant of whoever is signed in.
pub(super) async fn tenant_of_viewer(request: &RequestContext) -> async_graphql::Result<TenantName> {
    let id = request.signed_in()?.tenant_id;
    let transaction = request.read(Actor::tenant(id, Scope::default()));
    let mut sql = Sql::new();
    sql.push("select slug from tenants where id = ").bind(Bind::Uuid(id));
    let rows = transaction.rows(sql, true).await.map_err(fault)?;
    transaction.finish();
    let slug = (!rows.is_empty()).then(|| rows.text(0, 0)).flatten();
    let slug = slug.ok_or_else(|| fault(DbError::Fault("the viewer's tenant is not there".into())))?;
    Ok(TenantName { id, slug })
}

/// Begins: asks the provider where to go, and remembers what must come back.
pub(super) async fn start(
    request: &Arc<RequestContext>,
    tenant: &TenantName,
    wanted: Wanted,
    purpose: Purpose,
    actor: Actor,
) -> async_graphql::Result<StartOauthPayload> {
    let refused = |field, message| Ok(refused_start(UserError::new("VALIDATION", field, message)));
    let Ok(oauth) = service(request) else {
        return refused("provider", "Nobody signs in with this provider here.");
    };
    if !oauth.client.provider(&wanted.provider).is_some_and(|provider| provider.serves(&tenant.slug)) {
        return refused("provider", "Nobody signs in with this provider here.");
    }
    if !oauth.client.allows(&wanted.redirect_uri) {
        return refused("redirectUri", "The gateway's configuration does not name this page.");
    }
    let (state, browser_key) = (token(tenant.id)?, token(tenant.id)?);
    // Before anything is written: a provider that does not answer holds no connection to the database.
    let begun = match oauth.client.begin(&wanted.provider, &wanted.redirect_uri, state.text()).await {
        Ok(begun) => begun,
        Err(error) => return answer(&wanted.provider, error).map(refused_start),
    };
    let now = request.services.clock.now();
    let expires_at = now + LIFETIME;
    let row = NewFlow { id: request.services.ids.next(), tenant: tenant.id, purpose, wanted, now, expires_at };
    let sql = row.insert(oauth, &begun, &state, &browser_key)?;
    let sweep = row.sweep();
    request
        .write(actor, move |transaction| {
            async move {
                transaction.rows(sweep, false).await?;
                transaction.rows(sql, false).await.map(|_| ())
            }
            .boxed()
        })
        .await
        .map_err(fault)?;
    Ok(StartOauthPayload {
        authorization_url: Some(begun.authorization_url),
        browser_key: Some(browser_key.text().to_owned()),
        expires_at: Some(Moment(expires_at)),
        errors: Vec::new(),
    })
}

/// Takes the flow of a state and a key that belong together; `None` when there is none (any more), whatever the reason.
///
/// It is gone afterwards, whatever comes of it: no code is tried twice with the same verifier.
pub(super) async fn take(
    request: &Arc<RequestContext>,
    state: &str,
    browser_key: &str,
    purpose: Purpose,
) -> async_graphql::Result<Option<Flow>> {
    let (Some(state), Some(key)) = (OpaqueToken::parse(state), OpaqueToken::parse(browser_key)) else {
        return Ok(None);
    };
    let tenant = state.tenant;
    let user = match purpose {
        Purpose::SignIn => None,
        Purpose::Link(user) => Some(user),
    };
    let of_another_tenant = user.is_some() && request.signed_in()?.tenant_id != tenant;
    if key.tenant != tenant || of_another_tenant {
        return Ok(None);
    }
    let mut sql = Sql::new();
    sql.push("delete from oauth_flows where tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and state_hash = ").bind(Bind::Bytes(state.hash.to_vec()));
    sql.push(" and browser_key_hash = ").bind(Bind::Bytes(key.hash.to_vec()));
    sql.push(" and expires_at > ").bind(Bind::DateTime(request.services.clock.now()));
    match user {
        None => sql.push(" and user_id is null"),
        Some(user) => sql.push(" and user_id = ").bind(Bind::Uuid(user)),
    };
    sql.push(" returning id, provider, redirect_uri, secrets");
    let rows = request
        .write(Actor::tenant(tenant, Scope::default()), move |transaction| {
            async move { transaction.rows(sql, false).await }.boxed()
        })
        .await
        .map_err(fault)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let unreadable = |_| fault(DbError::Fault("a flow cannot be read".into()));
    let row: Uuid = rows.decode::<oauth_flows::id, _>(0, 0).map_err(unreadable)?;
    let provider: String = rows.decode::<oauth_flows::provider, _>(0, 1).map_err(unreadable)?;
    let redirect_uri: String = rows.decode::<oauth_flows::redirect_uri, _>(0, 2).map_err(unreadable)?;
    let sealed = rows.cell(0, 3).unwrap_or_default();
    let clear = service(request)?
        .keys
        .open(&place(tenant, row), sealed)
        .map_err(|error| fault(DbError::Fault(format!("oauth_flows.secrets of {row}: {error}"))))?;
    let secrets = serde_json::from_slice(clear.expose())
        .map_err(|_| fault(DbError::Fault("the secrets of a flow cannot be read".into())))?;
    Ok(Some(Flow { tenant, provider, redirect_uri, secrets }))
}

impl Flow {
    /// Asks the provider who came back.
    pub(super) async fn finish(
        &self,
        oauth: &OauthService,
        code: &str,
        issuer: Option<&str>,
    ) -> Result<Proven, OauthError> {
        let returned = Returned { redirect_uri: &self.redirect_uri, code, issuer, secrets: &self.secrets };
        oauth.client.finish(&self.provider, &returned).await
    }
}

struct NewFlow {
    id: Uuid,
    tenant: Uuid,
    purpose: Purpose,
    wanted: Wanted,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl NewFlow {
    fn insert(
        &self,
        oauth: &OauthService,
        begun: &Begun,
        state: &OpaqueToken,
        browser_key: &OpaqueToken,
    ) -> async_graphql::Result<Sql> {
        let secrets = serde_json::to_vec(&begun.secrets)
            .map_err(|_| fault(DbError::Fault("the secrets of a flow cannot be written".into())))?;
        let secrets = zeroize::Zeroizing::new(secrets);
        let sealed = oauth
            .keys
            .seal(&place(self.tenant, self.id), &secrets)
            .map_err(|error| fault(DbError::Fault(error.to_string())))?;
        let mut sql = Sql::new();
        sql.push(
            "insert into oauth_flows (id, tenant_id, created_at, state_hash, browser_key_hash, provider, redirect_uri, \
             user_id, secrets, expires_at) values (",
        );
        sql.bind(Bind::Uuid(self.id)).push(", ").bind(Bind::Uuid(self.tenant)).push(", ");
        sql.bind(Bind::DateTime(self.now)).push(", ");
        sql.bind(Bind::Bytes(state.hash().to_vec())).push(", ").bind(Bind::Bytes(browser_key.hash().to_vec()));
        sql.push(", ").bind(Bind::Text(self.wanted.provider.clone()));
        sql.push(", ").bind(Bind::Text(self.wanted.redirect_uri.clone())).push(", ");
        match self.purpose {
            Purpose::SignIn => sql.push("null"),
            Purpose::Link(user) => sql.bind(Bind::Uuid(user)),
        };
        sql.push(", ").bind(Bind::Bytes(sealed.into_bytes()));
        sql.push(", ").bind(Bind::DateTime(self.expires_at)).push(")");
        Ok(sql)
    }

    fn sweep(&self) -> Sql {
        let mut sql = Sql::new();
        sql.push("delete from oauth_flows f using (select id from oauth_flows where tenant_id = ");
        sql.bind(Bind::Uuid(self.tenant)).push(" and expires_at <= ").bind(Bind::DateTime(self.now));
        sql.push(" order by expires_at limit ").bind(Bind::Int(SWEPT_AT_ONCE));
        sql.push(" for update skip locked) old where f.tenant_id = ").bind(Bind::Uuid(self.tenant));
        sql.push(" and f.id = old.id");
        sql
    }
}

fn place(tenant: Uuid, row: Uuid) -> Place<'static> {
    Place { tenant, table: "oauth_flows", column: "secrets", row }
}

fn token(tenant: Uuid) -> async_graphql::Result<OpaqueToken> {
    OpaqueToken::new(tenant).map_err(|error| fault(DbError::Fault(error.to_string())))
}
