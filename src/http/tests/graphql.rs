use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use futures_util::stream;
use serde_json::json;

use super::TestGateway;

const GRAPHQL: (&str, &str) = ("accept", "application/graphql-response+json");
const JSON: (&str, &str) = ("accept", "application/json");

#[tokio::test]
async fn a_post_reaches_the_service_with_all_it_said() {
    let gateway = TestGateway::new();
    let body = json!({
        "query": "query A($x: Int) { a }",
        "operationName": "A",
        "variables": { "x": 1 },
        "extensions": { "e": true },
    });
    let headers = [("authorization", "bearer  a.b.c "), ("x-request-id", "trace-1")];
    let reply = gateway.post(body.to_string(), &headers).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.text, r#"{"data":{"__typename":"Query"}}"#);
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(reply.header("cache-control"), "no-store");
    let call = gateway.only_call();
    assert_eq!(call.query, "query A($x: Int) { a }");
    assert_eq!(call.operation_name.as_deref(), Some("A"));
    assert_eq!(json!(call.variables), json!({ "x": 1 }));
    assert_eq!(json!(call.extensions), json!({ "e": true }));
    assert_eq!(call.bearer.as_deref(), Some("a.b.c"));
    assert_eq!(call.request_id.as_str(), "trace-1");
    assert!(!call.queries_only);
}

#[tokio::test]
async fn a_get_reaches_the_service_for_queries_only() {
    let gateway = TestGateway::new();
    let reply = gateway.get("/graphql?query=%7B+a+%7D&variables=%7B%22x%22:1%7D").await;
    assert_eq!(reply.status, StatusCode::OK);
    let call = gateway.only_call();
    assert_eq!(call.query, "{ a }");
    assert_eq!(json!(call.variables), json!({ "x": 1 }));
    assert!(call.queries_only);
    assert_eq!(call.bearer, None);
}

#[tokio::test]
async fn a_mutation_over_get_is_told_to_post() {
    for accept in [GRAPHQL, JSON] {
        let request =
            Request::get("/graphql?query=mutation+%7B+a+%7D").header(accept.0, accept.1).body(Body::empty()).unwrap();
        let reply = TestGateway::new().send(request).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(reply.header("allow"), "POST");
    }
}

#[tokio::test]
async fn the_status_follows_from_the_answer_and_the_media_type() {
    for (query, with_graphql, with_json) in [
        ("{ a }", 200, 200),
        ("errors", 200, 200),
        ("refused", 400, 200),
        ("stranger", 401, 401),
        ("forged", 403, 403),
        ("often", 429, 429),
        ("down", 503, 503),
        ("bug", 500, 500),
    ] {
        let body = json!({ "query": query }).to_string();
        for (accept, status) in [(GRAPHQL, with_graphql), (JSON, with_json)] {
            let reply = TestGateway::new().post(body.clone(), &[accept]).await;
            assert_eq!(reply.status, status, "{query} {accept:?}");
            assert!(reply.header("content-type").starts_with(accept.1));
            assert_eq!(reply.header("www-authenticate").is_empty(), status != 401);
            let retry_after = if status == 429 {
                "7"
            } else if status == 503 {
                "1"
            } else {
                ""
            };
            assert_eq!(reply.header("retry-after"), retry_after);
        }
    }
}

