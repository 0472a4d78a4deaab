//! From a GraphQL selection to statements: what to select, how to page, how to write the answer.
//!
//! A plan is owned data without borrows from the request, so that a write can run it in a task of its own. One
//! [`Connection`] or [`Lookup`] becomes one statement, whatever the number of rows: to-one relations are joined in,
//! each to-many relation is one more statement for all parents together.

pub mod abilities;
pub mod collect;
pub mod cond;
pub mod filter;
pub mod order;
pub mod permit;
pub mod select;
mod sensitive;
pub mod tree;

use async_graphql::{Name, Pos, ServerError, Value};

use crate::access::Right;

pub use select::{Paging, Planner};
pub use tree::{Connection, EdgeField, Lookup, Many, Node, NodeField, PageField, Shape};

/// Why a request cannot be planned.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanError {
    /// Stable code.
    pub code: &'static str,
    /// Sentence for the person who wrote the request.
    pub message: String,
    /// The right that is missing, of a FORBIDDEN.
    pub requires: Option<Right>,
}

impl PlanError {
    /// An error of any code.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), requires: None }
    }

    /// A value that does not fit.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new("VALIDATION", message)
    }

    /// A cursor that is not one of this list.
    pub fn cursor(message: impl Into<String>) -> Self {
        Self::new("INVALID_CURSOR", message)
    }

    /// A limit that was passed.
    pub fn limit(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, message)
    }

    /// A right that the viewer does not have.
    #[must_use]
    pub fn forbidden(right: Right) -> Self {
        Self { requires: Some(right), ..Self::new("FORBIDDEN", right.refusal()) }
    }

    /// Says where in the arguments.
    #[must_use]
    pub fn under(self, place: &str) -> Self {
        Self { message: format!("{place}: {}", self.message), ..self }
    }

    /// As a GraphQL error at a place in the document.
    #[must_use]
    pub fn at(self, pos: Pos) -> ServerError {
        let mut error = coded(self.code, self.message, Some(pos));
        if let (Some(right), Some(extensions)) = (self.requires, &mut error.extensions) {
            let process = (Name::new("process"), Value::from(right.process.code));
            let action = (Name::new("action"), Value::from(right.action.as_str()));
            extensions.set("requires", Value::Object([process, action].into_iter().collect()));
        }
        error
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
