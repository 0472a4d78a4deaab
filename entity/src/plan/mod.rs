//! From a GraphQL selection to statements: what to select, how to page, how to write the answer.
//!
//! A plan is owned data without borrows from the request, so that a write can run it in a task of its own. One
//! [`Connection`] or [`Lookup`] becomes one statement, whatever the number of rows: to-one relations are joined in,
//! each to-many relation is one more statement for all parents together.

pub mod collect;
pub mod cond;
pub mod filter;
pub mod order;
pub mod select;

use async_graphql::{Pos, ServerError};

pub use select::{Connection, EdgeField, Lookup, Many, Node, NodeField, PageField, Paging, Planner, Shape};

/// Why a request cannot be planned.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanError {
    /// Stable code.
    pub code: &'static str,
    /// Sentence for the person who wrote the request.
    pub message: String,
}

impl PlanError {
    /// A value that does not fit.
    pub fn input(message: impl Into<String>) -> Self {
        Self { code: "VALIDATION", message: message.into() }
    }

    /// A cursor that is not one of this list.
    pub fn cursor(message: impl Into<String>) -> Self {
        Self { code: "INVALID_CURSOR", message: message.into() }
    }

    /// A limit that was passed.
    pub fn limit(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Says where in the arguments.
    #[must_use]
    pub fn under(self, place: &str) -> Self {
        Self { message: format!("{place}: {}", self.message), ..self }
    }

    /// As a GraphQL error at a place in the document.
    #[must_use]
    pub fn at(self, pos: Pos) -> ServerError {
        coded(self.code, self.message, Some(pos))
    }
}

/// A GraphQL error with `extensions.code`.
#[must_use]
pub fn coded(code: &str, message: impl Into<String>, pos: Option<Pos>) -> ServerError {
    let mut error = ServerError::new(message, pos);
    let mut extensions = async_graphql::ErrorExtensionValues::default();
    extensions.set("code", code);
    error.extensions = Some(extensions);
    error
}
