//! Access tokens: who asks, in which session, and in the name of which tenant.
//!
//! A token is a JWT, signed by one key of a [`KeySet`] and naming it. It holds ids and times, nothing else; whether the
//! session still lives and what the user may do is for the database to say. The surprising thing: the library is told
//! not to look at the time, because it would ask the machine's clock; we compare with ours.

mod keys;

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Header, decode, decode_header, encode};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::clock::SharedClock;

pub use keys::{Key, KeyError, KeySet, MIN_SECRET_BYTES, ShortSecret};

/// How long an access token works that was given for signing in or for renewing a session.
pub const ACCESS_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The longest token looked at, in bytes. Ours have up to 500.
const MAX_TOKEN_BYTES: usize = 4096;

/// How far the clocks of two gateways may be apart, in seconds.
const LEEWAY_SECONDS: i64 = 5;

/// How many verified tokens are remembered.
///
/// To verify a token costs 2.2 µs (one with EdDSA ten times that), to find it by its hash 0.2 µs; a whole request by
/// id has 27.
const REMEMBERED_TOKENS: usize = 10_000;

const ISSUER: &str = "mostrador";
const AUDIENCE: &str = "mostrador-api";

/// Makes and verifies the tokens of one set of keys.
pub struct Tokens {
    keys: KeySet,
    clock: SharedClock,
    verified: Cache<[u8; 32], Identity>,
}

/// For whom a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The user.
    pub user_id: Uuid,
    /// The tenant in whose name the user acts.
    pub tenant_id: Uuid,
    /// The row of `sessions` that the token belongs to.
    pub session_id: Uuid,
    /// The platform's tenant, when its staff acts in another one. User and session are rows of this tenant then.
    pub home_tenant_id: Option<Uuid>,
    /// SHA-256 of what a page must repeat in the header `x-csrf-token` when the token comes as a cookie. A token
    /// without it does not work as a cookie.
    pub csrf_hash: Option<[u8; 32]>,
}

/// What a valid token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user_id: Uuid,
    /// The tenant in whose name the user acts.
    pub tenant_id: Uuid,
    /// The row of `sessions` that the token belongs to.
    pub session_id: Uuid,
    /// The platform's tenant, when its staff acts in another one. User and session are rows of this tenant then.
    pub home_tenant_id: Option<Uuid>,
    /// When the token stops working, to the second.
    pub expires_at: DateTime<Utc>,
    /// See [`Bearer::csrf_hash`].
    pub csrf_hash: Option<[u8; 32]>,
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

/// The claims as they stand in the token (RFC 7519; `tid`, `home` and `csrf` are ours).
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: Uuid,
    tid: Uuid,
    sid: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    home: Option<Uuid>,
    iat: i64,
    exp: i64,
    iss: String,
    aud: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    csrf: Option<String>,
}

impl Tokens {
    /// Works with these keys and this clock.
    pub fn new(keys: KeySet, clock: SharedClock) -> Self {
        Self { keys, clock, verified: Cache::new(REMEMBERED_TOKENS) }
    }

    /// Makes a token that works for `lifetime`.
    ///
    /// # Errors
    /// When the lifetime runs past the calendar.
    pub fn issue(&self, bearer: &Bearer, lifetime: Duration) -> Result<IssuedToken, IssueError> {
        let now = self.clock.now();
        let expires_at = chrono::Duration::from_std(lifetime)
            .ok()
            .and_then(|lifetime| now.checked_add_signed(lifetime))
            .and_then(|moment| DateTime::from_timestamp(moment.timestamp(), 0))
            .ok_or(IssueError::Lifetime)?;
        let claims = Claims {
            sub: bearer.user_id,
            tid: bearer.tenant_id,
            sid: bearer.session_id,
            home: bearer.home_tenant_id,
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            csrf: bearer.csrf_hash.map(crate::hex::encode),
        };
        let signer = self.keys.signer();
        let mut header = Header::new(signer.algorithm);
        header.kid = Some(signer.id.clone());
        let text = encode(&header, &claims, &signer.key).map_err(|_| IssueError::Signature)?;
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
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        // The key decides the algorithm: whoever lets the token choose, lets it choose none, or take the text of a
        // public key for a secret.
        let verifier = header.kid.and_then(|id| self.keys.verifier(&id)).ok_or(TokenError::Invalid)?;
        let claims: Claims =
            decode(token, &verifier.key, &verifier.validation).map_err(|_| TokenError::Invalid)?.claims;
        if claims.iat > self.clock.now().timestamp() + LEEWAY_SECONDS {
            return Err(TokenError::NotYetValid);
        }
        let expires_at = DateTime::from_timestamp(claims.exp, 0).ok_or(TokenError::Invalid)?;
        let csrf_hash = claims.csrf.map(|text| crate::hex::decode(&text).ok_or(TokenError::Invalid)).transpose()?;
        Ok(Identity {
            user_id: claims.sub,
            tenant_id: claims.tid,
            session_id: claims.sid,
            home_tenant_id: claims.home,
            expires_at,
            csrf_hash,
        })
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

impl std::error::Error for TokenError {}
impl std::error::Error for IssueError {}

#[cfg(test)]
mod tests;
