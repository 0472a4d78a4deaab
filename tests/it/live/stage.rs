//! What all tests of live subscriptions share.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use mostrador::graphql::service::{Call, Caller, GraphqlService, LiveCaller, Renewal, RequestId};
use mostrador::graphql::{Gateway, GatewayParts, schema};
use mostrador::live::LiveSettings;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{TestApp, TestClient};

/// Longer than anything here takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The world, whose log gets its rounds without being asked.
pub(super) struct Stage {
    pub(super) app: TestApp,
    rounds: tokio::task::JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.rounds.abort();
    }
}

impl Stage {
    pub(super) async fn open() -> Self {
        Self::over(TestApp::world().await)
    }

    /// With other bounds than usual.
    pub(super) async fn bounded(settings: LiveSettings) -> Self {
        let mut app = TestApp::world().await;
        app.gateway = Gateway::with_live(
            GatewayParts {
                schema: schema::build(),
                documents: mostrador::graphql::documents::Documents::new(Default::default(), 1 << 20),
                services: Arc::clone(&app.services),
            },
            settings,
        );
        Self::over(app)
    }

    fn over(app: TestApp) -> Self {
        let sequencer = app.sequencer();
        let rounds = tokio::spawn(async move {
            loop {
                let _ = sequencer.take().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        Self { app, rounds }
    }

    /// Another gateway over the same log.
    pub(super) async fn beside(&self) -> Self {
        Self::over(self.app.beside(|_| ()).await)
    }

    pub(super) async fn ana(&self) -> TestClient {
        self.app.sign_in("autos", "ana@autos.test").await
    }

    pub(super) async fn jan(&self) -> TestClient {
        self.app.sign_in("autos", "jan@autos.test").await
    }

    pub(super) async fn eva(&self) -> TestClient {
        self.app.sign_in("casas", "eva@casas.test").await
    }

    /// Subscribes, or says what the answer was.
    pub(super) async fn try_watch(&self, client: &TestClient, query: &str, variables: Value) -> Result<Watcher, Value> {
        self.watch_on(&self.app, client, query, variables).await
    }

    /// Subscribes at another gateway over the same database.
    pub(super) async fn watch_on(
        &self,
        app: &TestApp,
        client: &TestClient,
        query: &str,
        variables: Value,
    ) -> Result<Watcher, Value> {
        let identity = self.app.services.tokens.verify(&client.token).unwrap();
        let (renewal, caller) = LiveCaller::begin(identity);
        let call = Call {
            query: query.to_owned(),
            operation_name: None,
            variables: variables.as_object().cloned(),
            extensions: None,
            queries_only: false,
            bearer: None,
            caller: Caller::default(),
            request_id: RequestId::accept("test-request").unwrap(),
        };
        match app.gateway.subscribe(call, caller).await {
            Ok(subscribed) => Ok(Watcher { events: subscribed.events, renewal }),
            Err(answer) => Err(serde_json::from_slice(&answer.body).unwrap()),
        }
    }

    /// Subscribes.
    pub(super) async fn watch(&self, client: &TestClient, query: &str, variables: Value) -> Watcher {
        self.try_watch(client, query, variables).await.unwrap_or_else(|answer| panic!("{query}\n{answer:#}"))
    }

    /// The contact writes.
    pub(super) async fn hear_from_contact(&self, conversation: &str, text: &str) {
        let conversation = uuid(conversation);
        self.app
            .sql(&format!(
                "insert into messages (tenant_id, conversation_id, sender_type, content, delivery_status)
                 select tenant_id, id, 'CONTACT', '{text}', 'DELIVERED' from conversations where id = '{conversation}'"
            ))
            .await;
    }

    /// The place in the log behind all that is committed now.
    pub(super) async fn cursor(&self, client: &TestClient) -> String {
        client.data("{ eventCursor }", json!({})).await["eventCursor"].as_str().unwrap().to_owned()
    }
}

/// A subscription.
pub(super) struct Watcher {
    events: BoxStream<'static, Bytes>,
    pub(super) renewal: Renewal,
}

impl Watcher {
    /// The next document; `None` when the subscription has ended.
    pub(super) async fn document(&mut self) -> Option<Value> {
        let next = tokio::time::timeout(PATIENCE, self.events.next()).await.unwrap();
        next.map(|bytes| serde_json::from_slice(&bytes).unwrap())
    }

    /// The next event: the value of the only root field.
    pub(super) async fn next(&mut self) -> Value {
        let document = self.document().await.unwrap();
        assert!(document.get("errors").is_none(), "{document:#}");
        let data = document["data"].as_object().unwrap();
        assert_eq!(data.len(), 1, "{document:#}");
        data.values().next().unwrap().clone()
    }

    /// The next event of this type, past others.
    pub(super) async fn of_type(&mut self, name: &str) -> Value {
        loop {
            let event = self.next().await;
            if event["__typename"] == name {
                return event;
            }
        }
    }

    /// The events up to one of this type, without it.
    pub(super) async fn until(&mut self, name: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            if event["__typename"] == name {
                return events;
            }
            events.push(event);
        }
    }

    /// Nothing has come, and nothing comes in a moment in which it could.
    pub(super) async fn is_silent(&mut self) {
        let next = tokio::time::timeout(Duration::from_millis(400), self.events.next()).await;
        assert!(next.is_err(), "{next:?}");
    }

    /// The code of the error with which the subscription ends.
    pub(super) async fn end(&mut self) -> String {
        loop {
            let document = self.document().await.unwrap();
            if let Some(code) = document["errors"][0]["extensions"]["code"].as_str() {
                assert_eq!(self.document().await, None);
                return code.to_owned();
            }
        }
    }
}

/// The key behind a name of the world.
pub(super) fn uuid(name: &str) -> Uuid {
    entity::id::parse_id("x", &id("x", name)).unwrap()
}

/// The ID behind a name of the world.
pub(super) fn id(prefix: &str, name: &str) -> String {
    format!("{prefix}_{name:0>26}")
}

/// Everything of a conversation.
pub(super) const CONVERSATION: &str = "
    subscription Thread($id: ID!, $after: String) {
        conversationEvents(conversationId: $id, after: $after) {
            __typename
            ... on MessageAdded { cursor committedAt userId mutation clientMessageId message { id content } }
            ... on MessageChanged { cursor changedFields message { id content deliveryStatus } }
            ... on NoteAdded { cursor note { id body } }
            ... on NoteChanged { cursor changedFields note { id body } }
            ... on NoteRemoved { cursor noteId }
            ... on ConversationChanged { cursor changedFields conversation { id status unreadCount } }
            ... on NoLongerVisible { cursor id }
            ... on StreamReady { cursor replayed }
            ... on StreamGap { cursor }
        }
    }";

/// Only what is said.
pub(super) const SAID: &str = "
    subscription Said($id: ID!, $after: String) {
        conversationEvents(conversationId: $id, after: $after) {
            __typename
            ... on MessageAdded { cursor message { content } }
            ... on StreamReady { cursor replayed }
            ... on StreamGap { cursor }
        }
    }";

/// A view of the inbox.
pub(super) const INBOX: &str = "
    subscription Inbox($filter: InboxEventFilter, $after: String) {
        inboxEvents(filter: $filter, after: $after) {
            __typename
            ... on ConversationEntered { cursor conversation { id status } }
            ... on ConversationChanged { cursor changedFields conversation { id status lastMessagePreview } }
            ... on ConversationAssigned { cursor previousAssignedToId conversation { id assignedTo { id } } }
            ... on ConversationLeft { cursor conversationId reason }
            ... on StreamReady { cursor replayed }
        }
    }";

/// Everything of the log.
pub(super) const CHANGES: &str = "
    subscription Copy($types: [EntityType!], $after: String) {
        changes(types: $types, after: $after) {
            __typename
            ... on Change {
                cursor kind type id changedFields userId mutation
                node { __typename id ... on Contact { displayName } }
            }
            ... on StreamReady { cursor replayed }
        }
    }";
