//! Values that must not be printed: neither by `Debug`, nor in a message about themselves.

use std::fmt;
use std::str::FromStr;

use crate::token::{MIN_SECRET_BYTES, ShortSecret};

/// A PostgreSQL connection URL, which may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The URL with everything in it, for connecting.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        // The parser's own message could quote a part of the password.
        if !is_url || tokio_postgres::Config::from_str(text).is_err() {
            return Err("must be a PostgreSQL URL, as postgres://user:password@host:5432/database".into());
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DatabaseUrl(…)")
    }
}

/// A secret that signs tokens, long enough.
#[derive(Clone, PartialEq, Eq)]
pub struct JwtSecret(String);

impl JwtSecret {
    /// The secret itself.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether the secret looks typed or copied from a manual, instead of made by a generator:
    /// few different characters, or one short pattern repeated.
    pub fn is_weak(&self) -> bool {
        let bytes = self.0.as_bytes();
        let mut distinct = bytes.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let is_repeated =
            (1..=bytes.len() / 2).any(|period| bytes.iter().zip(&bytes[period..]).all(|(left, right)| left == right));
        let lower = self.0.to_ascii_lowercase();
        let is_known = ["secret", "password", "changeme", "change-me", "0123456789", "abcdefgh"]
            .iter()
            .any(|word| lower.contains(word));
        distinct.len() < 10 || is_repeated || is_known
    }
}

impl FromStr for JwtSecret {
    type Err = ShortSecret;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() < MIN_SECRET_BYTES {
            return Err(ShortSecret);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for JwtSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JwtSecret(…)")
    }
}
