//! What logs and metrics say of a request, and what they do not.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use super::TestGateway;

/// Collects log lines as JSON, on the thread of one test.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn collect() -> (Self, tracing::subscriber::DefaultGuard) {
        let lines = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_max_level(tracing::Level::INFO)
            .with_writer(lines.clone())
            .finish();
        (lines, tracing::subscriber::set_default(subscriber))
    }

    fn of_requests(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line["target"] == "mostrador::request" && line.get("status").is_some())
            .collect()
    }
}

#[tokio::test]
async fn a_request_is_one_line_without_values() {
    let (lines, _guard) = Lines::collect();
    let gateway = TestGateway::new();
    let body = r#"{"query":"query Inbox { secretField }","operationName":"Inbox","variables":{"phone":"+34600"}}"#;
    let headers = [("authorization", "Bearer secret.token.x"), ("x-request-id", "r-1")];
    gateway.post(body, &headers).await;
    gateway.post(r#"{"query":"errors"}"#, &[]).await;
    gateway.get("/livez").await;

    let found = lines.of_requests();
    assert_eq!(found.len(), 2, "{found:?}");
    let line = &found[0];
    for (field, value) in [
        ("request.id", Value::from("r-1")),
        ("method", "POST".into()),
        ("route", "/graphql".into()),
        ("status", 200.into()),
        ("outcome", "ok".into()),
        ("operation.name", "Inbox".into()),
        ("operation.kind", "query".into()),
        ("tenant", "t1".into()),
        ("statements", 6.into()),
        ("rows", 300.into()),
        ("errors", 0.into()),
        ("level", "INFO".into()),
    ] {
        assert_eq!(line[field], value, "{field} in {line}");
    }
    assert!(line["duration_ms"].is_f64());
    assert_eq!(found[1]["codes"], "NOT_FOUND");
    let all = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for secret in ["secretField", "+34600", "secret.token", "phone"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_logged_too() {
    let (lines, _guard) = Lines::collect();
    let gateway = TestGateway::new();
    let request = gateway.post(r#"{"query":"slow"}"#, &[]);
    assert!(tokio::time::timeout(Duration::from_millis(20), request).await.is_err());
    let found = lines.of_requests();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["outcome"], "client_left");
    assert_eq!(found[0]["status"], 499);
}

#[tokio::test]
async fn requests_are_counted_by_kind_and_outcome() {
    let gateway = TestGateway::new();
    for query in ["{a}", "{a}", "errors", "refused", "down", "bug", "stranger", "slow", "panic"] {
        gateway.post(format!(r#"{{"query":"{query}"}}"#), &[]).await;
    }
    gateway.post("{", &[]).await;
    gateway.get("/livez").await;
    let reply = gateway.get("/metrics").await;
    assert_eq!(reply.header("content-type"), "text/plain; version=0.0.4");
    let mut counts: Vec<&str> =
        reply.text.lines().filter_map(|line| line.strip_prefix("mostrador_graphql_requests_total")).collect();
    counts.sort_unstable();
    assert_eq!(
        counts,
        [
            r#"{kind="query",outcome="errors"} 1"#,
            r#"{kind="query",outcome="fault"} 1"#,
            r#"{kind="query",outcome="ok"} 2"#,
            r#"{kind="query",outcome="refused"} 1"#,
            r#"{kind="query",outcome="unauthenticated"} 1"#,
            r#"{kind="query",outcome="unavailable"} 1"#,
            r#"{kind="unknown",outcome="fault"} 1"#,
            r#"{kind="unknown",outcome="refused"} 1"#,
            r#"{kind="unknown",outcome="timeout"} 1"#,
        ]
    );
    assert!(reply.text.contains(r#"mostrador_graphql_errors_total{code="TIMEOUT"} 1"#));
}
