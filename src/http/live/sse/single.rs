//! The single connection mode of graphql-sse: one stream, and other requests that start and stop its operations.
//!
//! `PUT` reserves a stream and answers with a token. `GET` with the token opens the stream, once. `POST` with the token
//! starts the operation `extensions.operationId`, whose answers are events of the stream; `DELETE ?operationId=` stops
//! it. The token alone opens a stream and does nothing else: every other request needs the credentials of whoever
//! reserved it. A `PUT` or `POST` with a newer access token renews that of the stream.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::super::connections::{Ending, Seat};
use super::super::message::MAX_ID;
use super::super::operations::{self, Started};
use super::super::rate::Rate;
use super::super::record::Record;
use super::stream::EventStream;
use super::{json_type_of, no_seat, seat, without_cookies};
use crate::http::accept::MediaType;
use crate::http::error_document::Refusal;
use crate::http::graphql::{bearer, read_call, respond};
use crate::http::observe::Opened;
use crate::http::service::{
    AnswerKind, Call, Credentials, Identified, LiveCaller, Renewal, Renewed, RequestId, is_same_person,
};
use crate::http::state::HttpState;
use crate::http::{caller, parameters};
use crate::telemetry::live::Transport;

/// How long a reservation waits for its stream.
const RESERVED: Duration = Duration::from_secs(30);

/// How many operations a stream that reads nothing may have waiting at its door; their requests wait with them.
const WAITING: usize = 8;

/// The streams that are reserved or open, by the hashes of their tokens.
#[derive(Debug, Default)]
pub(in crate::http::live) struct Streams(Mutex<HashMap<Key, Arc<Reservation>>>);

type Key = [u8; 32];

/// A stream that is reserved or open.
pub(super) struct Reservation {
    key: Key,
    renewal: Renewal,
    commands: mpsc::Sender<Command>,
    ends_at: Mutex<Instant>,
    rate: Mutex<Rate>,
    /// What the stream needs that has not been opened.
    waiting: Mutex<Option<(mpsc::Receiver<Command>, Seat, Ending)>>,
    /// The ids of the operations.
    ids: Mutex<HashSet<Box<str>>>,
}

/// What other requests want of a stream.
pub(super) enum Command {
    /// To carry another operation.
    Add {
        /// How the client calls it.
        id: Box<str>,
        /// The operation.
        started: Started,
        /// Where it is written down.
        record: Box<Record>,
    },
    /// To stop an operation.
    Stop {
        /// How the client calls it.
        id: Box<str>,
    },
}

impl Streams {
    /// The stream is over, or was never opened.
    pub(super) fn remove(&self, reservation: &Reservation) {
        lock(&self.0).remove(&reservation.key);
    }

    fn find(&self, token: &str) -> Option<Arc<Reservation>> {
        lock(&self.0).get(&key_of(token)).cloned()
    }
}

impl Reservation {
    /// When the token in effect ends.
    pub(super) fn ends_at(&self) -> Instant {
        *lock(&self.ends_at)
    }

    /// An id is free again.
    pub(super) fn release(&self, id: &str) {
        lock(&self.ids).remove(id);
    }

    /// Whether the credentials are of who reserved the stream; a newer token is put into effect.
    fn admit(&self, identified: &Identified) -> bool {
        if !is_same_person(&self.renewal.identity(), &identified.identity) {
            return false;
        }
        if self.renewal.renew(identified.identity) == Renewed::Yes {
            *lock(&self.ends_at) = Instant::now() + identified.expires_in;
        }
        true
    }
}

impl std::fmt::Debug for Reservation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Reservation").finish_non_exhaustive()
    }
}

