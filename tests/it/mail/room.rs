//! A gateway with all of its mail room at work, and somebody who is not signed in.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use mostrador::work::{Crew, Tenancy};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::fake_smtp::{FakeSmtp, Taken};
use super::{ids, postman};
use crate::app::{TestApp, outbox};

/// The gateway, the server that its mails arrive at, and its workers.
pub(crate) struct MailRoom {
    pub(crate) app: TestApp,
    pub(crate) server: FakeSmtp,
    crew: Crew,
}

impl MailRoom {
    /// Over the world of `world.sql`.
    pub(crate) async fn open() -> Self {
        let app = TestApp::world().await;
        let server = FakeSmtp::start([]).await;
        let mut workers = mostrador::identity::workers(&Tenancy::new(app.database.clone()), &outbox(&ids()), 30);
        workers.push(postman(&app, &server));
        Self { app, server, crew: Crew::start(workers) }
    }

    /// The mails to an address, once there are so many.
    pub(crate) async fn mails_to(&self, address: &str, count: usize) -> Vec<Taken> {
        for _ in 0..3000 {
            let mut mails = self.server.taken();
            mails.retain(|mail| mail.to == address);
            assert!(mails.len() <= count, "{} mails to {address}", mails.len());
            if mails.len() == count {
                return mails;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{count} mails to {address} never came");
    }

    /// The token of the newest mail to an address, which is the n-th.
    pub(crate) async fn token_to(&self, address: &str, count: usize) -> String {
        self.mails_to(address, count).await.last().unwrap().token()
    }

    /// Everything that was asked for is done, and every mail is away.
    pub(crate) async fn quiet(&self) {
        super::until(
            &self.app,
            "select not exists (select from verification_tokens where token_hash is null)
                and not exists (select from emails where status in ('QUEUED', 'SENDING'))",
        )
        .await;
    }

    /// Ends the workers in order.
    pub(crate) async fn close(self) -> TestApp {
        assert!(self.crew.stop(Duration::from_secs(60)).await);
        self.app
    }

    /// A mutation of somebody who is not signed in: its payload.
    pub(crate) async fn ask(&self, mutation: &str, input: Value) -> Value {
        ask(&self.app, mutation, input).await
    }
}

/// What the account mutations answer with.
fn selection(mutation: &str) -> &'static str {
    match mutation {
        "acceptInvitation" | "signInWithMagicLink" | "signIn" => {
            "accessToken refreshToken userId tenantId mustChangePassword csrfToken errors { code path message }"
        }
        "resetPassword" => "userId endedSessions errors { code path message }",
        "verifyEmail" => "userId errors { code path message }",
        _ => "errors { code path message }",
    }
}

/// The whole answer of a mutation of somebody who is not signed in, with its headers as text.
pub(crate) async fn whole(app: &TestApp, mutation: &str, input: Value) -> (String, Value) {
    let name = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query =
        format!("mutation M($input: {name}!) {{ answer: {mutation}(input: $input) {{ {} }} }}", selection(mutation));
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/graphql-response+json")
        .header("x-request-id", "same")
        .body(Body::from(json!({ "query": query, "variables": { "input": input } }).to_string()))
        .unwrap();
    let response = app.router.clone().oneshot(request).await.unwrap();
    let head = format!("{} {:?}", response.status(), response.headers());
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (head, serde_json::from_slice(&body).unwrap())
}

/// A mutation of somebody who is not signed in: its payload.
pub(crate) async fn ask(app: &TestApp, mutation: &str, input: Value) -> Value {
    let (_, json) = whole(app, mutation, input).await;
    assert!(json.get("errors").is_none(), "{mutation}\n{json:#}");
    json["data"]["answer"].clone()
}

/// The message of the only error of a payload.
pub(crate) fn refusal(payload: &Value) -> String {
    let errors = payload["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{payload:#}");
    errors[0]["message"].as_str().unwrap().to_owned()
}

/// Whether a payload is without errors.
pub(crate) fn went_well(payload: &Value) -> bool {
    payload["errors"].as_array().unwrap().is_empty()
}
