//! What all tests of chats share: gateways that hear each other, workers, and somebody who watches an answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use mostrador::assistants::ChatReply;
use mostrador::bus::{Bus, LocalBus};
use mostrador::graphql::service::{Call, Caller, GraphqlService, LiveCaller, Renewal, RequestId};
use mostrador::jobs::{JobKind, Pace};
use mostrador::models::{ChatModel, LocalEmbedder, ModelSettings, Models, OpenAi};
use mostrador::work::{Crew, Tenancy};
use serde_json::{Value, json};

use super::stub::Stub;
use crate::app::{TestApp, TestClient};
use crate::jobs::errand::{PACE, worker_on};

/// Longer than anything here takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) const WATCH: &str = "subscription ($id: ID!, $after: Int) { chatReply(aiRequestId: $id, after: $after) {
    __typename
    ... on ChatReplyTokens { offset text }
    ... on ChatReplyToolCall { offset callId name arguments }
    ... on ChatReplyRestarted { offset }
    ... on ChatReplyEnd { offset finishReason message { content tokensInput tokensOutput metadata } aiRequest { status } }
    ... on ChatReplyError { offset code message }
} }";

/// The model of a stub.
pub(super) fn models(stub: &Stub, timeout: Duration) -> Models {
    let settings = ModelSettings {
        url: stub.url.parse().unwrap(),
        key: Some("sk-hunter2".parse().unwrap()),
        chat_model: "stub-1".to_owned(),
        embedding_model: Some("stub-embed".to_owned()),
        embedding_dimensions: 3,
        timeout,
    };
    let chat: Arc<dyn ChatModel> = Arc::new(OpenAi::new(&settings).unwrap());
    Models { chat, embedder: Arc::new(LocalEmbedder) }
}

/// Two gateways over one database that hear each other, and workers that answer with these models.
pub(super) struct Stage {
    pub(super) app: TestApp,
    pub(super) other: TestApp,
    pub(super) bus: Arc<LocalBus>,
    pub(super) models: Models,
}

impl Stage {
    pub(super) async fn open(models: Models) -> Self {
        let bus = Arc::new(LocalBus::new());
        let world = TestApp::world().await;
        let gateway = || async {
            let (bus, models) = (Arc::clone(&bus) as Arc<dyn Bus>, models.clone());
            world
                .serving(|services| {
                    services.use_bus(bus);
                    services.models = models;
                })
                .await
        };
        let (app, other) = (gateway().await, gateway().await);
        Self { app, other, bus, models }
    }

    /// Workers with a lease that is over soon when nobody renews it.
    pub(super) fn crew(&self, workers: usize) -> Crew {
        let pace = Pace { lease: Duration::from_secs(2), jobs_at_once: 8, ..PACE };
        let worker = || {
            let tenancy = Tenancy::new(self.app.database.clone());
            let bus = Arc::clone(&self.bus) as Arc<dyn Bus>;
            let reply = ChatReply::new(&tenancy, self.models.clone(), bus, Arc::clone(&self.app.services.ids));
            let kinds: Vec<Arc<dyn JobKind>> = vec![Arc::new(reply)];
            worker_on(&self.app, pace, kinds, Arc::clone(&self.bus) as Arc<dyn Bus>)
        };
        Crew::start((0..workers).map(|_| worker()).collect())
    }

    pub(super) async fn ana(&self) -> TestClient {
        self.app.sign_in("autos", "ana@autos.test").await
    }

    /// A new talk of a user, with the agent of this slug.
    pub(super) async fn talk(&self, client: &TestClient, agent: Option<&str>) -> String {
        let agent = match agent {
            None => Value::Null,
            Some(slug) => {
                let query = "query ($slug: String!) { aiAgents(filter: { slug: { eq: $slug } }) { nodes { id } } }";
                client.data(query, json!({ "slug": slug })).await["aiAgents"]["nodes"][0]["id"].clone()
            }
        };
        let session = "mutation { createChatSession(input: {}) { chatSession { id } errors { message } } }";
        let session = client.data(session, json!({})).await["createChatSession"]["chatSession"]["id"].clone();
        let query = "mutation ($session: ID!, $agent: ID) {
            createChatThread(input: { sessionId: $session, agentId: $agent }) { chatThread { id } errors { message } }
        }";
        let data = client.data(query, json!({ "session": session, "agent": agent })).await;
        data["createChatThread"]["chatThread"]["id"].as_str().unwrap_or_else(|| panic!("{data:#}")).to_owned()
    }

    /// Says something; the request, or the code of the error.
    pub(super) async fn say(&self, client: &TestClient, thread: &str, text: &str) -> Result<String, String> {
        let query = "mutation ($thread: ID!, $text: String!) {
            sendChatMessage(input: { threadId: $thread, content: $text }) { aiRequest { id } errors { code } }
        }";
        let payload = client.data(query, json!({ "thread": thread, "text": text })).await["sendChatMessage"].clone();
        match payload["aiRequest"]["id"].as_str() {
            Some(id) => Ok(id.to_owned()),
            None => Err(payload["errors"][0]["code"].as_str().unwrap().to_owned()),
        }
    }

    /// Watches an answer at a gateway, or says what the answer was.
    pub(super) async fn try_watch(
        app: &TestApp,
        client: &TestClient,
        request: &str,
        after: Option<i64>,
    ) -> Result<Watcher, Value> {
        let identity = app.services.tokens.verify(&client.token).unwrap();
        let (renewal, caller) = LiveCaller::begin(identity);
        let call = Call {
            query: WATCH.to_owned(),
            operation_name: None,
            variables: json!({ "id": request, "after": after }).as_object().cloned(),
            extensions: None,
            queries_only: false,
            bearer: None,
            caller: Caller::default(),
            request_id: RequestId::accept("test-request").unwrap(),
        };
        match app.gateway.subscribe(call, caller).await {
            Ok(subscribed) => Ok(Watcher { events: subscribed.events, _renewal: renewal }),
            Err(answer) => Err(serde_json::from_slice(&answer.body).unwrap()),
        }
    }

    /// Watches an answer at a gateway.
    pub(super) async fn watch(app: &TestApp, client: &TestClient, request: &str, after: Option<i64>) -> Watcher {
        Self::try_watch(app, client, request, after).await.unwrap_or_else(|answer| panic!("{answer:#}"))
    }
}

/// Somebody who watches an answer.
pub(super) struct Watcher {
    events: BoxStream<'static, Bytes>,
    _renewal: Renewal,
}

impl Watcher {
    /// The next event; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Value> {
        let next = tokio::time::timeout(PATIENCE, self.events.next()).await.unwrap()?;
        let document: Value = serde_json::from_slice(&next).unwrap();
        assert!(document.get("errors").is_none(), "{document:#}");
        Some(document["data"]["chatReply"].clone())
    }

    /// All events to the end.
    pub(super) async fn all(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// The text of some events, what is void left out; calls of tools as their names in brackets.
pub(super) fn text(events: &[Value]) -> String {
    let mut text = String::new();
    for event in events {
        match event["__typename"].as_str().unwrap() {
            "ChatReplyTokens" => text.push_str(event["text"].as_str().unwrap()),
            "ChatReplyToolCall" => text.push_str(&format!("[{}]", event["name"].as_str().unwrap())),
            "ChatReplyRestarted" => text.clear(),
            _ => {}
        }
    }
    text
}
