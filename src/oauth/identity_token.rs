//! The ID token: whom the provider says it has before it (OpenID Connect Core 1.0, 3.1.3.7).
//!
//! The surprising thing: the library is told to check the signature only; all claims are checked here, in one place and
//! by our own clock.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;

use super::OauthError;
use super::issuer::IssuerKey;

/// How far a provider's clock and ours may be apart, in seconds.
const LEEWAY_SECONDS: i64 = 60;

/// The longest ID token looked at, in bytes.
const MAX_BYTES: usize = 32 * 1024;

/// The longest subject (OpenID Connect Core 1.0, 2), in characters.
const MAX_SUBJECT: usize = 255;

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: DateTime<Utc>,
}

/// What a token says of the person.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) subject: String,
    pub(super) email: Option<String>,
    pub(super) is_email_verified: bool,
}

/// Why a token is not taken, as far as the caller must know.
pub(super) enum Refusal {
    /// None of these keys has signed it; perhaps there are newer ones.
    NoKey,
    /// It is wrong, whatever the keys.
    Wrong(OauthError),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    azp: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: Flag,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Some providers write booleans as text.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Flag {
    #[default]
    Missing,
    Bool(bool),
    Text(String),
}

impl Flag {
    fn is_true(&self) -> bool {
        match self {
            Self::Missing => false,
            Self::Bool(value) => *value,
            Self::Text(text) => text == "true",
        }
    }
}

/// Checks a token: its signature with one of these keys, then its claims.
pub(super) fn check(token: &str, keys: &[IssuerKey], expected: &Expected<'_>) -> Result<Person, Refusal> {
    let wrong = |why| Refusal::Wrong(OauthError::NotProven(why));
    if token.len() > MAX_BYTES {
        return Err(wrong("the ID token is too long"));
    }
    // `none` is no algorithm to the library, so an unsigned token ends here.
    let header = decode_header(token).map_err(|_| wrong("the ID token is malformed or unsigned"))?;
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let fitting = keys.iter().filter(|key| key.fits(header.kid.as_deref(), header.alg));
    let signed = fitting.filter_map(|key| decode::<serde_json::Value>(token, &key.key, &validation).ok()).next();
    let claims = signed.ok_or(Refusal::NoKey)?.claims;
    let claims: Claims = serde_json::from_value(claims).map_err(|_| wrong("the ID token lacks claims"))?;
    expected.check(&claims).map_err(wrong)?;
    Ok(Person { is_email_verified: claims.email_verified.is_true(), subject: claims.sub, email: claims.email })
}

impl Expected<'_> {
    fn check(&self, claims: &Claims) -> Result<(), &'static str> {
        if claims.iss != self.issuer {
            return Err("the ID token is of another issuer");
        }
        let (is_for_us, is_for_others) = match &claims.aud {
            Audience::One(audience) => (audience == self.client_id, false),
            Audience::Several(all) => {
                (all.iter().any(|one| one == self.client_id), all.iter().any(|one| one != self.client_id))
            }
        };
        let is_party = match &claims.azp {
            Some(party) => party == self.client_id,
            None => !is_for_others,
        };
        if !is_for_us || !is_party {
            return Err("the ID token is for another client");
        }
        if claims.nonce.as_deref() != Some(self.nonce) {
            return Err("the ID token is of another sign-in");
        }
        let now = self.now.timestamp();
        if claims.exp.saturating_add(LEEWAY_SECONDS) <= now {
            return Err("the ID token has expired");
        }
        if claims.iat.max(claims.nbf.unwrap_or(claims.iat)) > now + LEEWAY_SECONDS {
            return Err("the ID token is not valid yet");
        }
        if claims.sub.is_empty() || claims.sub.chars().count() > MAX_SUBJECT {
            return Err("the ID token has no proper subject");
        }
        Ok(())
    }
}
