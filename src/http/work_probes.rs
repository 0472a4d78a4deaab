//! `/livez` and `/metrics` of a process that does background work only.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use tokio::net::TcpListener;

use super::probes;
use crate::telemetry::metrics::{self, Metrics};

/// Serves them until the process ends.
pub async fn serve(listener: TcpListener, metrics: Arc<Metrics>) {
    let render =
        move || async move { ([(CONTENT_TYPE, metrics::CONTENT_TYPE), (CACHE_CONTROL, "no-store")], metrics.render()) };
    let router = Router::new().route("/livez", get(probes::livez)).route("/metrics", get(render));
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "the probes are not served any more");
    }
}
