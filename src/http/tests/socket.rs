//! graphql-transport-ws from outside: a real socket, a fake gateway.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::Message;

use super::served::Served;

/// Longer than anything takes; a guard against waiting for ever.
const GUARD: Duration = Duration::from_secs(30);

pub(super) struct Client(pub(super) WebSocketStream<TcpStream>);

impl Client {
    pub(super) async fn with_headers(served: &Served, headers: &[(&'static str, &str)]) -> Self {
        let mut request = format!("ws://{}/graphql", served.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_str(value).unwrap());
        }
        let stream = TcpStream::connect(served.address).await.unwrap();
        Self(tokio_tungstenite::client_async(request, stream).await.unwrap().0)
    }

    pub(super) async fn open(served: &Served) -> Self {
        Self::with_headers(served, &[("sec-websocket-protocol", "graphql-transport-ws")]).await
    }

    /// A socket of a user.
    pub(super) async fn of(served: &Served, token: &str) -> Self {
        let mut client = Self::open(served).await;
        client
            .say(json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } }))
            .await;
        assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
        client
    }

    pub(super) async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub(super) async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "type": "subscribe", "id": id, "payload": { "query": query } })).await;
    }

    pub(super) async fn hear(&mut self) -> Value {
        loop {
            match tokio::time::timeout(GUARD, self.0.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code and reason of the close that follows, whatever comes before it.
    pub(super) async fn closed(&mut self) -> (u16, String) {
        loop {
            match tokio::time::timeout(GUARD, self.0.next()).await.unwrap() {
                Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.as_str().to_owned()),
                Some(Ok(Message::Close(None))) | None => panic!("no reason"),
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("{error}"),
            }
        }
    }
}

fn next(id: &str, number: u64) -> Value {
    json!({ "id": id, "type": "next", "payload": { "data": { "n": number } } })
}

fn complete(id: &str) -> Value {
    json!({ "id": id, "type": "complete" })
}

#[tokio::test]
async fn a_subscription_gives_its_documents_and_completes() {
    let served = Served::new().await;
    let mut client = Client::of(&served, "user:11").await;
    client.subscribe("a", "subscription 2").await;
    assert_eq!(client.hear().await, next("a", 0));
    assert_eq!(client.hear().await, next("a", 1));
    assert_eq!(client.hear().await, complete("a"));
    // The id is free again.
    client.subscribe("a", "subscription 1").await;
    assert_eq!(client.hear().await, next("a", 0));
    assert_eq!(client.hear().await, complete("a"));
}

#[tokio::test]
async fn a_query_has_one_answer_and_a_refused_one_an_error() {
    let served = Served::new().await;
    let mut client = Client::of(&served, "user:11").await;
    client.subscribe("a", "{ __typename }").await;
    let payload = json!({ "data": { "__typename": "Query" } });
    assert_eq!(client.hear().await, json!({ "id": "a", "type": "next", "payload": payload }));
    assert_eq!(client.hear().await, complete("a"));
    for query in ["refused", "stranger", "subscription nonsense", "down"] {
        client.subscribe("b", query).await;
        assert_eq!(client.hear().await, json!({ "id": "b", "type": "error", "payload": [{ "message": "no" }] }));
    }
    client.subscribe("c", "errors").await;
    assert_eq!(client.hear().await["type"], "next");
    assert_eq!(client.hear().await, complete("c"));
    let call = served.service.calls.lock().unwrap()[0].clone();
    assert_eq!(call.bearer.as_deref(), Some("user:11"));
    assert!(call.caller.is_live && !call.queries_only);
}

#[tokio::test]
async fn a_panic_and_a_slow_operation_are_errors_of_their_own() {
    let served = Served::new().await;
    let mut client = Client::of(&served, "user:11").await;
    for (query, code) in [("panic", "INTERNAL"), ("slow", "TIMEOUT")] {
        client.subscribe("a", query).await;
        let error = client.hear().await;
        assert_eq!((&error["type"], &error["payload"][0]["extensions"]["code"]), (&json!("error"), &json!(code)));
    }
    client.subscribe("a", "subscription 1").await;
    assert_eq!(client.hear().await, next("a", 0));
}

#[tokio::test]
async fn a_completed_subscription_says_no_more_and_others_go_on() {
    let served = Served::new().await;
    let mut client = Client::of(&served, "user:11").await;
    client.subscribe("a", "subscription endless").await;
    assert_eq!(client.hear().await, next("a", 0));
    client.subscribe("b", "subscription 3").await;
    client.say(complete("a")).await;
    client.say(json!({ "type": "ping" })).await;
    let mut of_b = Vec::new();
    loop {
        let message = client.hear().await;
        if message["type"] == "pong" {
            break;
        }
        if message["id"] == "b" {
            of_b.push(message);
        }
    }
    while of_b.len() < 4 {
        of_b.push(client.hear().await);
    }
    assert_eq!(of_b, [next("b", 0), next("b", 1), next("b", 2), complete("b")]);
    // Nothing of `a` has come since the pong.
    client.subscribe("a", "subscription 1").await;
    assert_eq!(client.hear().await, next("a", 0));
}

#[tokio::test]
async fn pings_are_answered_before_and_after_the_introduction() {
    let served = Served::new().await;
    let mut client = Client::open(&served).await;
    client.say(json!({ "type": "ping", "payload": { "a": 1 } })).await;
    assert_eq!(client.hear().await, json!({ "type": "pong" }));
    client.say(json!({ "type": "connection_init", "payload": { "Authorization": "Bearer user:11" } })).await;
    assert_eq!(client.hear().await["type"], "connection_ack");
    client.say(json!({ "type": "pong" })).await;
    client.say(json!({ "type": "ping" })).await;
    assert_eq!(client.hear().await, json!({ "type": "pong" }));
}

#[tokio::test]
async fn what_the_protocol_forbids_closes_the_socket_with_its_code() {
    let served = Served::with(|parts| {
        parts.settings.live.init_timeout = Duration::from_millis(300);
        parts.settings.live.max_message_bytes = 4096;
    })
    .await;
    let init = json!({ "type": "connection_init", "payload": { "authorization": "Bearer user:11" } });
    let subscribe = json!({ "type": "subscribe", "id": "a", "payload": { "query": "subscription silent" } });
    let large = json!({ "type": "ping", "payload": { "a": "a".repeat(5000) } });
    let cases: [(u16, Vec<Value>); 10] = [
        (4400, vec![json!("nonsense")]),
        (4400, vec![init.clone(), json!({ "type": "nonsense" })]),
        (4401, vec![subscribe.clone()]),
        (4403, vec![json!({ "type": "connection_init" })]),
        (4403, vec![json!({ "type": "connection_init", "payload": { "authorization": "Bearer nobody" } })]),
        (1013, vec![json!({ "type": "connection_init", "payload": { "authorization": "Bearer down" } })]),
        (4408, vec![]),
        (4409, vec![init.clone(), subscribe.clone(), subscribe]),
        (4429, vec![init.clone(), init.clone()]),
        (1009, vec![init, large]),
    ];
    for (code, messages) in cases {
        let mut client = Client::open(&served).await;
        for message in &messages {
            // The first one may have closed it already.
            let _ = client.0.send(Message::text(message.to_string())).await;
        }
        assert_eq!(client.closed().await.0, code, "{messages:?}");
    }
    // Clients that name another one hang up by themselves when it is not confirmed.
    let mut client = Client::with_headers(&served, &[]).await;
    assert_eq!(client.closed().await.0, 4406);
    let mut client = Client::of(&served, "user:11").await;
    client.0.send(Message::binary(br#"{"type":"ping"}"#.to_vec())).await.unwrap();
    assert_eq!(client.closed().await.0, 4400);
}

#[tokio::test]
async fn a_cookie_opens_a_socket_for_a_page_of_ours_that_proves_it() {
    let served = Served::new().await;
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let cookie = ("cookie", "__Host-mostrador-access=user:11");
    let own = ("origin", format!("https://{}", served.address));
    let proven = json!({ "type": "connection_init", "payload": { "csrfToken": "x" } });
    let mut client = Client::with_headers(&served, &[protocol, cookie, (own.0, &own.1)]).await;
    client.say(proven.clone()).await;
    assert_eq!(client.hear().await["type"], "connection_ack");
    let mut unproven = Client::with_headers(&served, &[protocol, cookie, (own.0, &own.1)]).await;
    unproven.say(json!({ "type": "connection_init" })).await;
    assert_eq!(unproven.closed().await.0, 4403);
    let mut foreign = Client::with_headers(&served, &[protocol, cookie, ("origin", "https://evil.example")]).await;
    foreign.say(proven).await;
    assert_eq!(foreign.closed().await.0, 4403);
    let mut by_header = Client::with_headers(&served, &[protocol, ("authorization", "Bearer user:11")]).await;
    by_header.say(json!({ "type": "connection_init" })).await;
    assert_eq!(by_header.hear().await["type"], "connection_ack");
}

#[tokio::test]
async fn connections_operations_and_messages_are_limited() {
    let served = Served::with(|parts| {
        let live = &mut parts.settings.live;
        (live.max_connections, live.max_connections_per_tenant) = (3, 2);
        (live.max_operations, live.max_messages_per_second) = (2, 2);
    })
    .await;
    let mut first = Client::of(&served, "user:11").await;
    let _second = Client::of(&served, "user:21").await;
    let mut third = Client::open(&served).await;
    third.say(json!({ "type": "connection_init", "payload": { "authorization": "Bearer user:31" } })).await;
    assert_eq!(third.closed().await.0, 1013);
    drop(third);
    let _other_tenant = Client::of(&served, "user:12").await;
    let stream = TcpStream::connect(served.address).await.unwrap();
    let request = format!("ws://{}/graphql", served.address).into_client_request().unwrap();
    let refused = tokio_tungstenite::client_async(request, stream).await.unwrap_err();
    assert!(refused.to_string().contains("503"), "{refused}");

    first.subscribe("a", "subscription silent").await;
    first.subscribe("b", "subscription silent").await;
    first.subscribe("c", "subscription silent").await;
    let error = first.hear().await;
    assert_eq!((&error["id"], &error["payload"][0]["extensions"]["code"]), (&json!("c"), &json!("RATE_LIMITED")));
    for _ in 0..20 {
        // It may be closed already.
        let _ = first.0.send(Message::text(r#"{"type":"ping"}"#)).await;
    }
    let (code, reason) = first.closed().await;
    assert_eq!((code, reason.as_str()), (4429, "Too many messages"));
}

#[tokio::test]
async fn a_newer_token_reaches_what_runs_and_the_socket_ends_with_the_last_one() {
    let served = Served::with(|parts| parts.settings.live.expiry_notice = Duration::from_millis(1_500)).await;
    let mut client = Client::of(&served, "user:11:2").await;
    client.subscribe("a", "subscription who").await;
    assert_eq!(client.hear().await, next("a", 2));
    let notice = client.hear().await;
    assert_eq!((&notice["type"], &notice["payload"]["code"]), (&json!("ping"), &json!("TOKEN_EXPIRING")));
    assert_eq!(notice["payload"]["expiresAt"], "2027-01-15T08:00:02Z");
    for (token, code) in [
        ("user:12:9", "TOKEN_REFUSED"),
        ("user:21:9", "TOKEN_REFUSED"),
        ("user:11:1", "TOKEN_REFUSED"),
        ("nobody", "TOKEN_REFUSED"),
        ("user:11:3", "TOKEN_RENEWED"),
    ] {
        let kind = if token.ends_with('9') { "ping" } else { "pong" };
        client.say(json!({ "type": kind, "payload": { "authorization": format!("Bearer {token}") } })).await;
        let answer = client.hear().await;
        assert_eq!((&answer["type"], &answer["payload"]["code"]), (&json!("pong"), &json!(code)), "{token}");
    }
    assert_eq!(client.hear().await, next("a", 3));
    let notice = client.hear().await;
    assert_eq!(notice["payload"]["expiresAt"], "2027-01-15T08:00:03Z");
    let (code, reason) = client.closed().await;
    assert_eq!((code, reason.as_str()), (4403, "The access token has expired"));
}

#[tokio::test]
async fn a_silent_client_is_asked_and_then_given_up() {
    let served = Served::with(|parts| parts.settings.live.ping_interval = Duration::from_millis(200)).await;
    // It answers pings only while it reads.
    let mut client = Client::of(&served, "user:11").await;
    for _ in 0..3 {
        assert!(matches!(tokio::time::timeout(GUARD, client.0.next()).await.unwrap(), Some(Ok(Message::Ping(_)))));
    }
    assert_eq!(served.live.count(), 1);
    while served.live.count() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_given_up_and_gets_no_more_than_the_network_holds() {
    let served = Served::with(|parts| parts.settings.live.ping_interval = Duration::from_millis(300)).await;
    let mut client = Client::of(&served, "user:11").await;
    client.subscribe("a", "subscription endless").await;
    while served.live.count() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn when_the_node_stops_answers_are_finished_and_clients_told_to_come_back() {
    let served = Served::with(|parts| parts.settings.request_timeout = Duration::from_millis(700)).await;
    let mut idle = Client::of(&served, "user:11").await;
    idle.subscribe("a", "subscription silent").await;
    let mut busy = Client::of(&served, "user:12").await;
    busy.subscribe("a", "slow").await;
    busy.say(json!({ "type": "ping" })).await;
    assert_eq!(busy.hear().await["type"], "pong");
    idle.say(json!({ "type": "ping" })).await;
    assert_eq!(idle.hear().await["type"], "pong");
    let ended = served.stop();
    let told = idle.hear().await;
    assert_eq!((&told["type"], &told["payload"]["code"]), (&json!("ping"), &json!("RECONNECT")));
    let (code, reason) = idle.closed().await;
    assert_eq!(code, 1012);
    let reason: Value = serde_json::from_str(&reason).unwrap();
    assert!(reason["delayMs"].as_u64().unwrap() <= 10_000, "{reason}");
    assert_eq!(busy.hear().await["payload"]["code"], "RECONNECT");
    let answer = busy.hear().await;
    assert_eq!(answer["payload"][0]["extensions"]["code"], "TIMEOUT");
    assert_eq!(busy.closed().await.0, 1012);
    assert_eq!(ended.await.unwrap(), crate::http::server::Drained::Complete);
}

#[tokio::test]
async fn open_sockets_subscriptions_and_messages_are_measured() {
    let served = Served::new().await;
    let mut client = Client::of(&served, "user:11").await;
    client.subscribe("a", "subscription who").await;
    client.hear().await;
    let metrics = served.metrics().await;
    for line in [
        "mostrador_live_connections{transport=\"websocket\"} 1",
        "mostrador_live_subscriptions{transport=\"websocket\"} 1",
        "mostrador_live_messages_total{direction=\"in\",transport=\"websocket\"} 2",
        "mostrador_live_messages_total{direction=\"out\",transport=\"websocket\"} 2",
        "mostrador_graphql_requests_total{kind=\"subscription\",outcome=\"ok\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    client.0.close(None).await.unwrap();
    while served.live.count() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let metrics = served.metrics().await;
    assert!(metrics.contains("mostrador_live_closed_total{reason=\"client_closed\",transport=\"websocket\"} 1"));
    assert!(metrics.contains("mostrador_live_subscriptions{transport=\"websocket\"} 0"));
}
