//! Merging while others write: whatever was acknowledged is in the conversation that is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{at_once, consistent, id, uuid};
use crate::app::{TestApp, superuser};

const MERGE: &str = "mutation M($input: MergeConversationsInput!) { mergeConversations(input: $input) {
    conversation { id } errors { code message path details } } }";

/// An archived conversation with Germán by e-mail, beside the one of the world, with so many messages.
async fn older(app: &TestApp, messages: usize) -> (String, String) {
    app.sql(&format!(
        "with old as (
             insert into conversations (tenant_id, contact_id, channel, status)
             select tenant_id, contact_id, channel, 'ARCHIVED' from conversations
              where channel = 'EMAIL' and tenant_id = (select id from tenants where slug = 'autos')
             returning tenant_id, id
         )
         insert into messages (tenant_id, conversation_id, sender_type, content)
         select tenant_id, id, case n % 2 when 0 then 'CONTACT' else 'AI_AGENT' end, 'old ' || n from old, generate_series(1, {messages}) n"
    ))
    .await;
    let open = uuid(app, "conversations", "channel = 'EMAIL' and status <> 'ARCHIVED'").await;
    let archived = uuid(app, "conversations", "channel = 'EMAIL' and status = 'ARCHIVED'").await;
    (open, archived)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_written_during_a_merge_is_lost_or_left_behind() {
    for round in 0..6 {
        let app = TestApp::world().await;
        let (open, archived) = older(&app, 20).await;
        let jan = app.sign_in("autos", "jan@autos.test").await;
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..6 {
            let (database, stop, written) = (app.database_name.clone(), Arc::clone(&stop), Arc::clone(&written));
            // Into the open one, into the archived one, and into both with one statement.
            let wanted = [&format!("'{open}'"), &format!("'{archived}'"), &format!("'{archived}', '{open}'")]
                [writer % 3]
                .clone();
            writers.spawn(async move {
                let client = superuser(&database).await;
                let mut number = 0;
                while !stop.load(Ordering::SeqCst) || number < 5 {
                    number += 1;
                    let sql = format!(
                        "insert into messages (tenant_id, conversation_id, sender_type, content)
                         select tenant_id, id, 'CONTACT', 'new {writer}-{number}' from conversations where id in ({wanted})"
                    );
                    // Of two who wait for each other PostgreSQL sends one away; a webhook would come again.
                    match client.execute(&sql, &[]).await {
                        Ok(rows) => written.fetch_add(usize::try_from(rows).unwrap(), Ordering::SeqCst),
                        Err(error) => {
                            assert_eq!(error.code(), Some(&tokio_postgres::error::SqlState::T_R_DEADLOCK_DETECTED), "{error:?}");
                            0
                        }
                    };
                }
            });
        }
        let note = "mutation M($input: CreateInternalNoteInput!) { createInternalNote(input: $input) { internalNote { id } errors { code } } }";
        let noting = {
            let (jan, archived) = (jan.clone(), archived.clone());
            let inputs = (0..8).map(move |number| {
                (jan.clone(), json!({ "conversationId": archived, "body": format!("note {number}") }))
            });
            tokio::spawn(at_once(note, "createInternalNote", inputs.collect()))
        };
        let reading = "mutation M($input: MarkConversationReadInput!) { markConversationRead(input: $input) { errors { code } } }";
        let reads = {
            let (jan, archived) = (jan.clone(), archived.clone());
            tokio::spawn(at_once(reading, "markConversationRead", vec![(jan, json!({ "id": archived })); 4]))
        };
        if round % 2 == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20 * round)).await;
        }
        let merge = json!({ "id": open, "sourceId": archived });
        let payloads = at_once(MERGE, "mergeConversations", vec![(jan.clone(), merge); 5]).await;
        for payload in &payloads {
            assert_eq!(payload["errors"], json!([]), "{payloads:#?}");
        }
        stop.store(true, Ordering::SeqCst);
        while let Some(writer) = writers.join_next().await {
            writer.unwrap();
        }
        for payload in noting.await.unwrap() {
            assert_eq!(payload["errors"], json!([]), "{payload:#}");
        }
        reads.await.unwrap();
        for table in ["messages", "internal_notes", "conversation_tag_links", "conversation_reads"] {
            let left = format!("select count(*) from {table} where conversation_id = '{archived}'");
            assert_eq!(app.cell(&left).await, "0", "{table} were left behind in round {round}");
        }
        let there = |like: &str| {
            format!("select count(*) from messages where conversation_id = '{open}' and content like '{like}'")
        };
        assert_eq!(app.cell(&there("old %")).await, "20");
        assert_eq!(app.cell(&there("new %")).await, written.load(Ordering::SeqCst).to_string());
        assert_eq!(
            app.cell(&format!("select count(*) from internal_notes where conversation_id = '{open}'")).await,
            "8"
        );
        assert_eq!(
            app.cell(&format!("select status || unread_count from conversations where id = '{archived}'")).await,
            "ARCHIVED0"
        );
        consistent(&app).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_merges_in_both_directions_one_is_made() {
    let app = TestApp::world().await;
    let (_, first) = older(&app, 3).await;
    app.sql("update conversations set status = 'ARCHIVED' where channel = 'EMAIL'").await;
    let second = uuid(&app, "conversations", &format!("channel = 'EMAIL' and id <> '{first}'")).await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let inputs = (0..20).map(|task| {
        let (one, other) = if task % 2 == 0 { (&first, &second) } else { (&second, &first) };
        (jan.clone(), json!({ "id": one, "sourceId": other }))
    });
    let payloads = at_once(MERGE, "mergeConversations", inputs.collect()).await;
    for direction in [0, 1] {
        let payloads: Vec<&Value> = payloads.iter().skip(direction).step_by(2).collect();
        let codes: Vec<&Value> = payloads.iter().map(|payload| &payload["errors"][0]["code"]).collect();
        assert!(codes.iter().all(|code| *code == codes[0]), "all of one direction fare alike: {payloads:#?}");
    }
    let merged = "select count(*) from conversations where merged_into_id is not null";
    assert_eq!(app.cell(merged).await, "1");
    consistent(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_again_after_a_merge_gets_the_message_that_was_moved() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let send = "mutation M($input: SendMessageInput!) { sendMessage(input: $input) { message { id conversation { id } } errors { code } } }";
    let german = id("conversation", "chat2");
    let input = json!({ "input": { "conversationId": german, "content": "Una vez", "clientMessageId": uuid::Uuid::from_u128(9).to_string() } });
    let sent = jan.data(send, input.clone()).await;
    app.sql(
        "update conversations set status = 'ARCHIVED' where channel = 'EMAIL';
         insert into conversations (tenant_id, contact_id, channel)
         select tenant_id, contact_id, channel from conversations where channel = 'EMAIL'",
    )
    .await;
    let fresh = uuid(&app, "conversations", "channel = 'EMAIL' and status = 'OPEN'").await;
    let merged = jan.data(MERGE, json!({ "input": { "id": fresh, "sourceId": german } })).await;
    assert_eq!(merged["mergeConversations"]["errors"], json!([]), "{merged:#}");
    let again = jan.data(send, input).await;
    assert_eq!(again["sendMessage"]["message"]["id"], sent["sendMessage"]["message"]["id"], "{again:#}");
    assert_eq!(
        again["sendMessage"]["message"]["conversation"], merged["mergeConversations"]["conversation"],
        "{again:#}"
    );
    assert_eq!(app.cell("select count(*) from messages where content = 'Una vez'").await, "1");
}