#[tokio::test]
async fn the_service_learns_who_is_at_the_other_end() {
    let gateway = TestGateway::new();
    let headers = [
        ("cookie", "a=b; __Host-mostrador-access=x.y.z"),
        ("x-csrf-token", "proof"),
        ("user-agent", "Firefox"),
        ("origin", "https://evil.example"),
        ("x-forwarded-for", "6.6.6.6"),
    ];
    gateway.post(r#"{"query":"{a}"}"#, &headers).await;
    let caller = gateway.only_call().caller;
    assert_eq!(caller.cookies.access.as_deref(), Some("x.y.z"));
    assert_eq!(caller.cookies.refresh, None);
    assert_eq!(caller.csrf_token.as_deref(), Some("proof"));
    assert_eq!(caller.user_agent.as_deref(), Some("Firefox"));
    assert_eq!(caller.address, None, "there is no socket, and nobody is believed");
    assert!(caller.is_foreign_page && caller.has_secure_cookies);
    assert!(!format!("{caller:?}").contains("x.y.z"));
}

#[tokio::test]
async fn cookies_of_the_answer_are_set_one_by_one() {
    let reply = TestGateway::new().post(r#"{"query":"cookies"}"#, &[]).await;
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2; HttpOnly"]);
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[tokio::test]
async fn an_answer_nobody_accepts_is_a_406_and_nothing_runs() {
    let gateway = TestGateway::new();
    let reply = gateway.post(r#"{"query":"{a}"}"#, &[("accept", "text/html")]).await;
    assert_eq!(reply.status, StatusCode::NOT_ACCEPTABLE);
    assert_eq!(reply.code(), "NOT_ACCEPTABLE");
    assert!(gateway.service.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn whatever_a_form_can_send_is_a_415_and_nothing_runs() {
    let gateway = TestGateway::new();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = Request::post("/graphql")
            .header("content-type", content_type)
            .body(Body::from(r#"{"query":"mutation { a }"}"#))
            .unwrap();
        let reply = gateway.send(request).await;
        assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(reply.code(), "UNSUPPORTED_MEDIA_TYPE");
    }
    assert!(gateway.service.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn malformed_requests_are_a_400_in_either_media_type() {
    let deep = format!(r#"{{"query":"{{a}}","variables":{}"#, "[".repeat(900));
    for body in [&b""[..], b"{", b"[]", b"{}", b"{\"query\":\"\xff\"}", br#"{"query":{}}"#, deep.as_bytes()] {
        for accept in [GRAPHQL, JSON] {
            let reply = TestGateway::new().post(body.to_vec(), &[accept]).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST);
            assert_eq!(reply.code(), "BAD_REQUEST");
            assert!(reply.header("content-type").starts_with(accept.1));
        }
    }
    for path in ["/graphql", "/graphql?query=%ff", "/graphql?query=a&query=b"] {
        let reply = TestGateway::new().get(path).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_a_413_however_it_is_sent() {
    let gateway = TestGateway::new();
    let large = format!(r#"{{"query":"{}"}}"#, "a".repeat(1024));
    let announced = gateway.post(large.clone(), &[]).await;
    let chunks: Vec<Result<String, std::io::Error>> =
        large.as_bytes().chunks(100).map(|chunk| Ok(String::from_utf8(chunk.to_vec()).unwrap())).collect();
    let chunked = gateway.post(Body::from_stream(stream::iter(chunks)), &[]).await;
    let in_the_path = gateway.get(&format!("/graphql?query={}", "a".repeat(1100))).await;
    for reply in [announced, chunked, in_the_path] {
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(reply.code(), "PAYLOAD_TOO_LARGE");
    }
    assert!(gateway.service.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn credentials_of_another_kind_are_a_401() {
    for value in ["Basic YTpi", "Bearer", "Bearer ", "token", "ñ"] {
        let reply = TestGateway::new().post(r#"{"query":"{a}"}"#, &[("authorization", value)]).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{value}");
        assert_eq!(reply.code(), "UNAUTHENTICATED");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn other_methods_are_a_405_that_names_ours() {
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let request = Request::builder().method(method).uri("/graphql").body(Body::empty()).unwrap();
        let reply = TestGateway::new().send(request).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(reply.code(), "METHOD_NOT_ALLOWED");
        assert_eq!(reply.header("allow"), "GET,HEAD,POST");
    }
}

#[tokio::test]
async fn a_panic_costs_its_own_request_a_500_and_shows_nothing() {
    let gateway = TestGateway::new();
    let reply = gateway.post(r#"{"query":"panic"}"#, &[GRAPHQL]).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reply.code(), "INTERNAL");
    assert!(reply.header("content-type").starts_with(GRAPHQL.1));
    assert!(!reply.text.contains("tenant"));
    assert_eq!(gateway.post(r#"{"query":"{a}"}"#, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_request_out_of_time_is_a_504() {
    let reply = TestGateway::new().post(r#"{"query":"slow"}"#, &[]).await;
    assert_eq!(reply.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(reply.code(), "TIMEOUT");
}

#[tokio::test]
async fn a_body_that_never_ends_is_a_504() {
    let body = Body::from_stream(stream::pending::<Result<String, std::io::Error>>());
    let reply = TestGateway::new().post(body, &[]).await;
    assert_eq!(reply.status, StatusCode::GATEWAY_TIMEOUT);
}
