//! Tokens that somebody has tampered with open nothing and break nothing.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mostrador::clock::ManualClock;
use mostrador::opaque_token::OpaqueToken;
use mostrador::token::{Bearer, Key, KeySet, TokenError, Tokens};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{TestApp, now};
use crate::sign_in::{code, signed_in, who};

const SECRET: [u8; 32] = [7; 32];
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEII1ih1bMafqPDHgz9J0PeSBPsrU41F4bmHiplge8U+MY\n-----END PRIVATE KEY-----\n";

/// A verifier that knows a secret and a key pair, and a token that each has signed.
fn bench() -> &'static (Tokens, [String; 2]) {
    static BENCH: OnceLock<(Tokens, [String; 2])> = OnceLock::new();
    BENCH.get_or_init(|| {
        let clock = Arc::new(ManualClock::at(now()));
        let (secret, pair) = (Key::secret(&SECRET).unwrap(), Key::pem(PRIVATE).unwrap());
        let bearer = Bearer {
            user_id: Uuid::from_u128(1),
            tenant_id: Uuid::from_u128(2),
            session_id: Uuid::from_u128(3),
            home_tenant_id: None,
            csrf_hash: None,
        };
        let by_secret = Tokens::new(KeySet::new(&secret, []).unwrap(), clock.clone());
        let all = Tokens::new(KeySet::new(&pair, [secret]).unwrap(), clock);
        let good = [&by_secret, &all].map(|tokens| tokens.issue(&bearer, Duration::from_secs(900)).unwrap().text);
        (all, good)
    })
}

/// What can be done to a token.
#[derive(Debug, Clone)]
enum Tampering {
    FlipBit(usize, u8),
    Cut(usize),
    CutFront(usize),
    Insert(usize, char),
    Repeat,
    Swap(usize, usize),
    /// A segment of the other token in place of one's own.
    Graft(usize),
    /// A claim or a header of one's own choice, with the old signature.
    Forge(bool, String, Value),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let name = prop::sample::select(vec![
        "alg", "kid", "typ", "jwk", "x5u", "sub", "tid", "sid", "home", "exp", "iat", "aud", "iss", "csrf", "nbf",
    ]);
    let value = prop_oneof![
        Just(json!("none")),
        Just(json!("HS256")),
        Just(json!("EdDSA")),
        Just(json!(null)),
        Just(json!(i64::MAX)),
        Just(json!(["mostrador-api"])),
        any::<u128>().prop_map(|id| json!(Uuid::from_u128(id))),
        ".{0,40}".prop_map(|text| json!(text)),
    ];
    prop_oneof![
        (any::<usize>(), 0u8..7).prop_map(|(at, bit)| Tampering::FlipBit(at, bit)),
        any::<usize>().prop_map(Tampering::Cut),
        any::<usize>().prop_map(Tampering::CutFront),
        (any::<usize>(), any::<char>()).prop_map(|(at, letter)| Tampering::Insert(at, letter)),
        Just(Tampering::Repeat),
        (0usize..3, 0usize..3).prop_map(|(left, right)| Tampering::Swap(left, right)),
        (0usize..3).prop_map(Tampering::Graft),
        (any::<bool>(), name, value).prop_map(|(header, name, value)| Tampering::Forge(header, name.into(), value)),
    ]
}

