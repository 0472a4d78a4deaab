//! Tokens that we make, hand out once, and recognise by their hash: of sessions, invitations, mails.
//!
//! A token is `<tenant>.<32 random bytes in base64url>`, so the tenant is known before anything is looked up. Only its
//! SHA-256 is stored: 256 random bits need no slow hash, and who reads the database has no token.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Random bytes of a token.
const RANDOM_BYTES: usize = 32;

/// SHA-256 of a token's text.
pub type TokenHash = [u8; 32];

/// A new token, in clear. Shows nothing of itself.
pub struct OpaqueToken {
    text: Zeroizing<String>,
    hash: TokenHash,
}

/// What a token from outside says before anything is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParsedToken {
    /// The tenant that it claims to be of; the hash is looked up under row-level security of that one.
    pub tenant: Uuid,
    /// SHA-256 of its text.
    pub hash: TokenHash,
}

impl OpaqueToken {
    /// A new token of a tenant.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn new(tenant: Uuid) -> Result<Self, getrandom::Error> {
        let mut random = Zeroizing::new([0; RANDOM_BYTES]);
        getrandom::fill(random.as_mut_slice())?;
        let text = Zeroizing::new(format!("{tenant}.{}", URL_SAFE_NO_PAD.encode(random.as_slice())));
        let hash = Sha256::digest(text.as_bytes()).into();
        Ok(Self { text, hash })
    }

    /// The token itself: a secret, for the one it is made for.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        self.hash
    }

    /// Reads a token from outside; `None` when it cannot be one. There is one spelling of each token.
    #[must_use]
    pub fn parse(text: &str) -> Option<ParsedToken> {
        let (tenant, random) = text.split_once('.')?;
        let tenant_id = Uuid::try_parse(tenant).ok()?;
        let is_plain = tenant_id.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == tenant;
        let is_whole = URL_SAFE_NO_PAD.decode(random).is_ok_and(|bytes| bytes.len() == RANDOM_BYTES);
        (is_plain && is_whole).then(|| ParsedToken { tenant: tenant_id, hash: Sha256::digest(text).into() })
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OpaqueToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_what_was_stored() {
        let tenant = Uuid::from_u128(5);
        let (one, two) = (OpaqueToken::new(tenant).unwrap(), OpaqueToken::new(tenant).unwrap());
        assert_ne!(one.text(), two.text());
        assert_eq!(OpaqueToken::parse(one.text()), Some(ParsedToken { tenant, hash: one.hash() }));
        assert_eq!(format!("{one:?}"), "OpaqueToken(…)");
    }

    #[test]
    fn what_is_spelled_otherwise_is_no_token() {
        let token = OpaqueToken::new(Uuid::from_u128(0xabc)).unwrap();
        let text = token.text();
        let wrong = [
            "",
            ".",
            "x",
            &text[1..],
            &text[..text.len() - 1],
            &format!("{text}A"),
            &format!(" {text}"),
            &format!("{text}="),
            &text.to_uppercase(),
            &text.replace('-', ""),
            &text.replace('.', ".."),
        ];
        for text in wrong {
            assert_eq!(OpaqueToken::parse(text), None, "{text}");
        }
    }
}
