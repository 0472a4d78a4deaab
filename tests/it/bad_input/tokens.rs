//! Tokens that are none of ours, or no longer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, header};
use mostrador::clock::ManualClock;
use mostrador::token::{Bearer, Key, KeySet, Tokens};
use serde_json::json;
use uuid::Uuid;

use super::Hostile;
use crate::app::now;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_ours_or_no_longer_valid_is_refused() {
    let hostile = Hostile::new().await;
    let whole = hostile.token.clone();
    let (head, rest) = whole.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let issue = |key: [u8; 32], at| {
        let keys = KeySet::new(&Key::secret(&key).unwrap(), []).unwrap();
        let tokens = Tokens::new(keys, Arc::new(ManualClock::at(at)));
        let nobody = Uuid::nil();
        let bearer =
            Bearer { user_id: nobody, tenant_id: nobody, session_id: nobody, home_tenant_id: None, csrf_hash: None };
        tokens.issue(&bearer, Duration::from_secs(60)).unwrap().text
    };
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
    let flipped: String = signature.chars().rev().collect();
    for (why, token) in [
        ("expired", issue([7; 32], now() - chrono::TimeDelta::days(1))),
        ("of another key", issue([8; 32], now())),
        ("unsigned", unsigned),
        ("without its signature", format!("{head}.{claims}.")),
        ("cut", whole[..whole.len() - 1].to_owned()),
        ("with another signature", format!("{head}.{claims}.{flipped}")),
        ("with the claims twice", format!("{head}.{claims}.{claims}.{signature}")),
        ("garbled", "a.b.c".to_owned()),
        ("no token", "x".to_owned()),
        ("long", "x".repeat(100_000)),
        ("with an unknown head", format!("e30.{claims}.{signature}")),
    ] {
        let answer = asked_with(&hostile, &format!("Bearer {token}")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"), "{why}: {answer:#?}");
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer", "{why}");
        assert!(answer.json.get("data").is_none(), "{why}");
    }
    for scheme in ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Digest x", "bearer\t", "Token abc"] {
        let answer = asked_with(&hostile, scheme).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"), "{scheme:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_is_no_text_or_comes_twice_is_refused() {
    let hostile = Hostile::new().await;
    let body = json!({ "query": "{ viewer { user { id } } }" }).to_string();
    let request = || Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
    let garbled = request().header(header::AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xff\xfe").unwrap());
    let twice = request()
        .header(header::AUTHORIZATION, format!("Bearer {}", hostile.token))
        .header(header::AUTHORIZATION, format!("Bearer {}", hostile.token));
    for request in [garbled, twice] {
        let answer = hostile.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
    }
    // A request id that is no sane token is not repeated.
    let odd = request().header("x-request-id", HeaderValue::from_bytes(b"<script>\xff").unwrap());
    let answer = hostile.send(odd.body(Body::from(body)).unwrap()).await;
    assert!(!answer.headers["x-request-id"].to_str().unwrap().contains("script"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_of_a_tenant_is_shown() {
    let hostile = Hostile::new().await;
    for query in [
        "{ viewer { user { id } } }",
        "{ contacts { totalCount } }",
        "mutation { createContact(input: {}) { errors { code } } }",
    ] {
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        let answer = hostile.send(request.body(Body::from(json!({ "query": query }).to_string())).unwrap()).await;
        assert_eq!(answer.code(), "UNAUTHENTICATED", "{query}: {answer:#?}");
    }
}

/// The same valid operation under another Authorization header.
async fn asked_with(hostile: &Hostile, authorization: &str) -> super::Answer {
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/graphql-response+json")
        .header(header::AUTHORIZATION, authorization)
        .body(Body::from(json!({ "query": "{ viewer { user { id } } }" }).to_string()))
        .unwrap();
    hostile.send(request).await
}
