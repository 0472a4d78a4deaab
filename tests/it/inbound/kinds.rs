//! Every kind of message, from the webhook to what clients read.

use serde_json::{Value, json};

use super::stage::{Stage, message, payload, text};

/// Kinds with what they bring, what clients see of them, and a key of their payload.
#[expect(clippy::type_complexity, reason = "a table, read where it is written")]
fn kinds() -> Vec<(&'static str, Value, &'static str, Option<&'static str>, Option<&'static str>)> {
    let media = |more: Value| {
        let mut media = json!({ "id": "881", "mime_type": "image/jpeg", "sha256": "abc" });
        for (name, value) in more.as_object().unwrap() {
            media[name] = value.clone();
        }
        media
    };
    vec![
        ("text", json!({ "text": { "body": "Hola" } }), "TEXT", Some("Hola"), None),
        ("image", json!({ "image": media(json!({ "caption": "Mire" })) }), "IMAGE", Some("Mire"), Some("media")),
        ("audio", json!({ "audio": media(json!({ "voice": true })) }), "AUDIO", None, Some("media")),
        ("video", json!({ "video": media(json!({})) }), "VIDEO", None, Some("media")),
        ("document", json!({ "document": media(json!({ "filename": "a.pdf" })) }), "DOCUMENT", None, Some("media")),
        ("sticker", json!({ "sticker": media(json!({ "animated": true })) }), "STICKER", None, Some("media")),
        (
            "location",
            json!({ "location": { "latitude": 37.38, "longitude": -5.99, "name": "Feria" } }),
            "LOCATION",
            Some("Feria"),
            Some("location"),
        ),
        (
            "contacts",
            json!({ "contacts": [{ "name": { "formatted_name": "Ana" } }] }),
            "CONTACT_CARD",
            Some("Ana"),
            Some("contacts"),
        ),
        (
            "interactive",
            json!({ "interactive": { "type": "list_reply", "list_reply": { "id": "2", "title": "León" } } }),
            "INTERACTIVE",
            Some("León"),
            Some("interactive"),
        ),
        ("button", json!({ "button": { "text": "Sí", "payload": "yes" } }), "INTERACTIVE", Some("Sí"), Some("button")),
        ("order", json!({ "order": { "catalog_id": "1", "product_items": [] } }), "INTERACTIVE", None, Some("order")),
        ("unsupported", json!({ "errors": [{ "code": 131051 }] }), "UNSUPPORTED", None, Some("errors")),
        ("hologram", json!({ "hologram": { "depth": 3 } }), "UNSUPPORTED", None, Some("raw")),
        ("text", json!({ "text": { "body": "" } }), "UNSUPPORTED", None, Some("raw")),
    ]
}

