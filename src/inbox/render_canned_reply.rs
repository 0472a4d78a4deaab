//! `renderCannedReply`: what a canned reply says to the contact of a conversation.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, SecretDecl, VerbDecl};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, UserError, Writer};
use futures_util::FutureExt;

use super::CannedReply;
use super::inputs::id_of;
use crate::processes::TEMPLATES;

/// The mutation. It writes nothing: it is one because queries of this API show rows, and this shows none.
pub(super) static RENDER_CANNED_REPLY: VerbDecl = VerbDecl {
    mutation: "renderCannedReply",
    doc: "Fills a canned reply in for a conversation, for instance before it is put into the composer. A gap for which there \
          is nothing, or nothing that you may see, stays as it is. Nothing is written or sent.",
    entity: CannedReply::decl,
    right: TEMPLATES.read(),
    inputs: &[
        id_of("id", "canned_reply", "The reply."),
        id_of("conversationId", "conversation", "The conversation, whose contact it is for."),
    ],
    secret: Some(SecretDecl { name: "text", doc: "The reply with its gaps filled; null when it was refused." }),
    run: |writer, input| render(writer, input).boxed(),
};

/// Gaps and the columns that fill them, in the order in which they are selected.
const GAPS: [(&str, &str); 7] = [
    ("contact.firstName", "coalesce(p.first_name, p.display_name)"),
    ("contact.lastName", "p.last_name"),
    ("contact.displayName", "p.display_name"),
    ("agent.firstName", "coalesce(a.first_name, a.display_name)"),
    ("agent.lastName", "a.last_name"),
    ("agent.displayName", "a.display_name"),
    ("business.name", "b.name"),
];

async fn render(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let (id, conversation) = (input.id("id"), input.id("conversationId"));
    let mut sql = Sql::new();
    sql.push("select content from canned_replies where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(id));
    let rows = writer.statements.rows(sql, false).await?;
    let Some(content) = (!rows.is_empty()).then(|| rows.text(0, 0)).flatten() else {
        let error = UserError::new("NOT_FOUND", "id", "There is no canned reply with this ID.");
        return Ok(Outcome::refused(vec![error]));
    };
    let values = values(writer, conversation).await?;
    if values.is_empty() {
        let error = UserError::new("NOT_FOUND", "conversationId", "There is no conversation with this ID.");
        return Ok(Outcome::refused_for(Some(id), vec![error]));
    }
    let text = fill(&content, |gap| {
        let column = GAPS.iter().position(|(known, _)| *known == gap)?;
        values.text(0, column)
    });
    Ok(Outcome { secret: Some(Secret(text)), ..Outcome::written(id) })
}

/// One row of what fills the gaps, in their order; none when there is no such conversation for this user.
async fn values(writer: Writer<'_>, conversation: uuid::Uuid) -> Result<Rows, DbError> {
    let right = |sql: &mut Sql, process: &str| {
        sql.push("exists (select from app.user_rights(").bind(Bind::Uuid(writer.tenant)).push(", ");
        sql.bind(Bind::Uuid(writer.user))
            .push(") r where r.action = 'READ' and r.process = '")
            .push(process)
            .push("')");
    };
    let mut sql = Sql::new();
    for (index, (_, column)) in GAPS.iter().enumerate() {
        sql.push(if index == 0 { "select " } else { ", " }).push(column);
    }
    sql.push(" from conversations c join tenants b on b.id = c.tenant_id");
    sql.push(" left join users a on a.tenant_id = c.tenant_id and a.id = ").bind(Bind::Uuid(writer.user));
    // The right to see conversations is not yet one to see contacts.
    sql.push(" left join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id and ");
    right(&mut sql, "CONTACTS");
    sql.push(" where c.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and c.id = ").bind(Bind::Uuid(conversation)).push(" and ");
    right(&mut sql, "CONVERSATIONS");
    writer.statements.rows(sql, false).await
}

/// Puts values into the gaps `{{…}}` of a text; a gap without a value stays. Values are not looked at again.
fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((gap, behind)) = after.split_once("}}") else { break };
        out.push_str(before);
        match value(gap.trim()) {
            Some(value) => out.push_str(&value),
            None => {
                out.push_str("{{");
                out.push_str(gap);
                out.push_str("}}");
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_once_and_what_is_unknown_stays() {
        let value = |gap: &str| match gap {
            "a" => Some("{{b}}".to_owned()),
            "b" => Some("B".to_owned()),
            _ => None,
        };
        for (text, filled) in [
            ("", ""),
            ("plain", "plain"),
            ("{{a}} {{ b }}!", "{{b}} B!"),
            ("{{c}} {{b}}", "{{c}} B"),
            ("{{b}} {{b", "B {{b"),
            ("}} {{b}} é{{b}}", "}} B éB"),
        ] {
            assert_eq!(fill(text, value), filled, "{text}");
        }
    }
}
