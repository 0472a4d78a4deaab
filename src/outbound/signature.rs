//! How calls to webhooks are signed: `t=<seconds since 1970>,v1=<HMAC-SHA-256 in hex of "<t>.<body>">`.
//!
//! The time is signed along, so that an old call that somebody has recorded is recognised as old.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The value of the header. `None` never happens: HMAC takes keys of any length.
pub(super) fn sign(secret: &[u8], seconds: i64, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(format!("t={seconds},v1={}", crate::hex::encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_others_compute() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            sign(b"secret", 1_700_000_000, br#"{"a":1}"#).unwrap(),
            "t=1700000000,v1=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686"
        );
    }
}
