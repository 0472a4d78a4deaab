//! A small OpenID Connect provider on this machine, with the faults that tests ask for.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;

/// What the gateway is called at the issuer.
pub(crate) const CLIENT_ID: &str = "mostrador-test";
/// How it proves that: with letters that must be written as in forms.
pub(crate) const CLIENT_SECRET: &str = "s3cr:t+of the/client";

/// How an ID token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// With the published key.
    Right,
    /// `alg: none`, and nothing behind the second dot.
    None,
    /// HS256, the published public key being the secret.
    PublicKeyAsSecret,
    /// HS256 with the client's secret.
    ClientSecret,
    /// With a key that is not published.
    Unpublished,
    /// Rightly, and then one letter of the claims changed.
    Changed,
}

/// What the issuer does now.
pub(crate) struct Behaviour {
    /// How tokens are signed.
    pub(crate) signature: Signature,
    /// Claims to replace; null takes one away.
    pub(crate) claims: Value,
    /// Members of the discovery document to replace.
    pub(crate) discovery: Value,
    /// Status and body of the token endpoint instead of an answer.
    pub(crate) token_error: Option<(StatusCode, Value)>,
    /// How long every answer takes.
    pub(crate) delay: Duration,
    /// The seconds since 1970 that its clock shows.
    pub(crate) now: i64,
}

struct Party {
    key: Key,
    behaviour: Behaviour,
    codes: HashMap<String, HashMap<String, String>>,
    requests: Vec<String>,
    serial: u32,
}

struct Key {
    id: String,
    encoding: EncodingKey,
    algorithm: Algorithm,
}

impl Key {
    fn ed25519(id: &str, seed: u8) -> Self {
        // PKCS #8 of an Ed25519 key: a fixed head, then the seed (RFC 8410, 7).
        let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        let der = [&head[..], &[seed; 32]].concat();
        Self { id: id.to_owned(), encoding: EncodingKey::from_ed_der(&der), algorithm: Algorithm::EdDSA }
    }

    fn rsa(id: &str) -> Self {
        let lines = include_str!("rsa_key.pem").lines().filter(|line| !line.starts_with('-'));
        let encoding = EncodingKey::from_rsa_der(&STANDARD.decode(lines.collect::<String>()).unwrap());
        Self { id: id.to_owned(), encoding, algorithm: Algorithm::RS256 }
    }

    fn public(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.encoding, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        jwk
    }
}

/// A provider that runs until it is dropped.
pub(crate) struct TestIssuer {
    pub(crate) url: String,
    party: Arc<Mutex<Party>>,
    server: JoinHandle<()>,
}

impl TestIssuer {
    /// A provider that does everything right.
    pub(crate) async fn start(now: i64) -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let party = Arc::new(Mutex::new(Party {
            key: Key::ed25519("first", 1),
            behaviour: Behaviour {
                signature: Signature::Right,
                claims: json!({}),
                discovery: json!({}),
                token_error: None,
                delay: Duration::ZERO,
                now,
            },
            codes: HashMap::new(),
            requests: Vec::new(),
            serial: 0,
        }));
        let shared = Shared { url: url.clone(), party: Arc::clone(&party) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(shared);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, party, server }
    }

    /// Changes what the issuer does from now on.
    pub(crate) fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.party.lock().unwrap().behaviour);
    }

    /// Replaces the key it signs with; the old one is not published any more.
    pub(crate) fn rotate_key(&self) {
        self.party.lock().unwrap().key = Key::ed25519("second", 2);
    }

    /// Signs with RSA, as most providers do.
    pub(crate) fn use_rsa(&self) {
        self.party.lock().unwrap().key = Key::rsa("rsa");
    }

    /// The paths that were asked for.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.party.lock().unwrap().requests.clone()
    }

    /// A person goes where the gateway sends them, and agrees: the parameters that come back.
    pub(crate) async fn agree(&self, authorization_url: &str, person: &str) -> HashMap<String, String> {
        let address = format!("{authorization_url}&person={person}");
        let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
        let request = axum::http::Request::get(&address).body(axum::body::Body::empty()).unwrap();
        let response = client.request(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{address}");
        let back = url::Url::parse(response.headers()[header::LOCATION].to_str().unwrap()).unwrap();
        back.query_pairs().into_owned().collect()
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Clone)]
struct Shared {
    url: String,
    party: Arc<Mutex<Party>>,
}

impl Shared {
    async fn asked(&self, path: &str) {
        let delay = {
            let mut party = self.party.lock().unwrap();
            party.requests.push(path.to_owned());
            party.behaviour.delay
        };
        tokio::time::sleep(delay).await;
    }
}

fn replace(document: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            document.as_object_mut().unwrap().remove(name);
        } else {
            document[name] = value.clone();
        }
    }
}

