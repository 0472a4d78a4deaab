use std::sync::Arc;

use serde_json::{Value, json};

use jsonwebtoken::{Algorithm, EncodingKey};

use super::*;
use crate::clock::ManualClock;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const OTHER_SECRET: &[u8] = b"fedcba9876543210fedcba9876543210";
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIFGtWwGOLHbzcKxzshy/KYr+zZtET38BqgqO41cttWuc\n-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA0NFxhcsrFOkK7RevCWxO4druFx+2NhjGpFOiPZbpRzM=\n-----END PUBLIC KEY-----\n";
const START: i64 = 1_800_000_000;
const HOUR: Duration = Duration::from_secs(3600);

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(DateTime::from_timestamp(START, 250_000_000).unwrap()))
}

fn secret(secret: &[u8]) -> Key {
    Key::secret(secret).unwrap()
}

fn with_secret(clock: Arc<ManualClock>) -> Tokens {
    with_keys(&secret(SECRET), [], clock)
}

fn with_keys<const N: usize>(signing: &Key, others: [Key; N], clock: Arc<ManualClock>) -> Tokens {
    Tokens::new(KeySet::new(signing, others).unwrap(), clock)
}

fn tokens() -> (Tokens, Arc<ManualClock>) {
    let clock = clock();
    (with_secret(clock.clone()), clock)
}

fn somebody() -> Bearer {
    Bearer {
        user_id: Uuid::from_u128(1),
        tenant_id: Uuid::from_u128(2),
        session_id: Uuid::from_u128(3),
        home_tenant_id: None,
        csrf_hash: None,
    }
}

/// The header of a good token of the secret.
fn header() -> Header {
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(secret(SECRET).id().to_owned());
    header
}

/// Claims that are accepted, for tests that spoil one of them.
fn claims() -> Value {
    json!({
        "sub": Uuid::from_u128(1),
        "tid": Uuid::from_u128(2),
        "sid": Uuid::from_u128(3),
        "iat": START,
        "exp": START + 3600,
        "iss": ISSUER,
        "aud": AUDIENCE,
    })
}

