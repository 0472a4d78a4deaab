//! How a sealed value looks in its `bytea` column:
//!
//! | bytes | |
//! |---|---|
//! | 1 | format, 1 |
//! | 1 | length of the key's id |
//! | 1–32 | the key's id |
//! | 12 | nonce, random |
//! | n + 16 | ciphertext with its tag |
//!
//! The first three are the *head*. It depends on the key only, so SQL finds the values of other keys by comparing
//! prefixes.

use std::fmt;

use super::KeyId;

/// The one format there is.
const FORMAT: u8 = 1;
/// Length of a nonce, in bytes.
pub(super) const NONCE_BYTES: usize = 12;
/// Length of the tag at the end, in bytes.
const TAG_BYTES: usize = 16;

/// A sealed value, ready to be stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub(super) Vec<u8>);

impl Sealed {
    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to store.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealed(…)")
    }
}

/// The parts of a stored value.
pub(super) struct Parts<'a> {
    pub(super) head: &'a [u8],
    pub(super) key_id: &'a str,
    pub(super) nonce: &'a [u8; NONCE_BYTES],
    pub(super) ciphertext: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Takes a stored value apart; `None` when it cannot be one.
    pub(super) fn of(stored: &'a [u8]) -> Option<Self> {
        let [FORMAT, id_length, rest @ ..] = stored else { return None };
        let (key_id, rest) = rest.split_at_checked(usize::from(*id_length))?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>()?;
        if ciphertext.len() < TAG_BYTES {
            return None;
        }
        let key_id = std::str::from_utf8(key_id).ok()?;
        Some(Self { head: &stored[..2 + key_id.len()], key_id, nonce, ciphertext })
    }
}

/// The beginning of every value that this key sealed.
pub(super) fn head(id: &KeyId) -> Vec<u8> {
    let id = id.as_str().as_bytes();
    let mut head = Vec::with_capacity(2 + id.len());
    // An id has at most 32 bytes.
    head.extend_from_slice(&[FORMAT, id.len() as u8]);
    head.extend_from_slice(id);
    head
}
