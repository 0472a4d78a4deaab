//! What is wrong before there is an operation: methods, media types, bodies, query strings.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use futures_util::stream;
use serde_json::json;

use super::Hostile;

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_request_is_refused_in_a_sentence() {
    let hostile = Hostile::new().await;
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let nested_object = format!("{}1{}", "{\"query\":".repeat(10_000), "}".repeat(10_000));
    for (body, code) in [
        (String::new(), "BAD_REQUEST"),
        (" \n\t".into(), "BAD_REQUEST"),
        ("{".into(), "BAD_REQUEST"),
        ("}".into(), "BAD_REQUEST"),
        ("null".into(), "BAD_REQUEST"),
        ("17".into(), "BAD_REQUEST"),
        ("\"{ viewer { user { id } } }\"".into(), "BAD_REQUEST"),
        ("{}".into(), "BAD_REQUEST"),
        ("[]".into(), "BAD_REQUEST"),
        ("[{\"query\":\"{__typename}\"},{\"query\":\"{__typename}\"}]".into(), "BAD_REQUEST"),
        ("{\"query\":null}".into(), "BAD_REQUEST"),
        ("{\"query\":17}".into(), "BAD_REQUEST"),
        ("{\"query\":[\"{__typename}\"]}".into(), "BAD_REQUEST"),
        ("{\"query\":\"{__typename}\",\"query\":\"{__typename}\"}".into(), "BAD_REQUEST"),
        ("{\"query\":\"{__typename}\",\"variables\":[]}".into(), "BAD_REQUEST"),
        ("{\"query\":\"{__typename}\",\"variables\":\"{}\"}".into(), "BAD_REQUEST"),
        ("{\"query\":\"{__typename}\",\"operationName\":{}}".into(), "BAD_REQUEST"),
        ("{\"query\":\"{__typename}\",\"extensions\":7}".into(), "BAD_REQUEST"),
        ("{\"query\":\"{__typename}\"} {}".into(), "BAD_REQUEST"),
        ("{\"query\":\"{__typename}\",}".into(), "BAD_REQUEST"),
        ("{\"query\":\"\\ud800\"}".into(), "BAD_REQUEST"),
        ("{\"query\":\"{__typename}\",\"variables\":{\"a\":\"\\udc00\\ud800\"}}".into(), "BAD_REQUEST"),
        ("{\"query\":\"{__typename}\",\"variables\":{\"a\":1e999}}".into(), "BAD_REQUEST"),
        ("{\"query\":\"{__typename}\",\"variables\":{\"a\":NaN}}".into(), "BAD_REQUEST"),
        (format!("{{\"query\":\"{{__typename}}\",\"variables\":{{\"a\":{}}}}}", deep("[", "]")), "BAD_REQUEST"),
        (nested_object, "BAD_REQUEST"),
        (deep("[", "]"), "BAD_REQUEST"),
        ("{\"query\":\"\"}".into(), "GRAPHQL_PARSE_FAILED"),
        ("{\"query\":\"{\\u0000viewer}\"}".into(), "GRAPHQL_PARSE_FAILED"),
        ("{\"query\":\"{ viewer { user { id } } } \\u0000\"}".into(), "GRAPHQL_PARSE_FAILED"),
        ("{\"query\":\"{__typename}\",\"operationName\":\"Nobody\"}".into(), "UNKNOWN_OPERATION"),
        ("{\"query\":\"{__typename}\",\"operationName\":\"\\u0000\"}".into(), "UNKNOWN_OPERATION"),
    ] {
        let shown: String = body.chars().take(80).collect();
        let answer = hostile.post(body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, code), "{shown}: {answer:#?}");
    }
    // What is ignored is ignored at any depth.
    let answer = hostile.post(format!("{{\"query\":\"{{__typename}}\",\"ignored\":{}}}", deep("[", "]"))).await;
    assert_eq!(answer.json["data"]["__typename"], "Query", "{answer:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_text_is_refused() {
    let hostile = Hostile::new().await;
    for body in [
        b"\xff\xfe{\"query\":\"{__typename}\"}".to_vec(),
        b"{\"query\":\"{__typename}\xc3\x28\"}".to_vec(),
        b"{\"query\":\"\xed\xa0\x80\"}".to_vec(),
        "{\"query\":\"{__typename}\"}".encode_utf16().flat_map(u16::to_le_bytes).collect(),
        vec![0; 4096],
        (0..=255).collect(),
    ] {
        let answer = hostile.post(body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"), "{answer:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_are_refused_by_their_size_alone() {
    let hostile = Hostile::new().await;
    let large = "x".repeat(10 << 20);
    for body in [
        json!({ "query": format!("{{ __typename }} # {large}") }).to_string(),
        json!({ "query": "{ __typename }", "variables": { "a": large } }).to_string(),
        large.clone(),
        "[".repeat(10 << 20),
    ] {
        let answer = hostile.post(body).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"));
    }
    // Sent in pieces, so that no length announces it.
    let pieces = stream::iter((0..1000).map(|_| Ok::<_, std::io::Error>(vec![b' '; 10_000])));
    let answer = hostile.post(Body::from_stream(pieces)).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"));
    let broken = stream::iter([Ok("{\"query\":"), Err(std::io::Error::other("gone"))]);
    let answer = hostile.post(Body::from_stream(broken)).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_json_is_read() {
    let hostile = Hostile::new().await;
    let body = json!({ "query": "{ __typename }" }).to_string();
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/graphql"),
        Some("application/json; charset=latin1"),
        Some("application/json; charset=utf-16"),
        Some("application/jsonx"),
        Some("json"),
        Some("*/*"),
    ] {
        let mut request = Request::post("/graphql");
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let answer = hostile.send(request.body(Body::from(body.clone())).unwrap()).await;
        let expected = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE");
        assert_eq!((answer.status, answer.code()), expected, "{content_type:?}");
    }
    for accept in ["text/html", "image/*", "application/xml;q=0.9", "application/json;q=0", "garbage"] {
        let request =
            Request::post("/graphql").header(header::CONTENT_TYPE, "application/json").header(header::ACCEPT, accept);
        let answer = hostile.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE"), "{accept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_and_broken_query_strings_are_refused() {
    let hostile = Hostile::new().await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
        let request = Request::builder().method(method.clone()).uri("/graphql").body(Body::empty()).unwrap();
        let answer = hostile.send(request).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"), "{method}");
        assert!(answer.headers.contains_key(header::ALLOW), "{method}");
    }
    for (query_string, status, code) in [
        ("", StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        ("query=%ff", StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        ("query=%00", StatusCode::BAD_REQUEST, "GRAPHQL_PARSE_FAILED"),
        ("query=%7B__typename%7D&query=%7B__typename%7D", StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        ("query=%7B__typename%7D&variables=%5B%5D", StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        ("query=%7B__typename%7D&variables=%7B", StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        ("query=%7B__typename%7D&extensions=1", StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        ("query=mutation%7B__typename%7D", StatusCode::METHOD_NOT_ALLOWED, "MUTATION_OVER_GET"),
        ("%%%=%%%&&&===", StatusCode::BAD_REQUEST, "BAD_REQUEST"),
    ] {
        let request = Request::get(format!("/graphql?{query_string}")).body(Body::empty()).unwrap();
        let answer = hostile.send(request).await;
        // Without an Accept header the answer is plain JSON, in which a refused document is a 200.
        let status = if answer.status == StatusCode::OK { StatusCode::BAD_REQUEST } else { status };
        assert_eq!((status, answer.code()), (status, code), "{query_string}: {answer:#?}");
        assert!(answer.json.get("data").is_none(), "{query_string}");
    }
    for path in ["/", "/nothing", "/graphql/", "/graphql/..", "/%00", "/%ff", "/readyz/x"] {
        let answer = hostile.app.router.clone();
        let response =
            tower::ServiceExt::oneshot(answer, Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert!(!response.status().is_server_error(), "{path}");
    }
}
