//! `sendMessage`: the signed-in user writes into a conversation.
//!
//! The message is stored as QUEUED; handing it to a provider is the work of the channel's worker. What it does to the
//! conversation and the contact (preview, times) is done by the database for every writer, which also refuses what
//! WhatsApp would. A client that does not know whether its message arrived sends it again with the same
//! `clientMessageId`, for which there is one message, however often and at how many gateways at once it is asked for.

use chrono::{DateTime, SecondsFormat, Utc};
use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::id::format_id;
use entity::kind::{Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use serde_json::json;
use uuid::Uuid;

use super::inputs::{id_of, optional};
use super::message::ContentType;
use super::{Message, WhatsappTemplate};
use crate::processes::CONVERSATIONS;

/// The mutation.
pub(super) static SEND_MESSAGE: VerbDecl = VerbDecl {
    mutation: "sendMessage",
    doc: "Writes a message into a conversation in your name. It is queued at once and sent by the channel's worker. On \
          WhatsApp, when the contact has not written for 24 hours, only a template can be sent: anything else gives \
          WINDOW_CLOSED, whose `details` name the `templates` that may be used, and since when (`closedAt`).",
    entity: Message::decl,
    right: CONVERSATIONS.write(),
    inputs: &[
        id_of(
            "conversationId",
            "conversation",
            "The conversation; it may not be archived. For one that was merged, the one that it was merged into.",
        ),
        optional(
            "clientMessageId",
            Kind::Uuid,
            "A UUID that your client makes up for each message. Sending the same message with the same one again, at any \
             time, gives the first and writes nothing; another message with it is refused with IDEMPOTENCY_KEY_REUSED.",
        ),
        optional("content", Kind::Text, "The text, of a file its caption. Of a template it is made by the server."),
        InputDecl {
            name: "contentType",
            doc: "What the message consists of. When it is not given: TEMPLATE with a template, else TEXT.",
            ty: ContentType::TYPE,
            need: Input::Optional,
        },
        optional("fileUrl", Kind::Text, "Web address of the file."),
        optional("fileType", Kind::Text, "Media type of the file, for instance image/jpeg."),
        optional(
            "templateId",
            Kind::Id("whatsapp_template"),
            "The template to fill in; WhatsApp must have approved it.",
        ),
        optional(
            "templateVariables",
            Kind::Json,
            "What the template's variables stand for, all of them: `{\"name\": \"Marta\"}`.",
        ),
    ],
    secret: None,
    run: |writer, input| send(writer, input).boxed(),
};

/// Templates that WINDOW_CLOSED names at most.
const MOST_TEMPLATES: i32 = 50;

/// A message to be written: its columns.
struct Draft {
    columns: [(&'static str, Bind); 6],
    is_template: bool,
    /// A remark of the system reaches nobody, so no window is closed to it.
    is_remark: bool,
    client_message_id: Option<Uuid>,
}

/// The conversation that it goes to, locked.
struct Place {
    conversation: Uuid,
    is_archived: bool,
    /// Free text reaches nobody. Since when, unless the contact never wrote.
    closed: Option<Option<DateTime<Utc>>>,
}

async fn send(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let draft = match Draft::read(input) {
        Ok(draft) => draft,
        Err(error) => return Ok(Outcome::refused(vec![error])),
    };
    let Some(place) = find(writer, input.id("conversationId")).await? else {
        let error = UserError::new("NOT_FOUND", "conversationId", "There is no conversation with this ID.");
        return Ok(Outcome::refused(vec![error]));
    };
    // Nobody else writes into this conversation now. What was written with this id stays written, whatever has become of
    // the conversation since.
    if place.is_archived || place.closed.is_some() && !draft.is_template && !draft.is_remark {
        if let Some(outcome) = sent_before(writer, &place, &draft).await? {
            return Ok(outcome);
        }
        let error = if place.is_archived {
            UserError::new("VALIDATION", "conversationId", "This conversation is archived; start a new one.")
        } else {
            window_closed(writer, place.closed.flatten()).await?
        };
        return Ok(Outcome::refused(vec![error]));
    }
    if let Some(id) = insert(writer, &place, &draft).await? {
        return Ok(Outcome::written(id));
    }
    let missing = || DbError::Fault("a message that stood in the way is gone".into());
    sent_before(writer, &place, &draft).await?.ok_or_else(missing)
}

impl Draft {
    #[expect(clippy::result_large_err, reason = "once for each message, and the draft is as large")]
    fn read(input: &Arguments) -> Result<Self, UserError> {
        let has_template = input.get("templateId").is_some();
        let content_type = match input.get("contentType") {
            Some(Bind::Text(given)) => given.clone(),
            _ if has_template => "TEMPLATE".to_owned(),
            _ => "TEXT".to_owned(),
        };
        let (is_template, is_remark) = (content_type == "TEMPLATE", content_type == "SYSTEM");
        if is_template && input.get("content").is_some() {
            let message = "The text of a template is made from the template and its variables.";
            return Err(UserError::new("VALIDATION", "content", message));
        }
        if !is_template && (has_template || input.get("templateVariables").is_some()) {
            return Err(UserError::new("VALIDATION", "contentType", "A message made from a template is a TEMPLATE."));
        }
        let column = |name: &str, kind: Kind| input.get(name).cloned().unwrap_or_else(|| Bind::null(kind));
        Ok(Self {
            columns: [
                ("content", column("content", Kind::Text)),
                ("content_type", Bind::Text(content_type)),
                ("file_url", column("fileUrl", Kind::Text)),
                ("file_type", column("fileType", Kind::Text)),
                ("template_id", column("templateId", Kind::Id(WhatsappTemplate::decl().prefix))),
                ("template_variables", column("templateVariables", Kind::Json)),
            ],
            is_template,
            is_remark,
            client_message_id: match input.get("clientMessageId") {
                Some(Bind::Uuid(id)) => Some(*id),
                _ => None,
            },
        })
    }
}

/// Locks the conversation, or the one that has what was said in it.
async fn find(writer: Writer<'_>, conversation: Uuid) -> Result<Option<Place>, DbError> {
    let mut id = conversation;
    loop {
        let mut sql = Sql::new();
        sql.push("select status = 'ARCHIVED', merged_into_id, ");
        sql.push("channel = 'WHATSAPP' and coalesce(whatsapp_24h_expires_at <= now(), true), whatsapp_24h_expires_at");
        sql.push(" from conversations where tenant_id = ").bind(Bind::Uuid(writer.tenant));
        // Against archiving at the same moment. The lock is the one that the new message's trigger takes for the preview
        // and the counters: with a weaker one, two senders would each wait for the other to let go of it.
        sql.push(" and id = ").bind(Bind::Uuid(id)).push(" for no key update");
        let rows = writer.statements.rows(sql, false).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        match rows.uuid(0, 1) {
            // Merging leads from one to the next and never back.
            Some(next) => id = next,
            None => {
                let broken = |error: entity::rows::DecodeError| DbError::Fault(error.to_string());
                let expires: Option<DateTime<Utc>> =
                    rows.decode::<tables::conversations::whatsapp_24h_expires_at, _>(0, 3).map_err(broken)?;
                let closed = rows.is_true(0, 2).then_some(expires);
                return Ok(Some(Place { conversation: id, is_archived: rows.is_true(0, 0), closed }));
            }
        }
    }
}

/// Writes the message, unless there is one with the same id of the client.
async fn insert(writer: Writer<'_>, place: &Place, draft: &Draft) -> Result<Option<Uuid>, DbError> {
    let given: Vec<_> = draft.columns.iter().filter(|(_, value)| !matches!(value, Bind::Null(_))).collect();
    let mut sql = Sql::new();
    sql.push("insert into messages (id, tenant_id, conversation_id, sender_type, sender_user_id");
    for (column, _) in &given {
        sql.push(", ").push(column);
    }
    if draft.client_message_id.is_some() {
        sql.push(", client_message_id");
    }
    sql.push(") values (").bind(Bind::Uuid(writer.new_id));
    for value in [writer.tenant, place.conversation] {
        sql.push(", ").bind(Bind::Uuid(value));
    }
    sql.push(", 'USER', ").bind(Bind::Uuid(writer.user));
    for (_, value) in given {
        sql.push(", ").bind(value.clone());
    }
    if let Some(id) = draft.client_message_id {
        sql.push(", ").bind(Bind::Uuid(id));
        sql.push(") on conflict (tenant_id, conversation_id, client_message_id) where client_message_id is not null");
        sql.push(" do nothing returning id");
    } else {
        sql.push(") returning id");
    }
    Ok(writer.statements.rows(sql, false).await?.uuid_of_first())
}

/// What became of the message that was sent with the same id of the client; none when there is no such message.
async fn sent_before(writer: Writer<'_>, place: &Place, draft: &Draft) -> Result<Option<Outcome>, DbError> {
    let Some(id) = draft.client_message_id else { return Ok(None) };
    let mut sql = Sql::new();
    // A user who was purged leaves no trace, and neither does a template that was removed.
    sql.push("select id, coalesce(sender_user_id = ").bind(Bind::Uuid(writer.user)).push(", true)");
    for (column, value) in &draft.columns {
        match *column {
            // Made by the database.
            "content" if draft.is_template => {}
            "template_id" if draft.is_template => {
                sql.push(" and coalesce(template_id = ").bind(value.clone()).push(", true)");
            }
            column => {
                sql.push(" and ").push(column).push(" is not distinct from ").bind(value.clone());
            }
        }
    }
    sql.push(" from messages where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and conversation_id = ").bind(Bind::Uuid(place.conversation));
    sql.push(" and client_message_id = ").bind(Bind::Uuid(id));
    let rows = writer.statements.rows(sql, false).await?;
    let Some(first) = rows.uuid_of_first() else { return Ok(None) };
    if rows.is_true(0, 1) {
        return Ok(Some(Outcome::written(first)));
    }
    let message = "Another message was sent with this clientMessageId; make up a new one for each message.";
    Ok(Some(Outcome::refused(vec![UserError {
        existing_id: Some(format_id(Message::decl().prefix, first)),
        ..UserError::new("IDEMPOTENCY_KEY_REUSED", "clientMessageId", message)
    }])))
}

/// Says that the window is closed, and what may be sent instead to whoever may see templates.
async fn window_closed(writer: Writer<'_>, since: Option<DateTime<Utc>>) -> Result<UserError, DbError> {
    let mut sql = Sql::new();
    sql.push("select t.id, t.name, t.language, t.variables from whatsapp_templates t where t.tenant_id = ");
    sql.bind(Bind::Uuid(writer.tenant)).push(" and t.status = 'APPROVED' and exists (select from app.user_rights(");
    sql.bind(Bind::Uuid(writer.tenant)).push(", ").bind(Bind::Uuid(writer.user));
    sql.push(") r where r.process = 'TEMPLATES' and r.action = 'READ') order by t.name, t.language limit ");
    sql.bind(Bind::Int(MOST_TEMPLATES));
    let rows = writer.statements.rows(sql, false).await?;
    let broken = |error: entity::rows::DecodeError| DbError::Fault(error.to_string());
    let mut templates = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        let variables: serde_json::Value =
            rows.decode::<tables::whatsapp_templates::variables, _>(row, 3).map_err(broken)?;
        let id = format_id(WhatsappTemplate::decl().prefix, rows.uuid(row, 0).unwrap_or_default());
        templates.push(
            json!({ "id": id, "name": rows.text(row, 1), "language": rows.text(row, 2), "variables": variables }),
        );
    }
    let message = "The contact has not written in the last 24 hours: WhatsApp takes only a template now.";
    let closed_at = since.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    Ok(UserError {
        details: json!({ "closedAt": closed_at, "templates": templates }),
        ..UserError::new("WINDOW_CLOSED", "conversationId", message)
    })
}
