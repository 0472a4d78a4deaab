//! How urgent something is; shared by all that people work through.

use entity::Choice;

/// How urgent something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum Priority {
    /// Can wait.
    Low,
    /// In its turn.
    Normal,
    /// Before the others.
    High,
    /// At once.
    Urgent,
}
