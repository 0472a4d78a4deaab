//! Documents in which assistants may look things up. Each is indexed by a job as soon as it is there.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use crate::files::StoredFile;
use crate::identity::User;

/// Where a document comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum RagSource {
    /// A stored file: text, Markdown, HTML, PDF or CSV.
    File,
    /// A text that somebody pasted.
    Paste,
    /// A web page, which is fetched.
    Url,
    /// A text that a connected system gave.
    Mcp,
    /// A text that comes with the platform.
    System,
}

/// A document of a user in which assistants may look things up. It is indexed without being asked: cut into chunks that
/// are found by their meaning. Only its user sees it.
#[entity(table = rag_documents, process = ASSISTANTS)]
#[action(
    mutation = "reindexRagDocument",
    doc = "Indexes a document anew: a web page that has changed, or with another model.",
    set(index_round = "index_round + 1")
)]
pub struct RagDocument {
    /// What it is called.
    pub title: String,
    /// Where it comes from.
    #[field(create_only)]
    pub source: RagSource,
    /// Address of the web page, with https; needed when the source is URL.
    pub source_url: Option<String>,
    /// The text, up to 2000000 characters. Needed unless the source is FILE or URL; null for those, since theirs is read
    /// where it is.
    #[field(no_filter, no_order)]
    pub content: Option<String>,
    /// Words by which documents are grouped, 50 at most; see `RagSettings.collections`.
    #[field(default, no_order)]
    pub tags: Vec<String>,
    /// Whether it can be found. False for the moment that indexing takes, and when that failed.
    #[field(read_only)]
    pub indexed: bool,
    /// When it was last indexed; null while it is not.
    #[field(read_only)]
    pub indexed_at: Option<DateTime<Utc>>,
    /// Why it could not be indexed; null when it was, or not tried yet. FILE_GONE, FILE_REFUSED (by the virus scanner),
    /// PAGE_REFUSED (no address of the public internet), PAGE_MISSING, PAGE_UNAVAILABLE, UNSUPPORTED_TYPE, UNREADABLE,
    /// NO_TEXT, TOO_LONG, or the code of what is wrong with the model, such as MODEL_UNREACHABLE.
    #[field(read_only)]
    pub index_error: Option<String>,
    /// What the store of vectors calls its chunks, in their order.
    #[field(read_only, no_filter, no_order)]
    pub vector_ids: Vec<String>,
    /// Number of its chunks.
    #[field(read_only)]
    pub chunk_count: i32,
    /// Whose it is: always one's own.
    #[belongs_to(
        read_only,
        inverse = "ragDocuments",
        doc = "Documents in which the user's assistants look things up."
    )]
    pub user: Ref<User>,
    /// The file, when the source is FILE; null when it is gone for good.
    #[belongs_to(create_only, inverse = "ragDocuments", doc = "Documents that are read from the file.")]
    pub file: Option<Ref<StoredFile>>,
}
