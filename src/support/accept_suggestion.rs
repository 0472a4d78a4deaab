//! `acceptTicketSuggestion`: the user is content with what the assistant suggests.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use serde_json::json;

use super::SupportTicket;
use crate::processes::SUPPORT;

/// The mutation.
pub(super) static ACCEPT_TICKET_SUGGESTION: VerbDecl = VerbDecl {
    mutation: "acceptTicketSuggestion",
    doc: "Says that the suggestion of the assistant answers your ticket: it is RESOLVED, and `aiResolved`. Only who asked \
          can say so.",
    entity: SupportTicket::decl,
    right: SUPPORT.write(),
    inputs: &[InputDecl {
        name: "id",
        doc: "The ticket; it is one's own, and has a suggestion.",
        ty: FieldType { kind: Kind::Id("support_ticket"), nullable: false, normalize: None },
        need: Input::Required,
    }],
    secret: None,
    run: |writer, input| accept(writer, input).boxed(),
};

async fn accept(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("id");
    let mut sql = Sql::new();
    sql.push("select status, ai_suggestion is not null, user_id = ").bind(Bind::Uuid(writer.user));
    sql.push(" from support_tickets where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(id)).push(" for no key update");
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        let error = UserError::new("NOT_FOUND", "id", "There is no support ticket with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    let refused = |error| Ok(Outcome::refused_for(Some(id), vec![error]));
    if !rows.is_true(0, 2) {
        return refused(UserError::new("FORBIDDEN", "id", "Only who asked can accept the suggestion."));
    }
    let status = rows.text(0, 0).unwrap_or_default();
    if matches!(status.as_str(), "RESOLVED" | "CLOSED") {
        let mut error = UserError::new("INVALID_TRANSITION", "id", format!("This ticket is {status} already."));
        error.details = json!({ "from": status, "to": "RESOLVED" });
        return refused(error);
    }
    if !rows.is_true(0, 1) {
        return refused(UserError::new("VALIDATION", "id", "There is no suggestion for this ticket yet."));
    }
    let mut sql = Sql::new();
    sql.push("update support_tickets set status = 'RESOLVED', ai_resolved = true where tenant_id = ");
    sql.bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id)).push(" returning id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(id))
}
