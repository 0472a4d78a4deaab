//! `/webhooks/…`: where providers bring what contacts wrote.
//!
//! The handler reads the body as it came, because that is what was signed, and answers as soon as it is stored. Whatever
//! is wrong with a signature or an address, the answer is the same.

use std::net::IpAddr;

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::Deserialize;

use super::accept::MediaType;
use super::body::{self, BodyError};
use super::caller;
use super::error_document::Refusal;
use super::service::RequestId;
use super::state::HttpState;

/// The signature of the body, of all webhooks: `sha256=` and the HMAC-SHA256 in hexadecimal digits.
const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");

/// Largest payload, in bytes. WhatsApp's have at most 3 MB.
pub const MAX_BODY_BYTES: usize = 4 << 20;

/// Longest challenge that is repeated.
const MAX_CHALLENGE: usize = 256;

/// Checks who brings something, and stores it.
pub trait Webhooks: Send + Sync + 'static {
    /// Whether this is the word on which WhatsApp and the business agreed.
    fn verify(
        &self,
        business: String,
        token: String,
        address: Option<IpAddr>,
    ) -> BoxFuture<'static, Result<(), TurnedAway>>;

    /// Takes a payload; once this says so, it is stored.
    fn receive(&self, brought: Brought) -> BoxFuture<'static, Result<(), TurnedAway>>;
}

/// What somebody brings.
#[derive(Clone, Debug)]
pub struct Brought {
    /// The slug of the business.
    pub business: String,
    /// Of which form it is.
    pub form: WebhookForm,
    /// The header with the signature.
    pub signature: Option<String>,
    /// The body, as it was signed.
    pub body: Bytes,
    /// From where it comes.
    pub address: Option<IpAddr>,
}

/// Of which form a payload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookForm {
    /// WhatsApp's own.
    Whatsapp,
    /// Ours, about the channel of this name.
    Generic(String),
}

/// Why something is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnedAway {
    /// No such business, or a wrong word or signature.
    Stranger,
    /// There is no channel of this name.
    NoSuchChannel,
    /// Too many failures; seconds until it makes sense to try again.
    TooOften(u32),
    /// What is needed does not answer.
    Unavailable,
    /// Something is wrong with us.
    Fault,
}

/// What WhatsApp asks before it brings anything.
#[derive(Deserialize)]
pub struct Challenge {
    #[serde(rename = "hub.mode", default)]
    mode: String,
    #[serde(rename = "hub.verify_token", default)]
    verify_token: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
}

/// Repeats WhatsApp's challenge to whoever knows the word that the business has made up.
pub async fn verify_whatsapp(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    Path(business): Path<String>,
    challenge: Result<Query<Challenge>, QueryRejection>,
    request: Request,
) -> Response {
    let is_plain = |text: &str| {
        (1..=MAX_CHALLENGE).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    let Some(Query(asked)) =
        challenge.ok().filter(|Query(asked)| asked.mode == "subscribe" && is_plain(&asked.challenge))
    else {
        let message = "A webhook is verified with hub.mode=subscribe, hub.verify_token and hub.challenge.";
        return Refusal::BadRequest.response(message, MediaType::Json, &request_id);
    };
    let Some(door) = state.webhooks() else { return super::home::not_found(Extension(request_id)).await };
    let address = caller::of(state.settings(), &request).address;
    match door.verify(business, asked.verify_token, address).await {
        Ok(()) => {
            // Repeated as text: no browser takes it for a page.
            let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (StatusCode::OK, headers, asked.challenge).into_response()
        }
        Err(turned) => turned_away(turned, &request_id),
    }
}

/// Takes a payload of WhatsApp.
pub async fn receive_whatsapp(
    state: State<HttpState>,
    request_id: Extension<RequestId>,
    Path(business): Path<String>,
    request: Request,
) -> Response {
    receive(state, request_id, business, WebhookForm::Whatsapp, request).await
}

/// Takes a payload of our own form, about any channel.
pub async fn receive_generic(
    state: State<HttpState>,
    request_id: Extension<RequestId>,
    Path((business, channel)): Path<(String, String)>,
    request: Request,
) -> Response {
    receive(state, request_id, business, WebhookForm::Generic(channel), request).await
}

async fn receive(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    business: String,
    form: WebhookForm,
    request: Request,
) -> Response {
    let Some(door) = state.webhooks() else { return super::home::not_found(Extension(request_id)).await };
    let address = caller::of(state.settings(), &request).address;
    let signature = request.headers().get(SIGNATURE).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    let body = match body::read(request, MAX_BODY_BYTES).await {
        Ok(body) => body,
        Err(BodyError::TooLarge) => {
            let message = format!("A payload has at most {MAX_BODY_BYTES} bytes.");
            return Refusal::PayloadTooLarge.response(&message, MediaType::Json, &request_id);
        }
        Err(BodyError::Broken) => {
            return Refusal::BadRequest.response("The payload broke off.", MediaType::Json, &request_id);
        }
    };
    match door.receive(Brought { business, form, signature, body, address }).await {
        Ok(()) => {
            let mut response = Response::new(Body::from(r#"{"received":true}"#));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
            response
        }
        Err(turned) => turned_away(turned, &request_id),
    }
}

fn turned_away(turned: TurnedAway, request_id: &RequestId) -> Response {
    let (refusal, message) = match turned {
        TurnedAway::Stranger => (Refusal::Forbidden, "The signature, the word or the address is not right."),
        TurnedAway::NoSuchChannel => (Refusal::NotFound, "There is no such channel."),
        TurnedAway::TooOften(_) => (Refusal::TooMany, "Too many wrong signatures; try again later."),
        TurnedAway::Unavailable => (Refusal::Unavailable, "The payload could not be stored; bring it again."),
        TurnedAway::Fault => (Refusal::Internal, "Something went wrong here; bring it again."),
    };
    let mut response = refusal.response(message, MediaType::Json, request_id);
    if let TurnedAway::TooOften(seconds) = turned {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
