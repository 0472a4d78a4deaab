//! `sendMessage`: the signed-in user writes into a conversation.
//!
//! The message is stored as QUEUED; handing it to a provider is the work of the channel's worker. What it does to the
//! conversation and the contact (preview, times) is done by the database for every writer.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;

use super::Message;
use super::message::ContentType;
use crate::processes::CONVERSATIONS;

const fn nullable(kind: Kind) -> FieldType {
    FieldType { kind, nullable: true, normalize: None }
}

/// The mutation.
pub(super) static SEND_MESSAGE: VerbDecl = VerbDecl {
    mutation: "sendMessage",
    doc: "Writes a message into a conversation in your name. It is queued at once and sent by the channel's worker.",
    entity: Message::decl,
    right: CONVERSATIONS.write(),
    inputs: &[
        InputDecl {
            name: "conversationId",
            doc: "The conversation; it may not be archived.",
            ty: FieldType { kind: Kind::Id("conversation"), nullable: false, normalize: None },
            need: Input::Required,
        },
        InputDecl {
            name: "content",
            doc: "The text, of a file its caption.",
            ty: <Option<String>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "contentType",
            doc: "What the message consists of; TEXT when it is not given.",
            ty: ContentType::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "fileUrl",
            doc: "Web address of the file.",
            ty: <Option<String>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "fileType",
            doc: "Media type of the file, for instance image/jpeg.",
            ty: <Option<String>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "templateId",
            doc: "The template that `content` was made from, for TEMPLATE.",
            ty: nullable(Kind::Id("whatsapp_template")),
            need: Input::Optional,
        },
    ],
    secret: None,
    run: |writer, input| send(writer, input).boxed(),
};

/// Inputs and the columns they go to.
const COLUMNS: [(&str, &str); 5] = [
    ("content", "content"),
    ("contentType", "content_type"),
    ("fileUrl", "file_url"),
    ("fileType", "file_type"),
    ("templateId", "template_id"),
];

async fn send(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let conversation = input.id("conversationId");
    let mut sql = Sql::new();
    sql.push("select status from conversations where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    // Against archiving at the same moment. The lock is the one that the new message's trigger takes for the preview and
    // the counters: with a weaker one, two senders would each wait for the other to let go of it.
    sql.push(" and id = ").bind(Bind::Uuid(conversation)).push(" for no key update");
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        let error = UserError::new("NOT_FOUND", "conversationId", "There is no conversation with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    if rows.cell(0, 0) == Some(b"ARCHIVED") {
        let message = "This conversation is archived; start a new one.";
        return Ok(Outcome::refused(vec![UserError::new("VALIDATION", "conversationId", message)]));
    }
    let given: Vec<_> = COLUMNS.iter().filter_map(|(name, column)| Some((*column, input.get(name)?))).collect();
    let mut sql = Sql::new();
    sql.push("insert into messages (id, tenant_id, conversation_id, sender_type, sender_user_id");
    for (column, _) in &given {
        sql.push(", ").push(column);
    }
    sql.push(") values (").bind(Bind::Uuid(writer.new_id));
    for value in [writer.tenant, conversation] {
        sql.push(", ").bind(Bind::Uuid(value));
    }
    sql.push(", 'USER', ").bind(Bind::Uuid(writer.user));
    for (_, value) in given {
        sql.push(", ").bind(value.clone());
    }
    sql.push(") returning id");
    let id = writer.statements.rows(sql, false).await?.uuid_of_first();
    Ok(Outcome { id, ..Outcome::default() })
}
