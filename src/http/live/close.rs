//! Why a socket is closed, as its client is told.
//!
//! The codes from 4400 on are the protocol's (graphql-transport-ws); clients do not come back after most of them. After
//! 4403, 4408, 1012 and 1013 they do.

use std::borrow::Cow;

/// The most bytes a reason may have (RFC 6455, 5.5).
const MAX_REASON: usize = 123;

/// A reason to close a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// A message is larger than the limit.
    TooLarge,
    /// This node stops; another one serves.
    Restart,
    /// There are as many connections as there may be, or the database does not answer.
    TryLater,
    /// A message that the protocol does not know.
    BadRequest,
    /// An operation before the connection was acknowledged.
    Unauthorized,
    /// No valid token, or not any more.
    Forbidden,
    /// A subprotocol we do not speak.
    Subprotocol,
    /// Nobody said in time who they are.
    InitTimeout,
    /// An operation under an id that is in use.
    DuplicateId,
    /// The client introduces itself twice.
    SecondInit,
    /// More messages than the limit.
    TooManyMessages,
    /// A fault of ours.
    Internal,
}

impl Close {
    /// The close code.
    pub(super) fn code(self) -> u16 {
        match self {
            Self::TooLarge => 1009,
            Self::Restart => 1012,
            Self::TryLater => 1013,
            Self::BadRequest => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden => 4403,
            Self::Subprotocol => 4406,
            Self::InitTimeout => 4408,
            Self::DuplicateId => 4409,
            Self::SecondInit | Self::TooManyMessages => 4429,
            Self::Internal => 4500,
        }
    }

    /// Its label in logs and metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Restart => "restart",
            Self::TryLater => "try_later",
            Self::BadRequest => "bad_request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Subprotocol => "subprotocol",
            Self::InitTimeout => "init_timeout",
            Self::DuplicateId => "duplicate_id",
            Self::SecondInit => "second_init",
            Self::TooManyMessages => "too_many_messages",
            Self::Internal => "internal",
        }
    }
}

/// A reason as it may stand in a close frame.
pub(super) fn reason(text: Cow<'static, str>) -> Cow<'static, str> {
    if text.len() <= MAX_REASON {
        return text;
    }
    let end = (0..=MAX_REASON).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    Cow::Owned(text[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_between_letters() {
        assert_eq!(reason("short".into()), "short");
        assert_eq!(reason("ñ".repeat(100).into()).len(), 122);
    }
}
