//! Whose account at a provider somebody has come back with, and linking it.

use std::sync::Arc;

use entity::database::{ConstraintKind, DbError, Statements};
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use futures_util::FutureExt;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::account::FinishOauthPayload;
use super::oauth::service;
use super::oauth_flow::Flow;
use super::start_session::{self, Arrival};
use crate::db::{Actor, Scope, Transaction, audit};
use crate::oauth::Proven;
use crate::request::{OauthService, RequestContext, fault};
use crate::secrets::Place;

/// An account that belongs to a user now.
pub(super) struct Linked {
    pub(super) account: Uuid,
}

/// Somebody who may sign in with what was proven.
struct Candidate {
    user: Uuid,
    /// Their account, when it is linked already.
    account: Option<Uuid>,
}

/// Signs in whoever the proof is of.
pub(super) async fn sign_in(
    request: &Arc<RequestContext>,
    flow: &Flow,
    proven: &Proven,
    cookie: bool,
) -> async_graphql::Result<FinishOauthPayload> {
    let Some(candidate) = candidate(request, flow, proven).await.map_err(fault)? else {
        return refuse(request, flow, None).await;
    };
    let account = NewAccount::new(request, flow.tenant, candidate.user, &flow.provider, proven)?;
    let (context, user, known) = (Arc::clone(request), candidate.user, candidate.account);
    let arrival = Arrival { tenant: flow.tenant, user, method: "OAUTH", password_hash: None, cookie };
    let started = request
        .write(Actor::user(flow.tenant, user, Scope::default()), move |transaction| {
            async move {
                // Unlinked since it was looked for.
                if let Some(id) = known
                    && !account.refresh(transaction, id).await?
                {
                    return Ok(None);
                }
                let started = start_session::start(&context, transaction, &arrival).await?;
                // Only now, so that nothing is linked for whoever may not sign in.
                if started.is_some() && known.is_none() {
                    account.insert(transaction).await?;
                }
                Ok(started)
            }
            .boxed()
        })
        .await;
    match started {
        Ok(Some(started)) => {
            started.set_cookies(request);
            Ok(FinishOauthPayload::of(started))
        }
        Ok(None) => refuse(request, flow, Some(user)).await,
        // The same person came back twice at the same moment, or the account was linked to somebody else meanwhile.
        Err(error) if is_taken(&error) => refuse(request, flow, Some(user)).await,
        Err(error) => Err(fault(error)),
    }
}

/// Says no, and writes that down.
async fn refuse(
    request: &Arc<RequestContext>,
    flow: &Flow,
    user: Option<Uuid>,
) -> async_graphql::Result<FinishOauthPayload> {
    let details = json!({
        "method": "OAUTH",
        "provider": flow.provider,
        "ipAddress": request.caller.address,
        "userAgent": request.caller.user_agent,
    });
    request
        .write(Actor::tenant(flow.tenant, Scope::default()), move |transaction| {
            async move { audit(transaction, "session.refused", "User", user, details).await }.boxed()
        })
        .await
        .map_err(fault)?;
    Ok(FinishOauthPayload::refused(nobody()))
}

/// Links what was proven with a user's account.
pub(super) async fn link(
    request: &Arc<RequestContext>,
    flow: &Flow,
    user: Uuid,
    proven: &Proven,
) -> Result<Result<Linked, UserError>, DbError> {
    let taken = |message| Ok(Err(UserError::new("CONFLICT", "", message)));
    if let Some((account, owner)) = owner(request, flow, &proven.subject).await? {
        if owner != user {
            return taken("This account is linked to another user.");
        }
        return Ok(Ok(Linked { account }));
    }
    let account = NewAccount::new(request, flow.tenant, user, &flow.provider, proven)
        .map_err(|error| DbError::Fault(error.message))?;
    let id = account.id;
    let actor = Actor::user(flow.tenant, user, Scope::default());
    let written =
        request.write(actor, move |transaction| async move { account.insert(transaction).await }.boxed()).await;
    match written {
        Ok(()) => Ok(Ok(Linked { account: id })),
        Err(error) if is_taken(&error) => taken("This account is linked to a user already."),
        Err(error) => Err(error),
    }
}

/// What somebody learns whom the provider knows and we do not. It does not say why, so that a stranger learns nothing
/// of who works here.
fn nobody() -> UserError {
    let message = "No user here signs in with this account. Sign in another way, then link it.";
    UserError::new("INVALID_CREDENTIALS", "", message)
}

/// Who the proof is of: the owner of the linked account; else, where that is allowed, whoever has the verified address.
async fn candidate(request: &RequestContext, flow: &Flow, proven: &Proven) -> Result<Option<Candidate>, DbError> {
    if let Some((account, user)) = owner(request, flow, &proven.subject).await? {
        return Ok(Some(Candidate { user, account: Some(account) }));
    }
    let provider = request.services.oauth.as_ref().and_then(|oauth| oauth.client.provider(&flow.provider));
    let links = provider.is_some_and(|provider| provider.links_verified_emails);
    let Some(email) = proven.email.as_ref().filter(|_| links && proven.is_email_verified) else {
        return Ok(None);
    };
    let mut sql = Sql::new();
    sql.push("select id from users where tenant_id = ").bind(Bind::Uuid(flow.tenant));
    sql.push(" and email_lowered = lower(").bind(Bind::Text(email.clone()));
    sql.push(") and is_active and deleted_at is null");
    let user = read(request, flow.tenant, sql).await?.uuid_of_first();
    Ok(user.map(|user| Candidate { user, account: None }))
}

