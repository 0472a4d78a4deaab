//! How often somebody may be wrong.

use std::net::IpAddr;

use mostrador::graphql::service::{AnswerKind, Call, Caller, GraphqlService, RequestId};
use serde_json::{Value, json};

use super::{PASSWORD, code, sign_in, signed_in};
use crate::app::TestApp;

/// An attempt from an address, below HTTP: the answer's kind and document.
async fn attempt(app: &TestApp, address: &str, email: &str, password: &str) -> (AnswerKind, Value) {
    let input = json!({ "tenant": "autos", "email": email, "password": password });
    let answer = app
        .gateway
        .execute(Call {
            query: "mutation($input: SignInInput!) { signIn(input: $input) { userId errors { code } } }".into(),
            operation_name: None,
            variables: json!({ "input": input }).as_object().cloned(),
            extensions: None,
            queries_only: false,
            bearer: None,
            caller: Caller { address: Some(address.parse::<IpAddr>().unwrap()), ..Caller::default() },
            request_id: RequestId::accept("test-request").unwrap(),
        })
        .await;
    (answer.kind, serde_json::from_slice(&answer.body).unwrap())
}

async fn codes(app: &TestApp, count: usize, password: &str) -> Vec<String> {
    let mut codes = Vec::new();
    for _ in 0..count {
        codes.push(code(&sign_in(app, "autos", "ana@autos.test", password).await.json));
    }
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_failures_an_account_is_shut_for_the_rest_of_a_quarter_of_an_hour() {
    let app = TestApp::world().await;
    assert_eq!(codes(&app, 9, "wrong").await, ["INVALID_CREDENTIALS"; 9]);
    app.clock.advance(chrono::Duration::minutes(10));
    assert_eq!(codes(&app, 2, "wrong").await, ["INVALID_CREDENTIALS", "RATE_LIMITED"]);
    let hashes = app.services.passwords.hashes();
    let heard = sign_in(&app, "autos", "ana@autos.test", PASSWORD).await;
    assert_eq!(heard.status, 429);
    assert_eq!(heard.headers["retry-after"], "300");
    let error = &heard.json["errors"][0];
    assert_eq!(error["extensions"]["code"], "RATE_LIMITED");
    assert_eq!(error["extensions"]["retryAfter"], 300);
    assert_eq!(app.services.passwords.hashes(), hashes, "who is shut out costs no hash");
    // Others are not concerned.
    assert_eq!(code(&sign_in(&app, "autos", "jan@autos.test", PASSWORD).await.json), "none");
    app.clock.advance(chrono::Duration::minutes(5));
    assert_eq!(codes(&app, 1, PASSWORD).await, ["none"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_does_not_exist_is_shut_like_one_that_does() {
    let app = TestApp::world().await;
    for (tenant, email) in [("autos", "nobody@autos.test"), ("nowhere", "nobody@autos.test")] {
        let mut codes = Vec::new();
        for _ in 0..11 {
            codes.push(code(&sign_in(&app, tenant, email, "wrong").await.json));
        }
        assert_eq!(codes.pop().unwrap(), "RATE_LIMITED", "{tenant}");
        assert_eq!(codes, ["INVALID_CREDENTIALS"; 10]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_wipes_the_slate_of_the_account() {
    let app = TestApp::world().await;
    for _ in 0..3 {
        assert_eq!(codes(&app, 9, "wrong").await, ["INVALID_CREDENTIALS"; 9]);
        signed_in(&app, "ana@autos.test").await;
    }
    assert_eq!(app.cell("select count(*) from sign_in_failures where kind = 'ACCOUNT'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_gateway_has_counted_holds_for_all() {
    let app = TestApp::world().await;
    let other = app.beside(|_| ()).await;
    assert_eq!(codes(&app, 10, "wrong").await, ["INVALID_CREDENTIALS"; 10]);
    assert_eq!(codes(&other, 2, PASSWORD).await, ["RATE_LIMITED"; 2]);
    assert_eq!(other.services.passwords.hashes(), 0);
    other.clock.advance(chrono::Duration::minutes(15));
    assert_eq!(codes(&other, 1, PASSWORD).await, ["none"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_attempts_at_the_same_moment_no_more_get_through_than_of_many_in_a_row() {
    let app = TestApp::world().await;
    let attempts = (0..60).map(|_| sign_in(&app, "autos", "ana@autos.test", "wrong"));
    let codes: Vec<String> =
        futures_util::future::join_all(attempts).await.iter().map(|heard| code(&heard.json)).collect();
    assert_eq!(codes.iter().filter(|code| *code == "INVALID_CREDENTIALS").count(), 10, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| *code == "RATE_LIMITED").count(), 50);
    assert_eq!(app.services.passwords.hashes(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_shut_after_a_hundred_failures_with_whatever_accounts() {
    let app = TestApp::world().await;
    for number in 0..100 {
        let (_, answer) = attempt(&app, "203.0.113.9", &format!("user{number}@autos.test"), "wrong").await;
        assert_eq!(code(&answer), "INVALID_CREDENTIALS", "{number}");
    }
    let (kind, answer) = attempt(&app, "203.0.113.9", "ana@autos.test", PASSWORD).await;
    assert_eq!(kind, AnswerKind::RateLimited(900), "{answer:#}");
    let elsewhere = attempt(&app, "203.0.113.10", "ana@autos.test", PASSWORD).await;
    assert_eq!(code(&elsewhere.1), "none");
    // Another gateway has it from the database.
    let other = app.beside(|_| ()).await;
    assert_eq!(attempt(&other, "203.0.113.9", "ana@autos.test", PASSWORD).await.0, AnswerKind::RateLimited(900));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_network_of_addresses_has_one() {
    let app = TestApp::world().await;
    for number in 0..100 {
        let address = format!("2001:db8:1:2::{number:x}");
        attempt(&app, &address, &format!("user{number}@autos.test"), "wrong").await;
    }
    let same = attempt(&app, "2001:db8:1:2:ffff::1", "ana@autos.test", PASSWORD).await;
    assert!(matches!(same.0, AnswerKind::RateLimited(_)));
    assert_eq!(code(&attempt(&app, "2001:db8:1:3::1", "ana@autos.test", PASSWORD).await.1), "none");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_and_no_account_is_stored_in_clear() {
    let app = TestApp::world().await;
    attempt(&app, "203.0.113.9", "ana@autos.test", "wrong").await;
    let rows = app.rows("select kind, octet_length(subject_hash), failures from sign_in_failures order by kind").await;
    assert_eq!(rows, [["ACCOUNT", "32", "1"], ["ADDRESS", "32", "1"]]);
}
