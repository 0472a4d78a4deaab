//! `confirmUpload`: what was brought becomes a file, with the id that the upload had.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;

use super::StoredFile;
use crate::processes::FILES;

/// The mutation.
pub(super) static CONFIRM_UPLOAD: VerbDecl = VerbDecl {
    mutation: "confirmUpload",
    doc: "Makes a file of an upload whose bytes have come. The upload is gone then. Doing it twice gives the same file.",
    entity: StoredFile::decl,
    right: FILES.write(),
    inputs: &[InputDecl {
        name: "id",
        doc: "The upload.",
        ty: FieldType { kind: Kind::Id("file_upload"), nullable: false, normalize: None },
        need: Input::Required,
    }],
    secret: None,
    run: |writer, input| confirm(writer, input).boxed(),
};

async fn confirm(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("id");
    let refused = |code: &str, message: &str| Ok(Outcome::refused(vec![UserError::new(code, "id", message)]));
    // Gone first, so that its room is free for the file. Two who confirm at once wait here for each other.
    let mut sql = Sql::new();
    sql.push("delete from file_uploads u where u.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and u.user_id = ").bind(Bind::Uuid(writer.user)).push(" and u.id = ").bind(Bind::Uuid(id));
    sql.push(
        " and u.received_at is not null returning u.folder_id, u.filename, u.storage_path, u.mime_type, u.size, \
         u.checksum, u.access_level, u.usage_context, \
         case when u.file_expires_at is not null then extract(epoch from u.file_expires_at)::bigint end",
    );
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        if exists(writer, "stored_files", id).await? {
            return Ok(Outcome::written(id));
        }
        if exists(writer, "file_uploads", id).await? {
            return refused("VALIDATION", "The bytes of this upload have not come yet: send them to its uploadUrl.");
        }
        return refused("NOT_FOUND", "There is no upload with this ID; it may have lapsed.");
    }
    let text = |index| rows.text(0, index).unwrap_or_default();
    let mut sql = Sql::new();
    sql.push(
        "insert into stored_files (id, tenant_id, user_id, folder_id, filename, original_name, storage_path, mime_type, \
         size, checksum, access_level, usage_context, expires_at) values (",
    );
    sql.bind(Bind::Uuid(id)).push(", ").bind(Bind::Uuid(writer.tenant)).push(", ").bind(Bind::Uuid(writer.user));
    sql.push(", ").bind(rows.uuid(0, 0).map_or(Bind::null(Kind::Uuid), Bind::Uuid));
    for index in [1, 1, 2, 3] {
        sql.push(", ").bind(Bind::Text(text(index)));
    }
    sql.push(", ").bind(Bind::BigInt(rows.int8(0, 4).unwrap_or_default()));
    for index in [5, 6, 7] {
        sql.push(", ").bind(Bind::Text(text(index)));
    }
    sql.push(", to_timestamp(").bind(rows.int8(0, 8).map_or(Bind::null(Kind::BigInt), Bind::BigInt));
    sql.push(")) returning id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(id))
}

async fn exists(writer: Writer<'_>, table: &str, id: uuid::Uuid) -> Result<bool, DbError> {
    let mut sql = Sql::new();
    sql.push("select t.id from ").push(table).push(" t where t.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and t.user_id = ").bind(Bind::Uuid(writer.user)).push(" and t.id = ").bind(Bind::Uuid(id));
    Ok(!writer.statements.rows(sql, false).await?.is_empty())
}
