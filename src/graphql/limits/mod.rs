//! How large a document may be, before anything of it runs.
//!
//! Two checks, both pure. [`scan`] looks at the text, in one pass without recursion, so that the
//! parser never sees what would exhaust its stack or its memory. [`measure`] looks at the parsed
//! document with its fragments expanded, but counts instead of expanding, so that a document
//! whose fragments double each other thirty times is refused as fast as any.
//!
//! What belongs here: limits that the document alone can break. What does not: limits that need
//! the schema, the variables or the data (page sizes, cost, statements, milliseconds).

pub mod measure;
pub mod scan;

use std::fmt;

use async_graphql::Pos;

/// The largest document that is run. The configuration defaults to [`Limits::DEFAULT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the text, in bytes.
    pub bytes: usize,
    /// Names, numbers, strings and punctuators in the text.
    pub tokens: usize,
    /// Brackets of any kind inside each other. The parser recurses per bracket, and refuses
    /// selections deeper than 64 by itself, without a position.
    pub nesting: usize,
    /// Fields inside each other, fragments expanded.
    pub depth: usize,
    /// Fragments inside each other, inline ones included.
    pub fragment_depth: usize,
    /// Aliases of one operation, fragments expanded.
    pub aliases: usize,
    /// Fields at the root of one operation, fragments expanded.
    pub root_fields: usize,
    /// Fields of one operation, fragments expanded.
    pub fields: usize,
}

impl Limits {
    /// Roomy for people: the introspection query of GraphiQL has about 400 tokens, a depth of 13
    /// and 100 fields.
    pub const DEFAULT: Self = Self {
        bytes: 256 * 1024,
        tokens: 15_000,
        nesting: 60,
        depth: 24,
        fragment_depth: 24,
        aliases: 200,
        root_fields: 50,
        fields: 4_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The codes of refused documents, as they stand in `extensions.code`.
pub mod code {
    /// The text has too many bytes.
    pub const SIZE_LIMIT: &str = "SIZE_LIMIT";
    /// The text has too many tokens.
    pub const TOKEN_LIMIT: &str = "TOKEN_LIMIT";
    /// Brackets are nested too deeply.
    pub const NESTING_LIMIT: &str = "NESTING_LIMIT";
    /// Fields are nested too deeply.
    pub const DEPTH_LIMIT: &str = "DEPTH_LIMIT";
    /// Fragments are nested too deeply.
    pub const FRAGMENT_LIMIT: &str = "FRAGMENT_LIMIT";
    /// There are too many aliases.
    pub const ALIAS_LIMIT: &str = "ALIAS_LIMIT";
    /// There are too many fields at the root.
    pub const ROOT_FIELD_LIMIT: &str = "ROOT_FIELD_LIMIT";
    /// There are too many fields.
    pub const FIELD_LIMIT: &str = "FIELD_LIMIT";
    /// A fragment contains itself.
    pub const FRAGMENT_CYCLE: &str = "FRAGMENT_CYCLE";
    /// The text is not a GraphQL document.
    pub const GRAPHQL_PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
}

/// Why a document is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitError {
    /// One of [`code`].
    pub code: &'static str,
    /// A sentence for the client. Quotes nothing of the document but names.
    pub message: String,
    /// Where the limit was passed.
    pub position: Pos,
}

impl fmt::Display for LimitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for LimitError {}
