//! Why a sign-in with a provider came to nothing.

use std::fmt;

/// What to tell the person, and what to write into the log; never anything the provider or the client has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OauthError {
    /// The provider does not answer, or not in time, or says that it cannot now. Trying again helps.
    Unavailable(&'static str),
    /// The provider does not accept the code: used already, too old, or not for us.
    CodeRefused,
    /// The provider answered something that does not prove an identity.
    NotProven(&'static str),
}

impl fmt::Display for OauthError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(formatter, "the provider is not available: {why}"),
            Self::CodeRefused => formatter.write_str("the provider does not accept the code"),
            Self::NotProven(why) => write!(formatter, "the provider's answer proves no identity: {why}"),
        }
    }
}

impl std::error::Error for OauthError {}
