//! `markConversationRead`: an agent has seen what the contact wrote.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;

use super::Conversation;
use crate::processes::CONVERSATIONS;

/// The mutation.
pub(super) static MARK_CONVERSATION_READ: VerbDecl = VerbDecl {
    mutation: "markConversationRead",
    doc: "Sets the number of unread messages to 0 and the contact's messages to READ. Doing it twice changes nothing.",
    entity: Conversation::decl,
    right: CONVERSATIONS.write(),
    inputs: &[InputDecl {
        name: "id",
        doc: "The conversation.",
        ty: FieldType { kind: Kind::Id("conversation"), nullable: false, normalize: None },
        need: Input::Required,
    }],
    secret: None,
    run: |writer, input| mark_read(writer, input).boxed(),
};

async fn mark_read(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("id");
    // The conversation first, as the triggers of new messages lock it as well: nothing is counted in between.
    let mut sql = Sql::new();
    sql.push("update conversations set unread_count = 0 where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(id)).push(" returning id");
    if writer.statements.rows(sql, false).await?.is_empty() {
        let error = UserError::new("NOT_FOUND", "id", "There is no conversation with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    let mut sql = Sql::new();
    sql.push("update messages set delivery_status = 'READ' where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and conversation_id = ").bind(Bind::Uuid(id));
    sql.push(" and sender_type = 'CONTACT' and delivery_status = 'DELIVERED'");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(id))
}
