//! Tokens that we make, hand out once, and recognise by their hash: of sessions, invitations, mails.
//!
//! A token is `<tenant>.<32 random bytes in base64url>`, so the tenant is known before anything is looked up. Only its
//! SHA-256 is stored: 256 random bits need no slow hash, and who reads the database has no token.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
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
        Ok(Self::of_bytes(tenant, &random))
    }

    /// The token that follows from another one and a random salt: always the same, and nobody can tell it who lacks one of
    /// them. `None` when the other one is no token.
    #[must_use]
    pub fn after(text: &str, salt: &[u8; RANDOM_BYTES]) -> Option<Self> {
        let tenant = Self::parse(text)?.tenant;
        // The random bytes are the key, and not the text: a key as long as that is hashed, and this hash is stored.
        let key = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.split_once('.')?.1).ok()?);
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(b"the token after this one");
        mac.update(salt);
        let bytes = Zeroizing::new(<[u8; RANDOM_BYTES]>::from(mac.finalize().into_bytes()));
        Some(Self::of_bytes(tenant, &bytes))
    }

    fn of_bytes(tenant: Uuid, bytes: &[u8; RANDOM_BYTES]) -> Self {
        let text = Zeroizing::new(format!("{tenant}.{}", URL_SAFE_NO_PAD.encode(bytes)));
        let hash = Sha256::digest(text.as_bytes()).into();
        Self { text, hash }
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
    fn a_token_has_one_successor_for_each_salt() {
        let tenant = Uuid::from_u128(5);
        let (one, other) = (OpaqueToken::new(tenant).unwrap(), OpaqueToken::new(tenant).unwrap());
        let next = |token: &OpaqueToken, salt: u8| OpaqueToken::after(token.text(), &[salt; 32]).unwrap();
        assert_eq!(next(&one, 1).text(), next(&one, 1).text());
        assert_eq!(OpaqueToken::parse(next(&one, 1).text()), Some(ParsedToken { tenant, hash: next(&one, 1).hash() }));
        for differs in [&one, &next(&one, 2), &next(&other, 1), &next(&next(&one, 1), 1)] {
            assert_ne!(differs.text(), next(&one, 1).text());
        }
        assert!(OpaqueToken::after("nothing", &[1; 32]).is_none());
        // Whoever reads the database has the hash of the text, and the salt.
        let hash = one.hash();
        let mut mac = Hmac::<Sha256>::new_from_slice(&hash).unwrap();
        mac.update(b"the token after this one");
        mac.update(&[1; 32]);
        assert_ne!(
            next(&one, 1).text().split_once('.').unwrap().1,
            URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
        );
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
