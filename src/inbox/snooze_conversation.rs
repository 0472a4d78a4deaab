//! `snoozeConversation`: out of sight until later. A conversation that sleeps is PENDING; a job opens it when its time
//! comes (`wake_conversation.rs`), and the database when the contact writes.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, VerbDecl};
use entity::kind::Kind;
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;

use super::Conversation;
use super::inputs::{id_of, optional};
use crate::processes::CONVERSATIONS;

/// The mutation.
pub(super) static SNOOZE_CONVERSATION: VerbDecl = VerbDecl {
    mutation: "snoozeConversation",
    doc: "Puts a conversation to sleep: it is PENDING and opens by itself at a time, or when the contact writes, whichever \
          comes first. Give `until`, or `untilReply: true` to wait for the contact alone. `changeConversationStatus` wakes \
          it earlier.",
    entity: Conversation::decl,
    right: CONVERSATIONS.write(),
    inputs: &[
        id_of("id", "conversation", "The conversation; open or pending."),
        optional("until", Kind::DateTime, "When it opens by itself; in the future."),
        optional("untilReply", Kind::Bool, "True: it opens only when the contact writes."),
    ],
    secret: None,
    run: |writer, input| snooze(writer, input).boxed(),
};

async fn snooze(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("id");
    let until_reply = matches!(input.get("untilReply"), Some(Bind::Bool(true)));
    let until = match (input.get("until"), until_reply) {
        (Some(until), false) => Some(until.clone()),
        (None, true) => None,
        _ => {
            let error =
                UserError::new("VALIDATION", "until", "Say until when, or that it is until the contact writes.");
            return Ok(Outcome::refused_for(Some(id), vec![error]));
        }
    };
    if let Some(until) = &until {
        let mut sql = Sql::new();
        sql.push("select ").bind(until.clone()).push(" > now()");
        if !writer.statements.rows(sql, false).await?.is_true(0, 0) {
            let error = UserError::new("VALIDATION", "until", "This time has passed.");
            return Ok(Outcome::refused_for(Some(id), vec![error]));
        }
    }
    let mut sql = Sql::new();
    sql.push("update conversations set status = 'PENDING', snoozed_until = ");
    match until {
        Some(until) => sql.bind(until),
        None => sql.push("'infinity'"),
    };
    sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(id)).push(" returning id");
    if writer.statements.rows(sql, false).await?.is_empty() {
        let error = UserError::new("NOT_FOUND", "id", "There is no conversation with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    Ok(Outcome::written(id))
}
