//! The people who run the platform, in the businesses on it.
//!
//! They are users of the platform's own tenant. To act in a business they name it and say why; both audit logs keep
//! that, and the answer is an access token for the business, with the same session behind it. What is personal stays
//! closed to them. To stop they use their own token again; nothing has to be ended.

use std::fmt;
use std::sync::Arc;

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use entity::database::{DbError, Statements};
use entity::id::{format_id, parse_id};
use entity::plan::PlanError;
use entity::roots;
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use futures_util::FutureExt;
use uuid::Uuid;

use crate::db::{Actor, Scope};
use crate::processes::TENANTS;
use crate::request::{RequestContext, fault};
use crate::token::{ACCESS_LIFETIME, Bearer};

/// Mutations of those who run the platform.
#[derive(Debug, Default)]
pub struct PlatformMutation;

/// Input of `actInTenant`.
#[derive(Debug, InputObject)]
pub(super) struct ActInTenantInput {
    /// The business to act in.
    id: ID,
    /// Why; the business reads it in its audit log.
    reason: String,
}

/// Answer of `actInTenant`.
#[derive(SimpleObject)]
pub(super) struct ActInTenantPayload {
    /// Token with which requests act in the business, as `Authorization: Bearer …`; null when there are errors.
    access_token: Option<String>,
    /// Seconds until the token stops working; ask for another one then.
    expires_in: Option<i32>,
    /// The business.
    tenant_id: Option<ID>,
    /// What the user can put right; empty when all went well.
    errors: Vec<UserError>,
}

#[Object]
impl PlatformMutation {
    /// Begins to act in a business, for those who run the platform. Both audit logs keep who did it and why. Everything
    /// but what is personal can be read and changed there; to stop, use the own token again.
    async fn act_in_tenant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where, and why.")] input: ActInTenantInput,
    ) -> async_graphql::Result<ActInTenantPayload> {
        act(ctx, input).await
    }
}

async fn act(ctx: &Context<'_>, input: ActInTenantInput) -> async_graphql::Result<ActInTenantPayload> {
    let request = RequestContext::of(ctx)?;
    let identity = *request.signed_in()?;
    let right = TENANTS.write();
    let may_act = ctx.data_opt::<Arc<dyn roots::Session>>().is_some_and(|session| session.rights().allows(right));
    if !may_act {
        let error = PlanError::forbidden(right).at(ctx.item.pos);
        return Err(Error { message: error.message, source: None, extensions: error.extensions });
    }
    let Ok(tenant) = parse_id("tenant", &input.id) else {
        return Ok(refused(UserError::new("VALIDATION", "id", "This is not the ID of a business.")));
    };
    // Whoever acts in a business already may go on to the next one from there.
    let home = identity.home_tenant_id.unwrap_or(identity.tenant_id);
    let actor = Actor::user(home, identity.user_id, Scope::default());
    let entered = request
        .write(actor, move |transaction| {
            async move {
                let mut sql = Sql::new();
                sql.push("select app.act_in_tenant(").bind(Bind::Uuid(tenant)).push(", ");
                sql.bind(Bind::Text(input.reason)).push(")");
                Ok(transaction.rows(sql, false).await?.uuid_of_first())
            }
            .boxed()
        })
        .await;
    match entered {
        Ok(Some(_)) => {}
        Ok(None) => return Ok(refused(UserError::new("NOT_FOUND", "id", "There is no business with this ID."))),
        Err(DbError::Refused(refusal)) if refusal.code == "VALIDATION" => {
            return Ok(refused(UserError::new("VALIDATION", &refusal.column, refusal.message)));
        }
        Err(error) => return Err(fault(error)),
    }
    let bearer = Bearer {
        user_id: identity.user_id,
        tenant_id: tenant,
        session_id: identity.session_id,
        home_tenant_id: Some(home),
        csrf_hash: None,
    };
    let token = request
        .services
        .tokens
        .issue(&bearer, ACCESS_LIFETIME)
        .map_err(|error| fault(DbError::Fault(error.to_string())))?;
    Ok(ActInTenantPayload {
        access_token: Some(token.text),
        expires_in: i32::try_from(ACCESS_LIFETIME.as_secs()).ok(),
        tenant_id: Some(global_id(tenant)),
        errors: Vec::new(),
    })
}

fn global_id(tenant: Uuid) -> ID {
    ID(format_id("tenant", tenant))
}

fn refused(error: UserError) -> ActInTenantPayload {
    ActInTenantPayload { access_token: None, expires_in: None, tenant_id: None, errors: vec![error] }
}

impl fmt::Debug for ActInTenantPayload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ActInTenantPayload").field("tenant_id", &self.tenant_id).finish_non_exhaustive()
    }
}
