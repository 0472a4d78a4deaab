//! The webhook for all other channels.

use serde_json::{Value, json};

use super::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn each_channel_finds_its_contact_by_what_it_knows_of_people() {
    let stage = Stage::set().await;
    for (channel, from) in [
        ("sms", json!({ "address": "+34 600 00 00 01" })),
        ("email", json!({ "address": "MARTA@example.com", "name": "Marta" })),
        ("web-chat", json!({ "address": "visitor-1", "email": "marta@example.com" })),
        ("instagram", json!({ "address": "ig-1", "phone": "+34600000001" })),
        ("messenger", json!({ "address": "fb-1", "name": "Alguien" })),
    ] {
        // The same id on each: providers count for themselves.
        stage.events(channel, json!([{ "id": "1", "from": from, "text": format!("por {channel}"), "sentAt": "2026-03-02T09:30:00Z" }])).await;
    }
    stage.work().await;
    let rows = stage.app.rows("select c.channel, p.display_name, m.provider_message_id, m.content from messages m
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        where m.content like 'por %' order by 1").await;
    assert_eq!(
        rows,
        [
            ["EMAIL", "Marta Ruiz", "email:1", "por email"],
            ["INSTAGRAM", "Marta Ruiz", "instagram:1", "por instagram"],
            ["MESSENGER", "Alguien", "messenger:1", "por messenger"],
            ["SMS", "Marta Ruiz", "sms:1", "por sms"],
            ["WEB_CHAT", "Marta Ruiz", "web_chat:1", "por web-chat"],
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_of_the_documented_form_is_taken() {
    let stage = Stage::set().await;
    let from = json!({ "address": "+34600000001" });
    stage
        .events(
            "sms",
            json!([
                { "type": "message", "id": "1", "from": from, "contentType": "TEXT", "text": "Hola", "replyTo": "0", "metadata": { "campaign": "7" } },
                { "id": "2", "from": from, "contentType": "IMAGE", "text": "Mire", "file": { "url": "https://cdn.example/1.jpg", "type": "image/jpeg", "name": "1.jpg" } },
                { "id": "3", "from": from, "contentType": "DOCUMENT", "file": { "id": "f-3", "type": "application/pdf" } },
                { "id": "4", "from": from, "contentType": "LOCATION", "location": { "latitude": 1, "longitude": 2 } },
                { "id": "5", "from": from, "contentType": "CONTACT_CARD", "contacts": [{ "name": "Ana" }] },
                { "id": "6", "from": from, "contentType": "INTERACTIVE", "text": "Sí", "interactive": { "id": "yes" } },
                { "id": "7", "from": from, "contentType": "HOLOGRAM", "text": "?" },
                { "type": "reaction", "messageId": "1", "emoji": "👍", "at": "2026-03-02T09:31:00Z" },
                { "type": "status", "messageId": "out-1", "status": "DELIVERED" },
                { "type": "status", "messageId": "out-1", "status": "LOST" },
                "garbage"
            ]),
        )
        .await;
    let outcomes = stage.work().await;
    assert_eq!(
        outcomes[0],
        json!({ "events": { "new": 7, "applied": 1, "parked": 1 }, "notUnderstood": { "ENTRY": 1, "STATUS": 1 } })
    );
    let rows = stage.app.rows("select provider_message_id, content_type, coalesce(file_url, ''), payload::text from messages where provider_message_id like 'sms:%' order by 1").await;
    let types: Vec<_> = rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(types, ["TEXT", "IMAGE", "DOCUMENT", "LOCATION", "CONTACT_CARD", "INTERACTIVE", "UNSUPPORTED"]);
    assert_eq!(rows[1][2], "https://cdn.example/1.jpg");
    let first: Value = serde_json::from_str(&rows[0][3]).unwrap();
    assert_eq!(
        (&first["replyTo"], &first["metadata"], &first["reactions"][0]["emoji"]),
        (&json!({ "providerMessageId": "sms:0" }), &json!({ "campaign": "7" }), &json!("👍"))
    );
    // The sender may have stored what the provider said, with the channel in front or without.
    for (stored, order) in [("out-1", 1), ("sms:out-2", 2)] {
        stage.events("sms", json!([{ "type": "status", "messageId": format!("out-{order}"), "status": "DELIVERED", "at": "2026-03-02T09:32:00Z" }])).await;
        stage.work().await;
        stage.app.sql(&format!("insert into messages (tenant_id, conversation_id, sender_type, content) select c.tenant_id, c.id, 'SYSTEM', 'out {order}' from conversations c join messages m on m.tenant_id = c.tenant_id and m.conversation_id = c.id where m.provider_message_id = 'sms:1'")).await;
        stage.app.sql(&format!("update messages set delivery_status = 'SENT', provider_message_id = '{stored}' where content = 'out {order}'")).await;
        assert_eq!(
            stage.app.cell(&format!("select delivery_status from messages where content = 'out {order}'")).await,
            "DELIVERED",
            "{stored}"
        );
    }
}
