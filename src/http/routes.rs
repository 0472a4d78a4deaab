//! The table of contents of HTTP: every endpoint, and every middleware in the order it runs.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use super::state::{HttpParts, HttpState};
use super::{catch_panic, cors, dev, graphiql, graphql, home, observe, probes, request_id, timeout};

/// Where operations are sent.
pub const GRAPHQL: &str = "/graphql";
/// Where GraphiQL is, when it is served.
pub const GRAPHIQL: &str = "/graphiql";

/// Builds the router.
pub fn router(parts: HttpParts) -> Router {
    let state = HttpState::new(parts);

    let mut graphql =
        Router::new().route(GRAPHQL, get(graphql::handle).post(graphql::handle).fallback(graphql::method_not_allowed));
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
        router = router.merge(graphiql::routes());
    }
    if state.dev_logins().is_some() {
        router = router.route("/dev/logins", get(dev::logins)).route("/dev/sign-in", post(dev::sign_in));
    }

    // The last layer is the first to see a request.
    router
        .fallback(home::not_found)
        .method_not_allowed_fallback(home::method_not_allowed)
        .layer(from_fn_with_state(state.clone(), timeout::timeout))
        .layer(from_fn(catch_panic::catch_panic))
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .layer(from_fn_with_state(state.clone(), request_id::request_id))
        .with_state(state)
}
