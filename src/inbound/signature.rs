//! How providers prove that they sent something: HMAC-SHA256 of the body with a secret that both sides know.

use hmac::digest::CtOutput;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The header, the same for all webhooks: `sha256=` and 64 hexadecimal digits.
const PREFIX: &str = "sha256=";

/// A signature that came along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signature([u8; 32]);

impl Signature {
    /// Reads the header; none when it cannot be one.
    pub(super) fn read(header: &str) -> Option<Self> {
        header.strip_prefix(PREFIX).and_then(crate::hex::decode).map(Self)
    }

    /// Whether somebody who knows the secret signed this. Takes the same time for right and wrong ones.
    pub(super) fn is_of(&self, secret: &str, body: &[u8]) -> bool {
        mac(secret, body) == CtOutput::new(self.0.into())
    }
}

/// Whether two secrets are the same, in a time that tells nothing about either but their lengths.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    // Their digests are compared, which are equally long and not for anybody to choose.
    mac(PREFIX, one.as_bytes()) == mac(PREFIX, other.as_bytes())
}

fn mac(secret: &str, message: &[u8]) -> CtOutput<Hmac<Sha256>> {
    // It takes keys of any length.
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mut mac = mac.unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(message);
    mac.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test case 2 of RFC 4231.
    const SECRET: &str = "Jefe";
    const BODY: &[u8] = b"what do ya want for nothing?";
    const HEADER: &str = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn a_signature_is_that_of_the_secret_and_every_bit_of_the_body() {
        let signature = Signature::read(HEADER).unwrap();
        assert!(signature.is_of(SECRET, BODY));
        assert!(Signature::read(&HEADER.to_uppercase().replace("SHA256", "sha256")).unwrap().is_of(SECRET, BODY));
        assert!(!signature.is_of("jefe", BODY));
        for at in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[at] ^= 1;
            assert!(!signature.is_of(SECRET, &body));
        }
    }

    #[test]
    fn what_is_no_signature_is_none() {
        for bad in
            ["", "sha256=", &HEADER[..70], &HEADER[7..], &format!("{HEADER}0"), &HEADER.replace('5', "g"), "sha1=5b"]
        {
            assert_eq!(Signature::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn secrets_are_the_same_or_not() {
        assert!(is_same("word", "word"));
        assert!(!is_same("word", "words"));
        assert!(!is_same("", "word"));
    }
}
