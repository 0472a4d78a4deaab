//! `renderWhatsappTemplate`: what a contact would read. The database fills templates in, as it does for messages.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, SecretDecl, VerbDecl};
use entity::kind::Kind;
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, UserError, Writer};
use futures_util::FutureExt;
use serde_json::json;

use super::WhatsappTemplate;
use super::inputs::{id_of, optional};
use crate::processes::TEMPLATES;

/// The mutation. It writes nothing: it is one because queries of this API show rows, and this shows none.
pub(super) static RENDER_WHATSAPP_TEMPLATE: VerbDecl = VerbDecl {
    mutation: "renderWhatsappTemplate",
    doc: "Shows what a contact would read of a template with these values. Nothing is written or sent.",
    entity: WhatsappTemplate::decl,
    right: TEMPLATES.read(),
    inputs: &[
        id_of("id", "whatsapp_template", "The template."),
        optional(
            "variables",
            Kind::Json,
            "What its variables stand for: `{\"name\": \"Marta\"}`. Missing ones are refused, as `sendMessage` does.",
        ),
    ],
    secret: Some(SecretDecl { name: "text", doc: "The text with its gaps filled; null when it was refused." }),
    run: |writer, input| render(writer, input).boxed(),
};

async fn render(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("id");
    let given = input.get("variables").cloned().unwrap_or_else(|| Bind::Json(json!({})));
    let mut sql = Sql::new();
    sql.push("select app.fill_template(t, ").bind(given.clone()).push("), to_jsonb(app.missing_variables(t, ");
    sql.bind(given).push(")) from whatsapp_templates t where t.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and t.id = ").bind(Bind::Uuid(id));
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        let error = UserError::new("NOT_FOUND", "id", "There is no whatsapp template with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    let broken = |error: entity::rows::DecodeError| DbError::Fault(error.to_string());
    let missing: serde_json::Value = rows.decode::<tables::whatsapp_templates::variables, _>(0, 1).map_err(broken)?;
    if missing.as_array().is_some_and(|names| !names.is_empty()) {
        let error = UserError {
            details: json!({ "missing": missing }),
            ..UserError::new("VALIDATION", "variables", "Some variables of the template have no value.")
        };
        return Ok(Outcome::refused_for(Some(id), vec![error]));
    }
    Ok(Outcome { secret: rows.text(0, 0).map(Secret), ..Outcome::written(id) })
}
