//! `inboxEvents`: what comes into a view, changes there and leaves it.

use serde_json::{Value, json};

use super::stage::{INBOX, Stage, id, uuid};

async fn assign(stage: &Stage, conversation: &str, to: Value) {
    let assign = "mutation($id: ID!, $to: ID) { assignConversation(input: { id: $id, assignedToId: $to }) { errors { message } } }";
    let done = stage.ana().await.data(assign, json!({ "id": id("conversation", conversation), "to": to })).await;
    assert_eq!(done["assignConversation"]["errors"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_told_what_enters_changes_and_leaves() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let filter = json!({ "statuses": ["OPEN", "PENDING"], "assignment": "MINE" });
    let mut mine = stage.watch(&ana, INBOX, json!({ "filter": filter })).await;
    let mut all = stage.watch(&ana, INBOX, json!({})).await;
    let mut free = stage.watch(&ana, INBOX, json!({ "filter": { "assignment": "UNASSIGNED" } })).await;
    for watcher in [&mut mine, &mut all, &mut free] {
        watcher.of_type("StreamReady").await;
    }
    let chat = id("conversation", "chat1");

    // It was Jan's.
    assign(&stage, "chat1", json!(id("user", "ana"))).await;
    let entered = mine.next().await;
    assert_eq!((&entered["__typename"], &entered["conversation"]["id"]), (&json!("ConversationEntered"), &json!(chat)));
    let assigned = all.next().await;
    assert_eq!(assigned["__typename"], "ConversationAssigned");
    assert_eq!(assigned["previousAssignedToId"], id("user", "jan"));
    assert_eq!(assigned["conversation"]["assignedTo"]["id"], id("user", "ana"));

    stage.hear_from_contact("chat1", "¿Y bien?").await;
    let changed = mine.next().await;
    assert_eq!(changed["__typename"], "ConversationChanged");
    assert_eq!(changed["conversation"]["lastMessagePreview"], "¿Y bien?");
    assert_eq!(all.next().await["__typename"], "ConversationChanged");

    assign(&stage, "chat1", json!(null)).await;
    let left = mine.next().await;
    assert_eq!((&left["__typename"], &left["reason"]), (&json!("ConversationLeft"), &json!("FILTER")));
    assert_eq!(left["conversationId"], chat);
    assert_eq!(all.next().await["__typename"], "ConversationAssigned");
    assert_eq!(free.next().await["__typename"], "ConversationEntered");

    stage.app.sql(&format!("delete from conversations where id = '{}'", uuid("chat1"))).await;
    let left = free.of_type("ConversationLeft").await;
    assert_eq!((&left["conversationId"], &left["reason"]), (&json!(chat), &json!("DELETED")));
    assert_eq!(all.of_type("ConversationLeft").await["reason"], "DELETED");
    mine.is_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_told_at_the_beginning_and_when_they_change() {
    let stage = Stage::open().await;
    let (ana, jan) = (stage.ana().await, stage.jan().await);
    let query = "subscription { inboxEvents {
        __typename
        ... on StreamReady { cursor }
        ... on InboxCountsChanged { cursor counts { open pending snoozed mine unassigned unread } }
    } }";
    let mut watchers = [stage.watch(&ana, query, json!({})).await, stage.watch(&jan, query, json!({})).await];
    let mut told = Vec::new();
    for watcher in &mut watchers {
        assert_eq!(watcher.next().await["__typename"], "StreamReady");
        told.push(watcher.next().await["counts"].clone());
    }
    let count = |mine, unread| json!({ "open": 1, "pending": 0, "snoozed": 0, "mine": mine, "unassigned": 0, "unread": unread });
    assert_eq!(told, [count(0, 1), count(1, 1)]);

    assign(&stage, "chat1", json!(id("user", "ana"))).await;
    assert_eq!(watchers[0].of_type("InboxCountsChanged").await["counts"], count(1, 1));
    assert_eq!(watchers[1].of_type("InboxCountsChanged").await["counts"], count(0, 1));

    // A change that changes no number is not told.
    stage.hear_from_contact("chat1", "hola").await;
    watchers[0].is_silent().await;

    stage.app.sql(&format!("update conversations set status = 'RESOLVED' where id = '{}'", uuid("chat1"))).await;
    let none = json!({ "open": 0, "pending": 0, "snoozed": 0, "mine": 0, "unassigned": 0, "unread": 0 });
    assert_eq!(watchers[0].of_type("InboxCountsChanged").await["counts"], none);
}

#[tokio::test(flavor = "multi_thread")]
async fn views_are_played_back_as_they_were_seen() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let after = stage.cursor(&ana).await;
    for to in ["ana", "jan", "ana"] {
        assign(&stage, "chat1", json!(id("user", to))).await;
    }
    let variables = json!({ "filter": { "assignedToId": id("user", "ana") }, "after": after });
    let mut watcher = stage.watch(&ana, INBOX, variables).await;
    let played: Vec<_> = watcher.until("StreamReady").await;
    let types: Vec<_> = played.iter().map(|event| event["__typename"].as_str().unwrap()).collect();
    assert_eq!(types, ["ConversationEntered", "ConversationLeft", "ConversationEntered"]);
}
