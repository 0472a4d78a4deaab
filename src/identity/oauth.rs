//! Signing in with an account at another provider (OpenID Connect), and linking such accounts.
//!
//! A way there and back: `startOauth` gives the address to send the person to; the provider sends them back to a page of
//! the client with `state` and `code`, which the page hands to `finishOauth`. `startOauthLink` and `linkOauthAccount` are
//! the same for somebody who is signed in. Here is the table of contents; a way under way is in `oauth_flow`, whose an
//! account is in `oauth_link`.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use entity::id::format_id;
use entity::plan::PlanError;
use entity::roots;
use entity::write::{Moment, UserError};

use super::account::FinishOauthPayload;
use super::oauth_flow::{self, Flow, Purpose};
use super::oauth_link::{self, Linked};
use crate::db::{Actor, Scope};
use crate::oauth::{OauthError, Proven};
use crate::processes::ACCOUNT;
use crate::request::{OauthService, RequestContext, failure, fault};

/// Mutations of accounts at other providers.
#[derive(Debug, Default)]
pub struct OauthMutation;

/// Input of `startOauth`.
#[derive(Debug, InputObject)]
pub struct StartOauthInput {
    /// Short name (slug) of the business to sign in to.
    pub tenant: String,
    /// Name of the provider, as it stands in the gateway's configuration.
    pub provider: String,
    /// Page that the provider sends the person back to: one of the gateway's configuration, letter by letter.
    pub redirect_uri: String,
}

/// Input of `startOauthLink`.
#[derive(Debug, InputObject)]
pub struct StartOauthLinkInput {
    /// Name of the provider, as it stands in the gateway's configuration.
    pub provider: String,
    /// Page that the provider sends the person back to: one of the gateway's configuration, letter by letter.
    pub redirect_uri: String,
}

/// Answer of `startOauth`.
#[derive(Debug, Default, SimpleObject)]
pub struct StartOauthPayload {
    /// Where to send the person; null when there are errors.
    pub authorization_url: Option<String>,
    /// A secret for the browser or app that began: keep it there, and hand it in with what comes back. Without it nobody
    /// can make this browser finish what another one has begun.
    pub browser_key: Option<String>,
    /// Until when the person must be back.
    pub expires_at: Option<Moment>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

/// Answer of `startOauthLink`.
#[derive(Debug, Default, SimpleObject)]
pub struct StartOauthLinkPayload {
    /// Where to send the person; null when there are errors.
    pub authorization_url: Option<String>,
    /// A secret for the browser or app that began: keep it there, and hand it in with what comes back. Without it nobody
    /// can make this browser finish what another one has begun.
    pub browser_key: Option<String>,
    /// Until when the person must be back.
    pub expires_at: Option<Moment>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

impl From<StartOauthPayload> for StartOauthLinkPayload {
    fn from(started: StartOauthPayload) -> Self {
        let StartOauthPayload { authorization_url, browser_key, expires_at, errors } = started;
        Self { authorization_url, browser_key, expires_at, errors }
    }
}

/// Input of `finishOauth`.
#[derive(InputObject)]
pub struct FinishOauthInput {
    /// `state`, as the provider sent it back.
    pub state: String,
    /// `code`, as the provider sent it back.
    pub code: String,
    /// The secret that the same browser was given at the start.
    pub browser_key: String,
    /// `iss`, if the provider sent one back.
    pub issuer: Option<String>,
    /// Whether the tokens are put into cookies, for pages in browsers; false when left out.
    pub cookie: Option<bool>,
}

/// Input of `linkOauthAccount`.
#[derive(InputObject)]
pub struct LinkOauthAccountInput {
    /// `state`, as the provider sent it back.
    pub state: String,
    /// `code`, as the provider sent it back.
    pub code: String,
    /// The secret that the same browser was given at the start.
    pub browser_key: String,
    /// `iss`, if the provider sent one back.
    pub issuer: Option<String>,
}

/// Answer of `linkOauthAccount`.
#[derive(Debug, Default, SimpleObject)]
pub struct LinkOauthAccountPayload {
    /// ID of the linked OauthAccount; null when there are errors.
    pub oauth_account_id: Option<ID>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

#[Object]
impl OauthMutation {
    /// Begins to sign in with an account at another provider. Nobody needs to be signed in.
    async fn start_oauth(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to sign in, and with what.")] input: StartOauthInput,
    ) -> async_graphql::Result<StartOauthPayload> {
        let request = RequestContext::of(ctx)?;
        oauth_flow::count_start(request)?;
        let Some(tenant) = oauth_flow::tenant(request, &input.tenant).await? else {
            return Ok(refused_start(UserError::new(
                "NOT_FOUND",
                "tenant",
                "There is no such business to sign in to.",
            )));
        };
        let wanted = oauth_flow::Wanted { provider: input.provider, redirect_uri: input.redirect_uri };
        let actor = Actor::tenant(tenant.id, Scope::default());
        oauth_flow::start(request, &tenant, wanted, Purpose::SignIn, actor).await
    }