/// The linked account of a person at the provider, and its user.
async fn owner(request: &RequestContext, flow: &Flow, subject: &str) -> Result<Option<(Uuid, Uuid)>, DbError> {
    let mut sql = Sql::new();
    sql.push("select account_id, user_id from app.user_of_oauth_account(");
    sql.bind(Bind::Text(flow.provider.clone())).push(", ").bind(Bind::Text(subject.to_owned())).push(")");
    let rows = read(request, flow.tenant, sql).await?;
    Ok(if rows.is_empty() { None } else { rows.uuid(0, 0).zip(rows.uuid(0, 1)) })
}

async fn read(request: &RequestContext, tenant: Uuid, sql: Sql) -> Result<entity::rows::Rows, DbError> {
    let transaction = request.read(Actor::tenant(tenant, Scope::default()));
    let rows = transaction.rows(sql, true).await;
    transaction.finish();
    rows
}

fn is_taken(error: &DbError) -> bool {
    matches!(error, DbError::Constraint { kind: ConstraintKind::Unique, name }
        if name == "oauth_accounts_provider_provider_account_id_key")
}

/// An account to be written, its tokens sealed.
struct NewAccount {
    id: Uuid,
    tenant: Uuid,
    user: Uuid,
    provider: String,
    subject: String,
    access_token: Zeroizing<String>,
    refresh_token: Option<Zeroizing<String>>,
    oauth: Arc<OauthService>,
}

impl NewAccount {
    fn new(
        request: &RequestContext,
        tenant: Uuid,
        user: Uuid,
        provider: &str,
        proven: &Proven,
    ) -> async_graphql::Result<Self> {
        Ok(Self {
            id: request.services.ids.next(),
            tenant,
            user,
            provider: provider.to_owned(),
            subject: proven.subject.clone(),
            access_token: proven.access_token.clone(),
            refresh_token: proven.refresh_token.clone(),
            oauth: Arc::clone(service(request)?),
        })
    }

    fn seal(&self, row: Uuid, column: &str, token: &str) -> Result<Bind, DbError> {
        let place = Place { tenant: self.tenant, table: "oauth_accounts", column, row };
        let sealed = self.oauth.keys.seal(&place, token.as_bytes());
        sealed.map(|sealed| Bind::Bytes(sealed.into_bytes())).map_err(|error| DbError::Fault(error.to_string()))
    }

    async fn insert(&self, transaction: &Transaction) -> Result<(), DbError> {
        let mut sql = Sql::new();
        sql.push(
            "insert into oauth_accounts (id, tenant_id, user_id, provider, provider_account_id, access_token, \
             refresh_token) values (",
        );
        sql.bind(Bind::Uuid(self.id)).push(", ").bind(Bind::Uuid(self.tenant)).push(", ").bind(Bind::Uuid(self.user));
        sql.push(", ").bind(Bind::Text(self.provider.clone())).push(", ").bind(Bind::Text(self.subject.clone()));
        sql.push(", ").bind(self.seal(self.id, "access_token", &self.access_token)?).push(", ");
        match &self.refresh_token {
            Some(token) => sql.bind(self.seal(self.id, "refresh_token", token)?),
            None => sql.push("null"),
        };
        sql.push(")");
        transaction.rows(sql, false).await.map(|_| ())
    }

    /// Keeps the provider's newest tokens; false when the account is not linked any more. A provider that gives no new
    /// refresh token lets the old one stand.
    async fn refresh(&self, transaction: &Transaction, account: Uuid) -> Result<bool, DbError> {
        // Users before their accounts, as when an account is linked: two ways back of one person at the same moment
        // would each wait for what the other holds.
        let mut sql = Sql::new();
        sql.push("select id from users where tenant_id = ").bind(Bind::Uuid(self.tenant));
        sql.push(" and id = ").bind(Bind::Uuid(self.user)).push(" for no key update");
        transaction.rows(sql, false).await?;
        let mut sql = Sql::new();
        sql.push("update oauth_accounts set access_token = ").bind(self.seal(
            account,
            "access_token",
            &self.access_token,
        )?);
        if let Some(token) = &self.refresh_token {
            sql.push(", refresh_token = ").bind(self.seal(account, "refresh_token", token)?);
        }
        sql.push(" where tenant_id = ").bind(Bind::Uuid(self.tenant)).push(" and id = ").bind(Bind::Uuid(account));
        sql.push(" and user_id = ").bind(Bind::Uuid(self.user)).push(" returning id");
        Ok(!transaction.rows(sql, false).await?.is_empty())
    }
}
