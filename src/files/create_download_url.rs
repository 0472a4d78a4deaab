//! `createDownloadUrl`: an address at which somebody signed in fetches a file, for some minutes.

use chrono::Duration;
use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, SecretDecl, VerbDecl};
use entity::kind::{FieldType, Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, UserError, Writer};
use futures_util::FutureExt;

use super::StoredFile;
use super::link::{FileDisposition, Link, Purpose};
use crate::processes::FILES;
use crate::request::Services;

/// How long an address lasts that names no time, and the longest that one may last, in seconds.
const USUALLY: i32 = 900;
const AT_MOST: i32 = 3600;

/// The mutation.
pub(super) static CREATE_DOWNLOAD_URL: VerbDecl = VerbDecl {
    mutation: "createDownloadUrl",
    doc: "Makes an address at which a file can be fetched by GET, in parts as well (Range), until it expires. Whoever has \
          it can fetch the file. Only CLEAN files can be fetched. Of a file that somebody shared with you, this is one of \
          the times that the share opens.",
    entity: StoredFile::decl,
    right: FILES.read(),
    inputs: &[
        InputDecl {
            name: "id",
            doc: "The file.",
            ty: FieldType { kind: Kind::Id("stored_file"), nullable: false, normalize: None },
            need: Input::Required,
        },
        InputDecl {
            name: "disposition",
            doc: "Whether it is to be kept or shown within a page; DOWNLOAD when it is left out.",
            ty: <Option<FileDisposition>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "expiresInSeconds",
            doc: "How long the address works, 1 to 3600 seconds; 900 when it is left out.",
            ty: <Option<i32>>::TYPE,
            need: Input::Optional,
        },
    ],
    secret: Some(SecretDecl {
        name: "url",
        doc: "The address, relative to that of this API. Null when the idempotency key was used before.",
    }),
    run: |writer, input| create(writer, input).boxed(),
};

async fn create(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let services = writer.service::<Services>()?;
    let id = input.id("id");
    let refused = |error: UserError| Ok(Outcome::refused_for(Some(id), vec![error]));
    let seconds = match input.get("expiresInSeconds") {
        Some(Bind::Int(seconds)) if !(1..=AT_MOST).contains(seconds) => {
            let message = "An address lasts from 1 second to an hour.";
            return refused(UserError::new("VALIDATION", "expiresInSeconds", message));
        }
        Some(Bind::Int(seconds)) => *seconds,
        _ => USUALLY,
    };
    let disposition = input.text("disposition").map_or(FileDisposition::Download, FileDisposition::of);
    let mut sql = Sql::new();
    sql.push("select f.user_id, f.scan_status, (select s.id from file_shares s where s.tenant_id = f.tenant_id");
    sql.push(" and s.file_id = f.id and s.shared_with_id = ").bind(Bind::Uuid(writer.user));
    sql.push(" and f.access_level = 'SHARED') from stored_files f where f.tenant_id = ")
        .bind(Bind::Uuid(writer.tenant));
    sql.push(" and f.id = ").bind(Bind::Uuid(id)).push(" and f.deleted_at is null");
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        let error = UserError::new("NOT_FOUND", "id", "There is no stored file with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    let scan_status = rows.text(0, 1).unwrap_or_default();
    if scan_status != "CLEAN" {
        let message = "Only files that were looked through for viruses and found clean can be fetched.";
        let details = serde_json::json!({ "scanStatus": scan_status });
        return refused(UserError { details, ..UserError::new("VALIDATION", "id", message) });
    }
    if let Some(share) = rows.uuid(0, 2).filter(|_| rows.uuid(0, 0) != Some(writer.user)) {
        let mut sql = Sql::new();
        sql.push("select app.use_file_share(").bind(Bind::Uuid(share)).push(", ");
        sql.bind(Bind::Text(disposition.action().to_owned())).push(")");
        let used = writer.statements.rows(sql, false).await?;
        match used.text(0, 0).as_deref() {
            Some("OPEN") => {}
            Some("USED_UP") => {
                let message = "The share of this file was opened as often as it may be.";
                return refused(UserError::new("QUOTA_EXCEEDED", "id", message));
            }
            _ => {
                let message = "The share of this file does not allow this.";
                return refused(UserError::new("FORBIDDEN", "disposition", message));
            }
        }
        let purpose = Purpose::Shared { share, disposition };
        return written(services, writer, id, purpose, seconds);
    }
    written(services, writer, id, Purpose::Fetch { user: writer.user, disposition }, seconds)
}

fn written(
    services: &Services,
    writer: Writer<'_>,
    id: uuid::Uuid,
    purpose: Purpose,
    seconds: i32,
) -> Result<Outcome, DbError> {
    let expires_at = services.clock.now() + Duration::seconds(i64::from(seconds));
    let link = Link { tenant: writer.tenant, row: id, purpose, expires_at };
    let url = format!("/files/{}", link.write(&services.keys)?);
    Ok(Outcome { secret: Some(Secret(url)), ..Outcome::written(id) })
}