/// By hash, so that a dump of the process opens nobody's stream.
fn key_of(token: &str) -> Key {
    Sha256::digest(token).into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reserves a stream; the answer is its token.
pub(super) async fn reserve(state: HttpState, request_id: RequestId, request: Request) -> Response {
    let media_type = json_type_of(request.headers());
    let claim = claim_of(&state, &request_id, &request);
    let identified = match identify(&state, claim, media_type, &request_id).await {
        Ok(identified) => identified,
        Err(refused) => return refused,
    };
    let Some((seat, ending)) = seat(&state, identified.identity.tenant_id) else { return no_seat(&request_id) };
    let mut secret = [0; 32];
    if getrandom::fill(&mut secret).is_err() {
        return Refusal::Internal.response("No token could be made.", media_type, &request_id);
    }
    let token = crate::hex::encode(secret);
    let (renewal, _) = LiveCaller::begin(identified.identity);
    let (commands, receiver) = mpsc::channel(WAITING);
    let live = &state.settings().live;
    let now = Instant::now();
    let reservation = Arc::new(Reservation {
        key: key_of(&token),
        renewal,
        commands,
        ends_at: Mutex::new(now + identified.expires_in),
        rate: Mutex::new(Rate::new(live.max_messages_per_second, live.burst(), now)),
        waiting: Mutex::new(Some((receiver, seat, ending))),
        ids: Mutex::default(),
    });
    lock(&state.live().streams().0).insert(reservation.key, Arc::clone(&reservation));
    let keeper = state.clone();
    tokio::spawn(async move {
        let mut ending = lock(&reservation.waiting).as_ref().map(|(_, _, ending)| ending.clone());
        let ended = async {
            if let Some(ending) = &mut ending {
                ending.changed().await;
            }
        };
        // A failed wait means as much as a long one: either way nobody comes any more.
        let _ = tokio::time::timeout(RESERVED, ended).await;
        if lock(&reservation.waiting).take().is_some() {
            keeper.live().streams().remove(&reservation);
        }
    });
    plain(StatusCode::CREATED, token)
}

/// Renews the token of a stream.
pub(super) async fn renew(state: HttpState, request_id: RequestId, request: Request, token: &str) -> Response {
    let media_type = json_type_of(request.headers());
    let claim = claim_of(&state, &request_id, &request);
    match admitted(&state, claim, media_type, &request_id, token).await {
        Ok(_) => plain(StatusCode::OK, String::new()),
        Err(refused) => refused,
    }
}

/// Opens a reserved stream.
pub(super) async fn connect(state: HttpState, request_id: RequestId, request: Request, token: &str) -> Response {
    let media_type = json_type_of(request.headers());
    let Some(reservation) = state.live().streams().find(token) else { return unknown(media_type, &request_id) };
    // The token opens by itself: an `EventSource` can send nothing else. Whoever does send more must be who reserved.
    if request.headers().contains_key(axum::http::header::AUTHORIZATION) {
        let claim = claim_of(&state, &request_id, &request);
        match identify(&state, claim, media_type, &request_id).await {
            Ok(identified) if reservation.admit(&identified) => {}
            Ok(_) => return stranger(media_type, &request_id),
            Err(refused) => return refused,
        }
    }
    let waiting = lock(&reservation.waiting).take();
    let Some((commands, seat, ending)) = waiting else {
        return Refusal::Conflict.response("The stream is open already.", media_type, &request_id);
    };
    EventStream::of_requests(&state, reservation, commands, (seat, ending)).into_response()
}

/// Starts an operation of a stream.
pub(super) async fn operate(state: HttpState, request_id: RequestId, request: Request, token: &str) -> Response {
    let media_type = json_type_of(request.headers());
    let claim = claim_of(&state, &request_id, &request);
    let reservation = match admitted(&state, claim, media_type, &request_id, token).await {
        Ok(reservation) => reservation,
        Err(refused) => return refused,
    };
    state.metrics().live().received(Transport::Sse);
    if !lock(&reservation.rate).take(Instant::now()) {
        return Refusal::TooMany.response("Too many requests for this stream.", media_type, &request_id);
    }
    let call = match read_call(&state, request, &request_id).await {
        Ok(call) => without_cookies(call),
        Err((refusal, message)) => return refusal.response(&message, media_type, &request_id),
    };
    let id = match operation_id(&call) {
        Ok(id) => id,
        Err(message) => return Refusal::BadRequest.response(message, media_type, &request_id),
    };
    let limit = state.settings().live.max_operations;
    {
        let mut ids = lock(&reservation.ids);
        if ids.contains(&id) {
            let message = "The stream has an operation with this operationId.";
            return Refusal::Conflict.response(message, media_type, &request_id);
        }
        if ids.len() >= limit {
            let message = format!("A stream may have {limit} operations at a time.");
            return Refusal::TooMany.response(&message, media_type, &request_id);
        }
        ids.insert(id.clone());
    }
    let held = Held { reservation: &reservation, id: Some(id.clone()) };
    let mut record = Record::new(&state, Transport::Sse, &request_id);
    record.request_id = request_id.clone();
    let started = operations::start(&state, call, || reservation.renewal.caller()).await;
    let started = match started {
        Started::Answered(answer) if answer.kind != AnswerKind::Executed => {
            record.leave();
            // By the status, whatever the client accepts: to this mode an answer of 200 says that events will follow.
            return respond(answer, MediaType::GraphqlResponse);
        }
        started => started,
    };
    let command = Command::Add { id, started, record: Box::new(record) };
    if reservation.commands.send(command).await.is_err() {
        return unknown(media_type, &request_id);
    }
    held.keep();
    plain(StatusCode::ACCEPTED, String::new())
}

/// Stops an operation of a stream.
pub(super) async fn stop(state: HttpState, request_id: RequestId, request: Request, token: &str) -> Response {
    let media_type = json_type_of(request.headers());
    let query = request.uri().query().unwrap_or_default();
    let id = match parameters::one_of(query, "operationId") {
        Ok(Some(id)) => id,
        Ok(None) => {
            let message = "Name the operation to stop by the parameter operationId.";
            return Refusal::BadRequest.response(message, media_type, &request_id);
        }
        Err(message) => return Refusal::BadRequest.response(&message, media_type, &request_id),
    };
    let claim = claim_of(&state, &request_id, &request);
    match admitted(&state, claim, media_type, &request_id, token).await {
        Ok(reservation) if reservation.commands.send(Command::Stop { id: id.into() }).await.is_ok() => {
            plain(StatusCode::OK, String::new())
        }
        Ok(_) => unknown(media_type, &request_id),
        Err(refused) => refused,
    }
}

/// An id that is free again unless it is kept.
struct Held<'r> {
    reservation: &'r Reservation,
    id: Option<Box<str>>,
}

