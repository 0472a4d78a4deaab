//! A panic in a handler costs its own request an answer of 500, and nobody else.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::response::Response;
use futures_util::FutureExt;

use super::accept::MediaType;
use super::error_document::Refusal;
use super::service::RequestId;

/// Waits for the answer; a panic becomes an error document with the code INTERNAL and a log line.
pub(super) async fn caught(
    answer: impl Future<Output = Response>,
    media_type: MediaType,
    request_id: &RequestId,
) -> Response {
    // Unwind safe: the request and everything it owns is dropped by the panic, and what requests
    // share (pool, caches, metrics) keeps no half-done state behind a lock that is not poisoned.
    match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            tracing::error!(
                target: "mostrador::request",
                panic = message(&*panic),
                request.id = request_id.as_str(),
                "a handler panicked"
            );
            Refusal::Internal.response(
                "Something went wrong on our side; the request id helps us to find it.",
                media_type,
                request_id,
            )
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
