//! `mergeConversations`: two conversations with one contact on one channel become one. The database does it, because
//! messages, notes, tags and markers must all move, and because whoever writes at the same moment must not lose anything.

use entity::Entity;
use entity::database::{DbError, Refusal};
use entity::declare::{Arguments, VerbDecl};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;

use super::Conversation;
use super::inputs::id_of;
use crate::processes::CONVERSATIONS;

/// The mutation.
pub(super) static MERGE_CONVERSATIONS: VerbDecl = VerbDecl {
    mutation: "mergeConversations",
    doc: "Makes one of two conversations with the same contact on the same channel. Messages, notes, tags and what agents \
          have read move from `sourceId` to `id`, in order of time; the source is archived and says where it went. Doing \
          it twice changes nothing.",
    entity: Conversation::decl,
    right: CONVERSATIONS.write(),
    inputs: &[
        id_of("id", "conversation", "The conversation that stays."),
        id_of("sourceId", "conversation", "The conversation that goes into it."),
    ],
    secret: None,
    run: |writer, input| merge(writer, input).boxed(),
};

async fn merge(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let (id, source) = (input.id("id"), input.id("sourceId"));
    // One merge of a tenant at a time. Those who ask for one that has just been made find that out before they lock a row
    // that somebody has who writes into it, and who waits for the other one by now.
    let mut sql = Sql::new();
    sql.push("select pg_advisory_xact_lock(hashtextextended('conversations are merged ' || ");
    sql.bind(Bind::Uuid(writer.tenant)).push("::text, 0))");
    writer.statements.rows(sql, false).await?;
    let mut sql = Sql::new();
    sql.push("select id from conversations where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(source)).push(" and merged_into_id = ").bind(Bind::Uuid(id));
    if !writer.statements.rows(sql, false).await?.is_empty() {
        return Ok(Outcome::written(id));
    }
    let mut sql = Sql::new();
    sql.push("select id from conversations where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    // As new messages lock them, in this order: for a stronger lock one would wait as long as messages keep coming.
    sql.push(" and id = any(").bind(Bind::Uuids(vec![id, source])).push(") order by status <> 'ARCHIVED', id");
    sql.push(" for no key update");
    let rows = writer.statements.rows(sql, false).await?;
    let is_found = |wanted| (0..rows.len()).any(|row| rows.uuid(row, 0) == Some(wanted));
    for (field, wanted) in [("id", id), ("sourceId", source)] {
        if !is_found(wanted) {
            let error = UserError::new("NOT_FOUND", field, "There is no conversation with this ID.");
            return Ok(Outcome::refused(vec![error]));
        }
    }
    let mut sql = Sql::new();
    sql.push("update conversations set merged_into_id = ").bind(Bind::Uuid(id));
    sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(source));
    match writer.statements.rows(sql, false).await {
        Ok(_) => Ok(Outcome::written(id)),
        // To the client it is the input that does not fit.
        Err(DbError::Refused(refusal)) if refusal.column == "merged_into_id" => {
            Err(DbError::Refused(Refusal { column: "source_id".into(), ..refusal }))
        }
        Err(error) => Err(error),
    }
}
