//! Middleware: which pages of other origins may call `/graphql`. None, unless configured.

use std::time::Duration;

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::request_id;

/// How long a browser may remember a permission.
const MAX_AGE: Duration = Duration::from_secs(3600);

/// The layer for the given origins; `None` when there are none, so that nothing is answered to a
/// preflight. Credentials are not allowed: tokens travel in a header, and there are no cookies.
pub fn layer(origins: &[HeaderValue]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().cloned())
    };
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([ACCEPT, AUTHORIZATION, CONTENT_TYPE, request_id::HEADER])
        .expose_headers([RETRY_AFTER, request_id::HEADER])
        .max_age(MAX_AGE);
    Some(layer)
}
