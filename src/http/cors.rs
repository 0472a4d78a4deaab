//! Middleware: which pages of other origins may call `/graphql`. None, unless configured.

use std::time::Duration;

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::caller::CSRF_HEADER;
use super::live::sse;
use super::request_id;

/// How long a browser may remember a permission.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// The layer for the given origins; `None` when there are none, so that nothing is answered to a
/// preflight. Pages of origins that are named may send the browser's cookies; with `*`, any page may ask, and none with
/// cookies.
pub fn layer(origins: &[HeaderValue]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let is_open = origins.iter().any(|origin| origin == "*");
    let allowed = if is_open { AllowOrigin::any() } else { AllowOrigin::list(origins.iter().cloned()) };
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_credentials(!is_open)
        .allow_headers([ACCEPT, AUTHORIZATION, CONTENT_TYPE, CSRF_HEADER, sse::TOKEN_HEADER, request_id::HEADER])
        .expose_headers([RETRY_AFTER, request_id::HEADER])
        .max_age(MAX_AGE);
    Some(layer)
}
