use serde_json::{Value, json};

use super::super::event::{Event, Message, Said, Stray};
use super::*;
use crate::inbox::ContentType;

fn payload(messages: Value, contacts: Value) -> Vec<u8> {
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "34910000000", "phone_number_id": "27681414235104944" },
        "contacts": contacts, "messages": messages
    });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [{ "field": "messages", "value": value }] }] })
        .to_string()
        .into_bytes()
}

fn base(kind: &str) -> Value {
    json!({ "from": "34600111222", "id": format!("wamid.{kind}"), "timestamp": "1750269342", "type": kind })
}

fn one(message: Value) -> Event {
    let contacts = json!([{ "wa_id": "34600111222", "profile": { "name": "Marta Ruiz" } }]);
    let reading = read(&payload(json!([message]), contacts));
    assert_eq!((reading.events.len(), reading.strays.as_slice()), (1, &[][..]), "{message}");
    reading.events.into_iter().next().unwrap()
}

fn message(kind: &str, more: Value) -> Message {
    let mut message = base(kind);
    for (name, value) in more.as_object().unwrap() {
        message[name] = value.clone();
    }
    match one(message) {
        Event::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_says_who_wrote_it_and_when() {
    let read = message(
        "text",
        json!({ "text": { "body": "¿Sigue disponible?" }, "context": { "id": "wamid.before", "forwarded": true } }),
    );
    assert_eq!(read.sender.addresses, ["34600111222"]);
    assert_eq!(read.sender.phones, ["+34600111222"]);
    assert_eq!(read.sender.name.as_deref(), Some("Marta Ruiz"));
    assert_eq!((read.content_type, read.text.as_deref()), (ContentType::Text, Some("¿Sigue disponible?")));
    assert_eq!(read.sent_at.unwrap().timestamp(), 1_750_269_342);
    assert_eq!(
        Value::Object(read.payload),
        json!({ "replyTo": { "providerMessageId": "wamid.before" }, "isForwarded": true })
    );
}

#[test]
fn a_file_is_known_by_its_id_at_the_provider() {
    for (kind, content_type) in [
        ("image", ContentType::Image),
        ("audio", ContentType::Audio),
        ("video", ContentType::Video),
        ("document", ContentType::Document),
        ("sticker", ContentType::Sticker),
    ] {
        let read = message(
            kind,
            json!({ kind: { "id": "881", "mime_type": "x/y", "sha256": "abc", "caption": "look", "filename": "a.pdf", "voice": true } }),
        );
        assert_eq!((read.content_type, read.text.as_deref()), (content_type, Some("look")), "{kind}");
        assert_eq!((read.file_type.as_deref(), read.file_url), (Some("x/y"), None));
        assert_eq!(
            read.payload["media"],
            json!({ "id": "881", "sha256": "abc", "fileName": "a.pdf", "isVoice": true })
        );
    }
}

#[test]
fn places_cards_buttons_lists_forms_and_orders_are_read() {
    let read = message(
        "location",
        json!({ "location": { "latitude": 37.4, "longitude": -5.9, "name": "Feria", "address": "Sevilla" } }),
    );
    assert_eq!((read.content_type, read.text.as_deref()), (ContentType::Location, Some("Feria, Sevilla")));
    assert_eq!(read.payload["location"]["latitude"], json!(37.4));

    let read = message(
        "contacts",
        json!({ "contacts": [{ "name": { "formatted_name": "Ana" }, "phones": [{ "phone": "+34" }] }, { "name": { "first_name": "Eva" } }] }),
    );
    assert_eq!((read.content_type, read.text.as_deref()), (ContentType::ContactCard, Some("Ana, Eva")));

    let read = message(
        "interactive",
        json!({ "interactive": { "type": "button_reply", "button_reply": { "id": "yes", "title": "Sí" } } }),
    );
    assert_eq!((read.content_type, read.text.as_deref()), (ContentType::Interactive, Some("Sí")));
    assert_eq!(read.payload["interactive"], json!({ "kind": "button_reply", "id": "yes", "title": "Sí" }));

    let read = message(
        "interactive",
        json!({ "interactive": { "list_reply": { "id": "2", "title": "León", "description": "1.5" } } }),
    );
    assert_eq!(
        read.payload["interactive"],
        json!({ "kind": "list_reply", "id": "2", "title": "León", "description": "1.5" })
    );

    let form = json!({ "type": "nfm_reply", "nfm_reply": { "name": "flow", "body": "Sent", "response_json": "{\"day\": 3}" } });
    let read = message("interactive", json!({ "interactive": form }));
    assert_eq!(read.payload["interactive"], json!({ "kind": "nfm_reply", "name": "flow", "response": { "day": 3 } }));

    let read = message(
        "interactive",
        json!({ "interactive": { "type": "call_permission_reply", "call_permission_reply": { "response": "accept" } } }),
    );
    assert_eq!(read.content_type, ContentType::Interactive);
    assert_eq!(read.payload["interactive"]["reply"]["call_permission_reply"]["response"], json!("accept"));

    let read = message("button", json!({ "button": { "text": "No", "payload": "no-payload" } }));
    assert_eq!((read.content_type, read.text.as_deref()), (ContentType::Interactive, Some("No")));

    let read = message(
        "order",
        json!({ "order": { "catalog_id": "1", "text": "Please", "product_items": [{ "item_price": 7.99 }] } }),
    );
    assert_eq!((read.content_type, read.text.as_deref()), (ContentType::Interactive, Some("Please")));
    assert_eq!(read.payload["order"]["product_items"][0]["item_price"], json!(7.99));
}

#[test]
fn an_advertisement_and_errors_stay_with_the_message() {
    let read =
        message("text", json!({ "text": { "body": "hi" }, "referral": { "source_id": "AD" }, "group_id": "g1" }));
    assert_eq!((&read.payload["referral"]["source_id"], &read.payload["groupId"]), (&json!("AD"), &json!("g1")));
    let errors = json!([{ "code": 131051, "title": "Message type unknown" }]);
    let read = message("unsupported", json!({ "errors": errors, "unsupported": { "type": "edit" } }));
    assert_eq!(read.content_type, ContentType::Unsupported);
    assert_eq!(read.payload["errors"], errors);
    assert_eq!(read.payload["raw"]["unsupported"]["type"], json!("edit"));
}

#[test]
fn kinds_that_are_not_known_and_promises_that_are_not_kept_are_shown_as_such() {
    for (kind, more) in [
        ("hologram", json!({ "hologram": { "id": 1 } })),
        ("text", json!({ "text": { "body": "  " } })),
        ("text", json!({ "text": "plain" })),
        ("image", json!({ "image": { "mime_type": "image/png" } })),
        ("location", json!({ "location": { "latitude": 1 } })),
        ("contacts", json!({ "contacts": [] })),
        ("interactive", json!({ "interactive": {} })),
    ] {
        let read = message(kind, more.clone());
        assert_eq!(
            (read.content_type, read.text, read.file_type),
            (ContentType::Unsupported, None, None),
            "{kind} {more}"
        );
        assert_eq!(read.kind, kind);
        assert_eq!(read.payload["raw"]["type"], json!(kind));
    }
    let mut nameless = base("text");
    nameless.as_object_mut().unwrap().remove("type");
    nameless["text"] = json!({ "body": "hi" });
    let Event::Message(read) = one(nameless) else { panic!() };
    assert_eq!((read.kind.as_str(), read.content_type), ("text", ContentType::Text));
}

#[test]
fn a_message_without_an_id_has_the_same_one_each_time() {
    let nameless = |body: &str| {
        let mut message = base("text");
        message.as_object_mut().unwrap().remove("id");
        message["text"] = json!({ "body": body });
        let Event::Message(read) = one(message) else { panic!() };
        read.provider_id
    };
    assert_eq!(nameless("hi"), nameless("hi"));
    assert_ne!(nameless("hi"), nameless("ho"));
    assert!(nameless("hi").starts_with("content:"));
}

#[test]
fn whoever_hides_the_number_is_known_by_another_id_first() {
    let contacts = json!([{ "user_id": "ES.1349", "profile": { "name": "Luz", "username": "luz" } }]);
    let hidden = json!({ "from_user_id": "ES.1349", "id": "wamid.1", "timestamp": "1750269342", "type": "text", "text": { "body": "hi" } });
    let reading = read(&payload(json!([hidden]), contacts));
    let Event::Message(read_hidden) = &reading.events[0] else { panic!() };
    assert_eq!(
        (read_hidden.sender.addresses.as_slice(), read_hidden.sender.phones.len()),
        (&["ES.1349".to_owned()][..], 0)
    );
    let contacts = json!([{ "user_id": "ES.1349", "wa_id": "34600111222", "profile": { "name": "Luz" } }]);
    let mut shown = base("text");
    shown["from_user_id"] = json!("ES.1349");
    shown["text"] = json!({ "body": "hi" });
    let reading = read(&payload(json!([shown]), contacts));
    let Event::Message(read_shown) = &reading.events[0] else { panic!() };
    assert_eq!(read_shown.sender.addresses, ["ES.1349", "34600111222"]);
    assert_eq!(read_shown.sender.phones, ["+34600111222"]);
}

#[test]
fn reactions_are_reports_about_their_message() {
    for (emoji, said) in [(json!("👍"), Some("👍".to_owned())), (json!(""), None), (Value::Null, None)] {
        let mut reaction = base("reaction");
        reaction["reaction"] = json!({ "message_id": "wamid.ours", "emoji": emoji });
        let Event::Report(report) = one(reaction) else { panic!() };
        assert_eq!((report.provider_id.as_str(), report.said), ("wamid.ours", Said::Reaction(said)));
    }
}

#[test]
fn a_changed_number_moves_the_contact_and_leaves_a_remark() {
    for new in ["wa_id", "new_wa_id"] {
        let mut system = base("system");
        system["system"] = json!({ "type": "user_changed_number", "body": "User changed", new: "34600999888" });
        let Event::Moved(moved) = one(system) else { panic!() };
        assert_eq!(moved.changes, [("34600111222".to_owned(), "34600999888".to_owned())]);
        assert_eq!(
            (moved.old_phones, moved.remark.sender.phones),
            (vec!["+34600111222".to_owned()], vec!["+34600999888".to_owned()])
        );
        assert!(moved.remark.is_remark);
        assert_eq!(
            (moved.remark.content_type, moved.remark.text.as_deref()),
            (ContentType::System, Some("User changed"))
        );
    }
    let mut system = base("system");
    system["system"] = json!({ "type": "customer_identity_changed", "body": "New phone", "identity": "x" });
    let Event::Message(remark) = one(system) else { panic!() };
    assert!(remark.is_remark);
    assert_eq!(remark.payload["system"]["kind"], json!("customer_identity_changed"));
}

fn status(more: Value) -> Reading {
    let value = json!({ "messaging_product": "whatsapp", "statuses": [more] });
    read(json!({ "entry": [{ "changes": [{ "field": "messages", "value": value }] }] }).to_string().as_bytes())
}

#[test]
fn statuses_say_what_became_of_ours() {
    for (word, said) in [
        ("sent", Said::Sent),
        ("delivered", Said::Delivered),
        ("read", Said::Read),
        ("played", Said::Read),
        ("deleted", Said::Deleted),
    ] {
        let reading = status(
            json!({ "id": "wamid.1", "status": word, "timestamp": "1750269342", "recipient_id": "34600111222" }),
        );
        let Event::Report(report) = &reading.events[0] else { panic!() };
        assert_eq!(report.said, said);
    }
    let error =
        json!({ "code": 131047, "title": "Re-engagement message", "error_data": { "details": "More than 24 hours" } });
    let reading = status(json!({ "id": "wamid.1", "status": "failed", "errors": [error] }));
    let Event::Report(report) = &reading.events[0] else { panic!() };
    let detail = "Re-engagement message — More than 24 hours".to_owned();
    assert_eq!(report.said, Said::Failed { code: Some("131047".into()), detail: Some(detail) });
    assert_eq!(status(json!({ "id": "wamid.1", "status": "levitated" })).strays, [Stray::Status]);
    assert_eq!(status(json!({ "status": "sent" })).strays, [Stray::Target]);
}

#[test]
fn a_status_gives_our_own_id_back_when_it_is_one() {
    let own = uuid::Uuid::from_u128(7);
    for (told, expected) in [(json!(own.to_string()), Some(own)), (json!("campaign 7"), None), (json!(7), None)] {
        let reading = status(json!({ "id": "wamid.1", "status": "sent", "biz_opaque_callback_data": told }));
        let Event::Report(report) = &reading.events[0] else { panic!() };
        assert_eq!(report.our_id, expected, "{told}");
    }
}

#[test]
fn decisions_about_templates_are_read() {
    let decided = |event: &str| {
        let value = json!({ "event": event, "message_template_id": 1_689_556_908_129_832_i64, "message_template_name": "saludo", "message_template_language": "es" });
        let entry = json!({ "time": 1_751_247_548, "changes": [{ "field": "message_template_status_update", "value": value }] });
        read(json!({ "entry": [entry] }).to_string().as_bytes())
    };
    let reading = decided("APPROVED");
    let Event::Template(report) = &reading.events[0] else { panic!() };
    assert_eq!((report.provider_id.as_deref(), report.status), (Some("1689556908129832"), "APPROVED"));
    assert_eq!(report.reported_at.unwrap().timestamp(), 1_751_247_548);
    assert_eq!(decided("FLAGGED").strays, [Stray::Template]);
}

#[test]
fn garbage_beside_a_message_does_not_hide_it() {
    let deep = "[".repeat(50_000) + &"]".repeat(50_000);
    let good = r#"{"from":"34600111222","id":"wamid.good","timestamp":"1750269342","type":"text","text":{"body":"\ud83d here"}}"#;
    let text = format!(
        r#"{{"entry": [null, 7, {deep}, {{"changes": "x"}}, {{"changes": [{{"field": "calls", "value": {{}}}},
            {{"field": "messages", "value": {{"contacts": [{deep}], "errors": [{{}}],
              "messages": [null, "x", {deep}, {{"id": 1}}, {{"from": "34600111222", "type": {deep}, "x": 1e999}}, {good}]}}}}]}}]}}"#
    );
    let mut body = text.into_bytes();
    body.splice(1..1, b"\"\xff\": 1, ".iter().copied());
    let reading = read(&body);
    let found: Vec<_> = reading
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Message(message) => Some((message.provider_id.as_str(), message.text.as_deref())),
            _ => None,
        })
        .collect();
    assert_eq!(found.last(), Some(&("wamid.good", Some("\u{fffd} here"))), "{reading:?}");
    assert_eq!(found.len(), 2, "the one of an unreadable kind is kept as well");
    assert_eq!(read(b"\xff\xfe").strays, [Stray::Payload]);
    assert_eq!(read(b"[]").strays, [Stray::Payload]);
}
