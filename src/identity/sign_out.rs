//! Signing out.

use std::sync::Arc;

use entity::database::Statements;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;

use super::account::{SignOutInput, SignOutPayload};
use crate::db::{Actor, Scope};
use crate::request::{Cookies, Jar, RequestContext, fault};

/// Ends the session of the request, or all sessions of its user.
pub(super) async fn sign_out(
    context: &Arc<RequestContext>,
    input: SignOutInput,
) -> async_graphql::Result<SignOutPayload> {
    let identity = *context.signed_in()?;
    let home = identity.home_tenant_id.unwrap_or(identity.tenant_id);
    let everywhere = input.everywhere.unwrap_or_default();
    let ended = context
        .write(Actor::user(home, identity.user_id, Scope::default()), move |transaction| {
            async move {
                let mut sql = Sql::new();
                sql.push("update sessions set is_active = false where is_active and tenant_id = ")
                    .bind(Bind::Uuid(home));
                sql.push(" and user_id = ").bind(Bind::Uuid(identity.user_id));
                if !everywhere {
                    sql.push(" and id = ").bind(Bind::Uuid(identity.session_id));
                }
                sql.push(" returning id");
                Ok(transaction.rows(sql, false).await?.len())
            }
            .boxed()
        })
        .await
        .map_err(fault)?;
    if context.caller.cookies != Cookies::default() {
        for cookie in Jar::forget(context.caller.has_secure_cookies) {
            context.set_cookie(cookie);
        }
    }
    Ok(SignOutPayload { ended_sessions: i32::try_from(ended).ok(), errors: Vec::new() })
}
