//! Tokens in a browser's cookies, and that no other page can make use of them.

use serde_json::{Value, json};

use super::{PASSWORD, code};
use crate::app::{Heard, TestApp};

const SIGN_IN: &str =
    "mutation($input: SignInInput!) { signIn(input: $input) { accessToken csrfToken sessionId errors { code } } }";
const REFRESH: &str = "mutation { refreshSession(input: {}) { accessToken csrfToken sessionId errors { code } } }";
const VIEWER: &str = "{ viewer { user { email } } }";
const OWN: (&str, &str) = ("origin", "http://desk.test");
const HOST: (&str, &str) = ("host", "desk.test");

/// What a browser keeps.
struct Browser {
    cookies: Vec<(String, String)>,
    csrf: String,
}

impl Browser {
    async fn sign_in(app: &TestApp) -> Self {
        let input = json!({ "tenant": "autos", "email": "ana@autos.test", "password": PASSWORD, "cookie": true });
        let heard = app.ask(SIGN_IN, json!({ "input": input }), &[HOST, OWN]).await;
        let csrf = heard.json["data"]["signIn"]["csrfToken"].as_str().unwrap_or_else(|| panic!("{:#}", heard.json));
        let mut browser = Self { cookies: Vec::new(), csrf: csrf.to_owned() };
        browser.keep(&heard);
        browser
    }

    fn keep(&mut self, heard: &Heard) {
        for header in heard.headers.get_all("set-cookie") {
            let (name, rest) = header.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap().to_owned();
            self.cookies.retain(|(known, _)| known != name);
            if !rest.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value));
            }
        }
    }

    fn header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    async fn ask(&self, app: &TestApp, query: &str, more: &[(&str, &str)]) -> Heard {
        let cookies = self.header();
        let mut headers = vec![HOST, ("cookie", cookies.as_str())];
        headers.extend_from_slice(more);
        app.ask(query, json!({}), &headers).await
    }
}

