//! Parsed documents, kept by their text.
//!
//! Clients send the same few documents over and over, and parsing is most of the fixed cost of a
//! request (30 of 39 µs for a query of 63 nodes; a copy of the parsed document costs 0.8 µs). What
//! the limits refuse is never kept: it is refused as fast again.
//!
//! The cache is `quick_cache` and not the simpler `lru`: it is bounded by the memory of the documents
//! instead of their number, readers share its lock, and a flood of documents seen once does not
//! push out those seen often. Keys are the texts themselves, so no two can be mistaken for each
//! other.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::parser::{self, parse_query};
use async_graphql::{ErrorExtensionValues, Pos, ServerError};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::limits::measure::measure;
use super::limits::scan::scan;
use super::limits::{LimitError, Limits, code};

/// The documents of one gateway.
pub struct Documents {
    limits: Limits,
    cache: Cache<Box<str>, Kept, Memory>,
}

/// Why a text is not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// The `extensions.code`: one of [`code`].
    pub code: &'static str,
    /// A sentence for the client.
    pub message: String,
    /// Where; empty when the parser does not say.
    pub positions: Vec<Pos>,
}

/// A parsed document.
#[derive(Debug)]
pub struct Document {
    parsed: ExecutableDocument,
    is_valid: AtomicBool,
}

/// A document in the cache.
#[derive(Clone)]
struct Kept {
    document: Arc<Document>,
    tokens: usize,
}

impl Document {
    /// Whether it is known to be valid against the schema, apart from the values of its variables.
    pub fn is_valid(&self) -> bool {
        self.is_valid.load(Ordering::Relaxed)
    }

    /// Remembers that it is valid. The schema never changes while the gateway runs.
    pub fn mark_valid(&self) {
        self.is_valid.store(true, Ordering::Relaxed);
    }
}

impl Deref for Document {
    type Target = ExecutableDocument;

    fn deref(&self) -> &ExecutableDocument {
        &self.parsed
    }
}

/// Memory of a parsed document per token of its text, in bytes. Measured: 125 for a screen's query,
/// 233 for `{a a a …}`.
const BYTES_PER_TOKEN: u64 = 233;

#[derive(Clone)]
struct Memory;

impl Weighter<Box<str>, Kept> for Memory {
    fn weight(&self, text: &Box<str>, kept: &Kept) -> u64 {
        text.len() as u64 + kept.tokens as u64 * BYTES_PER_TOKEN
    }
}

impl Documents {
    /// Keeps documents that take up to `capacity_bytes` of memory together: at least that divided
    /// by 30 KB, for documents as large as a screen's. Zero keeps none.
    pub fn new(limits: Limits, capacity_bytes: u64) -> Self {
        let expected = (capacity_bytes / 30_000).clamp(1, 100_000) as usize;
        Self { limits, cache: Cache::with_weighter(expected, capacity_bytes, Memory) }
    }

    /// The parsed document of a text that keeps the limits.
    ///
    /// # Errors
    /// When the text passes a limit or does not parse.
    pub fn get_or_parse(&self, text: &str) -> Result<Arc<Document>, DocumentError> {
        if let Some(kept) = self.cache.get(text) {
            return Ok(kept.document);
        }
        let tokens = scan(text, &self.limits)?.tokens;
        let parsed = parse_query(text)?;
        measure(&parsed, &self.limits)?;
        let document = Arc::new(Document { parsed, is_valid: AtomicBool::new(false) });
        let kept = Kept { document: Arc::clone(&document), tokens };
        self.cache.insert(text.into(), kept);
        Ok(document)
    }

    /// How many documents are kept.
    pub fn len(&self) -> usize {
        self.cache.len()
    }

    /// Whether no document is kept.
    pub fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Documents")
            .field("limits", &self.limits)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl From<LimitError> for DocumentError {
    fn from(error: LimitError) -> Self {
        Self { code: error.code, message: error.message, positions: vec![error.position] }
    }
}

impl From<parser::Error> for DocumentError {
    fn from(error: parser::Error) -> Self {
        let mut positions: Vec<Pos> = error.positions().collect();
        let (code, message) = match &error {
            parser::Error::Syntax { message, .. } => {
                positions.truncate(1);
                (code::GRAPHQL_PARSE_FAILED, syntax_message(message))
            }
            parser::Error::RecursionLimitExceeded => {
                (code::NESTING_LIMIT, "The document is nested too deeply.".to_owned())
            }
            other => (code::GRAPHQL_PARSE_FAILED, format!("Syntax error: {other}.")),
        };
        Self { code, message, positions }
    }
}

impl From<DocumentError> for ServerError {
    fn from(error: DocumentError) -> Self {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", error.code);
        let mut server_error = Self::new(error.message, None);
        server_error.locations = error.positions;
        server_error.extensions = Some(extensions);
        server_error
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for DocumentError {}

/// The parser draws a picture of the place over several lines and says what it expected in the
/// last, in terms of its grammar: that line is the message, in words.
fn syntax_message(picture: &str) -> String {
    let expectation =
        picture.lines().rev().find_map(|line| line.trim().strip_prefix("= ")).unwrap_or("this is not GraphQL");
    let expectation = expectation.replace("EOI", "the end").replace(" type_", " type").replace('_', " ");
    format!("Syntax error: {expectation}.")
}

#[cfg(test)]
mod tests;
