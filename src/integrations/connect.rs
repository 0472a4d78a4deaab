//! `startIntegration` and `finishIntegration`: the way to a provider, who is asked whether we may come in, and back.
//!
//! Who goes must be who comes back: the state that travels belongs to the signed-in user, is used once and not for long,
//! and the code is worth nothing without the verifier, which never leaves us (PKCE). The provider is asked outside of any
//! transaction.

use std::sync::Arc;

use async_graphql::{Context, Enum, Error, ID, InputObject, Object, SimpleObject};
use entity::access::Right;
use entity::database::{DbError, Statements};
use entity::id::format_id;
use entity::plan::PlanError;
use entity::sql::{Bind, NullOf, Sql};
use entity::write::{Moment, UserError};
use futures_util::FutureExt;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::tokens::{lasts, seal};
use crate::db::Actor;
use crate::oauth::{Grant, GrantClient, Grantor, OauthError};
use crate::opaque_token::OpaqueToken;
use crate::processes::{ACCOUNT, INTEGRATIONS};
use crate::request::{RequestContext, failure, fault};
use crate::secrets::Place;

/// How long a person may take at the provider.
const LIFETIME: chrono::Duration = chrono::Duration::minutes(10);

/// Expired rows that a new one takes away with it, so that none pile up.
const SWEPT_AT_ONCE: i32 = 20;

/// Mutations that connect other systems.
#[derive(Debug, Default)]
pub struct IntegrationMutation;

/// A system that asks the person whether we may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(super) enum ConnectableProvider {
    /// Google's mail.
    Gmail,
    /// Google's calendar.
    GoogleCalendar,
    /// Notion.
    Notion,
    /// Slack.
    Slack,
    /// GitHub.
    Github,
    /// HubSpot.
    Hubspot,
    /// Any other.
    Other,
}

impl ConnectableProvider {
    const fn word(self) -> &'static str {
        match self {
            Self::Gmail => "GMAIL",
            Self::GoogleCalendar => "GOOGLE_CALENDAR",
            Self::Notion => "NOTION",
            Self::Slack => "SLACK",
            Self::Github => "GITHUB",
            Self::Hubspot => "HUBSPOT",
            Self::Other => "OTHER",
        }
    }
}

/// Input of `startIntegration`.
#[derive(Debug, InputObject)]
pub(super) struct StartIntegrationInput {
    /// What to connect; the gateway's configuration must know it.
    pub provider: ConnectableProvider,
    /// Page that the provider sends the person back to: one of the gateway's configuration, letter by letter.
    pub redirect_uri: String,
    /// Whether it is to be the connection of the whole business, for which one needs ADMIN on INTEGRATIONS; one's own
    /// when left out.
    pub for_business: Option<bool>,
}

/// Answer of `startIntegration`.
#[derive(Debug, Default, SimpleObject)]
pub(super) struct StartIntegrationPayload {
    /// Where to send the person; null when there are errors.
    pub authorization_url: Option<String>,
    /// Until when the person must be back.
    pub expires_at: Option<Moment>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

/// Input of `finishIntegration`.
#[derive(InputObject)]
pub(super) struct FinishIntegrationInput {
    /// `state`, as the provider sent it back.
    pub state: String,
    /// `code`, as the provider sent it back.
    pub code: String,
}

/// Answer of `finishIntegration`.
#[derive(Debug, Default, SimpleObject)]
pub(super) struct FinishIntegrationPayload {
    /// ID of the Integration, which is connected now; null when there are errors.
    pub integration_id: Option<ID>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

#[Object]
impl IntegrationMutation {
    /// Begins to connect another system: gives the address at which the person says whether we may come in. The provider
    /// sends the person back to a page of the client with `state` and `code`, which the page hands to
    /// `finishIntegration`. A connection that works already is a CONFLICT: disconnect it first.
    async fn start_integration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to connect.")] input: StartIntegrationInput,
    ) -> async_graphql::Result<StartIntegrationPayload> {
        let request = RequestContext::of(ctx)?;
        let is_of_tenant = input.for_business.unwrap_or_default();
        let who = Who::of(ctx, request, is_of_tenant)?;
        let started = start(request, &who, input).await?;
        Ok(started.unwrap_or_else(|error| StartIntegrationPayload { errors: vec![error], ..Default::default() }))
    }

