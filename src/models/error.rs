//! Why a model does not answer.

use std::fmt;
use std::time::Duration;

/// Why a model does not answer, or not to the end. Holds nothing of what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelError {
    /// No model is configured.
    NotConfigured,
    /// No connection came about.
    Unreachable,
    /// Nothing came for too long.
    TimedOut,
    /// More is asked of the service than it takes.
    Busy {
        /// How long to wait, when it says so.
        after: Option<Duration>,
    },
    /// The service has a failure of its own.
    Unavailable,
    /// The answer broke off.
    CutOff,
    /// What came cannot be read.
    Malformed,
    /// The service does not accept the key.
    Credentials,
    /// The service does not know the model.
    UnknownModel,
    /// The service does not take what was asked: too long, or with settings that the model does not have.
    Rejected,
}

impl ModelError {
    /// The code, as it is kept and shown.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotConfigured => "MODEL_NOT_CONFIGURED",
            Self::Unreachable => "MODEL_UNREACHABLE",
            Self::TimedOut => "MODEL_TIMED_OUT",
            Self::Busy { .. } => "MODEL_BUSY",
            Self::Unavailable => "MODEL_UNAVAILABLE",
            Self::CutOff => "MODEL_CUT_OFF",
            Self::Malformed => "MODEL_MALFORMED",
            Self::Credentials => "MODEL_CREDENTIALS",
            Self::UnknownModel => "MODEL_UNKNOWN",
            Self::Rejected => "MODEL_REJECTED",
        }
    }

    /// Whether the same may go well a little later.
    #[must_use]
    pub const fn is_passing(self) -> bool {
        match self {
            Self::Unreachable
            | Self::TimedOut
            | Self::Busy { .. }
            | Self::Unavailable
            | Self::CutOff
            | Self::Malformed => true,
            Self::NotConfigured | Self::Credentials | Self::UnknownModel | Self::Rejected => false,
        }
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotConfigured => "No language model is configured.",
            Self::Unreachable => "The language model cannot be reached.",
            Self::TimedOut => "The language model does not answer in time.",
            Self::Busy { .. } => "The language model is asked too much at the moment.",
            Self::Unavailable => "The language model has a failure.",
            Self::CutOff => "The answer of the language model broke off.",
            Self::Malformed => "The answer of the language model cannot be read.",
            Self::Credentials => "The language model does not accept the key of this installation.",
            Self::UnknownModel => "There is no language model of this name.",
            Self::Rejected => "The language model does not take what it was asked.",
        })
    }
}

impl std::error::Error for ModelError {}