impl Held<'_> {
    fn keep(mut self) {
        self.id = None;
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some(id) = &self.id {
            self.reservation.release(id);
        }
    }
}

/// How the client calls an operation; one without a name has the empty one.
fn operation_id(call: &Call) -> Result<Box<str>, &'static str> {
    match call.extensions.as_ref().and_then(|extensions| extensions.get("operationId")) {
        None | Some(Value::Null) => Ok("".into()),
        Some(Value::String(id)) if id.len() <= MAX_ID => Ok(id.as_str().into()),
        Some(_) => Err("The extension operationId must be a text of at most 128 bytes."),
    }
}

/// The stream of a token, for who reserved it.
async fn admitted(
    state: &HttpState,
    claim: Claim,
    media_type: MediaType,
    request_id: &RequestId,
    token: &str,
) -> Result<Arc<Reservation>, Response> {
    let identified = identify(state, claim, media_type, request_id).await?;
    let reservation = state.live().streams().find(token).ok_or_else(|| unknown(media_type, request_id))?;
    if reservation.admit(&identified) { Ok(reservation) } else { Err(stranger(media_type, request_id)) }
}

/// Who a request says it comes from, or why that cannot be read.
type Claim = Result<Credentials, String>;

fn claim_of(state: &HttpState, request_id: &RequestId, request: &Request) -> Claim {
    let bearer = bearer(request.headers())?;
    Ok(Credentials { bearer, caller: caller::of(state.settings(), request), request_id: request_id.clone() })
}

async fn identify(
    state: &HttpState,
    claim: Claim,
    media_type: MediaType,
    request_id: &RequestId,
) -> Result<Identified, Response> {
    let credentials = claim.map_err(|message| Refusal::Unauthenticated.response(&message, media_type, request_id))?;
    state.service().identify(credentials).await.map_err(|answer| respond(answer, media_type))
}

fn unknown(media_type: MediaType, request_id: &RequestId) -> Response {
    let message = "There is no such stream, or no more; reserve one by PUT.";
    Refusal::NotFound.response(message, media_type, request_id)
}

fn stranger(media_type: MediaType, request_id: &RequestId) -> Response {
    Refusal::Forbidden.response("Somebody else has reserved this stream.", media_type, request_id)
}

fn plain(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Opened);
    response
}
