//! Finding by meaning: documents are cut into chunks, chunks and chats are embedded, and both are searched.
//!
//! The database compares embeddings (`app.near_chunks`, `app.near_chat_messages`), with pgvector or without. What makes
//! embeddings is [`crate::models::Embedder`].

mod chunk;
mod embed_messages;
mod extract;
mod hits;
mod index_document;
mod nearest;
mod page;
mod rag_document;
mod rag_settings;
mod search_chats;
mod search_documents;

use std::sync::Arc;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

pub use nearest::{Passage, PassageSearch, SearchError, find_passages};
pub use page::PageClient;
pub use rag_document::{RagDocument, RagSource};
pub use rag_settings::RagSettings;

use crate::file_store::FileStore;
use crate::ids::SharedIds;
use crate::jobs::JobKind;
use crate::models::Embedder;
use crate::work::Tenancy;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![RagDocument::decl(), RagSettings::decl()]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&rag_settings::SAVE_RAG_SETTINGS]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![
        &search_documents::SEARCH_RAG_DOCUMENTS,
        &search_chats::SEARCH_CHAT_MESSAGES,
        &search_chats::SIMILAR_CHAT_MESSAGES,
    ]
}

/// What the jobs of this domain need.
pub struct RetrievalParts {
    /// Opens transactions in the name of tenants.
    pub tenancy: Tenancy,
    /// IDs of new rows.
    pub ids: SharedIds,
    /// Makes texts into vectors.
    pub embedder: Arc<dyn Embedder>,
    /// Where the bytes of files are.
    pub files: FileStore,
    /// Fetches web pages.
    pub pages: PageClient,
}

/// The kinds of jobs of this domain.
#[must_use]
pub fn job_kinds(parts: RetrievalParts) -> Vec<Arc<dyn JobKind>> {
    let RetrievalParts { tenancy, ids, embedder, files, pages } = parts;
    vec![
        Arc::new(embed_messages::EmbedMessages { tenancy: tenancy.clone(), embedder: Arc::clone(&embedder) }),
        Arc::new(index_document::IndexDocuments { tenancy, ids, embedder, files, pages }),
    ]
}
