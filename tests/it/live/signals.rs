//! Signals, from the mutation on one gateway to the subscription on another.

use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{Stage, Watcher, id};
use crate::app::TestClient;

const ROOM: &str = "subscription($id: ID!) { conversationSignals(conversationId: $id) {
    __typename
    ... on TypingChanged { userId isTyping expiresAt user { displayName } }
    ... on ViewersChanged { viewers { userId user { displayName } } answering { userId } } } }";
const CROWD: &str = "subscription { presence { isSnapshot users { userId status user { displayName } } } }";

fn chat() -> Value {
    json!({ "id": id("conversation", "chat1") })
}

async fn set_typing(client: &TestClient, conversation: &str, is_typing: bool) -> Value {
    let input = json!({ "conversationId": id("conversation", conversation), "isTyping": is_typing });
    let mutation = "mutation($input: SetTypingInput!) { setTyping(input: $input) { isTyping errors { code path } } }";
    client.send(mutation, json!({ "input": input })).await.json
}

async fn set_presence(client: &TestClient, status: &str) -> Value {
    let mutation = "mutation($input: SetPresenceInput!) { setPresence(input: $input) { status errors { code } } }";
    client.send(mutation, json!({ "input": { "status": status } })).await.json
}

/// Says something again and again, as clients do, until it is heard: signals may be lost on their way.
async fn until_heard<T>(say: impl AsyncFn(), heard: impl Future<Output = T>) -> T {
    let mut heard = std::pin::pin!(heard);
    loop {
        say().await;
        if let Ok(heard) = tokio::time::timeout(Duration::from_secs(2), &mut heard).await {
            return heard;
        }
    }
}

/// The next event about typing that says this.
async fn typing(watcher: &mut Watcher, is_typing: bool) -> Value {
    loop {
        let event = watcher.of_type("TypingChanged").await;
        if event["isTyping"] == is_typing {
            return event;
        }
    }
}

/// The names of those at the conversation in the next event about that.
async fn viewers(watcher: &mut Watcher) -> Vec<String> {
    let event = watcher.of_type("ViewersChanged").await;
    let names = event["viewers"].as_array().unwrap().iter();
    names.map(|one| one["user"]["displayName"].as_str().unwrap().to_owned()).collect()
}

