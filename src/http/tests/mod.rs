//! The router from outside, with a fake gateway behind it.

mod dev;
mod events;
mod fake;
mod fuzz;
mod graphql;
mod observed;
mod others;
mod served;
mod socket;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

pub(super) use self::fake::TestGateway;

/// A response, read to its end.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// The code of the only error; checks the form every error document has.
    fn code(&self) -> String {
        let json = self.json();
        let errors = json["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{json}");
        assert!(errors[0]["message"].as_str().unwrap().ends_with('.'), "{json}");
        let extensions = &errors[0]["extensions"];
        assert_eq!(extensions["requestId"], self.header("x-request-id"));
        assert!(json.get("data").is_none());
        extensions["code"].as_str().unwrap().to_owned()
    }
}

impl TestGateway {
    async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Reply { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Posts JSON to `/graphql`, with further headers.
    async fn post(&self, body: impl Into<Body>, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::post("/graphql").header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }
}
