//! Every request has an id, and the answer repeats it in `x-request-id`.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

use super::service::RequestId;
use super::state::HttpState;

/// The header, in both directions.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The client's id when it is a sane token, else a new one. Handlers find it as an extension of the request.
pub(super) fn of(state: &HttpState, headers: &HeaderMap) -> RequestId {
    headers
        .get(HEADER)
        .and_then(|value| value.to_str().ok())
        .and_then(RequestId::accept)
        .unwrap_or_else(|| RequestId::from(state.ids().next()))
}

/// Repeats the id in the answer.
pub(super) fn repeat(request_id: &RequestId, response: &mut Response) {
    // Never an error: a request id holds only characters that a header may hold.
    if let Ok(header) = HeaderValue::from_str(request_id.as_str()) {
        response.headers_mut().insert(HEADER, header);
    }
}
