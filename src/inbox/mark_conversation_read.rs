//! `markConversationRead` and `markConversationUnread`: how far an agent has read.
//!
//! Two things are kept: what anybody has read (messages that are READ, `unreadCount`), which never goes back, and each
//! agent's own marker (`conversation_reads`, `myUnreadCount`), which only the agent moves back. The marker is the ID of a
//! message, so no clock of a machine decides; the database takes it back when an older message is committed late.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, VerbDecl};
use entity::kind::Kind;
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use uuid::Uuid;

use super::Conversation;
use super::inputs::{id_of, optional};
use crate::processes::CONVERSATIONS;

/// The mutation that reads.
pub(super) static MARK_CONVERSATION_READ: VerbDecl = VerbDecl {
    mutation: "markConversationRead",
    doc: "You have read a conversation: its number of unread messages becomes 0, the contact's messages READ, and nothing is \
          unread for you. With `upToMessageId` that holds for the messages up to it; newer ones stay as they are. Doing it \
          twice, or for less than before, changes nothing.",
    entity: Conversation::decl,
    right: CONVERSATIONS.write(),
    inputs: &[
        id_of("id", "conversation", "The conversation."),
        optional(
            "upToMessageId",
            Kind::Id("message"),
            "The last message that you have read; all when it is not given.",
        ),
    ],
    secret: None,
    run: |writer, input| mark_read(writer, input).boxed(),
};

/// The mutation that takes it back.
pub(super) static MARK_CONVERSATION_UNREAD: VerbDecl = VerbDecl {
    mutation: "markConversationUnread",
    doc: "Makes a conversation unread for you, from a message on. What others see, and `unreadCount`, stay as they are.",
    entity: Conversation::decl,
    right: CONVERSATIONS.write(),
    inputs: &[
        id_of("id", "conversation", "The conversation."),
        id_of("fromMessageId", "message", "The first message that is unread."),
    ],
    secret: None,
    run: |writer, input| mark_unread(writer, input).boxed(),
};

async fn mark_read(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("id");
    let up_to = match input.get("upToMessageId") {
        Some(Bind::Uuid(message)) => Some(*message),
        _ => None,
    };
    // The conversation first, as the triggers of new messages lock it as well: nothing is counted in between.
    let mut sql = Sql::new();
    sql.push("update conversations set unread_count = ").push(if up_to.is_none() { "0" } else { "unread_count" });
    sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(id)).push(" returning id");
    if writer.statements.rows(sql, false).await?.is_empty() {
        return Ok(unknown("id", "conversation"));
    }
    if let Some(message) = up_to
        && !belongs(writer, id, message).await?
    {
        return Ok(unknown("upToMessageId", "message in this conversation"));
    }
    let mut sql = Sql::new();
    sql.push("update messages set delivery_status = 'READ' where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and conversation_id = ").bind(Bind::Uuid(id));
    sql.push(" and sender_type = 'CONTACT' and delivery_status = 'DELIVERED'");
    if let Some(message) = up_to {
        sql.push(" and id <= ").bind(Bind::Uuid(message));
    }
    writer.statements.rows(sql, false).await?;
    let mut sql = Sql::new();
    mark(writer, id, &mut sql);
    match up_to {
        Some(message) => sql.bind(Bind::Uuid(message)),
        None => newest(writer, id, None, &mut sql),
    };
    sql.push(") on conflict (tenant_id, conversation_id, user_id) do update");
    sql.push(" set last_read_message_id = excluded.last_read_message_id where r.last_read_message_id is null");
    sql.push(" or r.last_read_message_id < excluded.last_read_message_id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(id))
}

async fn mark_unread(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let (id, message) = (input.id("id"), input.id("fromMessageId"));
    let mut sql = Sql::new();
    sql.push("select id from conversations where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(id)).push(" for no key update");
    if writer.statements.rows(sql, false).await?.is_empty() {
        return Ok(unknown("id", "conversation"));
    }
    if !belongs(writer, id, message).await? {
        return Ok(unknown("fromMessageId", "message in this conversation"));
    }
    let mut sql = Sql::new();
    mark(writer, id, &mut sql);
    newest(writer, id, Some(message), &mut sql);
    sql.push(") on conflict (tenant_id, conversation_id, user_id) do update");
    sql.push(" set last_read_message_id = excluded.last_read_message_id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(id))
}

fn unknown(field: &str, what: &str) -> Outcome {
    Outcome::refused(vec![UserError::new("NOT_FOUND", field, format!("There is no {what} with this ID."))])
}

/// Whether a message is one of the conversation's.
async fn belongs(writer: Writer<'_>, conversation: Uuid, message: Uuid) -> Result<bool, DbError> {
    let mut sql = Sql::new();
    sql.push("select true from messages where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and conversation_id = ").bind(Bind::Uuid(conversation));
    sql.push(" and id = ").bind(Bind::Uuid(message));
    Ok(!writer.statements.rows(sql, false).await?.is_empty())
}

/// Begins to set the user's marker; what follows is the message.
fn mark(writer: Writer<'_>, conversation: Uuid, sql: &mut Sql) {
    sql.push(
        "insert into conversation_reads as r (tenant_id, conversation_id, user_id, last_read_message_id) values (",
    );
    for value in [writer.tenant, conversation, writer.user] {
        sql.bind(Bind::Uuid(value)).push(", ");
    }
}

/// The conversation's newest message, of those before another one; null when there is none.
fn newest<'s>(writer: Writer<'_>, conversation: Uuid, before: Option<Uuid>, sql: &'s mut Sql) -> &'s mut Sql {
    sql.push("(select m.id from messages m where m.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and m.conversation_id = ").bind(Bind::Uuid(conversation));
    if let Some(message) = before {
        sql.push(" and m.id < ").bind(Bind::Uuid(message));
    }
    sql.push(" order by m.id desc limit 1)")
}
