//! The world with credentials, a provider that signs, and a worker that works until nothing is left to do.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use mostrador::jobs::{JobWorker, JobWorkerParts, Pace};
use mostrador::telemetry::jobs::JobMetrics;
use mostrador::work::{Crew, Tenancy};
use mostrador::workers::{JobParts, job_kinds};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::app::{TestApp, TestClient};

pub(super) const APP_SECRET: &str = "the app's secret of Autos del Sur";
pub(super) const VERIFY_TOKEN: &str = "the word of Autos del Sur";
pub(super) const SIGNING_SECRET: &str = "the signing secret of Autos del Sur";

pub(super) struct Stage {
    pub(super) app: TestApp,
    pub(super) ana: TestClient,
}

/// Credentials as the mutation takes them.
pub(super) fn whatsapp_credentials(app_secret: &str, verify_token: &str) -> Value {
    json!({
        "appSecret": app_secret, "verifyToken": verify_token, "accessToken": "EAAB-token",
        "phoneNumberId": "27681414235104944", "businessAccountId": "8856996819413533"
    })
}

impl Stage {
    pub(super) async fn set() -> Self {
        let app = TestApp::world().await;
        let ana = app.sign_in("autos", "ana@autos.test").await;
        let mutation = "mutation ($w: JSON, $c: JSON) {
            setTenantCredentials(input: { whatsappCredentials: $w, conversationsCredentials: $c }) { errors { message path } }
        }";
        let variables = json!({
            "w": whatsapp_credentials(APP_SECRET, VERIFY_TOKEN), "c": { "signingSecret": SIGNING_SECRET }
        });
        let set = ana.data(mutation, variables).await;
        assert_eq!(set["setTenantCredentials"]["errors"], json!([]));
        Self { app, ana }
    }

    /// Brings something, signed as given.
    pub(super) async fn bring(&self, path: &str, body: &[u8], signature: Option<&str>) -> (StatusCode, Value) {
        bring(&self.app, path, body, signature).await
    }

    /// Brings a payload of WhatsApp, rightly signed.
    pub(super) async fn whatsapp(&self, payload: &Value) {
        let body = payload.to_string();
        let signature = signature(APP_SECRET, body.as_bytes());
        let (status, json) = self.bring("/webhooks/whatsapp/autos", body.as_bytes(), Some(&signature)).await;
        assert_eq!((status, json), (StatusCode::OK, json!({ "received": true })));
    }

    /// Brings events of another channel, rightly signed.
    pub(super) async fn events(&self, channel: &str, events: Value) {
        let body = json!({ "events": events }).to_string();
        let signature = signature(SIGNING_SECRET, body.as_bytes());
        let path = format!("/webhooks/inbound/autos/{channel}");
        let (status, json) = self.bring(&path, body.as_bytes(), Some(&signature)).await;
        assert_eq!((status, json), (StatusCode::OK, json!({ "received": true })));
    }

    /// Works until no payload is left to be worked through; says what became of them, oldest first.
    pub(super) async fn work(&self) -> Vec<Value> {
        work(&self.app).await
    }

    pub(super) async fn count(&self, sql: &str) -> i64 {
        self.app.cell(&format!("select count(*) from {sql}")).await.parse().unwrap()
    }
}

pub(super) async fn bring(app: &TestApp, path: &str, body: &[u8], signature: Option<&str>) -> (StatusCode, Value) {
    let mut request = Request::post(path).header("content-type", "application/json");
    if let Some(signature) = signature {
        request = request.header("x-hub-signature-256", signature);
    }
    let response = app.router.clone().oneshot(request.body(Body::from(body.to_vec())).unwrap()).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// A crew that does jobs, in a hurry.
pub(super) fn crew(app: &TestApp) -> Crew {
    let tenancy = Tenancy::new(app.services.database.clone());
    let parts =
        JobParts { tenancy: tenancy.clone(), ids: Arc::clone(&app.services.ids), keys: app.services.keys.clone() };
    let worker = JobWorker::new(JobWorkerParts {
        tenancy,
        ids: Arc::clone(&app.services.ids),
        kinds: job_kinds(&parts),
        bus: Arc::clone(&app.services.bus),
        metrics: JobMetrics::new().unwrap(),
        pace: Pace {
            jobs_at_once: 16,
            rest: Duration::from_millis(10),
            least_rest: Duration::from_millis(2),
            lease: Duration::from_secs(5),
            drain: Duration::from_secs(5),
        },
    });
    Crew::start(vec![Box::new(worker)])
}

pub(super) async fn work(app: &TestApp) -> Vec<Value> {
    let crew = crew(app);
    settled(app).await;
    assert!(crew.stop(Duration::from_secs(20)).await);
    outcomes(app).await
}

/// Waits until no payload is left to be worked through.
pub(super) async fn settled(app: &TestApp) {
    let left = "select count(*) from jobs where kind = 'inbound_payload' and state in ('QUEUED', 'RUNNING')";
    for _ in 0..6000 {
        if app.cell(left).await == "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("jobs are left: {:?}", app.rows("select kind, state, attempts, last_error from jobs").await);
}

async fn outcomes(app: &TestApp) -> Vec<Value> {
    let rows = app.rows("select coalesce(outcome::text, 'null') from inbound_payloads order by id").await;
    rows.iter().map(|row| serde_json::from_str(&row[0]).unwrap()).collect()
}

pub(super) fn signature(secret: &str, body: &[u8]) -> String {
    use hmac::{Hmac, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

/// A payload of WhatsApp with these messages, from contacts of these numbers.
pub(super) fn payload(messages: Value, contacts: Value) -> Value {
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "34910000000", "phone_number_id": "27681414235104944" },
        "contacts": contacts, "messages": messages
    });
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "8856996819413533", "changes": [{ "field": "messages", "value": value }] }]
    })
}

/// A payload with one message of a kind.
pub(super) fn message(from: &str, id: &str, kind: &str, more: Value) -> Value {
    let mut message = json!({ "from": from, "id": id, "timestamp": "1772443800", "type": kind });
    for (name, value) in more.as_object().unwrap() {
        message[name] = value.clone();
    }
    payload(json!([message]), json!([{ "wa_id": from, "profile": { "name": format!("Person {from}") } }]))
}

/// A payload with one text.
pub(super) fn text(from: &str, id: &str, body: &str) -> Value {
    message(from, id, "text", json!({ "text": { "body": body } }))
}

/// A payload with one status.
pub(super) fn status(id: &str, status: &str, timestamp: i64) -> Value {
    let mut report =
        json!({ "id": id, "status": status, "timestamp": timestamp.to_string(), "recipient_id": "34600000001" });
    if status == "failed" {
        report["errors"] = json!([{ "code": 131026, "title": "Message undeliverable" }]);
    }
    let value = json!({ "messaging_product": "whatsapp", "statuses": [report] });
    json!({ "object": "whatsapp_business_account", "entry": [{ "changes": [{ "field": "messages", "value": value }] }] })
}
