//! The keys of an installation: the first one seals, each of them opens.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aes_gcm::Nonce;
use aes_gcm::aead::{Aead, Payload};
use zeroize::Zeroizing;

use super::key::{self, Key};
use super::sealed::{self, NONCE_BYTES, Parts};
use super::{KeyId, Place, Sealed};

/// The keys. Cheap to clone; shows nothing of itself.
///
/// Written as `id:base64` of 32 bytes, several separated by commas or line ends, the current one first.
/// A key seals at most 2^32 values safely (NIST SP 800-38D, random nonces): add a new one long before.
#[derive(Clone)]
pub struct KeyRing(Arc<[Key]>);

/// A value that was opened. It wipes itself, and shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Clear(Zeroizing<Vec<u8>>);

/// Why a value cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealError;

/// Why a value does not open. Nothing else is told apart: who tries values learns nothing from the difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// Sealed with a key that is not in the ring.
    UnknownKey(KeyId),
    /// Not a sealed value, or changed, or sealed for another place.
    Broken,
}

/// What is wrong with the text of a ring. Says nothing of the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingError {
    /// There is no key in it.
    Empty,
    /// A part is not `id:base64`.
    Shape,
    /// An id has other characters than letters, digits, `.`, `_` and `-`, or more than 32.
    Id,
    /// A key is not the base64 of 32 bytes.
    Length,
    /// Two keys have the same id.
    Twice,
}

impl KeyRing {
    /// The id of the key that seals.
    pub fn current(&self) -> &KeyId {
        &self.0[0].id
    }

    /// The ids of all keys, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.0.iter().map(|key| &key.id)
    }

    /// The keys that were typed rather than drawn, by their few different bytes.
    pub fn weak(&self) -> impl Iterator<Item = &KeyId> {
        self.0.iter().filter(|key| key.is_weak).map(|key| &key.id)
    }

    /// How every value begins that the current key sealed, for finding the others in SQL.
    pub fn current_head(&self) -> Vec<u8> {
        sealed::head(self.current())
    }

    /// Seals a value for a place.
    ///
    /// # Errors
    /// When the machine has no randomness to give; never in practice.
    pub fn seal(&self, place: &Place<'_>, clear: &[u8]) -> Result<Sealed, SealError> {
        let key = &self.0[0];
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError)?;
        let mut stored = sealed::head(&key.id);
        let payload = Payload { msg: clear, aad: &place.associated(&stored) };
        let ciphertext = key.cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError)?;
        stored.extend_from_slice(&nonce);
        stored.extend_from_slice(&ciphertext);
        Ok(Sealed(stored))
    }

    /// Opens a stored value in its place.
    ///
    /// # Errors
    /// When the key is missing, or the value is not what was sealed for this place.
    pub fn open(&self, place: &Place<'_>, stored: &[u8]) -> Result<Clear, OpenError> {
        let parts = Parts::of(stored).ok_or(OpenError::Broken)?;
        let Some(key) = self.0.iter().find(|key| key.id.as_str() == parts.key_id) else {
            return Err(parts.key_id.parse().map_or(OpenError::Broken, OpenError::UnknownKey));
        };
        let payload = Payload { msg: parts.ciphertext, aad: &place.associated(parts.head) };
        let clear = key.cipher.decrypt(&Nonce::from(*parts.nonce), payload).map_err(|_| OpenError::Broken)?;
        Ok(Clear(Zeroizing::new(clear)))
    }

    /// Which key sealed a stored value; `None` when it is not a sealed value.
    pub fn key_of(stored: &[u8]) -> Option<KeyId> {
        Parts::of(stored)?.key_id.parse().ok()
    }

    /// The text of a ring with one new random key of this id.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn draw(id: &KeyId) -> Result<Zeroizing<String>, SealError> {
        key::draw(id).map_err(|_| SealError)
    }
}

impl FromStr for KeyRing {
    type Err = RingError;

    fn from_str(text: &str) -> Result<Self, RingError> {
        let parts = text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty());
        let keys = parts.map(str::parse).collect::<Result<Vec<Key>, _>>()?;
        if keys.is_empty() {
            return Err(RingError::Empty);
        }
        if keys.iter().enumerate().any(|(at, key)| keys[..at].iter().any(|other| other.id == key.id)) {
            return Err(RingError::Twice);
        }
        Ok(Self(keys.into()))
    }
}

impl Clear {
    /// The value itself.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The value itself, when it is text.
    pub fn expose_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyRing(…)")
    }
}

impl fmt::Debug for Clear {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Clear(…)")
    }
}

impl fmt::Display for SealError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the value could not be sealed")
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey(id) => write!(formatter, "the value is sealed with the key {id}, which is not configured"),
            Self::Broken => formatter.write_str("the value does not open"),
        }
    }
}

impl fmt::Display for RingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "must hold a key, as 2026a:<base64 of 32 bytes>",
            Self::Shape => "must list keys as id:base64, separated by commas",
            Self::Id => "must name keys with 1 to 32 letters, digits, '.', '_' and '-'",
            Self::Length => "must hold keys of 32 bytes in base64; make one: openssl rand -base64 32",
            Self::Twice => "must not name two keys alike",
        })
    }
}

impl std::error::Error for SealError {}
impl std::error::Error for OpenError {}
impl std::error::Error for RingError {}
