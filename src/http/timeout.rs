//! No request takes longer than the configured time.

use std::time::Duration;

use axum::response::Response;

use super::accept::MediaType;
use super::error_document::Refusal;
use super::service::RequestId;

/// Waits for the answer; when the time is over, drops the request and answers 504 with the code TIMEOUT.
pub(super) async fn limited(
    limit: Duration,
    answer: impl Future<Output = Response>,
    media_type: MediaType,
    request_id: &RequestId,
) -> Response {
    match tokio::time::timeout(limit, answer).await {
        Ok(response) => response,
        Err(_) => Refusal::Timeout.response(
            &format!("The request took longer than {} ms.", limit.as_millis()),
            media_type,
            request_id,
        ),
    }
}
