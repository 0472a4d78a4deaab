//! Ending sessions from afar: one's own, or, for those who manage users, others'.

use std::sync::Arc;

use async_graphql::ID;
use entity::access::Right;
use entity::database::Statements;
use entity::id::parse_id;
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use futures_util::FutureExt;
use uuid::Uuid;

use super::account::{RevokeAllSessionsInput, RevokeAllSessionsPayload, RevokeSessionInput, RevokeSessionPayload};
use super::change_password::end_sessions;
use crate::db::Actor;
use crate::processes::USERS;
use crate::request::{RequestContext, failure, fault};

/// What it takes to end sessions of others.
pub(super) const OF_OTHERS: Right = USERS.manage_users();

/// Ends one session. One that is not the user's own does not exist for who may not manage users.
pub(super) async fn revoke(
    context: &Arc<RequestContext>,
    input: RevokeSessionInput,
) -> async_graphql::Result<RevokeSessionPayload> {
    let (actor, home, user, may_manage) = who(context)?;
    let refused = |code, message: &str| RevokeSessionPayload {
        session_id: None,
        errors: vec![UserError::new(code, "sessionId", message)],
    };
    let Ok(session) = parse_id("session", &input.session_id) else {
        return Ok(refused("VALIDATION", "This is not the ID of a session."));
    };
    let ended = context
        .write(actor, move |transaction| {
            async move {
                let mut sql = Sql::new();
                // What has ended stays ended: asking twice is no mistake.
                sql.push("update sessions set is_active = false where tenant_id = ").bind(Bind::Uuid(home));
                sql.push(" and id = ").bind(Bind::Uuid(session));
                if !may_manage {
                    sql.push(" and user_id = ").bind(Bind::Uuid(user));
                }
                sql.push(" returning id");
                Ok(transaction.rows(sql, false).await?.uuid_of_first())
            }
            .boxed()
        })
        .await
        .map_err(fault)?;
    Ok(match ended {
        Some(_) => {
            context.services.access.forget_session(session);
            RevokeSessionPayload { session_id: Some(input.session_id), errors: Vec::new() }
        }
        None => refused("NOT_FOUND", "There is no session with this ID."),
    })
}

/// Ends all sessions of a user; of whoever asks, all but the present one.
pub(super) async fn revoke_all(
    context: &Arc<RequestContext>,
    input: RevokeAllSessionsInput,
) -> async_graphql::Result<RevokeAllSessionsPayload> {
    let (actor, home, user, may_manage) = who(context)?;
    let present = context.signed_in()?.session_id;
    let whose = match input.user_id.as_ref().map(|id: &ID| parse_id("user", id)) {
        None => user,
        Some(Ok(whose)) => whose,
        Some(Err(_)) => {
            let error = UserError::new("VALIDATION", "userId", "This is not the ID of a user.");
            return Ok(RevokeAllSessionsPayload { ended_sessions: None, errors: vec![error] });
        }
    };
    if whose != user && !may_manage {
        return Err(failure("FORBIDDEN", "Ending the sessions of others needs MANAGE_USERS on USERS."));
    }
    let kept = (whose == user).then_some(present);
    let ended = context
        .write(actor, move |transaction| end_sessions(transaction, home, whose, kept).boxed())
        .await
        .map_err(fault)?;
    context.services.access.forget_tenant(home);
    Ok(RevokeAllSessionsPayload { ended_sessions: i32::try_from(ended).ok(), errors: Vec::new() })
}

/// In whose name, in which tenant, for which user; and whether others' sessions may be ended.
fn who(context: &RequestContext) -> async_graphql::Result<(Actor, Uuid, Uuid, bool)> {
    let identity = context.signed_in()?;
    let viewer = context.viewer.as_ref().ok_or_else(|| failure("UNAUTHENTICATED", "Sign in first."))?;
    Ok((
        viewer.actor.clone(),
        identity.tenant_id,
        identity.user_id,
        viewer.rights(context.services.clock.now()).allows(OF_OTHERS),
    ))
}