    /// Connects another system with what came back from the provider. The tokens are stored encrypted, renewed by
    /// themselves, and never shown.
    async fn finish_integration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came back.")] input: FinishIntegrationInput,
    ) -> async_graphql::Result<FinishIntegrationPayload> {
        let request = RequestContext::of(ctx)?;
        let who = Who::of(ctx, request, false)?;
        Ok(match finish(ctx, request, &who, &input).await? {
            Ok(id) => {
                FinishIntegrationPayload { integration_id: Some(ID(format_id("integration", id))), errors: Vec::new() }
            }
            Err(error) => FinishIntegrationPayload { errors: vec![error], ..Default::default() },
        })
    }
}

/// Who connects something, and for whom.
struct Who {
    tenant: Uuid,
    user: Uuid,
    actor: Actor,
}

impl Who {
    fn of(ctx: &Context<'_>, request: &RequestContext, is_of_tenant: bool) -> async_graphql::Result<Self> {
        let identity = request.signed_in()?;
        let viewer = request.viewer.as_ref().ok_or_else(|| failure("UNAUTHENTICATED", "Sign in first."))?;
        let right = if is_of_tenant { INTEGRATIONS.admin() } else { ACCOUNT.write() };
        // Staff of the platform has nothing of its own in a business.
        if !viewer.rights(request.services.clock.now()).allows(right) || identity.home_tenant_id.is_some() {
            return Err(forbidden(ctx, right));
        }
        Ok(Self { tenant: viewer.tenant, user: viewer.user, actor: viewer.actor.clone() })
    }
}

fn forbidden(ctx: &Context<'_>, right: Right) -> Error {
    let error = PlanError::forbidden(right).at(ctx.item.pos);
    Error { message: error.message, source: None, extensions: error.extensions }
}

/// The configured systems, or nothing: then no provider is known.
fn client(request: &RequestContext) -> Option<&Arc<GrantClient>> {
    request.services.grants.as_ref()
}

/// Whether the connection is there and works: then it is in the way.
fn working(who: &Who, provider: &str, is_of_tenant: bool) -> Sql {
    let mut sql = Sql::new();
    sql.push("select id from integrations where is_active and tenant_id = ").bind(Bind::Uuid(who.tenant));
    sql.push(" and provider = ").bind(Bind::Text(provider.to_owned())).push(" and user_id is not distinct from ");
    sql.bind(owner(who, is_of_tenant));
    sql
}

fn owner(who: &Who, is_of_tenant: bool) -> Bind {
    if is_of_tenant { Bind::Null(NullOf::Uuid) } else { Bind::Uuid(who.user) }
}

fn in_the_way(id: Uuid) -> UserError {
    let message = "There is already a connection to this provider. Disconnect it first.";
    let mut error = UserError::new("CONFLICT", "provider", message);
    error.existing_id = Some(format_id("integration", id));
    error
}

