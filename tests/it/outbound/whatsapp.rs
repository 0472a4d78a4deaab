//! WhatsApp's Cloud API: what it gets, what it refuses, and what must never reach it.

use serde_json::json;

use super::office::Office;
use super::receiver::Manner;

#[tokio::test(flavor = "multi_thread")]
async fn a_text_and_a_template_reach_the_api_with_our_id() {
    let office = Office::open([]).await;
    office.connect_whatsapp().await;
    let id = office.send(&office.whatsapp, "hello").await;
    let templates = office.ana.data("{ whatsappTemplates { nodes { id status } } }", json!({})).await;
    let approved =
        templates["whatsappTemplates"]["nodes"].as_array().unwrap().iter().find(|one| one["status"] == "APPROVED");
    let send = "mutation($conversation: ID!, $template: ID!) { sendMessage(input: {conversationId: $conversation, contentType: TEMPLATE, templateId: $template, templateVariables: {name: \"Marta\"}}) { message { id } errors { code message } } }";
    let sent =
        office.ana.data(send, json!({ "conversation": office.whatsapp, "template": approved.unwrap()["id"] })).await;
    assert_eq!(sent["sendMessage"]["errors"], json!([]), "{sent:#}");
    let crew = office.crew(1);
    office.quiet().await;
    Office::stop(crew).await;
    let requests = office.receiver.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].path, "/v23.0/1055501/messages");
    assert_eq!(requests[0].headers["authorization"], "Bearer EAAB-token");
    let text = requests[0].json();
    assert_eq!((&text["messaging_product"], &text["type"]), (&json!("whatsapp"), &json!("text")));
    assert!(text["to"].as_str().unwrap().chars().all(|digit| digit.is_ascii_digit()), "{text:#}");
    let own = office.app.cell("select id from messages where content = 'hello'").await;
    assert_eq!(text["biz_opaque_callback_data"], json!(own));
    assert_eq!(
        requests[1].json()["template"],
        json!({
            "name": "saludo", "language": { "code": "es" },
            "components": [{ "type": "body", "parameters": [{ "type": "text", "text": "Marta" }] }]
        })
    );
    assert_eq!(office.message(&id).await["providerMessageId"], "wamid.id-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_came_before_our_commit_is_applied_with_it() {
    let office = Office::open([Manner::Hangs]).await;
    office.connect_whatsapp().await;
    let id = office.send(&office.whatsapp, "hello").await;
    let crew = office.crew(1);
    while office.receiver.requests().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let parked = format!(
        "begin; set local app.tenant_id = '{}';
         select app.provider_event('WHATSAPP', 'wamid.id-1', 'STATUS', 'DELIVERED', now(), null, null); commit",
        office.tenant
    );
    office.app.sql(&parked).await;
    office.receiver.let_go();
    office.quiet().await;
    Office::stop(crew).await;
    let message = office.message(&id).await;
    assert_eq!(message["deliveryStatus"], "DELIVERED", "{message:#}");
    assert!(message["sentAt"].is_string() && message["deliveredAt"].is_string(), "{message:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_once_the_window_has_closed() {
    let office = Office::open([]).await;
    office.connect_whatsapp().await;
    let id = office.send(&office.whatsapp, "hello").await;
    office.app.sql("update conversations set whatsapp_24h_expires_at = now() - interval '1 s'").await;
    let crew = office.crew(1);
    office.quiet().await;
    let failed = office.message(&id).await;
    assert_eq!(
        (&failed["failureCode"], &failed["failureCategory"]),
        (&json!("WINDOW_CLOSED"), &json!("WINDOW_CLOSED"))
    );
    assert_eq!(failed["isRetryable"], false);
    let retry = "mutation($id: ID!) { retryMessage(input: {id: $id}) { message { deliveryStatus } errors { code } } }";
    let refused = office.ana.data(retry, json!({ "id": id })).await;
    assert_eq!(refused["retryMessage"]["errors"][0]["code"], "WINDOW_CLOSED", "{refused:#}");
    assert_eq!(office.message(&id).await["deliveryStatus"], "FAILED");
    Office::stop(crew).await;
    assert!(office.receiver.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_api_refuses_for_good_fails_at_once_and_limits_are_waited_for() {
    const LIMIT: &str = r#"{"error":{"message":"(#130429) Rate limit hit","type":"OAuthException","code":130429}}"#;
    const GONE: &str = r#"{"error":{"message":"(#131026) Marta","type":"OAuthException","code":131026}}"#;
    let office = Office::open([Manner::Refuses(400, LIMIT), Manner::Refuses(400, GONE)]).await;
    office.connect_whatsapp().await;
    let id = office.send(&office.whatsapp, "hello").await;
    let crew = office.crew(1);
    office.quiet().await;
    Office::stop(crew).await;
    let failed = office.message(&id).await;
    assert_eq!((&failed["failureCode"], &failed["failureCategory"]), (&json!("WHATSAPP_131026"), &json!("RECIPIENT")));
    assert!(!failed["errorMessage"].as_str().unwrap().contains("Marta"), "the provider's words are not ours");
    assert_eq!(office.app.rows("select attempts, last_error from jobs").await, [["2", "WHATSAPP_131026"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_was_lost_is_not_sent_twice_when_a_status_tells_of_it() {
    let office = Office::open([Manner::TakesAndCloses]).await;
    office.connect_whatsapp().await;
    let id = office.send(&office.whatsapp, "hello").await;
    let crew = office.crew(1);
    office.until("select state = 'QUEUED' and attempts = 1 from jobs").await;
    let wait = office.app.cell("select extract(epoch from run_at - now()) > 10 from jobs").await;
    assert_eq!(wait, "t", "in doubt it waits for a status");
    let own = office.app.cell("select id from messages where content = 'hello'").await;
    let report = |message: &str, at: &str| {
        format!(
            "begin; set local app.tenant_id = '{}';
             select app.adopt_provider_id('{message}', 'WHATSAPP', 'wamid.id-1', {at});
             select app.provider_event('WHATSAPP', 'wamid.id-1', 'STATUS', 'DELIVERED', {at}, null, null); commit",
            office.tenant
        )
    };
    // One about an earlier attempt proves nothing about this one, so it waits for a message that has this id.
    office.app.sql(&report(&own, "now() - interval '1 day'")).await;
    assert_eq!(office.message(&id).await["deliveryStatus"], "QUEUED");
    office.app.sql(&report(&own, "now()")).await;
    assert_eq!(office.message(&id).await["deliveryStatus"], "DELIVERED");
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.receiver.requests().len(), 1);
    assert_eq!(office.message(&id).await["providerMessageId"], "wamid.id-1");
}
