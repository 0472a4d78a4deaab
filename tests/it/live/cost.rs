//! What watching costs the database: it depends on what is written, never on how many watch.

use serde_json::json;

use super::stage::{INBOX, SAID, Stage, Watcher, id, uuid};
use crate::app::TestClient;

/// So many users of the business, each signed in, with all rights.
async fn crowd(stage: &Stage, size: usize) -> Vec<TestClient> {
    let tenant = uuid("cars");
    stage
        .app
        .sql(&format!(
            "insert into users (tenant_id, email, display_name, role, is_first_login)
             select '{tenant}', 'w' || n || '@autos.test', 'W' || n, 'ADMIN', false from generate_series(1, {size}) n"
        ))
        .await;
    let mut clients = Vec::new();
    for number in 1..=size {
        clients.push(stage.app.sign_in("autos", &format!("w{number}@autos.test")).await);
    }
    clients
}

/// How many statements the gateway's loading of rows has run, told by the statements themselves.
async fn statements(stage: &Stage, table: &str) -> i64 {
    let sql = format!(
        "select coalesce(sum(idx_scan + seq_scan), 0)::bigint from pg_stat_all_tables where relname like '{table}%'"
    );
    // Backends report when they are idle; the numbers of those that were busy a moment ago come late.
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    stage.app.cell(&sql).await.parse().unwrap()
}

async fn told(watchers: &mut [Watcher], text: &str) {
    for watcher in watchers {
        loop {
            let event = watcher.of_type("MessageAdded").await;
            if event["message"]["content"] == text {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_loaded_once_however_many_users_watch() {
    let stage = Stage::open().await;
    let clients = crowd(&stage, 30).await;
    let mut costs = Vec::new();
    for size in [1, 30] {
        let mut watchers = Vec::new();
        for client in &clients[..size] {
            let mut watcher = stage.watch(client, SAID, json!({ "id": id("conversation", "chat1") })).await;
            watcher.of_type("StreamReady").await;
            watchers.push(watcher);
        }
        let loads = stage.app.gateway.live().loads();
        for number in 0..10 {
            let text = format!("{size}-{number}");
            stage.hear_from_contact("chat1", &text).await;
            told(&mut watchers, &text).await;
        }
        costs.push(stage.app.gateway.live().loads() - loads);
    }
    assert_eq!(costs, [10, 10], "statements for ten messages with one watcher and with thirty");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_come_together_are_loaded_together() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let mut watcher = stage.watch(&ana, SAID, json!({ "id": id("conversation", "chat1") })).await;
    let mut other = stage.watch(&ana, SAID, json!({ "id": id("conversation", "chat2") })).await;
    watcher.of_type("StreamReady").await;
    other.of_type("StreamReady").await;
    let loads = stage.app.gateway.live().loads();
    stage
        .app
        .sql(&format!(
            "insert into messages (tenant_id, conversation_id, sender_type, content, delivery_status)
             select '{}', c.id, 'CONTACT', n::text, 'READ'
               from generate_series(1, 40) n, conversations c where c.id in ('{}', '{}')",
            uuid("cars"),
            uuid("chat1"),
            uuid("chat2")
        ))
        .await;
    for watcher in [&mut watcher, &mut other] {
        for number in 1..=40 {
            assert_eq!(watcher.next().await["message"]["content"], number.to_string());
        }
    }
    // Both conversations are of one class and one selection: eighty messages of one transaction, one statement.
    assert_eq!(stage.app.gateway.live().loads() - loads, 1);
}

/// Shows rule:caching.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_depend_on_who_asks_are_loaded_for_each() {
    let stage = Stage::open().await;
    let clients = crowd(&stage, 3).await;
    let query = "subscription { inboxEvents {
        __typename
        ... on StreamReady { cursor }
        ... on ConversationChanged { conversation { id myUnreadCount } }
    } }";
    let mut watchers = Vec::new();
    for client in &clients {
        let mut watcher = stage.watch(client, query, json!({})).await;
        watcher.of_type("StreamReady").await;
        watchers.push(watcher);
    }
    let loads = stage.app.gateway.live().loads();
    stage.app.sql(&format!("update conversations set status = 'PENDING' where id = '{}'", uuid("chat1"))).await;
    for watcher in &mut watchers {
        let event = watcher.of_type("ConversationChanged").await;
        assert!(event["conversation"]["myUnreadCount"].is_i64(), "{event:#}");
    }
    assert_eq!(stage.app.gateway.live().loads() - loads, 3);
    // What one has read, the others have not.
    let read = "mutation($id: ID!) { markConversationRead(input: { id: $id }) { errors { message } } }";
    for client in &clients {
        client.data(read, json!({ "id": id("conversation", "chat1") })).await;
    }
    stage.hear_from_contact("chat1", "¿Me oís?").await;
    for watcher in &mut watchers {
        unread(watcher, 1).await;
    }
    clients[0].data(read, json!({ "id": id("conversation", "chat1") })).await;
    unread(&mut watchers[0], 0).await;
    stage.hear_from_contact("chat1", "¿Y ahora?").await;
    unread(&mut watchers[0], 1).await;
    unread(&mut watchers[1], 2).await;
    unread(&mut watchers[2], 2).await;
}

/// Waits for an event that shows so many messages that the watcher has not read.
async fn unread(watcher: &mut Watcher, wanted: i64) {
    while watcher.of_type("ConversationChanged").await["conversation"]["myUnreadCount"] != wanted {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_reads_the_log_as_often_with_many_watchers_as_with_one() {
    let stage = Stage::open().await;
    let clients = crowd(&stage, 20).await;
    let mut scans = Vec::new();
    for size in [1, 20] {
        let mut watchers = Vec::new();
        for client in &clients[..size] {
            let mut watcher = stage.watch(client, INBOX, json!({})).await;
            watcher.of_type("StreamReady").await;
            watchers.push(watcher);
        }
        let before = statements(&stage, "conversations").await;
        for number in 0..5 {
            let sql = format!(
                "update conversations set last_message_preview = '{size}-{number}' where id = '{}'",
                uuid("chat1")
            );
            stage.app.sql(&sql).await;
            for watcher in &mut watchers {
                let event = watcher.of_type("ConversationChanged").await;
                assert_eq!(event["conversation"]["lastMessagePreview"], format!("{size}-{number}"));
            }
        }
        scans.push(statements(&stage, "conversations").await - before);
    }
    // Once for the update, once for the hub.
    assert!(scans[1] <= scans[0] + 2, "{scans:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_selects_what_takes_long_waits_alone() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    // A table that nobody can read for now stands for rows that take long.
    let heavy = "subscription { changes(types: [MESSAGE]) { __typename
        ... on Change { node { ... on Message { content conversation { contact { calls { totalCount } } } } } }
        ... on StreamReady { cursor } } }";
    let mut slow = stage.watch(&ana, heavy, json!({})).await;
    let mut quick = stage.watch(&ana, SAID, json!({ "id": id("conversation", "chat1") })).await;
    slow.of_type("StreamReady").await;
    quick.of_type("StreamReady").await;
    let mut locker = crate::app::superuser(&stage.app.database_name).await;
    let lock = locker.transaction().await.unwrap();
    lock.batch_execute("lock table calls in access exclusive mode").await.unwrap();
    for number in 0..5 {
        stage.hear_from_contact("chat1", &format!("{number}")).await;
        assert_eq!(quick.next().await["message"]["content"], format!("{number}"));
    }
    slow.is_silent().await;
    lock.rollback().await.unwrap();
    for number in 0..5 {
        assert_eq!(slow.of_type("Change").await["node"]["content"], format!("{number}"));
    }
}
