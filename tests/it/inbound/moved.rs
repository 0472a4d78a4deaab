//! Contacts who write from another address, and templates that were decided about.

use serde_json::json;

use super::stage::{Stage, message, text};

const WHOSE: &str = "select p.display_name, coalesce(p.phone, ''), m.sender_type, m.content from messages m
    join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
    join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
    where m.provider_message_id like 'wamid.%' order by m.id";

fn changed(from: &str, to: &str, id: &str) -> serde_json::Value {
    message(
        from,
        id,
        "system",
        json!({ "system": { "type": "user_changed_number", "wa_id": to, "body": "Has a new number" } }),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_with_a_new_number_is_the_same_contact_in_the_same_conversation() {
    let stage = Stage::set().await;
    for payload in [
        text("34655000111", "wamid.1", "uno"),
        changed("34655000111", "34655000999", "wamid.2"),
        text("34655000999", "wamid.3", "dos"),
        // Somebody else gets the old number.
        text("34655000111", "wamid.4", "Soy otra persona"),
    ] {
        stage.whatsapp(&payload).await;
        stage.work().await;
    }
    assert_eq!(
        stage.app.rows(WHOSE).await,
        [
            ["Person 34655000111", "+34655000999", "CONTACT", "uno"],
            ["Person 34655000111", "+34655000999", "SYSTEM", "Has a new number"],
            ["Person 34655000111", "+34655000999", "CONTACT", "dos"],
            ["Person 34655000111", "+34655000111", "CONTACT", "Soy otra persona"],
        ]
    );
    assert_eq!(stage.count("conversations c join messages m on m.tenant_id = c.tenant_id and m.conversation_id = c.id where m.provider_message_id in ('wamid.1', 'wamid.2', 'wamid.3') group by c.id").await, 3);
    // Told twice, the remark stands once and nothing moves again.
    let mut again = changed("34655000111", "34655000999", "wamid.2");
    again["entry"][0]["time"] = json!(1);
    stage.whatsapp(&again).await;
    stage.work().await;
    assert_eq!(stage.count("messages where sender_type = 'SYSTEM' and content = 'Has a new number'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_known_by_the_number_alone_moves_as_well_and_nobody_loses_a_number_to_somebody_else() {
    let stage = Stage::set().await;
    // Marta has never written, as far as addresses go; Ágata has the number that she moves to.
    stage.whatsapp(&changed("34600000001", "34600000002", "wamid.1")).await;
    stage.work().await;
    let phones = stage.app.rows("select display_name, phone from contacts where display_name in ('Marta Ruiz', 'Ágata Núñez') order by 1 desc").await;
    assert_eq!(phones, [["Ágata Núñez", "+34600000002"], ["Marta Ruiz", "+34600000001"]]);
    assert_eq!(stage.app.rows(WHOSE).await, [["Marta Ruiz", "+34600000001", "SYSTEM", "Has a new number"]]);
    stage.whatsapp(&text("34600000002", "wamid.2", "Soy Marta")).await;
    stage.work().await;
    assert_eq!(stage.app.rows(WHOSE).await[1][0], "Marta Ruiz", "the address is hers, whatever number she has here");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hides_the_number_later_stays_the_same_contact() {
    let stage = Stage::set().await;
    let mut shown = text("34655000111", "wamid.1", "uno");
    shown["entry"][0]["changes"][0]["value"]["messages"][0]["from_user_id"] = json!("ES.1349");
    shown["entry"][0]["changes"][0]["value"]["contacts"][0]["user_id"] = json!("ES.1349");
    stage.whatsapp(&shown).await;
    stage.work().await;
    let hidden = super::stage::payload(
        json!([{ "from_user_id": "ES.1349", "id": "wamid.2", "timestamp": "1772443800", "type": "text", "text": { "body": "dos" } }]),
        json!([{ "user_id": "ES.1349", "profile": { "name": "Luz" } }]),
    );
    stage.whatsapp(&hidden).await;
    stage.work().await;
    let rows = stage.app.rows(WHOSE).await;
    assert_eq!((rows[0][0].as_str(), rows[1][0].as_str(), rows.len()), ("Person 34655000111", "Person 34655000111", 2));
}

fn decided(event: &str, id: i64, name: &str, time: i64) -> serde_json::Value {
    let value = json!({ "event": event, "message_template_id": id, "message_template_name": name, "message_template_language": "es", "reason": "NONE" });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "time": time, "changes": [{ "field": "message_template_status_update", "value": value }] }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_follow_what_whatsapp_decides_and_old_news_change_nothing() {
    let stage = Stage::set().await;
    let state = async || {
        stage
            .app
            .cell("select status || ' ' || provider_template_id from whatsapp_templates where name = 'rebajas'")
            .await
    };
    let tell = async |event: &str, time: i64| {
        stage.whatsapp(&decided(event, 77, "rebajas", time)).await;
        stage.work().await.pop().unwrap()["events"].clone()
    };
    assert_eq!(tell("REJECTED", 1_772_443_801).await, json!({ "applied": 1 }));
    assert_eq!(state().await, "REJECTED 77");
    assert_eq!(tell("APPROVED", 1_772_443_803).await, json!({ "applied": 1 }));
    assert_eq!(state().await, "APPROVED 77");
    assert_eq!(tell("REJECTED", 1_772_443_802).await, json!({ "ignored": 1 }), "late news");
    assert_eq!(tell("FLAGGED", 1_772_443_804).await, json!({}));
    assert_eq!(tell("PAUSED", 1_772_443_805).await, json!({ "applied": 1 }));
    assert_eq!(tell("DISABLED", 1_772_443_806).await, json!({ "applied": 1 }));
    assert_eq!(tell("APPROVED", 1_772_443_807).await, json!({ "ignored": 1 }), "there is no way back");
    assert_eq!(state().await, "DISABLED 77");
    stage.whatsapp(&decided("APPROVED", 78, "unknown", 1_772_443_808)).await;
    assert_eq!(stage.work().await.pop().unwrap()["events"], json!({ "unknown": 1 }));
}
