//! `stopChatReply` and `retryChatReply`: an answer ends where it is, or is asked for once more.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, VerbDecl};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Writer};
use futures_util::FutureExt;
use serde_json::json;

use super::AiRequest;
use super::inputs::{id_of, refused, row};
use super::reply_job::queue;
use crate::processes::ASSISTANTS;

/// The mutation that ends an answer.
pub(super) static STOP_CHAT_REPLY: VerbDecl = VerbDecl {
    mutation: "stopChatReply",
    doc: "Ends an answer where it is: what was written of it becomes the message, with the `finishReason` STOPPED. When \
          nothing was written yet, the request is FAILED with the code STOPPED. An answer that has ended stays as it is.",
    entity: AiRequest::decl,
    right: ASSISTANTS.write(),
    inputs: &[id_of("aiRequestId", "ai_request", "The request for the answer.")],
    secret: None,
    run: |writer, input| stop(writer, input).boxed(),
};

/// The mutation that asks once more.
pub(super) static RETRY_CHAT_REPLY: VerbDecl = VerbDecl {
    mutation: "retryChatReply",
    doc: "Asks once more for an answer that FAILED; `chatReply` of the same request tells of it. Any other request gives \
          INVALID_TRANSITION. Limits and agents are checked as for a new message.",
    entity: AiRequest::decl,
    right: ASSISTANTS.write(),
    inputs: &[id_of("aiRequestId", "ai_request", "The request for the answer.")],
    secret: None,
    run: |writer, input| retry(writer, input).boxed(),
};

async fn stop(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("aiRequestId");
    let mut sql = Sql::new();
    sql.push("update ai_requests set stop_requested_at = coalesce(stop_requested_at, now())");
    row(&mut sql, &writer, id).push(" and source = 'CHAT' and status in ('QUEUED', 'PROCESSING') returning status");
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        return known(writer, input).await;
    }
    if rows.text(0, 0).as_deref() == Some("QUEUED") {
        // Nobody has begun; the worker that comes finds nothing to do.
        let payload = json!({ "error": { "code": "STOPPED", "message": "The answer was stopped before it began." } });
        let mut sql = Sql::new();
        sql.push("select app.end_chat_reply(").bind(Bind::Uuid(writer.tenant)).push(", ").bind(Bind::Uuid(id));
        sql.push(", ").bind(Bind::Json(payload)).push(")");
        writer.statements.rows(sql, false).await?;
    }
    Ok(Outcome::written(id))
}

async fn retry(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("aiRequestId");
    let mut sql = Sql::new();
    sql.push("update ai_requests set status = 'QUEUED', response_payload = null, stop_requested_at = null");
    row(&mut sql, &writer, id).push(" and source = 'CHAT' and thread_id is not null and message_id is not null");
    sql.push(" and status <> 'QUEUED' returning thread_id");
    let rows = writer.statements.rows(sql, false).await?;
    let Some(thread) = rows.uuid_of_first() else { return known(writer, input).await };
    queue(writer.statements, writer.tenant, writer.user, thread, id).await?;
    Ok(Outcome::written(id))
}

/// A request that stays as it is, when there is one.
async fn known(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("aiRequestId");
    let mut sql = Sql::new();
    sql.push("select source = 'CHAT' from ai_requests");
    row(&mut sql, &writer, id);
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        return Ok(refused("NOT_FOUND", "aiRequestId", "There is no request with this ID."));
    }
    if !rows.is_true(0, 0) {
        return Ok(refused("VALIDATION", "aiRequestId", "This is not a request for an answer in a chat."));
    }
    Ok(Outcome::written(id))
}
