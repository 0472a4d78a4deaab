//! `/` and everything that is nowhere.

use axum::Extension;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::accept::MediaType;
use super::error_document::Refusal;
use super::routes;
use super::service::RequestId;
use super::state::HttpState;

/// Leads a person to GraphiQL where it is served, and anybody else to `/graphql`.
pub async fn home(State(state): State<HttpState>) -> Response {
    if state.settings().graphiql {
        return Redirect::temporary(routes::GRAPHIQL).into_response();
    }
    let body = json!({ "name": "mostrador", "graphql": routes::GRAPHQL });
    let headers = [(CONTENT_TYPE, "application/json; charset=utf-8")];
    (headers, body.to_string()).into_response()
}

/// Answers for a path that does not exist.
pub async fn not_found(Extension(request_id): Extension<RequestId>) -> Response {
    Refusal::NotFound.response("There is nothing at this path; the API is at /graphql.", MediaType::Json, &request_id)
}

/// Answers for a path that exists with another method; axum adds `Allow`.
pub async fn method_not_allowed(Extension(request_id): Extension<RequestId>) -> Response {
    Refusal::MethodNotAllowed.response("This path does not serve this method.", MediaType::Json, &request_id)
}
