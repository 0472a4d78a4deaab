//! `retryMessage`: a message that could not be delivered is sent again.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use serde_json::json;

use crate::inbox::Message;
use crate::processes::CONVERSATIONS;

/// The mutation.
pub(super) static RETRY_MESSAGE: VerbDecl = VerbDecl {
    mutation: "retryMessage",
    doc: "Sends a message again that is FAILED: it is QUEUED at once. What was to be true of a new message must be true \
          of it now.",
    entity: Message::decl,
    right: CONVERSATIONS.write(),
    inputs: &[InputDecl {
        name: "id",
        doc: "The message; it is FAILED.",
        ty: FieldType { kind: Kind::Id("message"), nullable: false, normalize: None },
        need: Input::Required,
    }],
    secret: None,
    run: |writer, input| retry(writer, input).boxed(),
};

async fn retry(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("id");
    let mut sql = Sql::new();
    sql.push("select delivery_status from messages where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    // Against whoever else retries it, and what the provider says at the same moment.
    sql.push(" and id = ").bind(Bind::Uuid(id)).push(" for no key update");
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        let error = UserError::new("NOT_FOUND", "id", "There is no message with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    let status = rows.text(0, 0).unwrap_or_default();
    if status != "FAILED" {
        let message = format!("Only a message that is FAILED can be sent again; this one is {status}.");
        let mut error = UserError::new("INVALID_TRANSITION", "id", message);
        error.details = json!({ "from": status, "to": "QUEUED" });
        return Ok(Outcome::refused_for(Some(id), vec![error]));
    }
    // The rules of sending are triggers; so is the job.
    let mut sql = Sql::new();
    sql.push("update messages set delivery_status = 'QUEUED' where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(id)).push(" returning id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(id))
}
