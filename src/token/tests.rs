use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::clock::ManualClock;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const START: i64 = 1_800_000_000;
const HOUR: Duration = Duration::from_secs(3600);

fn tokens() -> (Tokens, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(DateTime::from_timestamp(START, 250_000_000).unwrap()));
    (Tokens::new(SECRET, clock.clone()).unwrap(), clock)
}

/// Claims that are accepted, for tests that spoil one of them.
fn claims() -> Value {
    json!({
        "sub": Uuid::from_u128(1),
        "tid": Uuid::from_u128(2),
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
    let issued = tokens.issue(Uuid::from_u128(2), Uuid::from_u128(1), HOUR).unwrap();
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
    let issued = tokens.issue(Uuid::nil(), Uuid::nil(), HOUR).unwrap();
    for (seconds, expected) in [(0, true), (3600, true), (4, true), (1, false), (86_400, false)] {
        clock.advance(chrono::Duration::seconds(seconds));
        let fresh = Tokens::new(SECRET, clock.clone()).unwrap();
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
    let issued = tokens.issue(Uuid::nil(), Uuid::nil(), HOUR).unwrap();
    clock.advance(chrono::Duration::seconds(-5));
    let late = Tokens::new(SECRET, clock.clone()).unwrap();
    assert!(late.verify(&issued.text).is_ok());
    clock.advance(chrono::Duration::seconds(-1));
    let late = Tokens::new(SECRET, clock).unwrap();
    assert_eq!(late.verify(&issued.text), Err(TokenError::NotYetValid));
}

#[test]
fn the_claims_of_the_other_tests_are_good() {
    let (tokens, _) = tokens();
    assert!(tokens.verify(&signed(&Header::new(Algorithm::HS256), &claims(), SECRET)).is_ok());
}

#[test]
fn a_missing_or_wrong_claim_is_refused() {
    let (tokens, _) = tokens();
    for claim in ["sub", "tid", "iat", "exp", "iss", "aud"] {
        for wrong in [None, Some(json!("other")), Some(json!(null)), Some(json!(["x"]))] {
            let mut claims = claims();
            match &wrong {
                None => drop(claims.as_object_mut().unwrap().remove(claim)),
                Some(value) => claims[claim] = value.clone(),
            }
            let token = signed(&Header::new(Algorithm::HS256), &claims, SECRET);
            assert_eq!(tokens.verify(&token), Err(TokenError::Invalid), "{claim} {wrong:?}");
        }
    }
}

#[test]
fn another_secret_or_algorithm_is_refused() {
    let (tokens, _) = tokens();
    let other_secret = signed(&Header::new(Algorithm::HS256), &claims(), &[7; 32]);
    let other_algorithm = signed(&Header::new(Algorithm::HS512), &claims(), SECRET);
    // {"alg":"none"} and no signature, with good claims.
    let good = signed(&Header::new(Algorithm::HS256), &claims(), SECRET);
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
    let issued = tokens.issue(Uuid::nil(), Uuid::nil(), HOUR).unwrap();
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
    let (_, clock) = tokens();
    assert_eq!(Tokens::new(&SECRET[1..], clock).err(), Some(ShortSecret));
}

#[test]
fn a_lifetime_beyond_the_calendar_is_refused() {
    let (tokens, _) = tokens();
    let issued = tokens.issue(Uuid::nil(), Uuid::nil(), Duration::MAX);
    assert_eq!(issued, Err(IssueError::Lifetime));
}
