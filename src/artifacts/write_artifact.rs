//! `createArtifact` and `createArtifactVersion`. Content of more than 1 MB goes into a file of the user; a version that
//! has been made does not change.

use bytes::Bytes;
use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Artifact;
use super::artifact::ArtifactType;
use crate::file_store;
use crate::hex;
use crate::processes::ASSISTANTS;
use crate::request::Services;

/// Longest content that is kept in the row, in bytes, as `artifacts_content_check` says.
const MAX_IN_ROW: usize = 1024 * 1024;

/// Longest content, in bytes, as `app.artifacts_sources` says.
const MAX_CONTENT: usize = 8 * 1024 * 1024;

const CONTENT: InputDecl = InputDecl {
    name: "content",
    doc: "What it is made of, up to 8 MB; more than 1 MB is kept in a file and counts against your storage.",
    ty: <Option<String>>::TYPE,
    need: Input::Optional,
};

const CONTENT_FILE: InputDecl = InputDecl {
    name: "contentFileId",
    doc: "A file of yours with the content, in place of `content`: for what is too long for a request.",
    ty: optional(Kind::Id("stored_file")),
    need: Input::Optional,
};

const METADATA: InputDecl = InputDecl {
    name: "metadata",
    doc: "Facts about this version as a JSON object, by type: the language of code, the columns of a table.",
    ty: <Option<serde_json::Value>>::TYPE,
    need: Input::Optional,
};

const AGENT: InputDecl = InputDecl {
    name: "agentId",
    doc: "The agent that made it.",
    ty: optional(Kind::Id("ai_agent")),
    need: Input::Optional,
};

const THREAD: InputDecl = InputDecl {
    name: "threadId",
    doc: "The talk in which it was made.",
    ty: optional(Kind::Id("chat_thread")),
    need: Input::Optional,
};

const MESSAGE: InputDecl = InputDecl {
    name: "messageId",
    doc: "The message that brought it.",
    ty: optional(Kind::Id("chat_message")),
    need: Input::Optional,
};

const fn optional(kind: Kind) -> FieldType {
    FieldType { kind, nullable: true, normalize: None }
}

/// The mutation that makes an artifact.
pub(super) static CREATE_ARTIFACT: VerbDecl = VerbDecl {
    mutation: "createArtifact",
    doc: "Keeps something new, as version 1.",
    entity: Artifact::decl,
    right: ASSISTANTS.write(),
    inputs: &[
        InputDecl { name: "name", doc: "What it is called.", ty: String::TYPE, need: Input::Required },
        InputDecl { name: "type", doc: "What kind of thing it is.", ty: ArtifactType::TYPE, need: Input::Required },
        CONTENT,
        CONTENT_FILE,
        METADATA,
        AGENT,
        THREAD,
        MESSAGE,
    ],
    secret: None,
    run: |writer, input| create(writer, input).boxed(),
};

/// The mutation that makes another version.
pub(super) static CREATE_ARTIFACT_VERSION: VerbDecl = VerbDecl {
    mutation: "createArtifactVersion",
    doc: "Keeps another version of an artifact, with the next number. Metadata, like content, is of this version alone.",
    entity: Artifact::decl,
    right: ASSISTANTS.write(),
    inputs: &[
        InputDecl {
            name: "artifactId",
            doc: "Any version of the artifact.",
            ty: FieldType { kind: Kind::Id("artifact"), nullable: false, normalize: None },
            need: Input::Required,
        },
        InputDecl {
            name: "name",
            doc: "What it is called; as the version that was named when it is left out.",
            ty: <Option<String>>::TYPE,
            need: Input::Optional,
        },
        CONTENT,
        CONTENT_FILE,
        METADATA,
        AGENT,
        THREAD,
        MESSAGE,
    ],
    secret: None,
    run: |writer, input| create_version(writer, input).boxed(),
};

async fn create(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let content = match Content::take(writer, input).await? {
        Ok(content) => content,
        Err(error) => return Ok(Outcome::refused(vec![error])),
    };
    let mut sql = insert(&content);
    sql.push(", name, type) select ").bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant));
    values(writer, input, content, &mut sql);
    for name in ["name", "type"] {
        sql.push(", ").bind(input.get(name).cloned().unwrap_or(Bind::null(Kind::Text)));
    }
    sql.push(" returning id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(writer.new_id))
}

async fn create_version(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let content = match Content::take(writer, input).await? {
        Ok(content) => content,
        Err(error) => return Ok(Outcome::refused(vec![error])),
    };
    let mut sql = insert(&content);
    sql.push(", name, type, parent_id) select ").bind(Bind::Uuid(writer.new_id));
    sql.push(", ").bind(Bind::Uuid(writer.tenant));
    values(writer, input, content, &mut sql);
    match input.get("name") {
        Some(name) => sql.push(", ").bind(name.clone()),
        None => sql.push(", a.name"),
    };
    // The number, and the version that all others hang on, are the database's to find.
    sql.push(", a.type, a.id from artifacts a where a.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and a.user_id = ").bind(Bind::Uuid(writer.user));
    sql.push(" and a.id = ").bind(Bind::Uuid(input.id("artifactId"))).push(" returning id");
    // The database may have given it a later id.
    match writer.statements.rows(sql, false).await?.uuid_of_first() {
        Some(id) => Ok(Outcome::written(id)),
        None => {
            let error = UserError::new("NOT_FOUND", "artifactId", "There is no artifact with this ID.");
            Ok(Outcome::refused(vec![error]))
        }
    }
}

