//! How calls are signed: `t=<seconds since 1970>,n=<nonce>,v1=<HMAC-SHA-256 in hex>` over
//! `<t>.<n>.<METHOD> <path>.<body>`.
//!
//! Time and nonce let the other side refuse a call that somebody has recorded; method and path keep a signature from being
//! used for something else. Every attempt has a nonce of its own; what makes attempts one is the idempotency key.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A call, as it is signed.
pub(super) struct Signed<'a> {
    pub(super) seconds: i64,
    pub(super) nonce: &'a str,
    pub(super) method: &'a str,
    /// With the query, as it stands in the request.
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
}

/// The value of the header. `None` never happens: HMAC takes keys of any length.
pub(super) fn sign(secret: &[u8], call: &Signed<'_>) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(format!("{}.{}.{} {}.", call.seconds, call.nonce, call.method, call.path).as_bytes());
    mac.update(call.body);
    let digits = crate::hex::encode(mac.finalize().into_bytes());
    Some(format!("t={},n={},v1={digits}", call.seconds, call.nonce))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_others_compute() {
        // printf '1700000000.abc.POST /tms/transports.{"a":1}' | openssl dgst -sha256 -hmac secret
        let call = Signed {
            seconds: 1_700_000_000,
            nonce: "abc",
            method: "POST",
            path: "/tms/transports",
            body: br#"{"a":1}"#,
        };
        assert_eq!(
            sign(b"secret", &call).unwrap(),
            "t=1700000000,n=abc,v1=a6c210448f66c2972293ba00ecab90f8d16ba1a182ecd8476d6174cd0b10aa22"
        );
    }
}
