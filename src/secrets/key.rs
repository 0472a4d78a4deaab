//! One key: its id, and a cipher that holds the key and wipes it when it goes.

use std::fmt;
use std::str::FromStr;

use aes_gcm::aead::KeyInit;
use aes_gcm::{Aes256Gcm, Key as CipherKey};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::RingError;

/// Length of a key, in bytes.
pub(super) const KEY_BYTES: usize = 32;

/// Longest id of a key, in bytes.
const MAX_ID_BYTES: usize = 32;

/// A key with fewer different bytes than this was typed, not drawn: of 32 random bytes about 30 differ.
const MIN_DISTINCT_BYTES: usize = 16;

/// With or without the `=` at the end, as people copy them.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The name of a key, stored in clear in front of every value it sealed: up to 32 letters, digits, `.`, `_` and `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Box<str>);

impl KeyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = RingError;

    fn from_str(text: &str) -> Result<Self, RingError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if text.is_empty() || text.len() > MAX_ID_BYTES || !text.bytes().all(is_plain) {
            return Err(RingError::Id);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A key that can be used. Its bytes exist only inside of the cipher.
pub(super) struct Key {
    pub(super) id: KeyId,
    pub(super) cipher: Aes256Gcm,
    pub(super) is_weak: bool,
}

impl FromStr for Key {
    type Err = RingError;

    fn from_str(text: &str) -> Result<Self, RingError> {
        let (id, encoded) = text.split_once(':').ok_or(RingError::Shape)?;
        let bytes = Zeroizing::new(BASE64.decode(encoded.trim()).map_err(|_| RingError::Length)?);
        let key = <&CipherKey<Aes256Gcm>>::try_from(bytes.as_slice()).map_err(|_| RingError::Length)?;
        let mut seen = Zeroizing::new(bytes.to_vec());
        seen.sort_unstable();
        seen.dedup();
        Ok(Self { id: id.trim().parse()?, cipher: Aes256Gcm::new(key), is_weak: seen.len() < MIN_DISTINCT_BYTES })
    }
}

/// Draws a new key and writes it as [`super::KeyRing`] reads it: `id:base64`.
///
/// # Errors
/// When the machine has no randomness to give.
pub(super) fn draw(id: &KeyId) -> Result<Zeroizing<String>, getrandom::Error> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(bytes.as_mut_slice())?;
    let encoded = Zeroizing::new(BASE64.encode(bytes.as_slice()));
    Ok(Zeroizing::new(format!("{id}:{}", encoded.as_str())))
}
