//! `requestUpload`: the room is reserved, and an address given to which the bytes are brought.

use chrono::Duration;
use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, SecretDecl, VerbDecl};
use entity::id::format_id;
use entity::kind::{FieldType, Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, UserError, Writer};
use futures_util::FutureExt;

use super::link::{Link, Purpose};
use super::{FileAccessLevel, FileUpload, FileUsageContext, StoredFile};
use crate::file_store;
use crate::processes::FILES;
use crate::request::Services;

/// How long the bytes may take to come and to be confirmed.
const LASTS: Duration = Duration::hours(1);

/// The mutation.
pub(super) static REQUEST_UPLOAD: VerbDecl = VerbDecl {
    mutation: "requestUpload",
    doc: "Announces a file and reserves room for it. Send its bytes by PUT to `uploadUrl` within an hour, then call \
          `confirmUpload`. What goes over the quota gives QUOTA_EXCEEDED, with the limit in `details`; content that you \
          have stored already gives CONFLICT, with the file in `existingId`.",
    entity: FileUpload::decl,
    right: FILES.write(),
    inputs: &[
        InputDecl {
            name: "filename",
            doc: "Name of the file, with its ending; without slashes, at most 255 bytes.",
            ty: String::TYPE,
            need: Input::Required,
        },
        InputDecl {
            name: "mimeType",
            doc: "Media type in lower case, for instance image/png; application/octet-stream when it is not known. Bytes \
                  that cannot be of this type are refused.",
            ty: String::TYPE,
            need: Input::Required,
        },
        InputDecl { name: "size", doc: "Size in bytes, at least 1.", ty: i64::TYPE, need: Input::Required },
        InputDecl {
            name: "checksum",
            doc: "SHA-256 of the bytes: 64 hexadecimal digits in lower case.",
            ty: String::TYPE,
            need: Input::Required,
        },
        InputDecl {
            name: "usageContext",
            doc: "What the file is for; GENERAL when it is left out.",
            ty: <Option<FileUsageContext>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "accessLevel",
            doc: "Who may see the file; PRIVATE when it is left out.",
            ty: <Option<FileAccessLevel>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "folderId",
            doc: "The folder to put it in; none when it is left out.",
            ty: FieldType { kind: Kind::Id("folder"), nullable: true, normalize: None },
            need: Input::Optional,
        },
        InputDecl {
            name: "expiresAt",
            doc: "When the file expires: from then on it is not there any more; never when it is left out.",
            ty: <Option<chrono::DateTime<chrono::Utc>>>::TYPE,
            need: Input::Optional,
        },
    ],
    secret: Some(SecretDecl {
        name: "uploadUrl",
        doc: "Where to send the bytes by PUT, as they are, relative to the address of this API. Whoever has it can send \
              them, for an hour. Null when the idempotency key was used before.",
    }),
    run: |writer, input| request(writer, input).boxed(),
};

const COLUMNS: [(&str, &str); 8] = [
    ("filename", "filename"),
    ("mimeType", "mime_type"),
    ("size", "size"),
    ("checksum", "checksum"),
    ("usageContext", "usage_context"),
    ("accessLevel", "access_level"),
    ("folderId", "folder_id"),
    ("expiresAt", "file_expires_at"),
];

async fn request(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let services = writer.service::<Services>()?;
    // What has expired is in nobody's way.
    let mut sql = Sql::new();
    sql.push("select app.drop_lapsed_files(").bind(Bind::Uuid(writer.user)).push(", interval '100 years')");
    writer.statements.rows(sql, false).await?;
    if let Some(error) = already_stored(writer, input).await? {
        return Ok(Outcome::refused(vec![error]));
    }
    let mut sql = Sql::new();
    sql.push("insert into file_uploads (id, tenant_id, user_id, storage_path, expires_at");
    let given: Vec<_> = COLUMNS.iter().filter_map(|(name, column)| Some((*column, input.get(name)?))).collect();
    for (column, _) in &given {
        sql.push(", ").push(column);
    }
    let key = format!("{}/{}/{}", file_store::FILES, writer.tenant, writer.new_id);
    sql.push(") values (").bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant));
    sql.push(", ").bind(Bind::Uuid(writer.user)).push(", ").bind(Bind::Text(key));
    sql.push(", now() + make_interval(secs => ").bind(Bind::Float(LASTS.num_seconds() as f64)).push(")");
    for (_, value) in &given {
        sql.push(", ").bind((*value).clone());
    }
    sql.push(") returning id");
    writer.statements.rows(sql, false).await?;
    let link = Link {
        tenant: writer.tenant,
        row: writer.new_id,
        purpose: Purpose::Upload { user: writer.user },
        expires_at: services.clock.now() + LASTS,
    };
    let url = format!("/files/uploads/{}", link.write(&services.keys)?);
    Ok(Outcome { secret: Some(Secret(url)), ..Outcome::written(writer.new_id) })
}

/// The database refuses the same; here the file can be named in the way of all conflicts.
async fn already_stored(writer: Writer<'_>, input: &Arguments) -> Result<Option<UserError>, DbError> {
    let Some(checksum) = input.get("checksum") else { return Ok(None) };
    let mut sql = Sql::new();
    sql.push("select f.id from stored_files f where f.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and f.user_id = ").bind(Bind::Uuid(writer.user)).push(" and f.checksum = ").bind(checksum.clone());
    sql.push(" and f.deleted_at is null");
    let existing = writer.statements.rows(sql, false).await?.uuid_of_first();
    Ok(existing.map(|id| UserError {
        existing_id: Some(format_id(StoredFile::decl().prefix, id)),
        ..UserError::new("CONFLICT", "checksum", "You have stored this content already.")
    }))
}
