//! `/livez`, `/readyz` and `/metrics`: for the machines that look after this one.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::state::HttpState;
use crate::telemetry::metrics;

/// How long `/readyz` waits for the database before it says no.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// Says that the process answers. Never looks further: an orchestrator restarts what fails this,
/// and a restart does not heal a database.
pub async fn livez() -> Response {
    status(StatusCode::OK, &json!({ "status": "alive" }))
}

/// Says whether requests can be served now, and if not, why.
pub async fn readyz(State(state): State<HttpState>) -> Response {
    let ready = tokio::time::timeout(READY_TIMEOUT, state.service().ready()).await;
    let reason = match ready {
        Ok(Ok(())) => return status(StatusCode::OK, &json!({ "status": "ready" })),
        Ok(Err(reason)) => reason,
        Err(_) => "The database does not answer.".to_owned(),
    };
    status(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "unavailable", "reason": reason }))
}

/// The measurements, in the text format of Prometheus.
pub async fn metrics(State(state): State<HttpState>) -> Response {
    let headers = [(CONTENT_TYPE, metrics::CONTENT_TYPE), (CACHE_CONTROL, "no-store")];
    (headers, state.metrics().render()).into_response()
}

fn status(status: StatusCode, body: &serde_json::Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}
