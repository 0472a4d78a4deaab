//! What the engine asks of the database layer, and how the database answers when something is wrong.

use futures_util::future::BoxFuture;

use crate::rows::Rows;
use crate::sql::Sql;

/// Runs statements of one request, all in one transaction of one tenant.
pub trait Statements: Send + Sync {
    /// Runs one statement and returns its rows.
    ///
    /// `last` says that nothing will follow in this transaction, so that its end can travel in the same flush.
    fn rows(&self, sql: Sql, last: bool) -> BoxFuture<'_, Result<Rows, DbError>>;

    /// Sends a command without parameters and without rows, such as `savepoint`. It goes out when it is first polled,
    /// so whatever is polled after it comes after it.
    fn command(&self, sql: &'static str) -> BoxFuture<'_, Result<(), DbError>>;
}

/// What the database said.
#[derive(Debug, Clone, PartialEq)]
pub enum DbError {
    /// It cannot be reached, or did not take the connection in time.
    Unavailable(String),
    /// The statement was stopped at its time limit.
    TimedOut,
    /// A trigger refused: the rules of the domain speak.
    Refused(Refusal),
    /// A constraint or unique index was violated.
    Constraint {
        /// What kind of constraint.
        kind: ConstraintKind,
        /// Its name.
        name: String,
    },
    /// A number or a text does not fit into its column. PostgreSQL does not say which.
    TooLarge,
    /// Two transactions got in each other's way; trying again helps.
    Conflict,
    /// Anything else; the text is for the log only.
    Fault(String),
}

/// Kind of a violated constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// UNIQUE or PRIMARY KEY.
    Unique,
    /// FOREIGN KEY, on the side that refers.
    ForeignKey,
    /// CHECK.
    Check,
    /// EXCLUDE.
    Exclusion,
    /// NOT NULL; the name is the column's.
    NotNull,
    /// A row is still referred to.
    Restrict,
}

/// A trigger's refusal (`app.refuse` in the migrations).
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// Stable code, for instance `INVALID_TRANSITION`.
    pub code: String,
    /// Column the refusal is about, empty when it is the whole row.
    pub column: String,
    /// Sentence for a person.
    pub message: String,
    /// Facts that help, as a JSON object.
    pub facts: serde_json::Value,
}
