//! Middleware: no request takes longer than the configured time.

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::accept::MediaType;
use super::error_document::Refusal;
use super::graphql::media_type_of;
use super::service::RequestId;
use super::state::HttpState;

/// Runs the request; when its time is over, drops it and answers 504 with the code TIMEOUT.
pub async fn timeout(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
    next: Next,
) -> Response {
    let media_type = media_type_of(request.headers()).unwrap_or(MediaType::Json);
    let limit = state.settings().request_timeout;
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::Timeout.response(
            &format!("The request took longer than {} ms.", limit.as_millis()),
            media_type,
            &request_id,
        ),
    }
}