/// The beginning of an insert, up to the columns that both verbs write.
fn insert(_: &Content) -> Sql {
    let mut sql = Sql::new();
    sql.push(
        "insert into artifacts (id, tenant_id, user_id, content, content_file_id, metadata, agent_id, thread_id, \
         message_id",
    );
    sql
}

/// The values of these columns after the tenant.
fn values(writer: Writer<'_>, input: &Arguments, content: Content, sql: &mut Sql) {
    sql.push(", ").bind(Bind::Uuid(writer.user));
    let (text, file) = match content {
        Content::Text(text) => (Bind::Text(text), Bind::null(Kind::Uuid)),
        Content::File(file) => (Bind::null(Kind::Text), Bind::Uuid(file)),
        Content::None => (Bind::null(Kind::Text), Bind::null(Kind::Uuid)),
    };
    let metadata = input.get("metadata").cloned().unwrap_or_else(|| Bind::Json(serde_json::json!({})));
    for value in [text, file, metadata] {
        sql.push(", ").bind(value);
    }
    for name in ["agentId", "threadId", "messageId"] {
        sql.push(", ").bind(input.get(name).cloned().unwrap_or(Bind::null(Kind::Uuid)));
    }
}

/// Where the content is.
enum Content {
    Text(String),
    File(Uuid),
    None,
}

impl Content {
    /// What the input says, in a file when it is long.
    async fn take(writer: Writer<'_>, input: &Arguments) -> Result<Result<Self, UserError>, DbError> {
        match (input.get("content"), input.get("contentFileId")) {
            (Some(_), Some(_)) => {
                let message = "Content is either in the artifact or in a file, not in both.";
                Ok(Err(UserError::new("VALIDATION", "contentFileId", message)))
            }
            (None, Some(Bind::Uuid(file))) => Ok(Ok(Self::File(*file))),
            (Some(Bind::Text(text)), None) if text.len() > MAX_CONTENT => {
                Ok(Err(UserError::new("VALIDATION", "content", "Content has 8 MB at most.")))
            }
            (Some(Bind::Text(text)), None) if text.len() > MAX_IN_ROW => {
                Ok(Ok(Self::File(keep(writer, input, text).await?)))
            }
            (Some(Bind::Text(text)), None) => Ok(Ok(Self::Text(text.clone()))),
            _ => Ok(Ok(Self::None)),
        }
    }
}

/// Puts a long content into a file of the user, unless there is one with the same content.
async fn keep(writer: Writer<'_>, input: &Arguments, text: &str) -> Result<Uuid, DbError> {
    let services = writer.service::<Services>()?;
    let checksum = hex::encode(Sha256::digest(text.as_bytes()));
    let mut sql = Sql::new();
    sql.push("select f.id from stored_files f where f.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and f.user_id = ").bind(Bind::Uuid(writer.user)).push(" and f.checksum = ");
    sql.bind(Bind::Text(checksum.clone())).push(" and f.deleted_at is null for key share");
    if let Some(file) = writer.statements.rows(sql, false).await?.uuid_of_first() {
        return Ok(file);
    }
    let id = services.ids.next();
    let (ending, mime_type) = form(input);
    let name = match input.get("name") {
        Some(Bind::Text(name)) => file_name(name),
        _ => String::new(),
    };
    let key = format!("{}/{}/{id}", file_store::FILES, writer.tenant);
    let mut sql = Sql::new();
    sql.push(
        "insert into stored_files (id, tenant_id, user_id, filename, original_name, storage_path, mime_type, size, \
         checksum, usage_context) values (",
    );
    let filename = if name.is_empty() { format!("artifact.{ending}") } else { format!("{name}.{ending}") };
    let size = i64::try_from(text.len()).unwrap_or(i64::MAX);
    for (index, value) in [
        Bind::Uuid(id),
        Bind::Uuid(writer.tenant),
        Bind::Uuid(writer.user),
        Bind::Text(filename.clone()),
        Bind::Text(filename),
        Bind::Text(key.clone()),
        Bind::Text(mime_type.to_owned()),
        Bind::BigInt(size),
        Bind::Text(checksum),
        Bind::Text("ARTIFACT".to_owned()),
    ]
    .into_iter()
    .enumerate()
    {
        sql.push(if index > 0 { ", " } else { "" }).bind(value);
    }
    sql.push(") returning id");
    // The row first: where there is no room, nothing is written. Bytes whose row is undone are swept away.
    writer.statements.rows(sql, false).await?;
    let kept = services.files.put(&key, Bytes::copy_from_slice(text.as_bytes())).await;
    kept.map_err(|error| DbError::Unavailable(format!("the file store: {error:?}")))?;
    Ok(id)
}

/// How a file of this type ends, and what type it says it is.
fn form(input: &Arguments) -> (&'static str, &'static str) {
    match input.get("type") {
        Some(Bind::Text(ty)) => match ty.as_str() {
            "JSON" => ("json", "application/json"),
            "HTML" => ("html", "text/html"),
            "MARKDOWN" => ("md", "text/markdown"),
            "TABLE" => ("csv", "text/csv"),
            _ => ("txt", "text/plain"),
        },
        _ => ("txt", "text/plain"),
    }
}

/// A name of a file: without what file systems do not take, and not too long.
fn file_name(name: &str) -> String {
    let plain: String =
        name.chars().map(|letter| if letter == '/' || letter.is_control() { ' ' } else { letter }).collect();
    plain.trim().trim_matches('.').chars().take(60).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain() {
        assert_eq!(file_name("Stock / marzo"), "Stock   marzo");
        assert_eq!(file_name("..\n"), "");
        assert_eq!(file_name(&"ñ".repeat(200)).chars().count(), 60);
    }
}
