//! The table of contents of HTTP: every endpoint, and what runs around all of them.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::state::{HttpParts, HttpState};
use super::{cors, dev, graphiql, graphql, home, probes, surround};

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

    router
        .fallback(home::not_found)
        .method_not_allowed_fallback(home::method_not_allowed)
        .layer(from_fn_with_state(state.clone(), surround::surround))
        .with_state(state)
}