/// An answer in JSON.
struct Json(Value);

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.0.to_string()).into_response()
    }
}

async fn discovery(State(shared): State<Shared>) -> Json {
    shared.asked("discovery").await;
    let url = &shared.url;
    let mut document = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["S256"],
    });
    replace(&mut document, &shared.party.lock().unwrap().behaviour.discovery);
    Json(document)
}

async fn keys(State(shared): State<Shared>) -> Json {
    shared.asked("keys").await;
    let key = shared.party.lock().unwrap().key.public();
    // Beside it what clients must leave out: a kind of key that nobody knows, and one for another purpose.
    let strange = json!({"kty": "NEW", "kid": key.common.key_id, "use": "sig"});
    let mut encryption = serde_json::to_value(&key).unwrap();
    encryption["use"] = json!("enc");
    Json(json!({ "keys": [strange, encryption, key] }))
}

async fn authorize(State(shared): State<Shared>, Query(query): Query<HashMap<String, String>>) -> Redirect {
    shared.asked("authorize").await;
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["client_id"], CLIENT_ID);
    assert_eq!(query["code_challenge_method"], "S256");
    assert!(query["scope"].split(' ').any(|scope| scope == "openid"));
    let mut party = shared.party.lock().unwrap();
    party.serial += 1;
    let code = format!("code {}/{}", party.serial, query["person"]);
    let mut back = url::Url::parse(&query["redirect_uri"]).unwrap();
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", &query["state"]);
    party.codes.insert(code, query);
    Redirect::to(back.as_str())
}

async fn token(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let form: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    shared.asked("token").await;
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let mut party = shared.party.lock().unwrap();
    if let Some((status, body)) = &party.behaviour.token_error {
        return (*status, Json(body.clone())).into_response();
    }
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(CLIENT_ID), encoded(CLIENT_SECRET))));
    let is_in_header = headers.get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes() == basic.as_bytes());
    let is_in_form = form.get("client_id").is_some_and(|id| id == CLIENT_ID)
        && form.get("client_secret").is_some_and(|secret| secret == CLIENT_SECRET);
    if !is_in_header && !is_in_form {
        return refused("invalid_client");
    }
    // A code works once, whatever comes of it.
    let Some(asked) = form.get("code").and_then(|code| party.codes.remove(code)) else {
        return refused("invalid_grant");
    };
    let verifier = form.get("code_verifier").map(String::as_str).unwrap_or_default();
    let is_verified = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == asked["code_challenge"];
    if form.get("grant_type").is_none_or(|kind| kind != "authorization_code")
        || form.get("redirect_uri") != asked.get("redirect_uri")
        || !is_verified
    {
        return refused("invalid_grant");
    }
    let person = &asked["person"];
    let now = party.behaviour.now;
    let mut claims = json!({
        "iss": shared.url, "sub": format!("subject of {person}"), "aud": CLIENT_ID, "nonce": asked["nonce"],
        "iat": now, "exp": now + 300, "email": person, "email_verified": true,
    });
    replace(&mut claims, &party.behaviour.claims);
    let id_token = sign(&party, &claims);
    Json(json!({
        "access_token": format!("access token of {person}"),
        "refresh_token": format!("refresh token of {person}"),
        "token_type": "Bearer", "expires_in": 3600, "id_token": id_token,
    }))
    .into_response()
}

fn sign(party: &Party, claims: &Value) -> String {
    let key = &party.key;
    let header = |algorithm| Header { kid: Some(key.id.clone()), ..Header::new(algorithm) };
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    match party.behaviour.signature {
        Signature::Right => encode(&header(key.algorithm), claims, &key.encoding).unwrap(),
        Signature::None => format!("{}.{}.", part(&json!({"alg": "none", "kid": key.id})), part(claims)),
        Signature::PublicKeyAsSecret => {
            let jwk = serde_json::to_value(key.public()).unwrap();
            let public = jwk.get("x").or(jwk.get("n")).unwrap().as_str().unwrap();
            let secret = EncodingKey::from_secret(&URL_SAFE_NO_PAD.decode(public).unwrap());
            encode(&header(Algorithm::HS256), claims, &secret).unwrap()
        }
        Signature::ClientSecret => {
            encode(&header(Algorithm::HS256), claims, &EncodingKey::from_secret(CLIENT_SECRET.as_bytes())).unwrap()
        }
        Signature::Unpublished => {
            encode(&header(Algorithm::EdDSA), claims, &Key::ed25519("first", 9).encoding).unwrap()
        }
        Signature::Changed => {
            let token = encode(&header(key.algorithm), claims, &key.encoding).unwrap();
            let [head, _, signature] = token.split('.').collect::<Vec<_>>()[..] else { unreachable!() };
            let mut other = claims.clone();
            other["sub"] = json!("somebody else");
            format!("{head}.{}.{signature}", part(&other))
        }
    }
}