    /// Signs in with what came back from the provider: the user whose OauthAccount it is; where the gateway's
    /// configuration allows it for the provider, also the user with the same e-mail address, if the provider has
    /// verified that, whose account is linked by it.
    async fn finish_oauth(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came back.")] input: FinishOauthInput,
    ) -> async_graphql::Result<FinishOauthPayload> {
        let request = RequestContext::of(ctx)?;
        let cookie = request.may_take_cookies(input.cookie)?;
        match come_back(request, input.into(), Purpose::SignIn).await? {
            Ok((flow, proven)) => oauth_link::sign_in(request, &flow, &proven, cookie).await,
            Err(error) => Ok(FinishOauthPayload::refused(error)),
        }
    }

    /// Begins to link an account at another provider with one's own.
    async fn start_oauth_link(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to link.")] input: StartOauthLinkInput,
    ) -> async_graphql::Result<StartOauthLinkPayload> {
        let request = RequestContext::of(ctx)?;
        let user = own_account(ctx, request)?;
        let tenant = oauth_flow::tenant_of_viewer(request).await?;
        let wanted = oauth_flow::Wanted { provider: input.provider, redirect_uri: input.redirect_uri };
        let actor = Actor::user(tenant.id, user, Scope::default());
        oauth_flow::start(request, &tenant, wanted, Purpose::Link(user), actor).await.map(StartOauthLinkPayload::from)
    }

    /// Links the account that came back from the provider: from then on one can sign in with it.
    async fn link_oauth_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came back.")] input: LinkOauthAccountInput,
    ) -> async_graphql::Result<LinkOauthAccountPayload> {
        let request = RequestContext::of(ctx)?;
        let user = own_account(ctx, request)?;
        let linked = match come_back(request, input, Purpose::Link(user)).await? {
            Ok((flow, proven)) => oauth_link::link(request, &flow, user, &proven).await.map_err(fault)?,
            Err(error) => Err(error),
        };
        Ok(match linked {
            Ok(Linked { account, .. }) => LinkOauthAccountPayload {
                oauth_account_id: Some(ID(format_id("oauth_account", account))),
                errors: Vec::new(),
            },
            Err(error) => LinkOauthAccountPayload { errors: vec![error], ..LinkOauthAccountPayload::default() },
        })
    }
}

impl From<FinishOauthInput> for LinkOauthAccountInput {
    fn from(input: FinishOauthInput) -> Self {
        let FinishOauthInput { state, code, browser_key, issuer, cookie: _ } = input;
        Self { state, code, browser_key, issuer }
    }
}

/// A start that came to nothing.
pub(super) fn refused_start(error: UserError) -> StartOauthPayload {
    StartOauthPayload { errors: vec![error], ..StartOauthPayload::default() }
}

/// The provider's side, or nothing: then no provider is known.
pub(super) fn service(request: &RequestContext) -> async_graphql::Result<&Arc<OauthService>> {
    request.services.oauth.as_ref().ok_or_else(|| failure("NOT_FOUND", "Here nobody signs in with another provider."))
}

/// Takes the flow that a state stands for, and asks the provider who came back.
async fn come_back(
    request: &Arc<RequestContext>,
    input: LinkOauthAccountInput,
    purpose: Purpose,
) -> async_graphql::Result<Result<(Flow, Proven), UserError>> {
    let Some(flow) = oauth_flow::take(request, &input.state, &input.browser_key, purpose).await? else {
        let message = "This sign-in is unknown, over, or was finished already. Begin again.";
        return Ok(Err(UserError::new("INVALID_TOKEN", "state", message)));
    };
    match flow.finish(service(request)?, &input.code, input.issuer.as_deref()).await {
        Ok(proven) => Ok(Ok((flow, proven))),
        Err(error) => answer(&flow.provider, error).map(Err),
    }
}

/// What the person learns of a provider's failure. The log learns why, and nothing that the provider has sent.
pub(super) fn answer(provider: &str, error: OauthError) -> async_graphql::Result<UserError> {
    tracing::warn!(target: "mostrador::oauth", provider, reason = %error, "a sign-in with a provider failed");
    match error {
        OauthError::Unavailable(_) => {
            Err(failure("UNAVAILABLE", "The provider does not answer as it should. Begin again in a while."))
        }
        OauthError::CodeRefused | OauthError::NotProven(_) => {
            let message = "The provider did not confirm who you are. Begin again.";
            Ok(UserError::new("INVALID_CREDENTIALS", "code", message))
        }
    }
}

/// The user who asks about the own account. Staff of the platform has none in a business.
fn own_account(ctx: &Context<'_>, request: &RequestContext) -> async_graphql::Result<uuid::Uuid> {
    let identity = request.signed_in()?;
    let right = ACCOUNT.write();
    let may_write = ctx.data_opt::<Arc<dyn roots::Session>>().is_some_and(|session| session.rights().allows(right));
    if may_write && identity.home_tenant_id.is_none() {
        return Ok(identity.user_id);
    }
    let error = PlanError::forbidden(right).at(ctx.item.pos);
    Err(Error { message: error.message, source: None, extensions: error.extensions })
}
