//! Server-sent events, the protocol graphql-sse: where requests come in.
//!
//! In the distinct connections mode each operation has its own stream: `POST` or `GET` to `/graphql` or `/graphql/stream`
//! with `Accept: text/event-stream`. In the single connection mode (`/graphql/stream` only) one stream that was reserved
//! by `PUT` carries what any number of requests start; see `single`.

mod frame;
mod single;
mod stream;

pub(super) use self::single::Streams;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::Response;

use self::stream::EventStream;
use super::operations::{self, Started};
use super::record::Record;
use crate::http::accept::{self, Events, MediaType};
use crate::http::error_document::Refusal;
use crate::http::graphql::{media_type_of, read_call, respond};
use crate::http::service::{AnswerKind, Call, Credentials, LiveCaller, RequestId};
use crate::http::state::HttpState;
use crate::telemetry::live::Transport;

/// Names a reserved stream; a page whose `EventSource` cannot send it says `?token=`.
pub const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-graphql-event-stream-token");

/// Whether the client wants a stream of events.
pub(in crate::http) fn are_wanted(headers: &HeaderMap) -> Events {
    let values = || headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    // Nearly every request comes by here and wants none.
    if values().any(|value| value.contains("event-stream")) { accept::events(values()) } else { Events::No }
}

/// Answers `/graphql/stream`.
pub async fn handle(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    let token = match token_of(&request) {
        Ok(token) => token,
        Err(message) => return Refusal::BadRequest.response(message, MediaType::Json, &request_id),
    };
    match (request.method().clone(), token) {
        (Method::PUT, None) => single::reserve(state, request_id, request).await,
        (Method::PUT, Some(token)) => single::renew(state, request_id, request, &token).await,
        (Method::DELETE, Some(token)) => single::stop(state, request_id, request, &token).await,
        (Method::DELETE, None) => {
            let message = "Say by x-graphql-event-stream-token in which stream the operation is to be stopped.";
            Refusal::BadRequest.response(message, MediaType::Json, &request_id)
        }
        (Method::GET, Some(token)) if are_wanted(request.headers()) != Events::No => {
            single::connect(state, request_id, request, &token).await
        }
        (Method::GET | Method::POST, Some(token)) => single::operate(state, request_id, request, &token).await,
        (Method::GET | Method::POST, None) if are_wanted(request.headers()) != Events::No => {
            answer(state, request_id, request).await
        }
        (Method::GET | Method::POST, None) => {
            let message = "The answer is text/event-stream; accept it, or send the operation to /graphql.";
            Refusal::NotAcceptable.response(message, MediaType::Json, &request_id)
        }
        _ => {
            let message = "Reserve a stream by PUT, open one by GET or POST, stop an operation by DELETE.";
            let mut response = Refusal::MethodNotAllowed.response(message, MediaType::Json, &request_id);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST, PUT, DELETE"));
            response
        }
    }
}

/// The token of a reserved stream.
fn token_of(request: &Request) -> Result<Option<String>, &'static str> {
    let mut headers = request.headers().get_all(TOKEN_HEADER).iter();
    let header = headers.next().map(|value| value.to_str().unwrap_or_default().to_owned());
    if headers.next().is_some() {
        return Err("The request names more than one stream.");
    }
    let query = request.uri().query().unwrap_or_default();
    // Tokens are hexadecimal, so there is nothing to decode.
    let parameter = query.split('&').find_map(|pair| pair.strip_prefix("token=")).map(ToOwned::to_owned);
    Ok(header.or(parameter))
}

/// Answers a request by a stream of its own.
pub(in crate::http) async fn answer(state: HttpState, request_id: RequestId, request: Request) -> Response {
    match read_call(&state, request, &request_id).await {
        Ok(call) => answer_call(state, call).await,
        Err((refusal, message)) => refusal.response(&message, MediaType::Json, &request_id),
    }
}

/// Answers a call by a stream of its own.
///
/// Who may not ask, or may not now, is told so by the status; what is wrong with the operation, by its first event, as
/// the protocol wants it.
pub(in crate::http) async fn answer_call(state: HttpState, call: Call) -> Response {
    let call = without_cookies(call);
    let request_id = call.request_id.clone();
    let mut record = Record::new(&state, Transport::Sse, &request_id);
    record.request_id = request_id.clone();
    if !state.service().is_subscription(&call) {
        let answer = state.service().execute(call).await;
        return if is_of_the_operation(answer.kind) {
            EventStream::of_answer(&state, answer, record).into_response()
        } else {
            record.leave();
            respond(answer, MediaType::Json)
        };
    }
    let credentials =
        Credentials { bearer: call.bearer.clone(), caller: call.caller.clone(), request_id: request_id.clone() };
    let identified = match state.service().identify(credentials).await {
        Ok(identified) => identified,
        Err(answer) => {
            record.leave();
            return respond(answer, MediaType::Json);
        }
    };
    let Some((seat, ending)) = seat(&state, identified.identity.tenant_id) else {
        record.leave();
        return no_seat(&request_id);
    };
    let (renewal, caller) = LiveCaller::begin(identified.identity);
    match operations::start(&state, call, || caller).await {
        Started::Answered(answer) if !is_of_the_operation(answer.kind) => {
            record.leave();
            respond(answer, MediaType::Json)
        }
        started => {
            let ends_at = tokio::time::Instant::now() + identified.expires_in;
            EventStream::of_operation(&state, started, record, renewal, ends_at, (seat, ending)).into_response()
        }
    }
}

/// A seat for another stream of a tenant.
fn seat(state: &HttpState, tenant: uuid::Uuid) -> Option<(super::connections::Seat, super::connections::Ending)> {
    let (place, ending) = state.live().enter()?;
    Some((place.sit(tenant)?, ending))
}

fn no_seat(request_id: &RequestId) -> Response {
    let message = "There are as many open connections as there may be; try again later.";
    Refusal::TooMany.response(message, MediaType::Json, request_id)
}

/// Whether an answer is about the operation, and not about who asks or about us.
fn is_of_the_operation(kind: AnswerKind) -> bool {
    matches!(kind, AnswerKind::Executed | AnswerKind::RequestError | AnswerKind::MutationOverGet)
}

/// A call that cannot have cookies set: the answer's headers are gone by the time it is worked out.
fn without_cookies(mut call: Call) -> Call {
    call.caller.cookies.refresh = None;
    call.caller.is_live = true;
    call
}

/// The media type of refusals on this path, where `Accept` may name the stream's alone.
fn json_type_of(headers: &HeaderMap) -> MediaType {
    media_type_of(headers).unwrap_or(MediaType::Json)
}
