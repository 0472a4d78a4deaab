//! Why a message was not taken, and what follows from it.

use std::time::Duration;

use crate::jobs::JobError;

/// A provider has not taken a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// It may take it later.
    Later {
        /// A code of `app.message_failure`.
        code: String,
        /// What it says of when.
        after: Option<Duration>,
        /// Whether the provider itself is in trouble, rather than this message.
        is_outage: bool,
    },
    /// It never will.
    Never {
        /// A code of `app.message_failure`.
        code: String,
    },
}

impl Failed {
    /// The provider is in trouble.
    pub(super) fn outage(code: impl Into<String>) -> Self {
        Self::Later { code: code.into(), after: None, is_outage: true }
    }

    /// It will never take it.
    pub(super) fn never(code: impl Into<String>) -> Self {
        Self::Never { code: code.into() }
    }

    /// Whether the provider itself is in trouble.
    pub(super) fn is_outage(&self) -> bool {
        matches!(self, Self::Later { is_outage: true, .. })
    }
}

impl From<Failed> for JobError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Later { code, after, .. } => Self::Retry { code, after },
            Failed::Never { code } => Self::dead(code),
        }
    }
}
