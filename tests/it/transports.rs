//! Live transports before the real gateway: what the tests of `src/http` cannot show with a fake one.

mod node;

use axum::body::Body;
use axum::http::{Request, header};
use futures_util::StreamExt;
use mostrador::http::server::Drained;
use serde_json::{Value, json};
use tower::ServiceExt;

use self::node::{Node, Socket};
use crate::app::TestApp;

const WATCH: &str = "subscription Watch($id: ID!, $after: String) {
    conversationEvents(conversationId: $id, after: $after) {
        __typename
        ... on MessageAdded { cursor message { content } }
        ... on StreamReady { cursor replayed }
    }
}";

const SEND: &str = "mutation Send($input: SendMessageInput!) {
    sendMessage(input: $input) { message { id } errors { message } }
}";

async fn node() -> Node {
    Node::of(TestApp::world().await).await
}

/// A conversation that takes messages at any time, and a client that may send them.
async fn conversation(node: &Node) -> (String, crate::app::TestClient) {
    let ana = node.app.sign_in("autos", "ana@autos.test").await;
    let made = ana
        .data(
            "mutation Make($contact: CreateContactInput!) { createContact(input: $contact) { contact { id } } }",
            json!({ "contact": { "displayName": "Somebody" } }),
        )
        .await;
    let contact = made["createContact"]["contact"]["id"].clone();
    let made = ana
        .data(
            "mutation Make($input: CreateConversationInput!) {
                createConversation(input: $input) { conversation { id } errors { message } }
            }",
            json!({ "input": { "contactId": contact, "channel": "WEB_CHAT" } }),
        )
        .await;
    let id = made["createConversation"]["conversation"]["id"].as_str();
    (id.unwrap_or_else(|| panic!("{made:#}")).to_owned(), ana)
}

