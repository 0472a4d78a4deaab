//! `conversationEvents` and `messageAdded`.

use serde_json::json;

use super::stage::{CONVERSATION, SAID, Stage, id, uuid};

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_happens_in_a_conversation_is_told_in_order() {
    let stage = Stage::open().await;
    let (ana, jan) = (stage.ana().await, stage.jan().await);
    let mut watcher = stage.watch(&ana, CONVERSATION, json!({ "id": id("conversation", "chat1") })).await;
    let ready = watcher.next().await;
    assert_eq!((&ready["__typename"], &ready["replayed"]), (&json!("StreamReady"), &json!(0)));

    stage.hear_from_contact("chat1", "¿Hola?").await;
    let added = watcher.next().await;
    assert_eq!(added["__typename"], "MessageAdded", "{added:#}");
    assert_eq!(added["message"]["content"], "¿Hola?");
    assert_eq!((&added["userId"], &added["mutation"]), (&json!(null), &json!(null)));
    let changed = watcher.next().await;
    assert_eq!(changed["__typename"], "ConversationChanged", "{changed:#}");
    assert_eq!(changed["conversation"]["unreadCount"], 2);
    let fields: Vec<&str> = changed["changedFields"].as_array().unwrap().iter().filter_map(|f| f.as_str()).collect();
    assert!(fields.contains(&"unreadCount") && fields.contains(&"lastMessagePreview"), "{fields:?}");

    let client_message = "0193b4e2-7c00-7000-8000-000000000001";
    let send =
        "mutation($input: SendMessageInput!) { sendMessage(input: $input) { errors { message } message { id } } }";
    let input = json!({
        "conversationId": id("conversation", "chat1"), "content": "Buenos días", "clientMessageId": client_message,
    });
    let sent = jan.data(send, json!({ "input": input })).await;
    let sent_id = sent["sendMessage"]["message"]["id"].as_str().unwrap_or_else(|| panic!("{sent:#}")).to_owned();
    let added = watcher.of_type("MessageAdded").await;
    assert_eq!(added["message"], json!({ "id": sent_id, "content": "Buenos días" }));
    assert_eq!(added["clientMessageId"], client_message);
    assert_eq!(added["userId"], id("user", "jan"));
    assert_eq!(added["mutation"], "sendMessage");

    let note = "mutation($input: CreateInternalNoteInput!) { createInternalNote(input: $input) { errors { message } internalNote { id } } }";
    let input = json!({ "conversationId": id("conversation", "chat1"), "body": "Ojo con el precio" });
    let written = jan.data(note, json!({ "input": input })).await;
    let note_id = written["createInternalNote"]["internalNote"]["id"].as_str().unwrap_or_else(|| panic!("{written:#}"));
    let added = watcher.of_type("NoteAdded").await;
    assert_eq!(added["note"], json!({ "id": note_id, "body": "Ojo con el precio" }));
    let update = "mutation($id: ID!) { updateInternalNote(input: { id: $id, body: \"Ojo\" }) { errors { message } } }";
    jan.data(update, json!({ "id": note_id })).await;
    let changed = watcher.of_type("NoteChanged").await;
    assert_eq!((&changed["changedFields"], &changed["note"]["body"]), (&json!(["body"]), &json!("Ojo")));
    let delete = "mutation($id: ID!) { deleteInternalNote(input: { id: $id }) { errors { message } } }";
    jan.data(delete, json!({ "id": note_id })).await;
    let removed = watcher.of_type("NoteRemoved").await;
    assert_eq!(removed["noteId"], note_id);

    stage
        .app
        .sql(&format!(
            "update messages set delivery_status = 'SENT' where content = 'Buenos días' and tenant_id = '{}'",
            uuid("cars")
        ))
        .await;
    let changed = watcher.of_type("MessageChanged").await;
    assert_eq!(changed["message"]["id"], sent_id.as_str());
    let fields = changed["changedFields"].as_array().unwrap();
    assert!(fields.contains(&json!("deliveryStatus")), "{changed:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_conversations_and_other_tenants_are_not_heard() {
    let stage = Stage::open().await;
    let (ana, eva) = (stage.ana().await, stage.eva().await);
    let mut watcher = stage.watch(&ana, SAID, json!({ "id": id("conversation", "chat1") })).await;
    let mut elsewhere = stage.watch(&eva, SAID, json!({ "id": id("conversation", "chat4") })).await;
    watcher.of_type("StreamReady").await;
    elsewhere.of_type("StreamReady").await;
    stage.hear_from_contact("chat2", "another conversation").await;
    stage.hear_from_contact("chat4", "another business").await;
    assert_eq!(elsewhere.next().await["message"]["content"], "another business");
    watcher.is_silent().await;

    let refused = stage.try_watch(&ana, SAID, json!({ "id": id("conversation", "chat4") })).await.err().unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "NOT_FOUND", "{refused:#}");
    assert_eq!(refused["errors"][0]["path"], json!(["conversationEvents"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_written_as_the_client_has_selected_it() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let query = "
        subscription($id: ID!, $withSender: Boolean!) {
            said: conversationEvents(conversationId: $id) {
                kind: __typename
                ...Added
                ... on ConversationEvent { ... on StreamReady { n: replayed } }
            }
        }
        fragment Added on MessageAdded {
            place: cursor
            message {
                text: content
                sender @include(if: $withSender) { ... on Contact { name: displayName } ... on User { name: displayName } }
                conversation { status contact { id } messages(last: 1) { nodes { content } } }
            }
            message { contentType }
        }";
    let variables = json!({ "id": id("conversation", "chat1"), "withSender": true });
    let mut watcher = stage.watch(&ana, query, variables).await;
    assert_eq!(watcher.document().await.unwrap(), json!({ "data": { "said": { "kind": "StreamReady", "n": 0 } } }));
    stage.hear_from_contact("chat1", "dijo \"sí\"").await;
    let mut event = watcher.next().await;
    assert!(event["place"].take().is_string());
    assert_eq!(
        event,
        json!({
            "kind": "MessageAdded",
            "place": null,
            "message": {
                "text": "dijo \"sí\"",
                "sender": { "name": "Marta Ruiz" },
                "conversation": {
                    "status": "OPEN",
                    "contact": { "id": id("contact", "marta") },
                    "messages": { "nodes": [{ "content": "dijo \"sí\"" }] },
                },
                "contentType": "TEXT",
            },
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_which_nothing_is_selected_are_not_sent() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let query = "subscription($id: ID!) { conversationEvents(conversationId: $id) { ... on ConversationChanged { changedFields } } }";
    let mut watcher = stage.watch(&ana, query, json!({ "id": id("conversation", "chat1") })).await;
    let mut other = stage.watch(&ana, SAID, json!({ "id": id("conversation", "chat1") })).await;
    other.of_type("StreamReady").await;
    stage.hear_from_contact("chat1", "hola").await;
    assert_eq!(other.next().await["message"]["content"], "hola");
    let event = watcher.next().await;
    assert!(event["changedFields"].is_array(), "{event:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn message_added_gives_the_messages_themselves() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let query =
        "subscription($id: ID!, $after: String) { messageAdded(conversationId: $id, after: $after) { content } }";
    let after = stage.cursor(&ana).await;
    stage.hear_from_contact("chat1", "uno").await;
    let mut watcher = stage.watch(&ana, query, json!({ "id": id("conversation", "chat1"), "after": after })).await;
    assert_eq!(watcher.next().await, json!({ "content": "uno" }));
    stage.hear_from_contact("chat1", "dos").await;
    assert_eq!(watcher.next().await, json!({ "content": "dos" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_understood_is_refused_before_anything_begins() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let chat = id("conversation", "chat1");
    let said = |arguments: &str, rest: &str| {
        format!("subscription {{ conversationEvents({arguments}) {{ __typename }} {rest} }}")
    };
    for (query, code) in [
        (said("conversationId: \"nonsense\"", ""), "INVALID_ID"),
        (said(&format!("conversationId: \"{}\"", id("user", "ana")), ""), "INVALID_ID"),
        (said(&format!("conversationId: \"{}\"", id("conversation", "g0ne")), ""), "NOT_FOUND"),
        (said(&format!("conversationId: \"{chat}\", after: \"nonsense\""), ""), "INVALID_CURSOR"),
        (said(&format!("conversationId: \"{chat}\""), "changes { __typename }"), "VALIDATION"),
        (said(&format!("conversationId: \"{chat}\""), "nothing"), "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { conversationEvents { __typename } }".to_owned(), "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { __typename }".to_owned(), "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer { __typename } }".to_owned(), "VALIDATION"),
        ("subscription {".to_owned(), "GRAPHQL_PARSE_FAILED"),
    ] {
        let answer = stage.try_watch(&ana, &query, json!({})).await.err().unwrap_or_else(|| panic!("{query}"));
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{query}\n{answer:#}");
    }
    assert_eq!(stage.app.gateway.live().subscriptions(), 0);
}
