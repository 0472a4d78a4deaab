//! Messages that are sent again because the answer got lost.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{at_once, consistent, id};
use crate::app::TestApp;

const SEND: &str = "mutation M($input: SendMessageInput!) { sendMessage(input: $input) {
    message { id content deliveryStatus clientMessageId } errors { code path existingId } } }";

fn message(conversation: &str, content: &str, client_message: u128) -> Value {
    let client_message = uuid::Uuid::from_u128(client_message).to_string();
    json!({ "conversationId": id("conversation", conversation), "content": content, "clientMessageId": client_message })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sent_by_fifty_tasks_through_two_gateways_is_one_message_with_fifty_equal_answers() {
    let app = TestApp::world().await;
    let other = app.beside(|_| ()).await;
    let clients = [app.sign_in("autos", "jan@autos.test").await, other.sign_in("autos", "jan@autos.test").await];
    for round in 0..5 {
        let content = format!("Once {round}");
        let inputs = (0..50).map(|task| (clients[task % 2].clone(), message("chat2", &content, 100 + round)));
        let payloads = at_once(SEND, "sendMessage", inputs.collect()).await;
        let different: HashSet<String> = payloads.iter().map(Value::to_string).collect();
        assert_eq!(different.len(), 1, "{payloads:#?}");
        assert_eq!(payloads[0]["message"]["deliveryStatus"], "QUEUED");
        assert_eq!(app.cell(&format!("select count(*) from messages where content = '{content}'")).await, "1");
    }
    consistent(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_different_messages_with_one_id_one_is_sent_and_the_others_name_it() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    for round in 0..5 {
        let inputs = (0..20).map(|task| (jan.clone(), message("chat2", &format!("This {round}-{task}"), 200 + round)));
        let payloads = at_once(SEND, "sendMessage", inputs.collect()).await;
        let (sent, refused): (Vec<_>, Vec<_>) = payloads.iter().partition(|payload| payload["errors"] == json!([]));
        assert_eq!(sent.len(), 1, "{payloads:#?}");
        for payload in refused {
            let error = &payload["errors"][0];
            assert_eq!(error["code"], "IDEMPOTENCY_KEY_REUSED", "{error:#}");
            assert_eq!(error["path"], json!(["clientMessageId"]), "{error:#}");
            assert_eq!(error["existingId"], sent[0]["message"]["id"], "{error:#}");
        }
        assert_eq!(app.cell(&format!("select count(*) from messages where content like 'This {round}-%'")).await, "1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn psql_cannot_write_a_second_message_with_an_id_either() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let sent = jan.data(SEND, json!({ "input": message("chat2", "First", 7) })).await;
    assert_eq!(sent["sendMessage"]["errors"], json!([]), "{sent:#}");
    let superuser = crate::app::superuser(&app.database_name).await;
    let copy = "insert into messages (tenant_id, conversation_id, sender_type, content, client_message_id)
         select tenant_id, conversation_id, 'SYSTEM', 'Second', client_message_id from messages where content = 'First'";
    let error = superuser.execute(copy, &[]).await.unwrap_err();
    let constraint = error.as_db_error().and_then(|error| error.constraint()).unwrap_or_default().to_owned();
    assert!(constraint.ends_with("_conversation_id_client_message_id_key"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_see_templates_is_not_told_which_there_are() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let ask = "mutation M($input: SendMessageInput!) { sendMessage(input: $input) { errors { code details } } }";
    let input = json!({ "input": { "conversationId": id("conversation", "chat1"), "content": "Hola" } });
    let told = jan.data(ask, input.clone()).await;
    let error = &told["sendMessage"]["errors"][0];
    assert_eq!(error["code"], "WINDOW_CLOSED", "{error:#}");
    assert_eq!(error["details"]["templates"][0]["name"], "saludo", "{error:#}");
    // Conversations and contacts only.
    app.sql(
        "insert into user_processes (tenant_id, user_id, process_id)
         select u.tenant_id, u.id, p.id from users u, processes p
          where u.email = 'jan@autos.test' and p.code in ('CONVERSATIONS', 'CONTACTS')",
    )
    .await;
    let told = jan.data(ask, input).await;
    let error = &told["sendMessage"]["errors"][0];
    assert_eq!(error["code"], "WINDOW_CLOSED", "{error:#}");
    assert_eq!(error["details"]["templates"], json!([]), "{error:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_24_hours_sharp_the_window_is_closed_and_a_microsecond_earlier_it_is_open() {
    let app = TestApp::world().await;
    let mut client = crate::app::superuser(&app.database_name).await;
    for (earlier, is_open) in [("0", false), ("1 microsecond", true), ("-1 microsecond", false)] {
        // In one transaction now() stands still.
        let transaction = client.transaction().await.unwrap();
        let inbound = format!(
            "insert into messages (tenant_id, conversation_id, sender_type, content, created_at)
             select tenant_id, id, 'CONTACT', 'Hola', now() - interval '24 hours' + interval '{earlier}'
               from conversations where channel = 'WHATSAPP'"
        );
        assert_eq!(transaction.execute(&inbound, &[]).await.unwrap(), 2);
        let shown = "select bool_and(coalesce(whatsapp_24h_expires_at > now(), false)) from conversations where channel = 'WHATSAPP'";
        assert_eq!(transaction.query_one(shown, &[]).await.unwrap().get::<_, bool>(0), is_open, "{earlier}");
        let answer = "insert into messages (tenant_id, conversation_id, sender_type, content)
             select tenant_id, id, 'AI_AGENT', 'Hola' from conversations where channel = 'WHATSAPP'";
        match transaction.execute(answer, &[]).await {
            Ok(_) => assert!(is_open, "{earlier}"),
            Err(error) => {
                assert!(!is_open, "{earlier}: {error:?}");
                assert_eq!(error.as_db_error().unwrap().constraint(), Some("WINDOW_CLOSED"));
            }
        }
        transaction.rollback().await.unwrap();
    }
}