fn signed(header: &Header, claims: &Value, secret: &[u8]) -> String {
    encode(header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

#[test]
fn a_token_says_who_asks() {
    let (tokens, _) = tokens();
    let issued = tokens.issue(&somebody(), HOUR).unwrap();
    let identity = tokens.verify(&issued.text).unwrap();
    assert_eq!(identity.user_id, Uuid::from_u128(1));
    assert_eq!(identity.tenant_id, Uuid::from_u128(2));
    assert_eq!(identity.expires_at, issued.expires_at);
    assert_eq!(identity.expires_at.timestamp(), START + 3600);
    assert!(!format!("{issued:?}").contains(&issued.text));
}

#[test]
fn a_token_ends_after_its_time_and_the_leeway_remembered_or_not() {
    let (tokens, clock) = tokens();
    let issued = tokens.issue(&somebody(), HOUR).unwrap();
    for (seconds, expected) in [(0, true), (3600, true), (4, true), (1, false), (86_400, false)] {
        clock.advance(chrono::Duration::seconds(seconds));
        let fresh = with_secret(clock.clone());
        for verifier in [&tokens, &fresh] {
            let verified = verifier.verify(&issued.text);
            assert_eq!(verified.is_ok(), expected, "{seconds}");
            assert_eq!(verified.err(), (!expected).then_some(TokenError::Expired));
        }
    }
}

#[test]
fn a_token_from_the_future_is_refused() {
    let (tokens, clock) = tokens();
    let issued = tokens.issue(&somebody(), HOUR).unwrap();
    clock.advance(chrono::Duration::seconds(-5));
    let late = with_secret(clock.clone());
    assert!(late.verify(&issued.text).is_ok());
    clock.advance(chrono::Duration::seconds(-1));
    let late = with_secret(clock);
    assert_eq!(late.verify(&issued.text), Err(TokenError::NotYetValid));
}

#[test]
fn the_claims_of_the_other_tests_are_good() {
    let (tokens, _) = tokens();
    assert!(tokens.verify(&signed(&header(), &claims(), SECRET)).is_ok());
}

#[test]
fn a_missing_or_wrong_claim_is_refused() {
    let (tokens, _) = tokens();
    for claim in ["sub", "tid", "sid", "iat", "exp", "iss", "aud"] {
        for wrong in [None, Some(json!("other")), Some(json!(null)), Some(json!(["x"]))] {
            let mut claims = claims();
            match &wrong {
                None => drop(claims.as_object_mut().unwrap().remove(claim)),
                Some(value) => claims[claim] = value.clone(),
            }
            let token = signed(&header(), &claims, SECRET);
            assert_eq!(tokens.verify(&token), Err(TokenError::Invalid), "{claim} {wrong:?}");
        }
    }
}

#[test]
fn another_secret_or_algorithm_is_refused() {
    let (tokens, _) = tokens();
    let other_secret = signed(&header(), &claims(), &[7; 32]);
    let other_algorithm = signed(&Header { alg: Algorithm::HS512, ..header() }, &claims(), SECRET);
    // {"alg":"none"} and no signature, with good claims.
    let good = signed(&header(), &claims(), SECRET);
    let payload = good.split('.').nth(1).unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{payload}.");
    for token in [&other_secret, &other_algorithm, &unsigned] {
        assert_eq!(tokens.verify(token), Err(TokenError::Invalid));
    }
}

#[test]
fn nonsense_is_refused() {
    let (tokens, _) = tokens();
    for token in ["", ".", "..", "a.b.c", "ñ", &"a".repeat(1 << 20)] {
        assert_eq!(tokens.verify(token), Err(TokenError::Invalid));
    }
}

#[test]
fn a_changed_token_is_refused_although_the_good_one_is_remembered() {
    let (tokens, _) = tokens();
    let issued = tokens.issue(&somebody(), HOUR).unwrap();
    tokens.verify(&issued.text).unwrap();
    for at in 0..issued.text.len() {
        let mut changed = issued.text.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'Q' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(tokens.verify(&changed), Err(TokenError::Invalid), "byte {at}");
    }
}

#[test]
fn a_short_secret_is_refused() {
    assert_eq!(Key::secret(&SECRET[1..]).err(), Some(ShortSecret));
}

#[test]
fn a_token_keeps_all_that_it_is_made_for() {
    let (tokens, _) = tokens();
    let bearer = Bearer { home_tenant_id: Some(Uuid::from_u128(9)), csrf_hash: Some([0xab; 32]), ..somebody() };
    let identity = tokens.verify(&tokens.issue(&bearer, HOUR).unwrap().text).unwrap();
    assert_eq!(identity.session_id, bearer.session_id);
    assert_eq!(identity.home_tenant_id, bearer.home_tenant_id);
    assert_eq!(identity.csrf_hash, bearer.csrf_hash);
}

#[test]
fn a_spoilt_csrf_claim_is_refused() {
    let (tokens, _) = tokens();
    for csrf in ["", "ab", &"g".repeat(64), &"ñ".repeat(32)] {
        let mut claims = claims();
        claims["csrf"] = json!(csrf);
        assert_eq!(tokens.verify(&signed(&header(), &claims, SECRET)), Err(TokenError::Invalid), "{csrf}");
    }
}

#[test]
fn a_token_names_its_key_and_no_other_is_tried() {
    let (tokens, _) = tokens();
    for kid in [None, Some(""), Some("0000000000000000"), Some(secret(OTHER_SECRET).id())] {
        let header = Header { kid: kid.map(ToOwned::to_owned), ..header() };
        assert_eq!(tokens.verify(&signed(&header, &claims(), SECRET)), Err(TokenError::Invalid), "{kid:?}");
    }
}

#[test]
fn keys_change_without_signing_anybody_out() {
    let clock = clock();
    let (old, new) = (secret(SECRET), Key::pem(PRIVATE).unwrap());
    let before = with_keys(&old, [], clock.clone());
    // Gateways learn of the new key one by one, then sign with it one by one, then forget the old one.
    let between = with_keys(&old, [Key::pem(PUBLIC).unwrap()], clock.clone());
    let after = with_keys(&new, [old], clock.clone());
    let at_last = with_keys(&new, [], clock);
    let signed = |tokens: &Tokens| tokens.issue(&somebody(), HOUR).unwrap().text;
    for verifier in [&before, &between, &after] {
        assert!(verifier.verify(&signed(&before)).is_ok() && verifier.verify(&signed(&between)).is_ok());
    }
    for verifier in [&between, &after, &at_last] {
        assert!(verifier.verify(&signed(&after)).is_ok() && verifier.verify(&signed(&at_last)).is_ok());
    }
    assert_eq!(before.verify(&signed(&after)), Err(TokenError::Invalid));
    assert_eq!(at_last.verify(&signed(&before)), Err(TokenError::Invalid));
}

#[test]
fn a_public_key_verifies_and_does_not_sign() {
    let public = Key::pem(PUBLIC).unwrap();
    assert_eq!(KeySet::new(&public, []).err(), Some(KeyError::CannotSign));
    assert_eq!(public.id(), Key::pem(PRIVATE).unwrap().id());
    for text in ["", "nonsense", &PUBLIC.replace("MCow", "MCox"), &PRIVATE[..60]] {
        assert_eq!(Key::pem(text).err(), Some(KeyError::Malformed), "{text}");
    }
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    let tokens = with_keys(&Key::pem(PRIVATE).unwrap(), [secret(SECRET)], clock());
    let kid = Key::pem(PRIVATE).unwrap().id().to_owned();
    let der = &ed25519_dalek::pkcs8::DecodePublicKey::from_public_key_pem(PUBLIC)
        .map(|key: ed25519_dalek::VerifyingKey| key.to_bytes())
        .unwrap();
    for forged_with in [PUBLIC.as_bytes(), der] {
        for alg in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some(kid.clone()), alg, ..header() };
            assert_eq!(tokens.verify(&signed(&header, &claims(), forged_with)), Err(TokenError::Invalid));
        }
    }
    // Nor does the secret sign under the name of the key pair, nor the pair under that of the secret.
    let header = Header { kid: Some(kid), ..header() };
    assert_eq!(tokens.verify(&signed(&header, &claims(), SECRET)), Err(TokenError::Invalid));
    let other = with_keys(&Key::pem(PRIVATE).unwrap(), [], clock());
    let good = other.issue(&somebody(), HOUR).unwrap().text;
    assert!(tokens.verify(&good).is_ok());
}

#[test]
fn a_lifetime_beyond_the_calendar_is_refused() {
    let (tokens, _) = tokens();
    let issued = tokens.issue(&somebody(), Duration::MAX);
    assert_eq!(issued, Err(IssueError::Lifetime));
}