async fn start(
    request: &Arc<RequestContext>,
    who: &Who,
    input: StartIntegrationInput,
) -> async_graphql::Result<Result<StartIntegrationPayload, UserError>> {
    let (provider, is_of_tenant) = (input.provider.word(), input.for_business.unwrap_or_default());
    let known = client(request).and_then(|client| Some((client, client.grantor(provider)?)));
    let Some((client, grantor)) = known else {
        return Ok(Err(UserError::new("VALIDATION", "provider", "The gateway's configuration does not know it.")));
    };
    if !client.allows(&input.redirect_uri) {
        let message = "The gateway's configuration does not name this page.";
        return Ok(Err(UserError::new("VALIDATION", "redirectUri", message)));
    }
    let state = OpaqueToken::new(who.tenant).map_err(|error| fault(DbError::Fault(error.to_string())))?;
    let begun = client.begin(grantor, &input.redirect_uri, state.text()).map_err(unavailable)?;
    let now = request.services.clock.now();
    let (id, expires_at) = (request.services.ids.next(), now + LIFETIME);
    let sealed = request
        .services
        .keys
        .seal(&place(who.tenant, id), begun.verifier.as_bytes())
        .map_err(|error| fault(DbError::Fault(error.to_string())))?;
    let mut insert = Sql::new();
    insert.push(
        "insert into integration_flows (id, tenant_id, created_at, state_hash, provider, redirect_uri, user_id, \
         is_of_tenant, secrets, expires_at) values (",
    );
    insert.bind(Bind::Uuid(id)).push(", ").bind(Bind::Uuid(who.tenant)).push(", ").bind(Bind::DateTime(now));
    insert.push(", ").bind(Bind::Bytes(state.hash().to_vec())).push(", ").bind(Bind::Text(provider.to_owned()));
    insert.push(", ").bind(Bind::Text(input.redirect_uri)).push(", ").bind(Bind::Uuid(who.user));
    insert.push(", ").bind(Bind::Bool(is_of_tenant)).push(", ").bind(Bind::Bytes(sealed.into_bytes()));
    insert.push(", ").bind(Bind::DateTime(expires_at)).push(")");
    let mut sweep = Sql::new();
    sweep.push("delete from integration_flows f using (select id from integration_flows where tenant_id = ");
    sweep.bind(Bind::Uuid(who.tenant)).push(" and expires_at <= ").bind(Bind::DateTime(now));
    sweep.push(" order by expires_at limit ").bind(Bind::Int(SWEPT_AT_ONCE));
    sweep.push(" for update skip locked) old where f.tenant_id = ").bind(Bind::Uuid(who.tenant));
    sweep.push(" and f.id = old.id");
    let working = working(who, provider, is_of_tenant);
    let existing = request
        .write(who.actor.clone(), move |transaction| {
            async move {
                if let Some(existing) = transaction.rows(working, false).await?.uuid_of_first() {
                    return Ok(Some(existing));
                }
                transaction.rows(sweep, false).await?;
                transaction.rows(insert, false).await?;
                Ok(None)
            }
            .boxed()
        })
        .await
        .map_err(fault)?;
    Ok(match existing {
        Some(id) => Err(in_the_way(id)),
        None => Ok(StartIntegrationPayload {
            authorization_url: Some(begun.authorization_url),
            expires_at: Some(Moment(expires_at)),
            errors: Vec::new(),
        }),
    })
}

/// A way that was there, and is taken: it cannot be gone again.
struct Flow {
    provider: String,
    redirect_uri: String,
    is_of_tenant: bool,
    verifier: Zeroizing<String>,
}

/// Takes the way that a state stands for; `None` when there is none (any more), whatever the reason.
async fn take(request: &Arc<RequestContext>, who: &Who, state: &str) -> async_graphql::Result<Option<Flow>> {
    let Some(state) = OpaqueToken::parse(state).filter(|state| state.tenant == who.tenant) else { return Ok(None) };
    let mut sql = Sql::new();
    sql.push("delete from integration_flows where tenant_id = ").bind(Bind::Uuid(who.tenant));
    sql.push(" and state_hash = ").bind(Bind::Bytes(state.hash.to_vec()));
    sql.push(" and user_id = ").bind(Bind::Uuid(who.user));
    sql.push(" and expires_at > ").bind(Bind::DateTime(request.services.clock.now()));
    sql.push(" returning id, provider, redirect_uri, is_of_tenant, secrets");
    let rows = request
        .write(who.actor.clone(), move |transaction| async move { transaction.rows(sql, false).await }.boxed())
        .await
        .map_err(fault)?;
    let Some(row) = rows.uuid_of_first() else { return Ok(None) };
    let sealed = rows.cell(0, 4).unwrap_or_default();
    let clear = request
        .services
        .keys
        .open(&place(who.tenant, row), sealed)
        .map_err(|error| fault(DbError::Fault(format!("integration_flows.secrets of {row}: {error}"))))?;
    let verifier = clear.expose_text().map(|text| Zeroizing::new(text.to_owned()));
    let verifier = verifier.ok_or_else(|| fault(DbError::Fault("the verifier of a flow is no text".into())))?;
    let text = |cell| rows.text(0, cell).unwrap_or_default();
    Ok(Some(Flow { provider: text(1), redirect_uri: text(2), is_of_tenant: rows.is_true(0, 3), verifier }))
}

