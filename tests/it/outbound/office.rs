//! A business that sends: a gateway, a receiver that its webhook leads to, and a worker.

use std::sync::Arc;
use std::time::Duration;

use mostrador::clock::SystemClock;
use mostrador::jobs::{JobKind, Pace};
use mostrador::outbound::{OutboundSettings, SendMessage};
use mostrador::secrets::Place;
use mostrador::work::{Crew, Tenancy};
use serde_json::{Value, json};
use uuid::Uuid;

use super::receiver::{Manner, Receiver};
use crate::app::{TestApp, TestClient, keys};
use crate::jobs::errand::{PACE, stop, tenant, until, worker};

/// How messages leave in tests.
pub(crate) const SETTINGS: OutboundSettings =
    OutboundSettings { timeout: Duration::from_secs(3), is_private_allowed: true, pretends: false };

pub(crate) struct Office {
    pub(crate) app: TestApp,
    pub(crate) receiver: Receiver,
    pub(crate) ana: TestClient,
    pub(crate) tenant: Uuid,
    /// Opaque ids of conversations with Marta (WhatsApp) and Germán (e-mail).
    pub(crate) whatsapp: String,
    pub(crate) email: String,
    pub(crate) secret: String,
}

impl Office {
    /// Whose webhook for all conversations leads to a receiver that behaves so at first.
    pub(crate) async fn open(manners: impl IntoIterator<Item = Manner>) -> Self {
        let app = TestApp::world().await;
        let receiver = Receiver::start(manners).await;
        let ana = app.sign_in("autos", "ana@autos.test").await;
        let tenant = tenant(&app, "autos").await;
        app.sql(
            "update conversations set whatsapp_24h_expires_at = now() + interval '1 hour' where channel = 'WHATSAPP'",
        )
        .await;
        let create = "mutation($url: String!) { createWebhook(input: {channel: CONVERSATIONS, url: $url}) { webhook { id } secret errors { code message } } }";
        let made = ana.data(create, json!({ "url": receiver.url("/hook?a=b") })).await;
        assert_eq!(made["createWebhook"]["errors"], json!([]), "{made:#}");
        let secret = made["createWebhook"]["secret"].as_str().unwrap().to_owned();
        let found = ana.data("{ conversations { nodes { id channel } } }", json!({})).await;
        let on = |channel: &str| {
            let nodes = found["conversations"]["nodes"].as_array().unwrap();
            let one = nodes.iter().find(|node| node["channel"] == channel).unwrap();
            one["id"].as_str().unwrap().to_owned()
        };
        let (whatsapp, email) = (on("WHATSAPP"), on("EMAIL"));
        Self { app, receiver, ana, tenant, whatsapp, email, secret }
    }

    /// Workers that send.
    pub(crate) fn crew(&self, workers: usize) -> Crew {
        self.crew_with(workers, PACE, SETTINGS)
    }

    pub(crate) fn crew_with(&self, workers: usize, pace: Pace, settings: OutboundSettings) -> Crew {
        let tenancy = Tenancy::new(self.app.database.clone());
        let sender = SendMessage::new(&tenancy, keys(), Arc::new(SystemClock), settings).unwrap();
        let kinds: Vec<Arc<dyn JobKind>> = vec![Arc::new(sender)];
        Crew::start((0..workers).map(|_| worker(&self.app, pace, kinds.clone())).collect())
    }

    /// Writes a message; its opaque id.
    pub(crate) async fn send(&self, conversation: &str, text: &str) -> String {
        let send = "mutation($id: ID!, $text: String!) { sendMessage(input: {conversationId: $id, content: $text}) { message { id deliveryStatus queuedAt } errors { code message } } }";
        let sent = self.ana.data(send, json!({ "id": conversation, "text": text })).await;
        let message = &sent["sendMessage"]["message"];
        assert_eq!(message["deliveryStatus"], "QUEUED", "{sent:#}");
        assert!(message["queuedAt"].is_string());
        message["id"].as_str().unwrap().to_owned()
    }

    /// What there is to know of a message.
    pub(crate) async fn message(&self, id: &str) -> Value {
        let query = "query($id: ID!) { message(id: $id) { deliveryStatus providerMessageId errorMessage failureCode failureCategory isRetryable sentAt failedAt deliveredAt } }";
        self.ana.data(query, json!({ "id": id })).await["message"].clone()
    }

    /// Waits until nothing is under way, ending the waits between attempts.
    pub(crate) async fn quiet(&self) {
        for _ in 0..3000 {
            let open = "select count(*) from jobs where state in ('QUEUED', 'RUNNING')";
            if self.app.cell(open).await == "0" {
                return;
            }
            self.app.sql("update jobs set run_at = now() where state = 'QUEUED'").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{:#?}", self.app.rows("select kind, state, attempts, last_error from jobs").await);
    }

    pub(crate) async fn until(&self, condition: &str) {
        until(&self.app, condition).await;
    }

    pub(crate) async fn stop(crew: Crew) {
        stop(crew).await;
    }

    /// Connects WhatsApp: credentials whose API is the receiver.
    pub(crate) async fn connect_whatsapp(&self) {
        let row: Uuid = self
            .app
            .cell(&format!("select id from tenant_credentials where tenant_id = '{}'", self.tenant))
            .await
            .parse()
            .unwrap();
        let credentials = json!({
            "appSecret": "0123456789abcdef", "verifyToken": "word", "accessToken": "EAAB-token",
            "phoneNumberId": "1055501", "businessAccountId": "77", "apiBaseUrl": self.receiver.url("/v23.0")
        });
        let place = Place { tenant: self.tenant, table: "tenant_credentials", column: "whatsapp_credentials", row };
        let sealed = keys().seal(&place, credentials.to_string().as_bytes()).unwrap().into_bytes();
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        self.app
            .sql(&format!(
                "update tenant_credentials set whatsapp_credentials = '\\x{hex}', whatsapp_set_at = now() where id = '{row}'"
            ))
            .await;
    }
}
