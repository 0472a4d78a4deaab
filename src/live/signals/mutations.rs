//! Saying what is true only now: that one types, and how one is there.
//!
//! Nothing is written, so these are no verbs of an entity. What becomes of it is for the board to know; here is who may
//! say it, and how often.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entity::access::Right;
use entity::database::Statements;
use entity::id::parse_id;
use entity::sql::{Bind, Sql};
use entity::write::UserError;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::access::Viewer;
use crate::processes::CONVERSATIONS;
use crate::request::{RequestContext, failure, fault, rate_limited};
use crate::signals::{Place, Status};
use crate::throttle::{Limit, Subject};

/// How often one user may say anything of this. Somebody who types in three conversations at once needs ten.
const OFTEN: Limit = Limit { failures: 40, window: Duration::from_secs(10) };

/// Mutations that write nothing and tell others what is true now.
#[derive(Debug, Default)]
pub struct SignalMutation;

/// How somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum PresenceStatus {
    /// Connected and at work.
    Online,
    /// Connected and not at work.
    Away,
    /// Not connected, or wants to look so.
    Offline,
}

#[Object]
impl SignalMutation {
    /// Tells who watches the conversation that you type in it, for 6 seconds: say it again every few seconds as long as
    /// you do. For half a minute more you are shown as somebody who is answering. `isTyping: false` ends both at once: the
    /// answer is sent or dropped. Needs WRITE on CONVERSATIONS. Too often gives RATE_LIMITED.
    async fn set_typing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where.")] input: SetTypingInput,
    ) -> async_graphql::Result<SetTypingPayload> {
        let context = RequestContext::of(ctx)?;
        let viewer = who(context, CONVERSATIONS.write())?;
        count(context, viewer)?;
        let Ok(conversation) = parse_id("conversation", &input.conversation_id) else {
            return Ok(SetTypingPayload::refused("VALIDATION", "This is not the ID of a conversation."));
        };
        let place = Place { tenant: viewer.tenant, conversation };
        let signals = &context.services.signals;
        // Whoever has it open was found to see it.
        if !signals.is_open_here(place, viewer.user) && !is_visible(context, viewer, conversation).await? {
            return Ok(SetTypingPayload::refused("NOT_FOUND", "There is no conversation with this ID."));
        }
        signals.set_typing(place, viewer.user, input.is_typing);
        Ok(SetTypingPayload { is_typing: Some(input.is_typing), errors: Vec::new() })
    }

    /// Tells your colleagues how you are there. Everybody is ONLINE as long as one of their subscriptions `presence` or
    /// `conversationSignals` is open, unless they say something else here, which then holds as long. Without an open
    /// subscription it holds for a minute: say it again in time. Too often gives RATE_LIMITED.
    async fn set_presence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to say.")] input: SetPresenceInput,
    ) -> async_graphql::Result<SetPresencePayload> {
        let context = RequestContext::of(ctx)?;
        let viewer = who(context, CONVERSATIONS.read())?;
        count(context, viewer)?;
        let status = match input.status {
            PresenceStatus::Online => Status::Online,
            PresenceStatus::Away => Status::Away,
            PresenceStatus::Offline => Status::Offline,
        };
        context.services.signals.set_status(viewer.tenant, viewer.user, status);
        Ok(SetPresencePayload { status: Some(input.status), errors: Vec::new() })
    }
}

/// Input of `setTyping`.
#[derive(Debug, InputObject)]
pub struct SetTypingInput {
    /// The conversation.
    pub conversation_id: ID,
    /// Whether you type; false when you have stopped.
    pub is_typing: bool,
}

/// Input of `setPresence`.
#[derive(Debug, InputObject)]
pub struct SetPresenceInput {
    /// How you are there. OFFLINE lets you look so although you are connected.
    pub status: PresenceStatus,
}

/// Answer of `setTyping`.
#[derive(Debug, SimpleObject)]
pub struct SetTypingPayload {
    /// What was told; null when there are errors.
    pub is_typing: Option<bool>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

/// Answer of `setPresence`.
#[derive(Debug, SimpleObject)]
pub struct SetPresencePayload {
    /// What was told; null when there are errors.
    pub status: Option<PresenceStatus>,
    /// What the user can put right; empty when all went well.
    pub errors: Vec<UserError>,
}

impl SetTypingPayload {
    fn refused(code: &'static str, message: &str) -> Self {
        Self { is_typing: None, errors: vec![UserError::new(code, "conversationId", message)] }
    }
}

/// Who asks, when they may.
fn who(context: &RequestContext, right: Right) -> async_graphql::Result<&Arc<Viewer>> {
    context.signed_in()?;
    let viewer = context.viewer.as_ref().ok_or_else(|| failure("UNAUTHENTICATED", "Sign in first."))?;
    if !viewer.rights(context.services.clock.now()).allows(right) {
        return Err(failure("FORBIDDEN", &right.refusal()));
    }
    Ok(viewer)
}

/// Counts what a user says; it never succeeds, so it counts.
fn count(context: &RequestContext, viewer: &Viewer) -> async_graphql::Result<()> {
    let mut hasher = Sha256::new();
    for part in [b"signals".as_slice(), viewer.tenant.as_bytes(), viewer.user.as_bytes()] {
        hasher.update(part);
    }
    let subject: Subject = hasher.finalize().into();
    context.services.throttle.begin(&[(subject, OFTEN)]).map(drop).map_err(rate_limited)
}

async fn is_visible(context: &RequestContext, viewer: &Viewer, conversation: Uuid) -> async_graphql::Result<bool> {
    let mut sql = Sql::new();
    sql.push("select id from conversations where tenant_id = ").bind(Bind::Uuid(viewer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(conversation));
    let transaction = context.read(viewer.actor.clone());
    let rows = transaction.rows(sql, true).await.map_err(fault)?;
    transaction.finish();
    Ok(!rows.is_empty())
}
