//! The keys that sign and verify access tokens.
//!
//! One key signs, any number verify: to change keys, add the new one everywhere as a verifier, then sign with it, then
//! drop the old one when its last token has ended. Nobody is signed out. A key's id follows from the key, so that all
//! gateways agree on it without being told.

use std::collections::HashMap;
use std::fmt;

use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey};
use ed25519_dalek::{SigningKey, VerifyingKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use sha2::{Digest, Sha256};

/// The shortest secret accepted, in bytes: the length of the hash (RFC 7518, 3.2).
pub const MIN_SECRET_BYTES: usize = 32;

/// A key for tokens: a secret (HS256), or an Ed25519 key (EdDSA), private or public.
#[derive(Clone)]
pub struct Key {
    id: String,
    algorithm: Algorithm,
    signing: Option<EncodingKey>,
    verifying: DecodingKey,
}

/// Signs with one key, verifies with several.
pub struct KeySet {
    signer: Signer,
    verifiers: HashMap<String, Verifier>,
}

/// The key that signs.
pub(super) struct Signer {
    pub(super) id: String,
    pub(super) algorithm: Algorithm,
    pub(super) key: EncodingKey,
}

/// A key that verifies, with the one algorithm that is accepted for it.
pub(super) struct Verifier {
    pub(super) key: DecodingKey,
    pub(super) validation: Validation,
}

/// The secret is shorter than [`MIN_SECRET_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortSecret;

/// Why a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// Not an Ed25519 key in PEM (PKCS #8 for a private one, SPKI for a public one).
    Malformed,
    /// A public key cannot sign.
    CannotSign,
}

impl Key {
    /// A secret for HS256, which signs and verifies.
    ///
    /// # Errors
    /// When the secret is too short to be safe.
    pub fn secret(secret: &[u8]) -> Result<Self, ShortSecret> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(ShortSecret);
        }
        Ok(Self {
            id: id_of(b"mostrador HS256 ", secret),
            algorithm: Algorithm::HS256,
            signing: Some(EncodingKey::from_secret(secret)),
            verifying: DecodingKey::from_secret(secret),
        })
    }

    /// An Ed25519 key: a private one signs and verifies, a public one verifies.
    ///
    /// # Errors
    /// When it is not one.
    pub fn pem(text: &str) -> Result<Self, KeyError> {
        let (signing, public) = match SigningKey::from_pkcs8_pem(text) {
            Ok(private) => {
                let der = private.to_pkcs8_der().map_err(|_| KeyError::Malformed)?;
                (Some(EncodingKey::from_ed_der(der.as_bytes())), private.verifying_key())
            }
            Err(_) => (None, VerifyingKey::from_public_key_pem(text).map_err(|_| KeyError::Malformed)?),
        };
        Ok(Self {
            id: id_of(b"mostrador EdDSA ", public.as_bytes()),
            algorithm: Algorithm::EdDSA,
            signing,
            verifying: DecodingKey::from_ed_der(public.as_bytes()),
        })
    }

    /// The key's id, as tokens name it.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// 64 bits of the hash: enough to tell keys apart, and nothing to find the key by.
fn id_of(purpose: &[u8], key: &[u8]) -> String {
    let hash = Sha256::new().chain_update(purpose).chain_update(key).finalize();
    crate::hex::encode(&hash[..8])
}

impl KeySet {
    /// Signs with one key; verifies with it and with the others.
    ///
    /// # Errors
    /// When the first key is a public one.
    pub fn new(signing: &Key, others: impl IntoIterator<Item = Key>) -> Result<Self, KeyError> {
        let signer = Signer {
            id: signing.id.clone(),
            algorithm: signing.algorithm,
            key: signing.signing.clone().ok_or(KeyError::CannotSign)?,
        };
        let keys = std::iter::once(signing.clone()).chain(others);
        let verifiers = keys.map(|key| {
            let mut validation = Validation::new(key.algorithm);
            validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
            validation.set_audience(&[super::AUDIENCE]);
            validation.set_issuer(&[super::ISSUER]);
            // Checked by our own clock.
            validation.validate_exp = false;
            validation.validate_nbf = false;
            (key.id, Verifier { key: key.verifying, validation })
        });
        Ok(Self { signer, verifiers: verifiers.collect() })
    }

    pub(super) fn signer(&self) -> &Signer {
        &self.signer
    }

    pub(super) fn verifier(&self, id: &str) -> Option<&Verifier> {
        self.verifiers.get(id)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Display for ShortSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "must have at least {MIN_SECRET_BYTES} bytes")
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Malformed => "is not an Ed25519 key in PEM",
            Self::CannotSign => "is a public key, which cannot sign",
        })
    }
}

impl std::error::Error for ShortSecret {}
impl std::error::Error for KeyError {}
