//! `sendChatMessage`: the user says something to an assistant.
//!
//! The message and the request for an answer are stored in one transaction, which ends at once; a worker writes the
//! answer ([`super::reply_job`]), and the subscription `chatReply` tells of it. Whether the limits of the month, the agent
//! and an answer that is still being written allow it, the database says, for every writer.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, VerbDecl};
use entity::id::format_id;
use entity::kind::Kind;
use entity::sql::{Bind, NullOf, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use serde_json::{Value, json};
use uuid::Uuid;

use super::inputs::{broken, id_of, optional, refused, text};
use super::reply_job::queue;
use super::settings::{Ask, settings_of};
use super::{AiRequest, ChatMessage};
use crate::processes::ASSISTANTS;
use crate::request::Services;

/// Longest message, in bytes.
const MAX_BYTES: usize = 200_000;

/// The mutation.
pub(super) static SEND_CHAT_MESSAGE: VerbDecl = VerbDecl {
    mutation: "sendChatMessage",
    doc: "Says something in a talk with an assistant. The message is stored and the answer asked for at once; it is \
          written meanwhile: subscribe to `chatReply` with the ID of the `aiRequest` of the payload, or read its `reply` \
          when it is COMPLETED. At the limit of the month nothing is asked, and the error is QUOTA_EXCEEDED. While an \
          answer is being written in the talk, the error is CONFLICT: wait for it, or stop it with `stopChatReply`.",
    entity: AiRequest::decl,
    right: ASSISTANTS.write(),
    inputs: &[
        id_of("threadId", "chat_thread", "The talk."),
        text("content", "What to say; up to 200000 bytes."),
        optional(
            "clientMessageId",
            Kind::Uuid,
            "A UUID that your client makes up for each message. Sending the same message with the same one again, at any \
             time, gives the first request and writes nothing; another message with it is refused with \
             IDEMPOTENCY_KEY_REUSED.",
        ),
        optional(
            "toolCallId",
            Kind::Text,
            "For the result of a tool that the assistant wanted to be used: the `callId` of that call. The message is then \
             one of the role TOOL.",
        ),
    ],
    secret: None,
    run: |writer, input| send(writer, input).boxed(),
};

async fn send(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let (thread, content) = (input.id("threadId"), input.text("content").unwrap_or_default().to_owned());
    if content.len() > MAX_BYTES {
        return Ok(refused("VALIDATION", "content", "A message has at most 200000 bytes."));
    }
    // One after the other in a talk: the same message sent twice at once is found by whoever is second.
    let Some(ask) = settings_of(writer.statements, writer.tenant, thread, true).await? else {
        return Ok(refused("NOT_FOUND", "threadId", "There is no talk with this ID."));
    };
    let client_message_id = match input.get("clientMessageId") {
        Some(Bind::Uuid(id)) => Some(*id),
        _ => None,
    };
    let tool_call = input.text("toolCallId").map(str::to_owned);
    if let Some(id) = client_message_id
        && let Some(outcome) = sent_before(writer, thread, id, &content, tool_call.as_deref()).await?
    {
        return Ok(outcome);
    }
    let (metadata, role) = match &tool_call {
        Some(call) if !is_waiting(writer, thread, call).await? => {
            let message = "The last answer of this talk wants no tool of this ID to be used.";
            return Ok(refused("VALIDATION", "toolCallId", message));
        }
        Some(call) => (Bind::Json(json!({ "toolCallId": call })), "TOOL"),
        None => (Bind::Null(NullOf::Json), "USER"),
    };
    let message = writer.service::<Services>()?.ids.next();
    let mut sql = Sql::new();
    sql.push(
        "insert into chat_messages (id, tenant_id, user_id, thread_id, role, content, metadata, client_message_id)",
    );
    sql.push(" values (").bind(Bind::Uuid(message));
    for value in [writer.tenant, writer.user, thread] {
        sql.push(", ").bind(Bind::Uuid(value));
    }
    sql.push(", ").bind(Bind::Text(role.to_owned())).push(", ").bind(Bind::Text(content));
    sql.push(", ").bind(metadata).push(", ");
    sql.bind(client_message_id.map_or(Bind::Null(NullOf::Uuid), Bind::Uuid)).push(") returning id");
    writer.statements.rows(sql, false).await?;
    ask_for_reply(writer, &ask, thread, message).await?;
    Ok(Outcome::written(writer.new_id))
}

/// Stores the request for an answer and queues the work.
async fn ask_for_reply(writer: Writer<'_>, ask: &Ask, thread: Uuid, message: Uuid) -> Result<(), DbError> {
    let models = &writer.service::<Services>()?.models;
    let model = ask.model.as_deref().unwrap_or_else(|| models.chat.default_model());
    let payload = json!({
        "threadId": format_id("chat_thread", thread),
        "messageId": format_id(ChatMessage::decl().prefix, message),
        "model": model,
        "temperature": ask.temperature,
        "maxTokens": ask.max_tokens,
    });
    let mut sql = Sql::new();
    sql.push(
        "insert into ai_requests (id, tenant_id, user_id, source, provider, request_payload, thread_id, message_id, ",
    );
    sql.push("reserved_tokens) values (").bind(Bind::Uuid(writer.new_id));
    sql.push(", ").bind(Bind::Uuid(writer.tenant)).push(", ").bind(Bind::Uuid(writer.user)).push(", 'CHAT', ");
    sql.bind(Bind::Text(models.chat.provider().word().to_owned())).push(", ").bind(Bind::Json(payload));
    sql.push(", ").bind(Bind::Uuid(thread)).push(", ").bind(Bind::Uuid(message));
    sql.push(", ").bind(Bind::Int(ask.reserved_tokens())).push(") returning id");
    writer.statements.rows(sql, false).await?;
    queue(writer.statements, writer.tenant, writer.user, thread, writer.new_id).await
}

/// What became of the message that was sent with the same id of the client; none when there is no such message.
async fn sent_before(
    writer: Writer<'_>,
    thread: Uuid,
    id: Uuid,
    content: &str,
    tool_call: Option<&str>,
) -> Result<Option<Outcome>, DbError> {
    let mut sql = Sql::new();
    sql.push("select m.id, m.content = ").bind(Bind::Text(content.to_owned()));
    sql.push(" and m.metadata ->> 'toolCallId' is not distinct from ");
    sql.bind(tool_call.map_or(Bind::Null(NullOf::Text), |call| Bind::Text(call.to_owned())));
    sql.push(", (select r.id from ai_requests r where r.tenant_id = m.tenant_id and r.message_id = m.id order by r.id limit 1)");
    sql.push(" from chat_messages m where m.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and m.thread_id = ").bind(Bind::Uuid(thread));
    sql.push(" and m.client_message_id = ").bind(Bind::Uuid(id));
    let rows = writer.statements.rows(sql, false).await?;
    let Some(message) = rows.uuid_of_first() else { return Ok(None) };
    if rows.is_true(0, 1) {
        return Ok(Some(Outcome { id: rows.uuid(0, 2), ..Outcome::default() }));
    }
    let sentence = "Another message was sent with this clientMessageId; make up a new one for each message.";
    Ok(Some(Outcome::refused(vec![UserError {
        existing_id: Some(format_id(ChatMessage::decl().prefix, message)),
        ..UserError::new("IDEMPOTENCY_KEY_REUSED", "clientMessageId", sentence)
    }])))
}

/// Whether the last answer of a talk wants a tool of this ID to be used, and its result is not there yet.
async fn is_waiting(writer: Writer<'_>, thread: Uuid, call: &str) -> Result<bool, DbError> {
    let mut sql = Sql::new();
    sql.push("select a.metadata, exists (select from chat_messages t where t.tenant_id = a.tenant_id");
    sql.push(" and t.thread_id = a.thread_id and t.id > a.id and t.metadata ->> 'toolCallId' = ");
    sql.bind(Bind::Text(call.to_owned())).push(") from chat_messages a where a.tenant_id = ");
    sql.bind(Bind::Uuid(writer.tenant)).push(" and a.thread_id = ").bind(Bind::Uuid(thread));
    sql.push(" and a.role = 'ASSISTANT' order by a.id desc limit 1");
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() || rows.is_true(0, 1) {
        return Ok(false);
    }
    let metadata: Option<Value> = rows.decode::<tables::chat_messages::metadata, _>(0, 0).map_err(broken)?;
    let calls = metadata.as_ref().and_then(|metadata| metadata.get("toolCalls")).and_then(Value::as_array);
    Ok(calls.into_iter().flatten().any(|known| known.get("id").and_then(Value::as_str) == Some(call)))
}
