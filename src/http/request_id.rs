//! Middleware: every request has an id, and the answer repeats it in `x-request-id`.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::service::RequestId;
use super::state::HttpState;

/// The header, in both directions.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Takes the client's id when it is a sane token, else makes one; handlers find it as an
/// extension of the request.
pub async fn request_id(State(state): State<HttpState>, mut request: Request, next: Next) -> Response {
    let request_id = request
        .headers()
        .get(HEADER)
        .and_then(|value| value.to_str().ok())
        .and_then(RequestId::accept)
        .unwrap_or_else(|| RequestId::from(state.ids().next()));
    let header = HeaderValue::from_str(request_id.as_str());
    request.extensions_mut().insert(request_id);
    let mut response = next.run(request).await;
    // Never an error: a request id holds only characters that a header may hold.
    if let Ok(header) = header {
        response.headers_mut().insert(HEADER, header);
    }
    response
}