fn email(json: &Value) -> Option<&str> {
    json["data"]["viewer"]["user"]["email"].as_str()
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_kept_from_pages_except_for_the_proof() {
    let app = TestApp::world().await;
    let input = json!({ "tenant": "autos", "email": "ana@autos.test", "password": PASSWORD, "cookie": true });
    let heard = app.ask(SIGN_IN, json!({ "input": input }), &[HOST, OWN]).await;
    let cookies: Vec<_> = heard.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(cookies.len(), 3);
    assert!(cookies.iter().all(|cookie| cookie.contains("SameSite=Lax") && !cookie.contains("Domain")));
    let is_hidden: Vec<_> = cookies.iter().map(|cookie| cookie.contains("HttpOnly")).collect();
    assert_eq!(is_hidden, [true, true, false]);
    assert!(
        cookies[0].contains("Max-Age=900;") && cookies[1].contains("Path=/graphql; Max-Age=1209600;"),
        "{cookies:?}"
    );
    let plain = json!({ "tenant": "autos", "email": "ana@autos.test", "password": PASSWORD });
    let heard = app.ask(SIGN_IN, json!({ "input": plain }), &[HOST, OWN]).await;
    assert!(heard.headers.get("set-cookie").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_counts_with_the_proof_and_from_a_page_of_ours_only() {
    let app = TestApp::world().await;
    let browser = Browser::sign_in(&app).await;
    let other = Browser::sign_in(&app).await;
    let proof = ("x-csrf-token", browser.csrf.as_str());
    let foreign = ("origin", "https://evil.example");
    for (headers, expected) in [
        (&[OWN, proof][..], Ok(())),
        // Programs and same-origin GETs send no origin.
        (&[proof], Ok(())),
        (&[("sec-fetch-site", "same-origin"), proof], Ok(())),
        (&[OWN], Err("FORBIDDEN")),
        (&[], Err("FORBIDDEN")),
        (&[OWN, ("x-csrf-token", "")], Err("FORBIDDEN")),
        (&[OWN, ("x-csrf-token", "guess")], Err("FORBIDDEN")),
        (&[OWN, ("x-csrf-token", other.csrf.as_str())], Err("FORBIDDEN")),
        (&[foreign, proof], Err("FORBIDDEN")),
        (&[("origin", "null"), proof], Err("FORBIDDEN")),
        (&[("sec-fetch-site", "cross-site"), proof], Err("FORBIDDEN")),
    ] {
        let heard = browser.ask(&app, VIEWER, headers).await;
        match expected {
            Ok(()) => assert_eq!(email(&heard.json), Some("ana@autos.test"), "{headers:?} {:#}", heard.json),
            Err(expected) => {
                assert_eq!((heard.status.as_u16(), code(&heard.json).as_str()), (403, expected), "{headers:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bearer_token_wins_over_a_cookie_and_needs_no_proof() {
    let app = TestApp::world().await;
    let browser = Browser::sign_in(&app).await;
    let bearer = format!("Bearer {}", app.sign_in("autos", "jan@autos.test").await.token);
    let heard = browser.ask(&app, VIEWER, &[("authorization", &bearer), ("origin", "https://evil.example")]).await;
    assert_eq!(email(&heard.json), Some("jan@autos.test"));
    let wrong = browser.ask(&app, VIEWER, &[("authorization", "Bearer a.b.c"), ("x-csrf-token", &browser.csrf)]).await;
    assert_eq!((wrong.status.as_u16(), code(&wrong.json)), (401, "UNAUTHENTICATED".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_not_given_as_a_cookie_does_not_work_as_one() {
    let app = TestApp::world().await;
    let token = app.sign_in("autos", "jan@autos.test").await.token;
    let browser = Browser { cookies: vec![("mostrador-access".into(), token)], csrf: String::new() };
    for proof in ["", "x"] {
        assert_eq!(code(&browser.ask(&app, VIEWER, &[OWN, ("x-csrf-token", proof)]).await.json), "FORBIDDEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_renews_its_session_with_the_proof_and_without_the_access_token() {
    let app = TestApp::world().await;
    let mut browser = Browser::sign_in(&app).await;
    app.clock.advance(chrono::Duration::minutes(16));
    let csrf = browser.csrf.clone();
    let proof = ("x-csrf-token", csrf.as_str());
    assert_eq!(code(&browser.ask(&app, VIEWER, &[OWN, proof]).await.json), "UNAUTHENTICATED");
    assert_eq!(code(&browser.ask(&app, REFRESH, &[OWN]).await.json), "FORBIDDEN", "without proof");
    let foreign = browser.ask(&app, REFRESH, &[("origin", "https://evil.example"), proof]).await;
    assert_eq!(code(&foreign.json), "FORBIDDEN");
    let renewed = browser.ask(&app, REFRESH, &[OWN, proof]).await;
    assert_eq!(renewed.json["data"]["refreshSession"]["csrfToken"], csrf.as_str(), "{:#}", renewed.json);
    browser.keep(&renewed);
    assert_eq!(email(&browser.ask(&app, VIEWER, &[OWN, proof]).await.json), Some("ana@autos.test"));
    assert_eq!(code(&browser.ask(&app, REFRESH, &[OWN, proof]).await.json), "none", "again, with the new one");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_makes_the_browser_forget() {
    let app = TestApp::world().await;
    let mut browser = Browser::sign_in(&app).await;
    let csrf = browser.csrf.clone();
    let proof = ("x-csrf-token", csrf.as_str());
    let before = browser.header();
    let out = browser.ask(&app, "mutation { signOut(input: {}) { endedSessions } }", &[OWN, proof]).await;
    assert_eq!(out.json["data"]["signOut"]["endedSessions"], 1, "{:#}", out.json);
    browser.keep(&out);
    assert_eq!(browser.cookies, []);
    let thief = [HOST, OWN, ("cookie", before.as_str()), proof];
    assert_eq!(code(&app.ask(VIEWER, json!({}), &thief).await.json), "UNAUTHENTICATED");
    assert_eq!(code(&app.ask(REFRESH, json!({}), &thief).await.json), "INVALID_TOKEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_cannot_sign_a_browser_in() {
    let app = TestApp::world().await;
    let input = json!({ "tenant": "autos", "email": "ana@autos.test", "password": PASSWORD, "cookie": true });
    let heard = app.ask(SIGN_IN, json!({ "input": input }), &[HOST, ("origin", "https://evil.example")]).await;
    assert_eq!(code(&heard.json), "FORBIDDEN");
    assert!(heard.headers.get("set-cookie").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_cookie_does_not_keep_anybody_from_signing_in() {
    let app = TestApp::world().await;
    let browser = Browser::sign_in(&app).await;
    app.clock.advance(chrono::Duration::days(1));
    let sign_in = format!(
        "mutation {{ signIn(input: {{ tenant: \"autos\", email: \"jan@autos.test\", password: \"{PASSWORD}\" }}) {{ userId }} }}"
    );
    let heard = browser.ask(&app, &sign_in, &[OWN]).await;
    assert!(heard.json["data"]["signIn"]["userId"].is_string(), "{:#}", heard.json);
}
