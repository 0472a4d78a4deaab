//! Mutations: from an input to one transaction and its outcome.
//!
//! The order of a write: read the input ([`draft`]), take the idempotency key, write under a savepoint, turn what the
//! database refuses into user errors ([`refuse`]), read the object back for the payload ([`payload`]). All of it is one
//! transaction, which the caller opens and commits.

pub mod draft;
pub mod idempotency;
mod output;
pub mod payload;
pub mod perform;
pub mod refuse;

use serde_json::json;
use uuid::Uuid;

pub use draft::{Draft, read_draft};
pub use output::Moment;
pub use payload::{PayloadPlan, plan_payload, walk_payload};
pub use perform::{Writer, perform};

/// Codes of user errors, with what they mean.
pub const USER_ERROR_CODES: &[(&str, &str)] = &[
    ("CONFLICT", "Something else stands in the way: a row with the same unique value, a newer version, an overlap."),
    ("FORBIDDEN", "You may not do this."),
    ("IDEMPOTENCY_KEY_REUSED", "The idempotency key was used before with another input."),
    ("INVALID_CREDENTIALS", "The password is wrong, or nobody can sign in with it; which of the two is not said."),
    ("INVALID_TOKEN", "The token is unknown, used up or expired; which of these is not said."),
    ("INVALID_TRANSITION", "The state cannot be reached from the present one."),
    ("NOT_FOUND", "There is no such row, or you may not see it."),
    ("QUOTA_EXCEEDED", "A limit of your plan is reached."),
    ("VALIDATION", "A value does not fit."),
    ("WINDOW_CLOSED", "The time in which this is allowed is over."),
];

/// Something the user can put right.
#[derive(Debug, Clone, PartialEq)]
pub struct UserError {
    /// One of [`USER_ERROR_CODES`].
    pub code: String,
    /// Sentence for the user.
    pub message: String,
    /// Field of the input, or nothing.
    pub path: Vec<String>,
    /// Global ID of the row that stands in the way.
    pub existing_id: Option<String>,
    /// Facts that help, a JSON object, or null.
    pub details: serde_json::Value,
}

impl UserError {
    /// An error about one input field.
    #[must_use]
    pub fn new(code: &str, field: &str, message: impl Into<String>) -> Self {
        let path = if field.is_empty() { Vec::new() } else { vec![field.to_owned()] };
        Self {
            code: code.to_owned(),
            message: message.into(),
            path,
            existing_id: None,
            details: serde_json::Value::Null,
        }
    }

    fn to_json(&self) -> serde_json::Value {
        json!({ "code": self.code, "message": self.message, "path": self.path, "existingId": self.existing_id, "details": self.details })
    }

    fn from_json(value: &serde_json::Value) -> Self {
        let text = |key: &str| value.get(key).and_then(serde_json::Value::as_str).map(ToOwned::to_owned);
        let path = value.get("path").and_then(serde_json::Value::as_array);
        Self {
            code: text("code").unwrap_or_default(),
            message: text("message").unwrap_or_default(),
            path: path.into_iter().flatten().filter_map(|part| part.as_str().map(ToOwned::to_owned)).collect(),
            existing_id: text("existingId"),
            details: value.get("details").cloned().unwrap_or_default(),
        }
    }
}

/// What a mutation did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// The row to show in the payload; for a removal, the row that is gone.
    pub id: Option<Uuid>,
    /// Why nothing was written; empty when it was.
    pub errors: Vec<UserError>,
    /// What the payload shows this once; see [`crate::declare::SecretDecl`].
    pub secret: Option<Secret>,
}

/// A text that is shown once and written nowhere: not into a log, not beside an idempotency key.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Outcome {
    /// This row was written.
    #[must_use]
    pub fn written(id: Uuid) -> Self {
        Self { id: Some(id), ..Self::default() }
    }

    /// Nothing was written, and there is no row to show.
    #[must_use]
    pub fn refused(errors: Vec<UserError>) -> Self {
        Self { errors, ..Self::default() }
    }

    /// Nothing was written to this row.
    #[must_use]
    pub fn refused_for(id: Option<Uuid>, errors: Vec<UserError>) -> Self {
        Self { id, errors, secret: None }
    }
}
