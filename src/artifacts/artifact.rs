//! Artifacts: what assistants make and people keep, version by version. A version stays as it was made; what changes is
//! its name, and who may see it.

use std::borrow::Cow;

use entity::database::DbError;
use entity::late::{Late, LateAnswer, LateError};
use entity::{Choice, Ref, entity};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};

use crate::assistants::{AiAgent, ChatMessage, ChatThread};
use crate::file_store::{FileStore, StoreError};
use crate::files::StoredFile;
use crate::identity::User;
use crate::request::Services;

/// What kind of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum ArtifactType {
    /// A program or a part of one.
    Code,
    /// Data as JSON.
    Json,
    /// A web page.
    Html,
    /// A text in Markdown.
    Markdown,
    /// A drawing, written in a language such as Mermaid.
    Diagram,
    /// A picture.
    Image,
    /// Rows and columns.
    Table,
}

/// One version of something that an assistant made or a person keeps. Only its user sees it, and whoever has the token of
/// a version that is public.
#[entity(table = artifacts, process = ASSISTANTS, no_create, no_update)]
#[action(
    mutation = "renameArtifact",
    doc = "Gives this version of an artifact another name; later ones are called like it.",
    inputs(name = required)
)]
#[action(
    mutation = "unshareArtifact",
    doc = "Closes an artifact: the token that was given away opens nothing any more.",
    set(is_public = "false", share_token_hash = "null")
)]
pub struct Artifact {
    /// Number of this version, from 1. It counts the versions of the artifact, not the changes of this row.
    #[field(read_only)]
    pub version: i32,
    /// What it is called.
    pub name: String,
    /// What kind of thing it is; the same for all versions.
    #[field(read_only)]
    pub type_: ArtifactType,
    /// What it is made of, up to 8 MB of text. Null when its file is gone for good.
    #[field(
        sql = "coalesce('t' || {t}.content, (select case f.scan_status when 'INFECTED' then 'i' else 'f' || f.storage_path end from stored_files f where f.tenant_id = {t}.tenant_id and f.id = {t}.content_file_id and f.deleted_at is null))",
        late = open_contents
    )]
    pub content: Option<String>,
    /// Whether `sharedArtifact` shows it to whoever has the token.
    #[field(read_only)]
    pub is_public: bool,
    /// Facts about this version as a JSON object, by type: the language of code, the columns of a table.
    #[field(read_only, no_order)]
    pub metadata: serde_json::Value,
    /// Whose it is: always one's own.
    #[belongs_to(read_only, inverse = "artifacts", doc = "What the user keeps.")]
    pub user: Ref<User>,
    /// The agent that made it; null when no agent did.
    #[belongs_to(read_only, inverse = "artifacts", doc = "What the agent made for you.")]
    pub agent: Option<Ref<AiAgent>>,
    /// The talk in which it was made; null when that is gone, or it was made in none.
    #[belongs_to(read_only, inverse = "artifacts", doc = "What was made in the talk.")]
    pub thread: Option<Ref<ChatThread>>,
    /// The message that brought it.
    #[belongs_to(read_only, inverse = "artifacts", doc = "What the message brought.")]
    pub message: Option<Ref<ChatMessage>>,
    /// The first version; null for that one itself, and when it was removed.
    #[belongs_to(read_only, inverse = "laterVersions", doc = "The versions after the first, by their number.")]
    pub parent: Option<Ref<Artifact>>,
    /// The first version of all that are still there; of that one itself the same.
    #[belongs_to(
        read_only,
        inverse = "versions",
        doc = "All versions of the artifact by their number, this one included. Asked of its first version; others have \
               none of their own, ask `firstVersion`."
    )]
    pub first_version: Ref<Artifact>,
    /// The file that holds the content, when that is longer than 1 MB.
    #[belongs_to(read_only, inverse = "artifacts", doc = "Artifacts whose content is in the file.")]
    pub content_file: Option<Ref<StoredFile>>,
}

/// The content of each row: what stands in it, or in its file.
fn open_contents(late: Late<'_>) -> BoxFuture<'_, Result<Vec<LateAnswer>, DbError>> {
    async move {
        let store = &late.lent::<Services>()?.files;
        Ok(join_all(late.rows.iter().map(|row| open(store, row.stored))).await)
    }
    .boxed()
}

async fn open(store: &FileStore, stored: &[u8]) -> LateAnswer {
    let (kind, rest) = stored.split_first().unwrap_or((&b'i', &[]));
    let rest = String::from_utf8_lossy(rest);
    match kind {
        b't' => Ok(rest.into_owned().into()),
        b'f' => content_of(store, &rest).await.map(Into::into),
        _ => refused("FORBIDDEN", "The virus scanner has found something in this content."),
    }
}

/// The content that is under a key of the store.
pub(super) async fn content_of(store: &FileStore, key: &str) -> Result<String, LateError> {
    match store.get(key).await {
        Ok(bytes) => match String::from_utf8(bytes.into()) {
            Ok(text) => Ok(text),
            Err(_) => refused("VALIDATION", "This content is no text; download its file."),
        },
        Err(StoreError::Missing) => refused("NOT_FOUND", "The file with this content is gone."),
        Err(StoreError::Unavailable(reason)) => {
            tracing::error!(reason, "the content of an artifact could not be read");
            refused("UNAVAILABLE", "The file with this content cannot be read right now; try again in a moment.")
        }
    }
}

fn refused<T>(code: &'static str, message: &'static str) -> Result<T, LateError> {
    Err(LateError { code, message: Cow::Borrowed(message) })
}
