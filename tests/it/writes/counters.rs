//! What the database counts, under writers that come from everywhere.

use mostrador::demo::CONSISTENCY;
use serde_json::json;

use super::{at_once, id, world};
use crate::app::{TestApp, superuser};

/// Shows rule:unread-count.
#[tokio::test(flavor = "multi_thread")]
async fn unread_messages_are_counted_right_under_fifty_inbound_ones_and_readers_at_once() {
    let (app, client) = world().await;
    open_windows(&app).await;
    let mut inbound = tokio::task::JoinSet::new();
    for worker in 0..10 {
        let database = app.database_name.clone();
        inbound.spawn(async move {
            let webhook = superuser(&database).await;
            for number in 0..5 {
                let sql = "insert into messages (tenant_id, conversation_id, sender_type, content, provider_message_id)
                     select tenant_id, id, 'CONTACT', $1, $1 from conversations
                     where channel = 'WHATSAPP' and tenant_id = (select id from tenants where slug = 'autos')";
                assert_eq!(webhook.execute(sql, &[&format!("inbound {worker}-{number}")]).await.unwrap(), 1);
            }
        });
    }
    let read = "mutation M($input: MarkConversationReadInput!) { markConversationRead(input: $input) { conversation { unreadCount } errors { code } } }";
    let send =
        "mutation M($input: SendMessageInput!) { sendMessage(input: $input) { message { id } errors { code } } }";
    let chat = id("conversation", "chat1");
    for round in 0..5 {
        let (reads, sends) = futures_util::future::join(
            at_once(&client, "markConversationRead", read, vec![json!({ "id": chat }); 4]),
            at_once(
                &client,
                "sendMessage",
                send,
                (0..4)
                    .map(|number| json!({ "conversationId": chat, "content": format!("out {round}-{number}") }))
                    .collect(),
            ),
        )
        .await;
        for payload in reads {
            assert_eq!(payload["errors"], json!([]), "{payload:#}");
            assert_eq!(payload["conversation"]["unreadCount"], 0, "whoever marks it as read sees it read: {payload:#}");
        }
        for payload in sends {
            assert_eq!(payload["errors"], json!([]), "{payload:#}");
        }
    }
    while let Some(worker) = inbound.join_next().await {
        worker.unwrap();
    }
    consistent(&app).await;
    assert_eq!(app.cell("select count(*) from messages where content like 'inbound %'").await, "50");
    client.data(read, json!({ "input": { "id": chat } })).await;
    assert_eq!(
        app.cell("select count(*) from messages where content like 'inbound %' and delivery_status = 'READ'").await,
        "50"
    );
    consistent(&app).await;
}

/// Lets free text be sent on WhatsApp, as if the contacts had just written.
async fn open_windows(app: &TestApp) {
    app.sql("update conversations set whatsapp_24h_expires_at = now() + interval '1 hour' where channel = 'WHATSAPP'")
        .await;
}

/// Counters equal what they count, previews are those of the newest message.
async fn consistent(app: &TestApp) {
    let sql = format!("select * from ({CONSISTENCY}) broken where rule ~ '^(unread_count|last_message_at)'");
    assert_eq!(app.rows(&sql).await, Vec::<Vec<String>>::new());
}

/// Two senders once waited for each other, each holding a share of the conversation's lock; PostgreSQL ended one of them
/// after a second.
#[tokio::test(flavor = "multi_thread")]
async fn messages_sent_into_one_conversation_at_once_all_arrive() {
    let (app, client) = world().await;
    open_windows(&app).await;
    let send =
        "mutation M($input: SendMessageInput!) { sendMessage(input: $input) { message { id } errors { code } } }";
    for round in 0..5 {
        let input = |number: usize| json!({ "conversationId": id("conversation", "chat1"), "content": format!("all {round}-{number}") });
        for payload in at_once(&client, "sendMessage", send, (0..8).map(input).collect()).await {
            assert_eq!(payload["errors"], json!([]), "{payload:#}");
        }
    }
    assert_eq!(app.cell("select count(*) from messages where content like 'all %'").await, "40");
    consistent(&app).await;
}
