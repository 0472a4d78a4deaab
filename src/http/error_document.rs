//! The GraphQL error documents that HTTP itself answers, and their codes.
//!
//! Whatever goes wrong, the client gets JSON of one form: `errors[0].message`,
//! `.extensions.code` and `.extensions.requestId`. Faults show a fixed sentence; the log has the
//! rest under the same request id.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::accept::MediaType;
use super::observe::Observed;
use super::service::{Answer, AnswerKind, OperationSummary, RequestId};
use crate::telemetry::metrics::Outcome;

/// What HTTP refuses by itself. The code and the status follow from the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not a well-formed GraphQL-over-HTTP request.
    BadRequest,
    /// The credentials are not of a kind we know.
    Unauthenticated,
    /// The request comes from a page of another origin.
    Forbidden,
    /// Nothing lives at this path, or no such thing exists.
    NotFound,
    /// The path exists, the method does not; axum names in `Allow` those that do.
    MethodNotAllowed,
    /// No media type we speak is acceptable to the client.
    NotAcceptable,
    /// The body is over the limit.
    PayloadTooLarge,
    /// The body is not JSON in UTF-8.
    UnsupportedMediaType,
    /// There are as many open connections, or operations of one, as there may be, or too many requests of one.
    TooMany,
    /// Something is there already that can be there once only.
    Conflict,
    /// A fault of ours.
    Internal,
    /// What is needed to answer does not answer itself.
    Unavailable,
    /// The request took longer than it may.
    Timeout,
}

impl Refusal {
    /// The `extensions.code` of the error; also a label of the error counter.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::TooMany => "RATE_LIMITED",
            Self::Conflict => "CONFLICT",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::Timeout => "TIMEOUT",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::Unauthenticated => Outcome::Unauthenticated,
            Self::Internal => Outcome::Fault,
            Self::Unavailable => Outcome::Unavailable,
            Self::Timeout => Outcome::Timeout,
            _ => Outcome::Refused,
        }
    }

    /// The document alone.
    fn document(self, message: &str, request_id: &RequestId) -> String {
        let document = json!({
            "errors": [{
                "message": message,
                "extensions": { "code": self.code(), "requestId": request_id.as_str() },
            }]
        });
        document.to_string()
    }

    /// The same as a service's answer, for operations that are not requests of their own.
    pub(super) fn answer(self, kind: AnswerKind, message: &str, request_id: &RequestId) -> Answer {
        let summary = OperationSummary { errors: 1, codes: vec![self.code()], ..OperationSummary::default() };
        Answer { body: self.document(message, request_id).into(), kind, summary, cookies: Vec::new() }
    }

    /// The complete response, in the media type the client asked for.
    pub fn response(self, message: &str, media_type: MediaType, request_id: &RequestId) -> Response {
        let mut response = Response::new(Body::from(self.document(message, request_id)));
        *response.status_mut() = self.status();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type.content_type()));
        mark_status(&mut response);
        response.extensions_mut().insert(Observed {
            outcome: self.outcome(),
            summary: OperationSummary { errors: 1, codes: vec![self.code()], ..OperationSummary::default() },
        });
        response
    }
}

/// Adds the headers that go with a response's status, and forbids to store any answer.
pub(super) fn mark_status(response: &mut Response) {
    let status = response.status();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    } else if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
}
