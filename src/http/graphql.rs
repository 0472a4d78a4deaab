//! `/graphql`: GraphQL over HTTP, the way the specification's draft has it.
//!
//! The crate's own axum service runs mutations sent as `text/plain` and over GET; this handler
//! does neither. It decides about media types, methods and status codes, reads the parameters,
//! and leaves the operation itself to [`GraphqlService`](super::service::GraphqlService). What
//! wants its connection to stay open goes to [`live`](super::live).

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;

use super::accept::{self, Events, MediaType};
use super::body::{self, BodyError};
use super::caller;
use super::content_type;
use super::error_document::{Refusal, mark_status};
use super::live::{socket, sse};
use super::observe::{Observed, outcome_of};
use super::parameters::{self, Parameters};
use super::service::{Answer, AnswerKind, Call, RequestId};
use super::state::HttpState;

/// Answers a request whose method is not served.
pub async fn method_not_allowed(Extension(request_id): Extension<RequestId>, headers: HeaderMap) -> Response {
    let media_type = media_type_of(&headers).unwrap_or(MediaType::Json);
    Refusal::MethodNotAllowed.response("Send operations by POST, or queries by GET.", media_type, &request_id)
}

/// Answers GET and POST.
pub async fn handle(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    if socket::is_wanted(request.method(), request.headers()) {
        return socket::upgrade(state, request_id, request).await;
    }
    let events = sse::are_wanted(request.headers());
    if events == Events::Rather {
        return sse::answer(state, request_id, request).await;
    }
    let Some(media_type) = media_type_of(request.headers()) else {
        return Refusal::NotAcceptable.response(
            "The answer is application/graphql-response+json or application/json; accept one of them.",
            MediaType::Json,
            &request_id,
        );
    };
    match read_call(&state, request, &request_id).await {
        Ok(call) if events == Events::AsWell && state.service().is_subscription(&call) => {
            sse::answer_call(state, call).await
        }
        Ok(call) => respond(state.service().execute(call).await, media_type),
        Err((refusal, message)) => refusal.response(&message, media_type, &request_id),
    }
}

/// The media type to answer in; `None` when the client accepts none of ours.
pub(super) fn media_type_of(headers: &HeaderMap) -> Option<MediaType> {
    accept::negotiate(headers.get_all(ACCEPT).iter().map(|value| value.to_str().unwrap_or("not-ascii")))
}

/// Reads a call from a request of either method.
pub(super) async fn read_call(
    state: &HttpState,
    request: Request,
    request_id: &RequestId,
) -> Result<Call, (Refusal, String)> {
    let queries_only = request.method() != Method::POST;
    let bearer = bearer(request.headers()).map_err(|message| (Refusal::Unauthenticated, message))?;
    let caller = caller::of(state.settings(), &request);
    let parameters = if queries_only {
        let query_string = request.uri().query().unwrap_or_default();
        if query_string.len() > state.settings().body_limit_bytes {
            return Err(too_large(state.settings().body_limit_bytes));
        }
        parameters::from_query_string(query_string)
    } else {
        content_type::expect_json(request.headers())
            .map_err(|message| (Refusal::UnsupportedMediaType, message.to_owned()))?;
        let limit = state.settings().body_limit_bytes;
        let body = body::read(request, limit).await.map_err(|error| match error {
            BodyError::TooLarge => too_large(limit),
            BodyError::Broken => (Refusal::BadRequest, "The body could not be read to its end.".to_owned()),
        })?;
        parameters::from_json(&body)
    };
    let Parameters { query, operation_name, variables, extensions } =
        parameters.map_err(|message| (Refusal::BadRequest, message))?;
    Ok(Call {
        query,
        operation_name,
        variables,
        extensions,
        queries_only,
        bearer,
        caller,
        request_id: request_id.clone(),
    })
}

fn too_large(limit: usize) -> (Refusal, String) {
    let message = format!("The request is larger than the limit of {limit} bytes.");
    (Refusal::PayloadTooLarge, message)
}

/// The bearer token, when there is an `Authorization` header.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<String>, String> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value,
        (Some(_), Some(_)) => {
            return Err("The request has more than one Authorization header.".to_owned());
        }
    };
    match value.to_str().ok().and_then(bearer_of) {
        Some(token) => Ok(Some(token)),
        None => Err("The Authorization header must read `Bearer <token>`.".to_owned()),
    }
}

/// The token of `Bearer <token>`.
pub(super) fn bearer_of(authorization: &str) -> Option<String> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

/// Turns an answer into a response. Clients that accept `application/json` only get 200 for a
/// refused document, because they cannot tell it from the answer of a broken proxy otherwise.
pub(super) fn respond(answer: Answer, media_type: MediaType) -> Response {
    let Answer { body, kind, summary, cookies } = answer;
    let status = match (kind, media_type) {
        (AnswerKind::Executed, _) | (AnswerKind::RequestError, MediaType::Json) => StatusCode::OK,
        (AnswerKind::RequestError, MediaType::GraphqlResponse) => StatusCode::BAD_REQUEST,
        (AnswerKind::Unauthenticated, _) => StatusCode::UNAUTHORIZED,
        (AnswerKind::Forbidden, _) => StatusCode::FORBIDDEN,
        (AnswerKind::RateLimited(_), _) => StatusCode::TOO_MANY_REQUESTS,
        (AnswerKind::MutationOverGet, _) => StatusCode::METHOD_NOT_ALLOWED,
        (AnswerKind::Unavailable, _) => StatusCode::SERVICE_UNAVAILABLE,
        (AnswerKind::Internal, _) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type.content_type()));
    if kind == AnswerKind::MutationOverGet {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    if let AnswerKind::RateLimited(seconds) = kind {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    for cookie in cookies {
        // Ours hold nothing but letters, digits and punctuation.
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    mark_status(&mut response);
    let outcome = outcome_of(kind, summary.errors);
    response.extensions_mut().insert(Observed { outcome, summary });
    response
}
