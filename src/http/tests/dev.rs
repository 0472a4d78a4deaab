use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;

use super::{Reply, TestGateway};

const HOST: (&str, &str) = ("host", "127.0.0.1:8080");
const JSON: (&str, &str) = ("content-type", "application/json");
const ANA: &str = r#"{"tenant":"motors","email":"ana@motors.example"}"#;

async fn sign_in(gateway: &TestGateway, body: &'static str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::post("/dev/sign-in");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    gateway.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn one_click_signs_in_during_development() {
    let gateway = TestGateway::in_development();
    let list = Request::get("/dev/logins").header(HOST.0, HOST.1).body(Body::empty()).unwrap();
    let expected = json!({ "logins": [{
        "tenant": "motors",
        "tenantName": "Motors",
        "email": "ana@motors.example",
        "name": "Ana",
        "role": "ADMIN",
    }] });
    assert_eq!(gateway.send(list).await.json(), expected);

    let origin = ("origin", "http://127.0.0.1:8080");
    let reply = sign_in(&gateway, ANA, &[HOST, JSON, origin]).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.json(), json!({ "token": "a.b.c", "expiresAt": "2027-01-15T08:00:00Z" }));
}

#[tokio::test]
async fn a_user_who_is_not_there_cannot_sign_in() {
    let gateway = TestGateway::in_development();
    let reply = sign_in(&gateway, r#"{"tenant":"motors","email":"eve"}"#, &[HOST, JSON]).await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::NOT_FOUND, "NOT_FOUND"));
    for body in ["", "{}", r#"{"tenant":1,"email":""}"#] {
        let reply = sign_in(&gateway, body, &[HOST, JSON]).await;
        assert_eq!(reply.code(), "BAD_REQUEST");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_gets_no_token() {
    let gateway = TestGateway::in_development();
    for headers in [
        &[HOST, JSON, ("origin", "https://evil.example")][..],
        &[HOST, JSON, ("sec-fetch-site", "cross-site")],
        &[("host", "evil.example"), JSON, ("origin", "https://evil.example")],
    ] {
        let reply = sign_in(&gateway, ANA, headers).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::FORBIDDEN, "FORBIDDEN"));
    }
    let form = sign_in(&gateway, ANA, &[HOST, ("content-type", "text/plain")]).await;
    assert_eq!(form.code(), "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn outside_development_there_is_no_such_path() {
    let gateway = TestGateway::new();
    assert_eq!(sign_in(&gateway, ANA, &[HOST, JSON]).await.code(), "NOT_FOUND");
    assert_eq!(gateway.get("/dev/logins").await.code(), "NOT_FOUND");
}
