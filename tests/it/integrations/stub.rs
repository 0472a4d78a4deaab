//! Another system on this machine: it lets people in, renews tokens, holds contacts, and behaves badly on request.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use url::Url;

/// What it does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// Answers as it should.
    Well,
    /// Answers with this status and text.
    Says(u16, &'static str),
    /// Answers as it should, once it is told to.
    Holds(Arc<Notify>),
    /// Answers much later than anybody waits.
    Sleeps,
}

#[derive(Default)]
struct Inner {
    manners: VecDeque<Manner>,
    always: Option<Manner>,
    /// Challenges by code.
    codes: HashMap<String, String>,
    /// The one refresh token that it takes.
    refresh_token: Option<String>,
    access_token: Option<String>,
    made: u32,
    refreshes: u32,
    /// How long access tokens last, in seconds.
    lasts: u64,
    contacts: Vec<Value>,
    taken: Vec<Value>,
    keys: Vec<String>,
    pages: u32,
}

/// The system.
#[derive(Clone)]
pub(crate) struct Stub {
    pub(crate) url: String,
    inner: Arc<Mutex<Inner>>,
}

impl Stub {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stub = Self { url, inner: Arc::new(Mutex::new(Inner { lasts: 3600, ..Inner::default() })) };
        let router = Router::new()
            .route("/token", post(token))
            .route("/contacts", get(give).post(take))
            .with_state(stub.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        stub
    }

    /// The value of INTEGRATION_PROVIDERS that knows it.
    pub(crate) fn configuration(&self) -> String {
        json!([{
            "provider": "HUBSPOT", "authorizationEndpoint": format!("{}/authorize", self.url),
            "tokenEndpoint": format!("{}/token", self.url), "clientId": "ours", "clientSecret": "a client secret",
            "scopes": ["contacts"], "syncUrl": format!("{}/contacts", self.url),
        }])
        .to_string()
    }

    /// The person says yes: what comes back with them.
    pub(crate) fn agree(&self, authorization_url: &str) -> (String, String) {
        let query: HashMap<String, String> =
            Url::parse(authorization_url).unwrap().query_pairs().into_owned().collect();
        assert_eq!(query["code_challenge_method"], "S256");
        let mut inner = self.inner.lock().unwrap();
        inner.made += 1;
        let code = format!("code {}", inner.made);
        inner.codes.insert(code.clone(), query["code_challenge"].clone());
        (query["state"].clone(), code)
    }

    /// Behaves so for the next requests, and then well.
    pub(crate) fn behave(&self, manners: impl IntoIterator<Item = Manner>) {
        self.inner.lock().unwrap().manners = manners.into_iter().collect();
    }

    /// Behaves so until it is told otherwise.
    pub(crate) fn always(&self, manner: Option<Manner>) {
        self.inner.lock().unwrap().always = manner;
    }

    pub(crate) fn hold(&self, contacts: Vec<Value>) {
        self.inner.lock().unwrap().contacts = contacts;
    }

    pub(crate) fn refreshes(&self) -> u32 {
        self.inner.lock().unwrap().refreshes
    }

    pub(crate) fn taken(&self) -> Vec<Value> {
        self.inner.lock().unwrap().taken.clone()
    }

    /// Whatever it gave out as a token, or takes as one.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let inner = self.inner.lock().unwrap();
        inner.access_token.iter().chain(&inner.refresh_token).cloned().collect()
    }

    async fn manner(&self) -> Option<Response> {
        let manner = {
            let mut inner = self.inner.lock().unwrap();
            inner.manners.pop_front().or(inner.always.clone()).unwrap_or(Manner::Well)
        };
        match manner {
            Manner::Well => None,
            Manner::Holds(told) => {
                told.notified().await;
                None
            }
            Manner::Says(status, text) => Some((StatusCode::from_u16(status).unwrap(), text).into_response()),
            Manner::Sleeps => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                Some(StatusCode::OK.into_response())
            }
        }
    }
}

async fn token(State(stub): State<Stub>, body: Bytes) -> Response {
    let form: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    if let Some(answer) = stub.manner().await {
        return answer;
    }
    let mut inner = stub.inner.lock().unwrap();
    let refused = (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#);
    let is_ours = match form["grant_type"].as_str() {
        "authorization_code" => {
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
            inner.codes.remove(&form["code"]) == Some(challenge)
        }
        _ => {
            inner.refreshes += 1;
            // Each refresh token is good once.
            inner.refresh_token.as_ref() == form.get("refresh_token")
        }
    };
    if !is_ours {
        return refused.into_response();
    }
    inner.made += 1;
    let (access, refresh) = (format!("access-token-{}", inner.made), format!("refresh-token-{}", inner.made));
    (inner.access_token, inner.refresh_token) = (Some(access.clone()), Some(refresh.clone()));
    let answer = json!({
        "access_token": access, "refresh_token": refresh, "expires_in": inner.lasts, "scope": "contacts", "token_type": "bearer"
    });
    answer.to_string().into_response()
}

fn is_let_in(inner: &Inner, headers: &HeaderMap) -> bool {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    inner.access_token.as_ref().is_some_and(|known| token == format!("Bearer {known}"))
}

async fn give(State(stub): State<Stub>, Query(query): Query<HashMap<String, String>>, headers: HeaderMap) -> Response {
    if let Some(answer) = stub.manner().await {
        return answer;
    }
    let mut inner = stub.inner.lock().unwrap();
    if !is_let_in(&inner, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    inner.pages += 1;
    let from: usize = query.get("cursor").map_or(0, |cursor| cursor.parse().unwrap());
    let to = (from + 2).min(inner.contacts.len());
    let items = inner.contacts[from.min(to)..to].to_vec();
    json!({ "items": items, "cursor": to.to_string(), "hasMore": to < inner.contacts.len() })
        .to_string()
        .into_response()
}

async fn take(State(stub): State<Stub>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    if let Some(answer) = stub.manner().await {
        return answer;
    }
    let mut inner = stub.inner.lock().unwrap();
    if !is_let_in(&inner, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    if !inner.keys.contains(&key) {
        inner.keys.push(key);
        inner.taken.extend(body["items"].as_array().unwrap().clone());
    }
    StatusCode::NO_CONTENT.into_response()
}