fn message(conversation: &str, content: &str) -> Value {
    json!({ "input": { "conversationId": conversation, "content": content } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_a_socket_and_a_stream_of_events() {
    let node = node().await;
    let (conversation, ana) = conversation(&node).await;
    let mut socket = Socket::of(&node, &ana.token).await;
    socket.subscribe("a", WATCH, json!({ "id": conversation })).await;
    socket.event("conversationEvents", "StreamReady").await;

    let body = json!({ "query": WATCH, "variables": { "id": conversation } }).to_string();
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "text/event-stream")
        .header(header::AUTHORIZATION, format!("Bearer {}", ana.token))
        .body(Body::from(body))
        .unwrap();
    let response = node.app.router.clone().oneshot(request).await.unwrap();
    let mut stream = response.into_body().into_data_stream();
    let mut text = String::new();
    while !text.contains("StreamReady") {
        text += std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap();
    }

    let answer = socket.ask(SEND, message(&conversation, "hello")).await;
    assert!(answer["data"]["sendMessage"]["message"]["id"].is_string(), "{answer:#}");
    let event = socket.event("conversationEvents", "MessageAdded").await;
    assert_eq!(event["message"]["content"], "hello");
    while !text.contains("MessageAdded") {
        text += std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap();
    }
    assert!(text.contains("event: next\ndata: {") && text.contains("hello"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_a_node_that_stops_loses_nothing_on_another() {
    let mut first = node().await;
    let second = first.beside().await;
    let (conversation, ana) = conversation(&first).await;
    let mut socket = Socket::of(&first, &ana.token).await;
    socket.subscribe("a", WATCH, json!({ "id": conversation })).await;
    let mut cursor = socket.event("conversationEvents", "StreamReady").await["cursor"].clone();
    ana.data(SEND, message(&conversation, "one")).await;
    let event = socket.event("conversationEvents", "MessageAdded").await;
    assert_eq!(event["message"]["content"], "one");
    cursor = if event["cursor"].is_string() { event["cursor"].clone() } else { cursor };

    let ended = first.stop();
    let (code, reason) = socket.closed().await;
    let reason: Value = serde_json::from_str(&reason).unwrap();
    assert_eq!((code, &reason["code"]), (1012, &json!("RECONNECT")));
    assert_eq!(ended.await.unwrap(), Drained::Complete);

    let elsewhere = second.app.sign_in("autos", "ana@autos.test").await;
    elsewhere.data(SEND, message(&conversation, "two")).await;
    let mut socket = Socket::of(&second, &elsewhere.token).await;
    socket.subscribe("a", WATCH, json!({ "id": conversation, "after": cursor })).await;
    elsewhere.data(SEND, message(&conversation, "three")).await;
    for expected in ["two", "three"] {
        let event = socket.event("conversationEvents", "MessageAdded").await;
        assert_eq!(event["message"]["content"], expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_begin_ends_its_own_operation() {
    let node = node().await;
    let (_, ana) = conversation(&node).await;
    let mut socket = Socket::of(&node, &ana.token).await;
    for (query, code) in [
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { conversationEvents(conversationId: \"no\") { __typename } }", "INVALID_ID"),
        ("{ contact(id: \"no\") { id } }", "INVALID_ID"),
    ] {
        socket.subscribe("a", query, json!({})).await;
        let message = socket.hear().await;
        let errors = if message["type"] == "error" { &message["payload"] } else { &message["payload"]["errors"] };
        assert_eq!(errors[0]["extensions"]["code"], code, "{query}\n{message:#}");
        if message["type"] == "next" {
            assert_eq!(socket.hear().await["type"], "complete");
        }
    }
    let reply = ana.send("subscription { presence { __typename } }", json!({})).await;
    assert_eq!(reply.json["errors"][0]["extensions"]["code"], "SUBSCRIPTION_TRANSPORT");
    let answer = socket.ask("{ viewer { user { email } } }", json!({})).await;
    assert_eq!(answer["data"]["viewer"]["user"]["email"], "ana@autos.test");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_living_session_is_not_let_in() {
    let node = node().await;
    let ana = node.app.sign_in("autos", "ana@autos.test").await;
    let mut socket = Socket::open(&node, &[]).await;
    socket.introduce(json!({ "authorization": "Bearer nonsense" })).await;
    assert_eq!(socket.closed().await.0, 4403);
    let mut open = Socket::of(&node, &ana.token).await;
    node.app.sql("update sessions set is_active = false").await;
    let mut socket = Socket::open(&node, &[]).await;
    socket.introduce(json!({ "authorization": format!("Bearer {}", ana.token) })).await;
    assert_eq!(socket.closed().await.0, 4403);
    let answer = open.ask("{ viewer { user { id } } }", json!({})).await;
    assert_eq!(answer[0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_renewed_in_place_must_be_of_the_same_user_and_tenant() {
    let node = node().await;
    let ana = node.app.sign_in("autos", "ana@autos.test").await;
    let jan = node.app.sign_in("autos", "jan@autos.test").await;
    let eva = node.app.sign_in("casas", "eva@casas.test").await;
    let mut socket = Socket::of(&node, &ana.token).await;
    node.app.clock.advance(chrono::Duration::seconds(60));
    let newer = node.app.sign_in("autos", "ana@autos.test").await;
    for (token, code) in [
        (&jan.token, "TOKEN_REFUSED"),
        (&eva.token, "TOKEN_REFUSED"),
        (&ana.token, "TOKEN_REFUSED"),
        (&newer.token, "TOKEN_RENEWED"),
    ] {
        let payload = json!({ "authorization": format!("Bearer {token}") });
        socket.say(json!({ "type": "ping", "payload": payload })).await;
        assert_eq!(socket.hear().await["payload"]["code"], code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cookie_is_promised_over_a_socket() {
    let node = node().await;
    let ana = node.app.sign_in("autos", "ana@autos.test").await;
    let mut socket = Socket::of(&node, &ana.token).await;
    let query = "mutation In($input: SignInInput!) { signIn(input: $input) { errors { code } } }";
    let input = json!({ "tenant": "autos", "email": "ana@autos.test", "password": "x", "cookie": true });
    let answer = socket.ask(query, json!({ "input": input })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer:#}");
}