fn tampered(token: &str, other: &str, how: &Tampering) -> String {
    let segments = || token.split('.').map(ToOwned::to_owned).collect::<Vec<String>>();
    match how {
        Tampering::FlipBit(at, bit) => {
            let mut bytes = token.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        Tampering::Cut(at) => token[..at % token.len()].to_owned(),
        Tampering::CutFront(at) => token[1 + at % (token.len() - 1)..].to_owned(),
        Tampering::Insert(at, letter) => {
            let mut text = token.to_owned();
            text.insert(at % (token.len() + 1), *letter);
            text
        }
        Tampering::Repeat => format!("{token}.{token}"),
        Tampering::Swap(left, right) => {
            let mut segments = segments();
            let (left, right) = (left % segments.len(), right % segments.len());
            segments.swap(left, right);
            segments.join(".")
        }
        Tampering::Graft(at) => {
            let mut segments = segments();
            let at = at % segments.len();
            segments[at] = other.split('.').nth(at).unwrap().to_owned();
            segments.join(".")
        }
        Tampering::Forge(header, name, value) => {
            let mut segments = segments();
            let at = usize::from(!header);
            let mut json: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&segments[at]).unwrap()).unwrap();
            json[name] = value.clone();
            segments[at] = URL_SAFE_NO_PAD.encode(json.to_string());
            segments.join(".")
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn no_access_token_but_the_issued_one_is_valid(which in 0usize..2, how in tampering()) {
        let (tokens, good) = bench();
        let text = tampered(&good[which], &good[1 - which], &how);
        prop_assume!(!good.contains(&text));
        prop_assert_eq!(tokens.verify(&text), Err(TokenError::Invalid), "{}", text);
        prop_assert!(tokens.verify(&good[which]).is_ok());
    }

    #[test]
    fn random_text_is_no_token(text in "\\PC{0,300}") {
        prop_assert_eq!(bench().0.verify(&text), Err(TokenError::Invalid));
        prop_assert!(OpaqueToken::parse(&text).is_none());
    }

    #[test]
    fn every_spelling_of_an_opaque_token_but_one_has_another_hash_or_none(how in tampering()) {
        static GOOD: OnceLock<[String; 2]> = OnceLock::new();
        let good = GOOD.get_or_init(|| [5, 6].map(|tenant| OpaqueToken::new(Uuid::from_u128(tenant)).unwrap().text().to_owned()));
        // There is no JSON in it to forge, and it has two segments.
        let how = match how {
            Tampering::Forge(..) => Tampering::Repeat,
            Tampering::Graft(at) => Tampering::Graft(at % 2),
            other => other,
        };
        let text = tampered(&good[0], &good[1], &how);
        prop_assume!(!good.contains(&text));
        let own = OpaqueToken::parse(&good[0]).unwrap();
        prop_assert!(OpaqueToken::parse(&text).is_none_or(|parsed| parsed.hash != own.hash));
    }
}

#[test]
fn an_unsigned_token_with_a_known_key_is_refused() {
    let (tokens, good) = bench();
    for token in good {
        let segments: Vec<&str> = token.split('.').collect();
        let mut header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segments[0]).unwrap()).unwrap();
        for alg in ["none", "None", "NONE", "", "HS384", "RS256", "ES256"] {
            header["alg"] = json!(alg);
            let forged = URL_SAFE_NO_PAD.encode(header.to_string());
            for signature in [segments[2], ""] {
                let text = format!("{forged}.{}.{signature}", segments[1]);
                assert_eq!(tokens.verify(&text), Err(TokenError::Invalid), "{alg}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tampered_refresh_tokens_open_nothing_and_end_nothing() {
    let app = TestApp::world().await;
    let (one, two) = (signed_in(&app, "ana@autos.test").await, signed_in(&app, "jan@autos.test").await);
    let [good, other] = [&one, &two].map(|session| session["refreshToken"].as_str().unwrap().to_owned());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let refresh =
        "mutation($token: String) { refreshSession(input: { refreshToken: $token }) { accessToken errors { code } } }";
    for _ in 0..150 {
        let how = tampering().new_tree(&mut runner).unwrap().current();
        let how = match how {
            Tampering::Forge(..) => continue,
            Tampering::Graft(at) => Tampering::Graft(at % 2),
            other => other,
        };
        let text = tampered(&good, &other, &how);
        if text == good || text == other {
            continue;
        }
        let heard = app.ask(refresh, json!({ "token": text }), &[]).await;
        assert_eq!(heard.status, 200);
        assert_eq!(code(&heard.json), "INVALID_TOKEN", "{how:?}: {:#}", heard.json);
    }
    assert_eq!(who(&app, &one["accessToken"]).await, "ana@autos.test");
    assert_eq!(code(&app.ask(refresh, json!({ "token": good }), &[]).await.json), "none");
}
