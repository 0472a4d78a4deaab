//! Internal notes: what colleagues write about a conversation. They are no messages, so nothing that reads messages in
//! order to send or show them to a contact can come upon one.

use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use entity::{Entity, Ref, entity};
use futures_util::FutureExt;

use super::Conversation;
use super::inputs::{id_of, optional};
use crate::identity::User;
use crate::processes::CONVERSATIONS;

/// What a colleague has written about a conversation. The contact never sees it.
#[entity(table = internal_notes, process = CONVERSATIONS, delete = WRITE, no_create)]
pub struct InternalNote {
    /// The text.
    pub body: String,
    /// What it is about.
    #[belongs_to(create_only, inverse = "notes", doc = "What colleagues have written about the conversation.")]
    pub conversation: Ref<Conversation>,
    /// Who wrote it; null when that user no longer exists, or belongs to the platform.
    #[belongs_to(read_only, inverse = "internalNotes", doc = "Notes that the user wrote.")]
    pub author: Option<Ref<User>>,
    /// Whom it names, so that they look at it.
    #[link(
        through = internal_note_mentions,
        here = note_id,
        there = user_id,
        inverse = "internalNoteMentions",
        doc = "Notes that name the user.",
        add = "addInternalNoteMention",
        remove = "removeInternalNoteMention"
    )]
    pub mentions: Many<User>,
}

/// `createInternalNote`: with those whom it mentions, in one go.
pub(super) static CREATE_INTERNAL_NOTE: VerbDecl = VerbDecl {
    mutation: "createInternalNote",
    doc: "Writes a note about a conversation in your name. Colleagues see it, the contact never does.",
    entity: InternalNote::decl,
    right: CONVERSATIONS.write(),
    inputs: &[
        id_of("conversationId", "conversation", "What it is about."),
        InputDecl { name: "body", doc: "The text.", ty: <String>::TYPE, need: Input::Required },
        optional("mentionedUserIds", Kind::List(&Kind::Id("user")), "Whom it names, so that they look at it."),
    ],
    secret: None,
    run: |writer, input| write(writer, input).boxed(),
};

async fn write(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let mentioned = match input.get("mentionedUserIds") {
        Some(Bind::Uuids(users)) => {
            let mut users = users.clone();
            users.sort_unstable();
            users.dedup();
            users
        }
        _ => Vec::new(),
    };
    if !mentioned.is_empty() {
        let mut sql = Sql::new();
        sql.push("select count(*) from users where tenant_id = ").bind(Bind::Uuid(writer.tenant));
        sql.push(" and deleted_at is null and id = any(").bind(Bind::Uuids(mentioned.clone())).push(")");
        let known = writer.statements.rows(sql, false).await?.int8(0, 0).unwrap_or(0);
        if usize::try_from(known) != Ok(mentioned.len()) {
            let error = UserError::new("NOT_FOUND", "mentionedUserIds", "There is no user with one of these IDs.");
            return Ok(Outcome::refused(vec![error]));
        }
    }
    let mut sql = Sql::new();
    sql.push("insert into internal_notes (id, tenant_id, conversation_id, author_id, body) values (");
    for value in [writer.new_id, writer.tenant, input.id("conversationId")] {
        sql.bind(Bind::Uuid(value)).push(", ");
    }
    // Staff of the platform are no users of the business.
    sql.push("app.acting_user(").bind(Bind::Uuid(writer.tenant)).push("), ");
    sql.bind(input.get("body").cloned().unwrap_or_else(|| Bind::null(Kind::Text))).push(") returning id");
    let id = writer.statements.rows(sql, false).await?.uuid_of_first();
    if !mentioned.is_empty() {
        let mut sql = Sql::new();
        sql.push("insert into internal_note_mentions (tenant_id, note_id, user_id) select ");
        sql.bind(Bind::Uuid(writer.tenant)).push(", ").bind(Bind::Uuid(writer.new_id)).push(", unnest(");
        sql.bind(Bind::Uuids(mentioned)).push(")");
        writer.statements.rows(sql, false).await?;
    }
    Ok(Outcome { id, ..Outcome::default() })
}
