use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use bytes::Bytes;
use chrono::DateTime;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::http::routes::router;
use crate::http::service::{
    Answer, AnswerKind, Call, DevLogins, GraphqlService, Login, OperationKind, OperationSummary, SignedIn,
};
use crate::http::state::{HttpParts, HttpSettings};
use crate::ids::CountingIds;
use crate::telemetry::metrics::{Metrics, PoolStatus};

/// A router over a gateway that answers by the text of the query.
pub(crate) struct TestGateway {
    pub(crate) router: Router,
    pub(crate) service: Arc<FakeService>,
}

/// Answers by the text of the query, and remembers what it was asked.
#[derive(Default)]
pub(crate) struct FakeService {
    pub(crate) calls: Mutex<Vec<Call>>,
    pub(crate) not_ready: Mutex<Option<String>>,
}

impl TestGateway {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A gateway whose parts were changed.
    pub(crate) fn with(change: impl FnOnce(&mut HttpParts)) -> Self {
        let service = Arc::new(FakeService::default());
        let mut parts = HttpParts {
            service: Arc::clone(&service) as Arc<dyn GraphqlService>,
            dev_logins: None,
            metrics: Arc::new(Metrics::new(Box::new(PoolStatus::default)).unwrap()),
            ids: Arc::new(CountingIds::default()),
            settings: HttpSettings {
                body_limit_bytes: 1024,
                request_timeout: Duration::from_millis(200),
                cors_origins: Vec::new(),
                graphiql: false,
                ..HttpSettings::default()
            },
        };
        change(&mut parts);
        Self { router: router(parts), service }
    }

    pub(crate) fn with_cors(origins: &[&'static str]) -> Self {
        Self::with(|parts| {
            parts.settings.cors_origins = origins.iter().map(|origin| HeaderValue::from_static(origin)).collect();
        })
    }

    pub(crate) fn in_development() -> Self {
        Self::with(|parts| {
            parts.dev_logins = Some(Arc::new(FakeLogins));
            parts.settings.graphiql = true;
        })
    }

    /// The only call that reached the service.
    pub(crate) fn only_call(&self) -> Call {
        let calls = self.service.calls.lock().unwrap();
        assert_eq!(calls.len(), 1);
        calls[0].clone()
    }
}

impl GraphqlService for FakeService {
    fn execute(&self, call: Call) -> BoxFuture<'static, Answer> {
        self.calls.lock().unwrap().push(call.clone());
        async move {
            let (kind, body) = match call.query.as_str() {
                "panic" => panic!("a value of a tenant"),
                "slow" => std::future::pending().await,
                "refused" => (AnswerKind::RequestError, r#"{"errors":[{"message":"no"}]}"#),
                "errors" => (AnswerKind::Executed, r#"{"data":null,"errors":[{"message":"no"}]}"#),
                "stranger" => (AnswerKind::Unauthenticated, r#"{"errors":[{"message":"no"}]}"#),
                "forged" => (AnswerKind::Forbidden, r#"{"errors":[{"message":"no"}]}"#),
                "often" => (AnswerKind::RateLimited(7), r#"{"errors":[{"message":"no"}]}"#),
                "down" => (AnswerKind::Unavailable, r#"{"errors":[{"message":"no"}]}"#),
                "bug" => (AnswerKind::Internal, r#"{"errors":[{"message":"no"}]}"#),
                query if query.starts_with("mutation") && call.queries_only => {
                    (AnswerKind::MutationOverGet, r#"{"errors":[{"message":"no"}]}"#)
                }
                _ => (AnswerKind::Executed, r#"{"data":{"__typename":"Query"}}"#),
            };
            let failed = body.contains("errors");
            Answer {
                body: Bytes::from_static(body.as_bytes()),
                kind,
                summary: OperationSummary {
                    operation_name: call.operation_name,
                    operation_kind: Some(OperationKind::Query),
                    tenant: Some("t1".into()),
                    statements: 6,
                    rows: 300,
                    errors: u32::from(failed),
                    codes: if failed { vec!["NOT_FOUND"] } else { Vec::new() },
                },
                cookies: if call.query == "cookies" { vec!["a=1".into(), "b=2; HttpOnly".into()] } else { Vec::new() },
            }
        }
        .boxed()
    }

    fn ready(&self) -> BoxFuture<'static, Result<(), String>> {
        let reason = self.not_ready.lock().unwrap().clone();
        async move { reason.map_or(Ok(()), Err) }.boxed()
    }
}

struct FakeLogins;

impl DevLogins for FakeLogins {
    fn logins(&self) -> BoxFuture<'static, Result<Vec<Login>, String>> {
        let login = Login {
            tenant: "motors".into(),
            tenant_name: "Motors".into(),
            email: "ana@motors.example".into(),
            name: "Ana".into(),
            role: "ADMIN".into(),
        };
        async move { Ok(vec![login]) }.boxed()
    }

    fn sign_in(&self, tenant: String, email: String) -> BoxFuture<'static, Result<Option<SignedIn>, String>> {
        let known = tenant == "motors" && email == "ana@motors.example";
        let signed_in = known.then(|| SignedIn {
            token: "a.b.c".into(),
            expires_at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        });
        async move { Ok(signed_in) }.boxed()
    }
}
