//! `claimNextConversation`: an agent takes the conversation whose contact has waited longest.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, VerbDecl};
use entity::kind::{Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Writer};
use futures_util::FutureExt;

use super::inputs::optional;
use super::{Channel, Conversation};
use crate::processes::CONVERSATIONS;

/// The mutation.
pub(super) static CLAIM_NEXT_CONVERSATION: VerbDecl = VerbDecl {
    mutation: "claimNextConversation",
    doc: "Gives you the next open conversation that nobody has: the one whose contact has waited longest for an answer, then \
          those in which nobody waits, oldest first. However many agents ask at once, each conversation goes to one. \
          `conversation` is null when none is left.",
    entity: Conversation::decl,
    right: CONVERSATIONS.write(),
    inputs: &[optional(
        "channels",
        Kind::List(&Channel::TYPE.kind),
        "Only conversations on these channels; all when it is not given.",
    )],
    secret: None,
    run: |writer, input| claim(writer, input).boxed(),
};

async fn claim(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    // First past those that somebody is busy with. When nothing else is left, wait for each of these: it may be a message
    // coming in, not another agent, and then the conversation is still to be had.
    for wait in [" skip locked", ""] {
        let mut sql = Sql::new();
        sql.push("update conversations set assigned_to_id = ").bind(Bind::Uuid(writer.user));
        sql.push(", assigned_at = now(), assignment_reason = 'Claimed as the next in the queue.' where tenant_id = ");
        sql.bind(Bind::Uuid(writer.tenant)).push(" and id = (select c.id from conversations c where c.tenant_id = ");
        sql.bind(Bind::Uuid(writer.tenant)).push(" and c.status = 'OPEN' and c.assigned_to_id is null");
        if let Some(channels) = input.get("channels") {
            sql.push(" and c.channel = any(").bind(channels.clone()).push(")");
        }
        sql.push(" order by c.waiting_since, c.created_at, c.id limit 1 for no key update").push(wait);
        sql.push(") returning id");
        let id = writer.statements.rows(sql, false).await?.uuid_of_first();
        if id.is_some() {
            return Ok(Outcome { id, ..Outcome::default() });
        }
    }
    Ok(Outcome::default())
}
