//! Middleware around every request: from the outside its id, its log line, panics, the time limit.
//!
//! One layer that calls four modules, and not four layers: for each layer axum boxes and clones the rest of the router
//! anew with every request, which a small read feels.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::accept::MediaType;
use super::graphql::media_type_of;
use super::observe::Record;
use super::state::HttpState;
use super::{catch_panic, files, request_id, timeout};

/// Runs the request inside of everything that holds for all of them.
pub async fn surround(State(state): State<HttpState>, mut request: Request, next: Next) -> Response {
    let request_id = request_id::of(&state, request.headers());
    request.extensions_mut().insert(request_id.clone());
    let media_type = media_type_of(request.headers()).unwrap_or(MediaType::Json);
    let is_upload = request.extensions().get::<MatchedPath>().is_some_and(|route| route.as_str() == files::UPLOAD);
    let settings = state.settings();
    let limit = if is_upload { settings.upload_timeout } else { settings.request_timeout };
    let record = Record::new(state, request_id.clone(), &request);
    let answer = timeout::limited(limit, next.run(request), media_type, &request_id);
    let mut response = catch_panic::caught(answer, media_type, &request_id).await;
    record.finish(&response);
    request_id::repeat(&request_id, &mut response);
    response
}
