use axum::body::Body;
use axum::http::{Request, StatusCode};

use super::{Reply, TestGateway};

#[tokio::test]
async fn every_answer_repeats_a_sane_request_id_and_replaces_any_other() {
    let gateway = TestGateway::new();
    for (sent, received) in [
        (Some("abc-1"), "abc-1"),
        (Some("not a token"), "00000000-0000-7000-8000-000000000001"),
        (None, "00000000-0000-7000-8000-000000000002"),
    ] {
        let mut request = Request::get("/livez");
        if let Some(sent) = sent {
            request = request.header("x-request-id", sent);
        }
        let reply = gateway.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.header("x-request-id"), received);
    }
}

#[tokio::test]
async fn readiness_follows_the_service_and_liveness_does_not() {
    let gateway = TestGateway::new();
    let ready = gateway.get("/readyz").await;
    assert_eq!((ready.status, ready.text.as_str()), (StatusCode::OK, r#"{"status":"ready"}"#));
    *gateway.service.not_ready.lock().unwrap() = Some("The database is away.".into());
    let unready = gateway.get("/readyz").await;
    assert_eq!(unready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(unready.json()["reason"], "The database is away.");
    assert_eq!(gateway.get("/livez").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_root_leads_to_graphiql_where_it_is_served() {
    let root = TestGateway::in_development().get("/").await;
    assert_eq!(root.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(root.header("location"), "/graphiql");
    let gateway = TestGateway::new();
    assert_eq!(gateway.get("/").await.json()["graphql"], "/graphql");
    assert_eq!(gateway.get("/graphiql").await.code(), "NOT_FOUND");
    assert_eq!(TestGateway::in_development().get("/graphiql").await.status, StatusCode::OK);
}

#[tokio::test]
async fn unknown_paths_and_methods_get_an_error_document() {
    let gateway = TestGateway::in_development();
    let nowhere = gateway.get("/nowhere").await;
    assert_eq!((nowhere.status, nowhere.code().as_str()), (StatusCode::NOT_FOUND, "NOT_FOUND"));
    let post = Request::post("/livez").body(Body::empty()).unwrap();
    let wrong_method = gateway.send(post).await;
    assert_eq!(wrong_method.code(), "METHOD_NOT_ALLOWED");
    assert_eq!(wrong_method.header("allow"), "GET,HEAD");
}

async fn preflight(gateway: &TestGateway, path: &str, origin: &str) -> Reply {
    let request = Request::options(path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,authorization,x-csrf-token")
        .body(Body::empty())
        .unwrap();
    gateway.send(request).await
}

#[tokio::test]
async fn other_origins_are_allowed_only_when_listed_and_only_for_graphql() {
    let allowed = "access-control-allow-origin";
    let shop = "https://shop.example";
    let none = TestGateway::new();
    assert_eq!(preflight(&none, "/graphql", shop).await.header(allowed), "");

    let listed = TestGateway::with_cors(&[shop]);
    let reply = preflight(&listed, "/graphql", shop).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header(allowed), shop);
    assert_eq!(reply.header("access-control-allow-credentials"), "true");
    assert!(reply.header("access-control-allow-headers").contains("x-csrf-token"));
    assert_eq!(preflight(&listed, "/graphql", "https://evil.example").await.header(allowed), "");
    assert_eq!(preflight(&listed, "/metrics", shop).await.header(allowed), "");
    let answer = listed.post(r#"{"query":"{a}"}"#, &[("origin", shop)]).await;
    assert_eq!(answer.header(allowed), shop);

    let any = preflight(&TestGateway::with_cors(&["*"]), "/graphql", shop).await;
    assert_eq!(any.header(allowed), "*");
    assert_eq!(any.header("access-control-allow-credentials"), "");
}
