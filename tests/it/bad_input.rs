//! Whatever comes in, the answer is a JSON document with a code and a fitting status; never a fault, never a panic,
//! never a word of SQL.

mod documents;
mod envelope;
mod extremes;
mod tokens;
mod types;

use std::sync::{Mutex, Once};

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use entity::model::Verb;
use mostrador::processes;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::app::TestApp;

/// Somebody who means no good.
struct Hostile {
    app: TestApp,
    /// Of an administrator of the business `autos`.
    token: String,
    /// Of somebody who runs the platform.
    platform: String,
}

/// An answer, with all that must hold of any answer already checked.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    json: Value,
}

impl Answer {
    /// The code of the first error at the top, or nothing.
    fn code(&self) -> &str {
        self.json["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }
}

impl Hostile {
    async fn new() -> Self {
        watch_panics();
        let app = TestApp::world().await;
        let token = app.somebody_of("autos").await.token;
        let platform = app.sign_in("platform", "vera@platform.test").await.token;
        Self { app, token, platform }
    }

    /// The same, as somebody who may call the mutation: who runs the platform where only they may.
    ///
    /// Whoever may not is told so before the input is read, which would show nothing of how it is read.
    async fn ask_as_one_who_may(&self, verb: &Verb, query: &str, variables: Value) -> Answer {
        let of_platform = [&processes::PLATFORM, &processes::TENANTS];
        let is_of_platform = of_platform.iter().any(|process| std::ptr::eq(*process, verb.right.process));
        let token = if is_of_platform { &self.platform } else { &self.token };
        let answer = self.post_as(token, json!({ "query": query, "variables": variables }).to_string()).await;
        assert!(!["FORBIDDEN", "UNAUTHENTICATED"].contains(&answer.code()), "{}: {answer:#?}", verb.name);
        answer
    }

    /// Sends an operation with its variables in the usual envelope.
    async fn ask(&self, query: &str, variables: Value) -> Answer {
        self.post(json!({ "query": query, "variables": variables }).to_string()).await
    }

    /// Posts a body in the usual envelope.
    async fn post(&self, body: impl Into<Body>) -> Answer {
        self.post_as(&self.token, body).await
    }

    async fn post_as(&self, token: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(request.body(body.into()).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let what = format!("{} {}", request.method(), request.uri().path());
        let response = self.app.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        let json: Value = serde_json::from_slice(&body)
            .unwrap_or_else(|_| panic!("{what}: {} not JSON: {}", parts.status, String::from_utf8_lossy(&body)));
        let answer = Answer { status: parts.status, headers: parts.headers, json };
        assert!(!answer.status.is_server_error(), "{what}: {answer:#?}");
        let failed = answer.json.get("errors").is_some();
        assert!(failed || answer.status.is_success(), "{what}: {answer:#?}");
        for error in answer.json["errors"].as_array().into_iter().flatten() {
            let code = error["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{what}: no code: {answer:#?}"));
            assert!(!["INTERNAL", "UNAVAILABLE", "TIMEOUT"].contains(&code), "{what}: {answer:#?}");
            assert!(error["extensions"]["requestId"].is_string(), "{what}: {answer:#?}");
            assert!(!error["message"].as_str().unwrap().is_empty(), "{what}: {answer:#?}");
        }
        says_nothing_of_sql(&answer.json);
        no_panic();
        answer
    }
}

/// Looks through every message of an answer, at the top and in payloads.
fn says_nothing_of_sql(json: &Value) {
    const WORDS: [&str; 24] = [
        "select t",
        "select o",
        "select 1",
        "insert into",
        "delete from",
        "returning",
        "syntax error at",
        "near \"",
        "relation",
        "violates",
        "duplicate key",
        "invalid input",
        "out of range",
        "sqlstate",
        "pg_",
        "tenant_id",
        "app.",
        "_fkey",
        "_check",
        "_pkey",
        "_key",
        "::",
        "overflow",
        "panicked",
    ];
    match json {
        Value::Array(items) => items.iter().for_each(says_nothing_of_sql),
        Value::Object(map) => {
            if let Some(Value::String(message)) = map.get("message") {
                let lower = message.to_lowercase();
                let found = WORDS.iter().find(|word| lower.contains(**word));
                assert_eq!(found, None, "{message}");
                assert!(message.len() < 1000, "a message of {} bytes: {}…", message.len(), &lower[..200]);
            }
            map.values().for_each(says_nothing_of_sql);
        }
        _ => {}
    }
}

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Remembers panics of the program; a failing test panics as well, but in a file of its own.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            if !place.starts_with("tests/") {
                PANICS.lock().unwrap().push(panic.to_string());
            }
            before(panic);
        }));
    });
}

fn no_panic() {
    let panics = PANICS.lock().unwrap();
    assert!(panics.is_empty(), "the program panicked: {panics:?}");
}