async fn finish(
    ctx: &Context<'_>,
    request: &Arc<RequestContext>,
    who: &Who,
    input: &FinishIntegrationInput,
) -> async_graphql::Result<Result<Uuid, UserError>> {
    let Some(flow) = take(request, who, &input.state).await? else {
        let message = "This way is unknown, over, or was finished already. Begin again.";
        return Ok(Err(UserError::new("INVALID_TOKEN", "state", message)));
    };
    // Rights may have gone meanwhile.
    let who = if flow.is_of_tenant { &Who::of(ctx, request, true)? } else { who };
    let known = client(request).and_then(|client| Some((client, client.grantor(&flow.provider)?)));
    let Some((client, grantor)) = known else {
        return Ok(Err(UserError::new(
            "VALIDATION",
            "state",
            "The gateway's configuration does not know it any more.",
        )));
    };
    match exchange(client, grantor, &flow, &input.code).await? {
        Ok(grant) => keep(request, who, &flow, &grant).await,
        Err(error) => Ok(Err(error)),
    }
}

async fn exchange(
    client: &GrantClient,
    grantor: &Grantor,
    flow: &Flow,
    code: &str,
) -> async_graphql::Result<Result<Grant, UserError>> {
    match client.exchange(grantor, &flow.redirect_uri, code, &flow.verifier).await {
        Ok(grant) => Ok(Ok(grant)),
        Err(OauthError::CodeRefused) => {
            let message = "The provider does not accept the code. Begin again.";
            Ok(Err(UserError::new("INVALID_TOKEN", "code", message)))
        }
        Err(error) => Err(unavailable(error)),
    }
}

fn unavailable(error: OauthError) -> Error {
    tracing::warn!(target: "mostrador::integrations", reason = %error, "a system could not be connected");
    failure("UNAVAILABLE", "The provider does not answer as it should. Begin again in a while.")
}

/// Writes the connection, or connects one anew that was disconnected or had failed.
async fn keep(
    request: &Arc<RequestContext>,
    who: &Who,
    flow: &Flow,
    grant: &Grant,
) -> async_graphql::Result<Result<Uuid, UserError>> {
    let (tenant, new_id) = (who.tenant, request.services.ids.next());
    let working = working(who, &flow.provider, flow.is_of_tenant);
    // The row's id is a part of what is sealed, so it comes first.
    let mut insert = Sql::new();
    insert.push("insert into integrations (id, tenant_id, user_id, provider, is_active) values (");
    insert.bind(Bind::Uuid(new_id)).push(", ").bind(Bind::Uuid(tenant)).push(", ").bind(owner(who, flow.is_of_tenant));
    insert.push(", ").bind(Bind::Text(flow.provider.clone()));
    insert.push(
        ", false) on conflict (tenant_id, user_id, provider) do update set scopes = excluded.scopes returning id",
    );
    let keys = request.services.keys.clone();
    let (access, refresh) = (grant.access_token.clone(), grant.refresh_token.clone());
    let (lasts, scopes) = (lasts(grant), grant.scopes.clone().map_or(Bind::Null(NullOf::Text), Bind::Text));
    request
        .write(who.actor.clone(), move |transaction| {
            async move {
                if let Some(existing) = transaction.rows(working, false).await?.uuid_of_first() {
                    return Ok(Err(in_the_way(existing)));
                }
                let row = transaction.rows(insert, false).await?.uuid_of_first();
                let row = row.ok_or_else(|| DbError::Fault("a connection was written without an id".into()))?;
                let mut sql = Sql::new();
                sql.push("update integrations set access_token = ");
                sql.bind(seal(&keys, tenant, row, "access_token", &access)?).push(", refresh_token = ");
                match &refresh {
                    Some(token) => sql.bind(seal(&keys, tenant, row, "refresh_token", token)?),
                    None => sql.push("null"),
                };
                sql.push(", connected_at = clock_timestamp(), is_active = true, scopes = ").bind(scopes);
                sql.push(", expires_at = now() + make_interval(secs => ").bind(lasts);
                sql.push(") where tenant_id = ").bind(Bind::Uuid(tenant)).push(" and id = ").bind(Bind::Uuid(row));
                sql.push(" returning id");
                transaction.rows(sql, false).await?;
                Ok(Ok(row))
            }
            .boxed()
        })
        .await
        .map_err(fault)
}

/// Where the verifier of a way is sealed.
fn place(tenant: Uuid, flow: Uuid) -> Place<'static> {
    Place { tenant, table: "integration_flows", column: "secrets", row: flow }
}