/// Two gateways that hear each other.
async fn two() -> (Stage, Stage) {
    let one = Stage::open().await;
    let other = one.beside().await;
    for stage in [&one, &other] {
        while !stage.app.services.bus.is_connected() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    (one, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_conversation_open_on_one_gateway_sees_who_types_on_another() {
    let (one, other) = two().await;
    let (ana, jan) = (one.ana().await, other.jan().await);
    let mut at_one = one.watch(&ana, ROOM, chat()).await;
    assert_eq!(viewers(&mut at_one).await, ["Ana Molina"]);
    let at_other = other.watch(&jan, ROOM, chat()).await;
    assert_eq!(viewers(&mut at_one).await, ["Ana Molina", "Jan Vives"]);

    let answer = set_typing(&jan, "chat1", true).await;
    assert_eq!(answer["data"]["setTyping"], json!({ "isTyping": true, "errors": [] }), "{answer:#}");
    let jan_id = id("user", "jan");
    let type_on = async || drop(set_typing(&jan, "chat1", true).await);
    let answering = until_heard(type_on, at_one.of_type("ViewersChanged")).await;
    assert_eq!(answering["answering"], json!([{ "userId": jan_id }]));
    let begun = until_heard(type_on, typing(&mut at_one, true)).await;
    assert_eq!((&begun["userId"], &begun["user"]["displayName"]), (&json!(jan_id), &json!("Jan Vives")));
    assert!(begun["expiresAt"].is_string());
    let stop = async || drop(set_typing(&jan, "chat1", false).await);
    assert_eq!(until_heard(stop, at_one.of_type("ViewersChanged")).await["answering"], json!([]));
    assert_eq!(until_heard(stop, typing(&mut at_one, false)).await["expiresAt"], Value::Null);

    drop(at_other);
    assert_eq!(viewers(&mut at_one).await, ["Ana Molina"]);
    at_one.is_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_is_told_first_and_then_who_comes_and_how() {
    let (one, other) = two().await;
    let (ana, jan) = (one.ana().await, other.jan().await);
    let mut watcher = one.watch(&ana, CROWD, json!({})).await;
    let ana_there = json!({ "userId": id("user", "ana"), "status": "ONLINE", "user": { "displayName": "Ana Molina" } });
    assert_eq!(watcher.next().await, json!({ "isSnapshot": true, "users": [ana_there] }));
    for status in ["AWAY", "ONLINE", "OFFLINE"] {
        assert_eq!(set_presence(&jan, status).await["data"]["setPresence"], json!({ "status": status, "errors": [] }));
        let jan_there =
            json!({ "userId": id("user", "jan"), "status": status, "user": { "displayName": "Jan Vives" } });
        let said = until_heard(async || drop(set_presence(&jan, status).await), watcher.next()).await;
        assert_eq!(said, json!({ "isSnapshot": false, "users": [jan_there] }));
    }
    // Another business hears nothing of it.
    let eva = one.eva().await;
    let mut elsewhere = one.watch(&eva, CROWD, json!({})).await;
    assert_eq!(elsewhere.next().await["users"].as_array().unwrap().len(), 1);
    set_presence(&jan, "AWAY").await;
    elsewhere.is_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_may_not_see_gives_no_signal() {
    let stage = Stage::open().await;
    let (ana, eva) = (stage.ana().await, stage.eva().await);
    let refused = stage.try_watch(&eva, ROOM, chat()).await.err().expect("another tenant's conversation");
    assert_eq!(refused["errors"][0]["extensions"]["code"], "NOT_FOUND", "{refused:#}");
    let answer = set_typing(&eva, "chat1", true).await;
    let expected = json!({ "isTyping": null, "errors": [{ "code": "NOT_FOUND", "path": ["conversationId"] }] });
    assert_eq!(answer["data"]["setTyping"], expected, "{answer:#}");
    let mut watcher = stage.watch(&ana, ROOM, chat()).await;
    assert_eq!(viewers(&mut watcher).await, ["Ana Molina"]);
    watcher.is_silent().await;

    // Somebody without the rights, and somebody whose rights are taken away.
    let jan = stage.jan().await;
    let mut watching = stage.watch(&jan, ROOM, chat()).await;
    watching.next().await;
    stage.app.sql("update users set role = 'USER' where email = 'jan@autos.test'").await;
    assert_eq!(watching.end().await, "FORBIDDEN");
    for query in [ROOM, CROWD] {
        let refused = stage.try_watch(&jan, query, chat()).await.err().expect("no rights");
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused:#}");
    }
    for answer in [set_typing(&jan, "chat1", true).await, set_presence(&jan, "AWAY").await] {
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer:#}");
    }
}

/// It once went on for ever: signals are no part of the log, which tells all others what is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_is_gone_gives_no_signals_once_rights_are_checked_again() {
    let stage = Stage::open().await;
    let (ana, jan) = (stage.ana().await, stage.jan().await);
    let gone = json!({ "id": id("conversation", "chat2") });
    let (mut of_gone, mut of_other) = (stage.watch(&jan, ROOM, gone).await, stage.watch(&jan, ROOM, chat()).await);
    of_gone.next().await;
    of_other.next().await;
    let delete = "mutation($id: ID!) { deleteConversation(input: { id: $id }) { errors { code } } }";
    ana.data(delete, json!({ "id": id("conversation", "chat2") })).await;
    // Jan may do more than before, and his rights are looked at anew.
    let more = "insert into user_roles (tenant_id, user_id, role_id)
                select u.tenant_id, u.id, r.id from users u
                  join roles r on r.tenant_id = u.tenant_id and r.user_role is null
                 where u.email = 'jan@autos.test' limit 1";
    stage
        .app
        .sql(&format!(
            "insert into roles (tenant_id, name) select id, 'More' from tenants where slug = 'autos'; {more}"
        ))
        .await;
    assert_eq!(of_gone.end().await, "NOT_FOUND");
    let _ana_too = stage.watch(&ana, ROOM, chat()).await;
    assert_eq!(viewers(&mut of_other).await, ["Ana Molina", "Jan Vives"], "the other one goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signals_too_often_is_told_when_to_try_again() {
    let stage = Stage::open().await;
    let (ana, jan) = (stage.ana().await, stage.jan().await);
    let mut told = 0;
    let refused = loop {
        let answer = set_typing(&ana, "chat1", true).await;
        if answer.get("errors").is_some() {
            break answer;
        }
        told += 1;
        assert!(told < 1_000, "nobody is stopped");
    };
    assert_eq!(refused["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    assert!(refused["errors"][0]["extensions"]["retryAfter"].as_u64().is_some_and(|seconds| seconds <= 10));
    assert!(told >= 20, "somebody who types in several conversations is not stopped");
    assert!(set_typing(&jan, "chat1", true).await.get("errors").is_none(), "others are not");
}