const THREAD: &str = "query ($id: ID!) { conversation(id: $id) { unreadCount status lastMessageAt whatsapp24hExpiresAt
    contact { displayName phone }
    messages(first: 50) { nodes { content contentType senderType deliveryStatus fileUrl fileType providerMessageId
        providerKind payload createdAt sender { __typename } } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_message_is_shown_as_what_it_is_and_brought_twice_is_there_once() {
    let stage = Stage::set().await;
    for (number, (kind, more, ..)) in kinds().iter().enumerate() {
        let payload = message("34655000111", &format!("wamid.{number}"), kind, more.clone());
        stage.whatsapp(&payload).await;
        stage.whatsapp(&payload).await;
    }
    let count = kinds().len();
    assert_eq!(stage.count("inbound_payloads").await, count as i64, "the same bytes are stored once");
    let outcomes = stage.work().await;
    assert!(outcomes.iter().all(|outcome| outcome["events"] == json!({ "new": 1 })), "{outcomes:#?}");

    // The same messages in other bytes, as a provider that repeats itself writes them.
    for (number, (kind, more, ..)) in kinds().iter().enumerate() {
        let mut again = message("34655000111", &format!("wamid.{number}"), kind, more.clone());
        again["entry"][0]["time"] = json!(1_772_443_900);
        stage.whatsapp(&again).await;
    }
    let outcomes = stage.work().await;
    assert!(outcomes[count..].iter().all(|outcome| outcome["events"] == json!({ "known": 1 })), "{outcomes:#?}");

    let found = stage
        .ana
        .data(
            r#"{ contacts(filter: { phone: { eq: "+34655000111" } }) { nodes { conversations { nodes { id } } } } }"#,
            json!({}),
        )
        .await;
    let conversations = found["contacts"]["nodes"][0]["conversations"]["nodes"].as_array().unwrap();
    assert_eq!(conversations.len(), 1);
    let thread = stage.ana.data(THREAD, json!({ "id": conversations[0]["id"] })).await;
    let thread = &thread["conversation"];
    assert_eq!(thread["contact"], json!({ "displayName": "Person 34655000111", "phone": "+34655000111" }));
    assert_eq!((&thread["unreadCount"], &thread["status"]), (&json!(count), &json!("OPEN")));
    assert_eq!(thread["lastMessageAt"], json!("2026-03-02T09:30:00Z"));
    assert_eq!(thread["whatsapp24hExpiresAt"], json!("2026-03-03T09:30:00Z"));
    let shown = thread["messages"]["nodes"].as_array().unwrap();
    assert_eq!(shown.len(), count);
    for (number, (shown, (kind, _, content_type, content, key))) in shown.iter().zip(kinds()).enumerate() {
        assert_eq!(shown["providerMessageId"], json!(format!("wamid.{number}")), "in the order in which they came");
        assert_eq!((&shown["contentType"], &shown["content"]), (&json!(content_type), &json!(content)), "{kind}");
        assert_eq!((&shown["senderType"], &shown["deliveryStatus"]), (&json!("CONTACT"), &json!("DELIVERED")));
        assert_eq!((&shown["providerKind"], &shown["sender"]["__typename"]), (&json!(kind), &json!("Contact")));
        assert_eq!(shown["createdAt"], json!("2026-03-02T09:30:00Z"), "the provider's time");
        match key {
            Some(key) => assert_ne!(shown["payload"][key], Value::Null, "{kind}: {shown}"),
            None => assert_eq!(shown["payload"], Value::Null),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_payload_brings_many_messages_of_many_people_and_garbage_stops_none() {
    let stage = Stage::set().await;
    let mut messages = vec![json!(null), json!(7), json!({ "id": "wamid.nobody" })];
    for number in 0..30 {
        messages.push(json!({
            "from": format!("3465500{:04}", number % 6), "id": format!("wamid.m{number}"), "timestamp": "1772443800",
            "type": "text", "text": { "body": format!("m{number}\u{0}") }
        }));
        messages.push(json!({ "from": {}, "type": [] }));
    }
    let mut payload = payload(json!(messages), json!([]));
    payload["entry"]
        .as_array_mut()
        .unwrap()
        .insert(0, json!({ "changes": [{ "field": "flows", "value": { "x": 1 } }] }));
    stage.whatsapp(&payload).await;
    let outcomes = stage.work().await;
    assert_eq!(outcomes[0]["events"], json!({ "new": 30 }));
    assert_eq!(outcomes[0]["notUnderstood"], json!({ "ENTRY": 2, "FIELD": 1, "SENDER": 31 }));
    assert_eq!(stage.count("contacts where phone like '+3465500%'").await, 6);
    assert_eq!(
        stage.count("messages where provider_message_id like 'wamid.m%' and content like 'm%\u{fffd}'").await,
        30
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_does_not_take_as_it_is_is_kept_as_unsupported() {
    let stage = Stage::set().await;
    // No rule of ours forbids it today; a rule of tomorrow may.
    stage.app.sql("alter table messages add constraint messages_tomorrow_check check (content is distinct from 'forbidden') not valid").await;
    stage.whatsapp(&text("34655000111", "wamid.1", "forbidden")).await;
    stage.whatsapp(&text("34655000111", "wamid.2", "allowed")).await;
    let outcomes = stage.work().await;
    assert!(outcomes.iter().all(|outcome| outcome["events"] == json!({ "new": 1 })), "{outcomes:#?}");
    let rows = stage.app.rows("select provider_message_id, content_type, payload #>> '{raw,text}' from messages where provider_message_id in ('wamid.1', 'wamid.2') order by 1").await;
    assert_eq!(rows, [["wamid.1", "UNSUPPORTED", "forbidden"], ["wamid.2", "TEXT", ""]]);
}

/// Shows rule:conversation-status.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_opens_what_was_settled_and_starts_anew_what_was_archived() {
    let stage = Stage::set().await;
    // Marta, known by her number, with an open conversation on WhatsApp.
    stage.app.sql("update conversations set status = 'RESOLVED' where channel = 'WHATSAPP' and contact_id in (select id from contacts where phone = '+34600000001' and tenant_id = conversations.tenant_id)").await;
    stage.whatsapp(&text("34600000001", "wamid.open", "¿Sigue ahí?")).await;
    stage.work().await;
    let of_marta = "select c.id::text, c.status, c.unread_count::text from conversations c join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
                     where c.channel = 'WHATSAPP' and p.display_name = 'Marta Ruiz' order by c.created_at";
    let before = stage.app.rows(of_marta).await;
    assert_eq!((before.len(), before[0][1].as_str(), before[0][2].as_str()), (1, "OPEN", "2"));
    stage.app.sql(&format!("update conversations set status = 'ARCHIVED' where id = '{}'", before[0][0])).await;
    stage.whatsapp(&text("34600000001", "wamid.new", "Otra cosa")).await;
    stage.work().await;
    let after = stage.app.rows(of_marta).await;
    assert_eq!(
        after.iter().map(|row| (row[1].as_str(), row[2].as_str())).collect::<Vec<_>>(),
        [("ARCHIVED", "2"), ("OPEN", "1")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_contact_gets_no_more_messages_and_a_purged_one_is_forgotten() {
    let stage = Stage::set().await;
    let people =
        "select id::text, (deleted_at is null)::text from contacts where phone = '+34655000111' order by created_at";
    stage.whatsapp(&text("34655000111", "wamid.1", "uno")).await;
    stage.work().await;
    let first = stage.app.rows(people).await[0][0].clone();
    stage.app.sql(&format!("update contacts set deleted_at = now() where id = '{first}'")).await;
    stage.whatsapp(&text("34655000111", "wamid.2", "dos")).await;
    // The first one again: it is known, whatever became of its contact.
    let mut again = text("34655000111", "wamid.1", "uno");
    again["entry"][0]["time"] = json!(1);
    stage.whatsapp(&again).await;
    stage.work().await;
    let rows = stage.app.rows(people).await;
    assert_eq!(rows.iter().map(|row| row[1].as_str()).collect::<Vec<_>>(), ["false", "true"]);
    let second = rows[1][0].clone();
    let whose = "select p.id::text, m.content from messages m join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
                 join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id where m.provider_message_id like 'wamid._' order by m.id";
    assert_eq!(stage.app.rows(whose).await, [[first.as_str(), "uno"], [second.as_str(), "dos"]]);
    stage.app.sql(&format!("delete from contacts where id = '{second}'")).await;
    assert_eq!(stage.count("contact_addresses where address = '34655000111' and contact_id is null").await, 1);
    stage.whatsapp(&text("34655000111", "wamid.3", "tres")).await;
    stage.work().await;
    assert_eq!(stage.count("contacts where phone = '+34655000111' and deleted_at is null").await, 1);
    assert_eq!(stage.count("messages where content = 'tres'").await, 1);
}

/// Shows rule:contact-number-unique.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_known_by_another_way_to_write_the_number_is_found() {
    let stage = Stage::set().await;
    stage.app.sql("insert into contacts (tenant_id, display_name, phone) select id, 'Joana', '+5511987654321' from tenants where slug = 'autos'").await;
    stage.whatsapp(&text("551187654321", "wamid.1", "oi")).await;
    stage.work().await;
    assert_eq!(stage.count("contacts where phone like '+5511%'").await, 1);
    let row = stage.app.cell("select p.display_name from messages m join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id where m.content = 'oi'").await;
    assert_eq!(row, "Joana");
}
