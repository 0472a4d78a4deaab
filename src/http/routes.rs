//! The table of contents of HTTP: every endpoint, and what runs around all of them.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post, put};

use super::live::sse;
use super::state::{HttpParts, HttpState};
use super::{cors, dev, files, graphiql, graphql, home, inbox_page, probes, surround, webhooks};

/// Where operations are sent.
pub const GRAPHQL: &str = "/graphql";
/// Where operations are sent whose answers are streams of events.
pub const GRAPHQL_STREAM: &str = "/graphql/stream";
/// Where GraphiQL is, when it is served.
pub const GRAPHIQL: &str = "/graphiql";
/// Where the reference client is, in development.
pub const INBOX: &str = "/inbox";

/// Builds the router.
pub fn router(parts: HttpParts) -> Router {
    let state = HttpState::new(parts);

    let mut graphql = Router::new()
        .route(GRAPHQL, get(graphql::handle).post(graphql::handle).fallback(graphql::method_not_allowed))
        .route(GRAPHQL_STREAM, any(sse::handle));
    if state.files().is_some() {
        graphql = graphql
            .route(files::UPLOAD, put(files::receive))
            .route("/files/public/{name}", get(files::fetch_public))
            .route("/files/{token}", get(files::fetch));
    }
    if let Some(cors) = cors::layer(&state.settings().cors_origins) {
        graphql = graphql.layer(cors);
    }

    let mut router = Router::new()
        .merge(graphql)
        .route("/", get(home::home))
        .route("/livez", get(probes::livez))
        .route("/readyz", get(probes::readyz))
        .route("/metrics", get(probes::metrics));
    if state.settings().graphiql {
        router = router.merge(graphiql::PAGE.routes());
    }
    if state.dev_logins().is_some() {
        router = router.route("/dev/logins", get(dev::logins)).route("/dev/sign-in", post(dev::sign_in));
        router = router.merge(inbox_page::PAGE.routes());
    }

    if state.webhooks().is_some() {
        router = router
            .route("/webhooks/whatsapp/{tenant}", get(webhooks::verify_whatsapp).post(webhooks::receive_whatsapp))
            .route("/webhooks/inbound/{tenant}/{channel}", post(webhooks::receive_generic));
    }

    router
        .fallback(home::not_found)
        .method_not_allowed_fallback(home::method_not_allowed)
        .layer(from_fn_with_state(state.clone(), surround::surround))
        .with_state(state)
}
