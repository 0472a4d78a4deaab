//! Access tokens: who asks, and in the name of which tenant.
//!
//! A token is a JWT signed with HMAC-SHA256. It holds ids and times, nothing else; whether the
//! user is still active is for the database to say. The surprising thing: the library is told not
//! to look at the time, because it would ask the machine's clock; we compare with ours.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::clock::SharedClock;

/// The shortest secret accepted, in bytes: the length of the hash (RFC 7518, 3.2).
pub const MIN_SECRET_BYTES: usize = 32;

/// The longest token looked at, in bytes. Ours have 290.
const MAX_TOKEN_BYTES: usize = 4096;

/// How far the clocks of two gateways may be apart, in seconds.
const LEEWAY_SECONDS: i64 = 5;

/// How many verified tokens are remembered.
///
/// To verify a token costs 2.2 µs, to find it by its hash 0.2 µs; a whole request by id has 27.
const REMEMBERED_TOKENS: usize = 10_000;

const ISSUER: &str = "mostrador";
const AUDIENCE: &str = "mostrador-api";

/// Makes and verifies the tokens of one secret.
pub struct Tokens {
    encoding_key: EncodingKey,
    decoding_key: DecodingKey,
    validation: Validation,
    clock: SharedClock,
    verified: Cache<[u8; 32], Identity>,
}

/// What a valid token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user_id: Uuid,
    /// The tenant in whose name the user acts.
    pub tenant_id: Uuid,
    /// When the token stops working, to the second.
    pub expires_at: DateTime<Utc>,
}

/// A new token.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// The token itself: a secret.
    pub text: String,
    /// When it stops working, to the second.
    pub expires_at: DateTime<Utc>,
}

/// Why a token is not accepted. The client learns no more than UNAUTHENTICATED and this sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// Not a token of this gateway: malformed, wrongly signed, or made for somebody else.
    Invalid,
    /// The time is over.
    Expired,
    /// Made in the future: two clocks are more than the leeway apart.
    NotYetValid,
}

/// Why no token can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueError {
    /// The lifetime does not fit a date.
    Lifetime,
    /// The library refused to sign.
    Signature,
}

/// The secret is shorter than [`MIN_SECRET_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortSecret;

/// The claims as they stand in the token (RFC 7519; `tid` is ours).
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: Uuid,
    tid: Uuid,
    iat: i64,
    exp: i64,
    iss: String,
    aud: String,
}

impl Tokens {
    /// Works with this secret and this clock.
    ///
    /// # Errors
    /// When the secret is too short to be safe.
    pub fn new(secret: &[u8], clock: SharedClock) -> Result<Self, ShortSecret> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(ShortSecret);
        }
        // One algorithm: whoever lets the token choose, lets it choose none.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        // Checked in `verify`, by our clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Ok(Self {
            encoding_key: EncodingKey::from_secret(secret),
            decoding_key: DecodingKey::from_secret(secret),
            validation,
            clock,
            verified: Cache::new(REMEMBERED_TOKENS),
        })
    }

    /// Makes a token for a user of a tenant that works for `lifetime`.
    ///
    /// # Errors
    /// When the lifetime runs past the calendar.
    pub fn issue(&self, tenant_id: Uuid, user_id: Uuid, lifetime: Duration) -> Result<IssuedToken, IssueError> {
        let now = self.clock.now();
        let expires_at = chrono::Duration::from_std(lifetime)
            .ok()
            .and_then(|lifetime| now.checked_add_signed(lifetime))
            .and_then(|moment| DateTime::from_timestamp(moment.timestamp(), 0))
            .ok_or(IssueError::Lifetime)?;
        let claims = Claims {
            sub: user_id,
            tid: tenant_id,
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
        };
        let text =
            encode(&Header::new(Algorithm::HS256), &claims, &self.encoding_key).map_err(|_| IssueError::Signature)?;
        Ok(IssuedToken { text, expires_at })
    }

    /// Says what a token stands for.
    ///
    /// # Errors
    /// When it is not ours or not valid now.
    pub fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Invalid);
        }
        // By hash, so that the cache of a dumped process gives nobody a token.
        let key = Sha256::digest(token).into();
        let identity = match self.verified.get(&key) {
            Some(identity) => identity,
            None => {
                let identity = self.decode(token)?;
                self.verified.insert(key, identity);
                identity
            }
        };
        let now = self.clock.now().timestamp();
        if identity.expires_at.timestamp() + LEEWAY_SECONDS <= now {
            return Err(TokenError::Expired);
        }
        Ok(identity)
    }

    /// Checks everything that does not change with time.
    fn decode(&self, token: &str) -> Result<Identity, TokenError> {
        let claims: Claims =
            decode(token, &self.decoding_key, &self.validation).map_err(|_| TokenError::Invalid)?.claims;
        if claims.iat > self.clock.now().timestamp() + LEEWAY_SECONDS {
            return Err(TokenError::NotYetValid);
        }
        let expires_at = DateTime::from_timestamp(claims.exp, 0).ok_or(TokenError::Invalid)?;
        Ok(Identity { user_id: claims.sub, tenant_id: claims.tid, expires_at })
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("IssuedToken").field("text", &"…").field("expires_at", &self.expires_at).finish()
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Invalid => "The access token is not valid.",
            Self::Expired => "The access token has expired.",
            Self::NotYetValid => "The access token is not valid yet.",
        })
    }
}

impl fmt::Display for IssueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Lifetime => "the token's lifetime is too long for a date",
            Self::Signature => "the token could not be signed",
        })
    }
}

impl fmt::Display for ShortSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "must have at least {MIN_SECRET_BYTES} bytes")
    }
}

impl std::error::Error for TokenError {}
impl std::error::Error for IssueError {}
impl std::error::Error for ShortSecret {}

#[cfg(test)]
mod tests;
