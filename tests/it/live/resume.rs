//! Going on behind a cursor: nothing is lost and nothing comes twice, whenever and however often.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mostrador::live::LiveSettings;
use serde_json::{Value, json};

use super::stage::{SAID, Stage, id, uuid};
use crate::app::superuser;

fn said(event: &Value) -> String {
    event["message"]["content"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_played_back_and_then_it_goes_on() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let chat = id("conversation", "chat1");
    let after = stage.cursor(&ana).await;
    for number in 0..5 {
        stage.hear_from_contact("chat1", &format!("{number}")).await;
    }
    let mut watcher = stage.watch(&ana, SAID, json!({ "id": chat, "after": after })).await;
    let mut events = Vec::new();
    for number in 0..5 {
        let event = watcher.next().await;
        assert_eq!(said(&event), format!("{number}"));
        events.push(event);
    }
    let ready = watcher.next().await;
    assert_eq!((&ready["__typename"], &ready["replayed"]), (&json!("StreamReady"), &json!(5)));
    stage.hear_from_contact("chat1", "5").await;
    assert_eq!(said(&watcher.next().await), "5");
    drop(watcher);
    // Behind each of them come exactly those after it.
    for (number, event) in events.iter().enumerate() {
        let mut again = stage.watch(&ana, SAID, json!({ "id": chat, "after": event["cursor"] })).await;
        let played: Vec<_> = again.until("StreamReady").await.iter().map(said).collect();
        let expected: Vec<_> = (number + 1..6).map(|number| number.to_string()).collect();
        assert_eq!(played, expected);
    }
    let mut again = stage.watch(&ana, SAID, json!({ "id": chat, "after": ready["cursor"] })).await;
    assert_eq!(said(&again.next().await), "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_and_what_follows_it_are_one_history() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let chat = id("conversation", "chat1");
    let query = "query($id: ID!) { eventCursor conversation(id: $id) { messages(first: 250) { nodes { content } } } }";
    let is_over = Arc::new(AtomicBool::new(false));
    // Writers whose transactions overlap, so that many commit after those that began later.
    let writers: Vec<_> = (0..3)
        .map(|writer| {
            let (is_over, database) = (Arc::clone(&is_over), stage.app.database_name.clone());
            tokio::spawn(async move {
                let client = superuser(&database).await;
                let (mut written, (tenant, conversation)) = (0, (uuid("cars"), uuid("chat1")));
                while !is_over.load(Ordering::Relaxed) && written < 60 {
                    let statement = format!(
                        "begin;
                         insert into messages (tenant_id, conversation_id, sender_type, content, delivery_status)
                         values ('{tenant}', '{conversation}', 'CONTACT', 'w{writer}-{written}', 'READ');
                         select pg_sleep({});
                         commit;",
                        f64::from(writer * 7 % 3) * 0.004
                    );
                    client.batch_execute(&statement).await.unwrap();
                    written += 1;
                }
                written
            })
        })
        .collect();
    let mut watching = Vec::new();
    for _ in 0..12 {
        let page = ana.data(query, json!({ "id": chat })).await;
        let known = page["conversation"]["messages"]["nodes"].as_array().unwrap();
        let known: Vec<String> = known.iter().map(|node| node["content"].as_str().unwrap().to_owned()).collect();
        let variables = json!({ "id": chat, "after": page["eventCursor"] });
        watching.push((known, stage.watch(&ana, SAID, variables).await));
        tokio::time::sleep(std::time::Duration::from_millis(15)).await;
    }
    is_over.store(true, Ordering::Relaxed);
    let mut expected = BTreeSet::new();
    for (writer, task) in writers.into_iter().enumerate() {
        expected.extend((0..task.await.unwrap()).map(|number| format!("w{writer}-{number}")));
    }
    stage.hear_from_contact("chat1", "the end").await;
    for (known, mut watcher) in watching {
        let mut seen: Vec<String> = known.into_iter().filter(|text| text.starts_with('w')).collect();
        loop {
            let event = watcher.next().await;
            if event["__typename"] == "MessageAdded" {
                if said(&event) == "the end" {
                    break;
                }
                seen.push(said(&event));
            }
        }
        let all: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(all.len(), seen.len(), "something came twice: {seen:?}");
        assert_eq!(all, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_watcher_receives_the_same_history_over_random_ends_and_beginnings() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let chat = id("conversation", "chat1");
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7u64);
    let first = stage.cursor(&ana).await;
    let total = 90;
    let writing = {
        let database = stage.app.database_name.clone();
        tokio::spawn(async move {
            let client = superuser(&database).await;
            for number in 0..total {
                let statement = format!(
                    "insert into messages (tenant_id, conversation_id, sender_type, content, delivery_status)
                     values ('{}', '{}', 'CONTACT', '{number}', 'READ')",
                    uuid("cars"),
                    uuid("chat1")
                );
                client.batch_execute(&statement).await.unwrap();
            }
        })
    };
    let watchers = (0..4u64).map(|watcher| {
        let (stage, ana, chat, mut after) = (&stage, &ana, &chat, json!(first));
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(watcher);
        let mut next = move |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        async move {
            let mut heard: Vec<u64> = Vec::new();
            while heard.len() < total {
                let mut watching = stage.watch(ana, SAID, json!({ "id": chat, "after": after })).await;
                for _ in 0..=next(25) {
                    if heard.len() == total {
                        break;
                    }
                    let event = watching.next().await;
                    // The client is killed before or after it has kept the event with its cursor.
                    if next(10) == 0 {
                        break;
                    }
                    after = event["cursor"].clone();
                    if event["__typename"] == "MessageAdded" {
                        heard.push(said(&event).parse().unwrap());
                    }
                }
            }
            heard
        }
    });
    let histories = futures_util::future::join_all(watchers).await;
    writing.await.unwrap();
    let expected: Vec<u64> = (0..total as u64).collect();
    for history in histories {
        assert_eq!(history, expected, "SEED={seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_too_slowly_is_told_where_to_go_on() {
    let stage = Stage::bounded(LiveSettings { buffer_events: 4, ..LiveSettings::default() }).await;
    let ana = stage.ana().await;
    let chat = id("conversation", "chat1");
    let mut slow = stage.watch(&ana, SAID, json!({ "id": chat })).await;
    let mut quick = stage.watch(&ana, SAID, json!({ "id": chat })).await;
    slow.of_type("StreamReady").await;
    quick.of_type("StreamReady").await;
    for number in 0..12 {
        stage.hear_from_contact("chat1", &format!("{number}")).await;
        assert_eq!(said(&quick.next().await), format!("{number}"), "a slow neighbour blocks nobody");
    }
    let mut heard = Vec::new();
    let gap = loop {
        let event = slow.next().await;
        if event["__typename"] == "StreamGap" {
            break event;
        }
        heard.push(said(&event));
    };
    assert_eq!(slow.document().await, None, "a gap is the end");
    assert_eq!(heard, ["0", "1", "2", "3"]);
    let mut again = stage.watch(&ana, SAID, json!({ "id": chat, "after": gap["cursor"] })).await;
    heard.extend(again.until("StreamReady").await.iter().map(said));
    assert_eq!(heard, (0..12).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(stage.app.gateway.live().subscriptions(), 3 - 1 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_told_also_to_who_has_not_selected_it() {
    let stage = Stage::bounded(LiveSettings { buffer_events: 2, ..LiveSettings::default() }).await;
    let ana = stage.ana().await;
    let query = "subscription($id: ID!) { messageAdded(conversationId: $id) { content } }";
    let mut slow = stage.watch(&ana, query, json!({ "id": id("conversation", "chat1") })).await;
    let mut quick = stage.watch(&ana, SAID, json!({ "id": id("conversation", "chat1") })).await;
    quick.of_type("StreamReady").await;
    for number in 0..4 {
        stage.hear_from_contact("chat1", &format!("{number}")).await;
        quick.of_type("MessageAdded").await;
    }
    assert_eq!(slow.next().await["content"], "0");
    assert_eq!(slow.next().await["content"], "1");
    let gap = slow.document().await.unwrap();
    assert_eq!(gap["errors"][0]["extensions"]["code"], "STREAM_GAP", "{gap:#}");
    let after = gap["errors"][0]["extensions"]["cursor"].clone();
    assert_eq!(slow.document().await, None);
    let query =
        "subscription($id: ID!, $after: String) { messageAdded(conversationId: $id, after: $after) { content } }";
    let mut again = stage.watch(&ana, query, json!({ "id": id("conversation", "chat1"), "after": after })).await;
    assert_eq!(again.next().await["content"], "2");
    assert_eq!(again.next().await["content"], "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_carry_the_cursor_along() {
    let settings = LiveSettings { heartbeat: std::time::Duration::from_millis(400), ..LiveSettings::default() };
    let stage = Stage::bounded(settings).await;
    let ana = stage.ana().await;
    let query = "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) {
        __typename
        ... on MessageAdded { cursor message { content } }
        ... on StreamReady { cursor }
        ... on StreamHeartbeat { cursor at }
    } }";
    let variables = json!({ "id": id("conversation", "chat1") });
    let mut watcher = stage.watch(&ana, query, variables).await;
    let ready = watcher.of_type("StreamReady").await;
    // Something happens elsewhere.
    stage.hear_from_contact("chat2", "elsewhere").await;
    let beat = loop {
        let beat = watcher.of_type("StreamHeartbeat").await;
        if beat["cursor"] != ready["cursor"] {
            break beat;
        }
    };
    stage.hear_from_contact("chat1", "here").await;
    watcher.of_type("MessageAdded").await;
    let variables = json!({ "id": id("conversation", "chat1"), "after": beat["cursor"] });
    let mut again = stage.watch(&ana, query, variables).await;
    assert_eq!(said(&again.of_type("MessageAdded").await), "here");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_goes_on_where_one_has_ended() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let chat = id("conversation", "chat1");
    let mut watcher = stage.watch(&ana, SAID, json!({ "id": chat })).await;
    watcher.of_type("StreamReady").await;
    stage.hear_from_contact("chat1", "0").await;
    let last = watcher.next().await;
    drop(watcher);
    let other = stage.app.beside(|_| ()).await;
    stage.hear_from_contact("chat1", "1").await;
    let mut again = stage
        .watch_on(&other, &ana, SAID, json!({ "id": chat, "after": last["cursor"] }))
        .await
        .unwrap_or_else(|answer| panic!("{answer:#}"));
    assert_eq!(said(&again.next().await), "1");
    again.of_type("StreamReady").await;
    stage.hear_from_contact("chat1", "2").await;
    assert_eq!(said(&again.next().await), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_database_asks_to_begin_anew() {
    let (stage, elsewhere) = (Stage::open().await, Stage::open().await);
    let ana = stage.ana().await;
    let after = elsewhere.cursor(&elsewhere.ana().await).await;
    let variables = json!({ "id": id("conversation", "chat1"), "after": after });
    let answer = stage.try_watch(&ana, SAID, variables).await.err().unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RESYNC_REQUIRED", "{answer:#}");
}
