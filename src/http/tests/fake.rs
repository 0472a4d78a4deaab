use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use bytes::Bytes;
use chrono::DateTime;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use uuid::Uuid;

use crate::http::live::connections::LiveConnections;
use crate::http::live::settings::LiveSettings;
use crate::http::routes::router;
use crate::http::service::{
    Answer, AnswerKind, Call, Credentials, DevLogins, GraphqlService, Identified, Identity, LiveCaller, Login,
    OperationKind, OperationSummary, SignedIn, Subscribed,
};
use crate::http::state::{HttpParts, HttpSettings};
use crate::ids::CountingIds;
use crate::telemetry::metrics::{Metrics, PoolStatus};

/// A router over a gateway that answers by the text of the query.
pub(crate) struct TestGateway {
    pub(crate) router: Router,
    pub(crate) service: Arc<FakeService>,
    pub(crate) live: Arc<LiveConnections>,
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
            webhooks: None,
            files: None,
            metrics: Arc::new(Metrics::new(Box::new(PoolStatus::default)).unwrap()),
            ids: Arc::new(CountingIds::default()),
            live: LiveConnections::new(&LiveSettings::default()),
            settings: HttpSettings {
                body_limit_bytes: 1024,
                request_timeout: Duration::from_millis(200),
                cors_origins: Vec::new(),
                graphiql: false,
                ..HttpSettings::default()
            },
        };
        change(&mut parts);
        let live = LiveConnections::new(&parts.settings.live);
        parts.live = Arc::clone(&live);
        Self { router: router(parts), service, live }
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

    fn is_subscription(&self, call: &Call) -> bool {
        call.query.starts_with("subscription")
    }

    fn identify(&self, credentials: Credentials) -> BoxFuture<'static, Result<Identified, Answer>> {
        async move { fake_identity(&credentials) }.boxed()
    }

    fn subscribe(&self, call: Call, caller: LiveCaller) -> BoxFuture<'static, Result<Subscribed, Answer>> {
        self.calls.lock().unwrap().push(call.clone());
        async move { fake_subscription(&call, caller) }.boxed()
    }

    fn ready(&self) -> BoxFuture<'static, Result<(), String>> {
        let reason = self.not_ready.lock().unwrap().clone();
        async move { reason.map_or(Ok(()), Err) }.boxed()
    }
}

/// Whose credentials these are, by the token's text: `user:<number>` or `user:<number>:<seconds it works>`, in the
/// tenant of the same number modulo ten.
#[expect(clippy::result_large_err, reason = "as the service has it")]
fn fake_identity(credentials: &Credentials) -> Result<Identified, Answer> {
    let refused = |kind| Answer {
        body: Bytes::from_static(br#"{"errors":[{"message":"no"}]}"#),
        kind,
        summary: OperationSummary::default(),
        cookies: Vec::new(),
    };
    let token = match (&credentials.bearer, &credentials.caller.cookies.access) {
        (Some(bearer), _) => bearer.as_str(),
        (None, Some(_)) if credentials.caller.is_foreign_page || credentials.caller.csrf_token.is_none() => {
            return Err(refused(AnswerKind::Forbidden));
        }
        (None, Some(cookie)) => cookie.as_str(),
        (None, None) => return Err(refused(AnswerKind::Unauthenticated)),
    };
    if token == "down" {
        return Err(refused(AnswerKind::Unavailable));
    }
    let mut parts = token.split(':');
    let (Some("user"), Some(user)) = (parts.next(), parts.next().and_then(|user| user.parse::<u128>().ok())) else {
        return Err(refused(AnswerKind::Unauthenticated));
    };
    let seconds: f64 = parts.next().map_or(3600.0, |seconds| seconds.parse().unwrap());
    let identity = Identity {
        user_id: Uuid::from_u128(user),
        tenant_id: Uuid::from_u128(user % 10),
        session_id: Uuid::from_u128(user),
        home_tenant_id: None,
        expires_at: DateTime::from_timestamp_millis(1_800_000_000_000 + (seconds * 1e3) as i64).unwrap(),
        csrf_hash: None,
    };
    Ok(Identified { identity, expires_in: Duration::from_secs_f64(seconds) })
}

/// `subscription N`: N documents, then the end; `subscription silent`: none and no end; `subscription endless`: ever
/// more; `subscription who`: one with the seconds at which the caller's token ends, now and after every renewal.
#[expect(clippy::result_large_err, reason = "as the service has it")]
fn fake_subscription(call: &Call, caller: LiveCaller) -> Result<Subscribed, Answer> {
    let document = |number: u64| Bytes::from(format!(r#"{{"data":{{"n":{number}}}}}"#));
    let events = match call.query.trim_start_matches("subscription").trim() {
        "silent" => stream::pending().boxed(),
        "endless" => stream::iter((0..).map(document)).boxed(),
        "who" => {
            let seconds = |identity: Identity| (identity.expires_at.timestamp() - 1_800_000_000) as u64;
            let first = document(seconds(caller.identity()));
            let renewals = stream::unfold(caller, move |mut caller| async move {
                let identity = caller.renewed().await?;
                Some((document(seconds(identity)), caller))
            });
            stream::once(async { first }).chain(renewals).boxed()
        }
        count => match count.parse() {
            Ok(count) => stream::iter((0..count).map(document)).boxed(),
            Err(_) => {
                return Err(Answer {
                    body: Bytes::from_static(br#"{"errors":[{"message":"no"}]}"#),
                    kind: AnswerKind::RequestError,
                    summary: OperationSummary { errors: 1, codes: vec!["NOT_FOUND"], ..OperationSummary::default() },
                    cookies: Vec::new(),
                });
            }
        },
    };
    let summary = OperationSummary {
        operation_name: call.operation_name.clone(),
        operation_kind: Some(OperationKind::Subscription),
        tenant: Some("t1".into()),
        ..OperationSummary::default()
    };
    Ok(Subscribed { events, summary })
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
