//! The form of our own, for channels whose providers have no webhook here: `docs/inbound-webhooks.md` describes it.
//!
//! It is as lenient as the reader of WhatsApp: one event that is wrong is one stray, and a message of a kind that is not
//! known is kept.

use serde_json::{Map, Value, json};

use super::event::{Event, Message, Reading, Report, Said, Sender, Stray};
use super::json_text::{self, Fields, Piece, body_text, keep, keep_whole, made_up_id};
use super::phone::phones_of;
use crate::inbox::{Channel, ContentType};

/// What a file is when nobody says it.
const UNKNOWN_FILE: &str = "application/octet-stream";
/// Longest id that is left of the provider's, in characters: with the channel in front it is still a name.
const MAX_ID: usize = 400;

/// Reads a payload of a channel. Never fails: what is not understood is counted.
#[must_use]
pub fn read(channel: Channel, body: &[u8]) -> Reading {
    let mut reading = Reading::default();
    let text = body_text(body);
    let Some(payload) = Fields::of_text(&text).filter(|payload| payload.piece("events").is_some()) else {
        reading.strays.push(Stray::Payload);
        return reading;
    };
    for event in payload.list("events") {
        match Fields::of(event) {
            Some(fields) => match read_event(channel, event, &fields) {
                Ok(event) => reading.events.push(event),
                Err(stray) => reading.strays.push(stray),
            },
            None => reading.strays.push(Stray::Entry),
        }
    }
    reading
}

/// The id under which a message of a channel is stored: WhatsApp's are unique in the world, each other provider may
/// count from 1.
fn stored_id(channel: Channel, id: &str) -> String {
    match channel {
        Channel::Whatsapp => id.to_owned(),
        other => format!("{}:{id}", other.as_str().to_ascii_lowercase()),
    }
}

fn read_event(channel: Channel, piece: Piece<'_>, fields: &Fields<'_>) -> Result<Event, Stray> {
    match fields.word("type").as_deref() {
        Some("status") => report(fields, status(fields)?),
        Some("reaction") => report(fields, Said::Reaction(fields.word("emoji"))),
        // Whatever says who it is from is a message.
        _ => message(channel, piece, fields).map(|message| Event::Message(Box::new(message))),
    }
}

fn report(fields: &Fields<'_>, said: Said) -> Result<Event, Stray> {
    let provider_id = fields.word("messageId").ok_or(Stray::Target)?;
    Ok(Event::Report(Report { provider_id, our_id: None, said, occurred_at: fields.time("at") }))
}

fn status(fields: &Fields<'_>) -> Result<Said, Stray> {
    match fields.word("status").map(|status| status.to_ascii_uppercase()).as_deref() {
        Some("SENT") => Ok(Said::Sent),
        Some("DELIVERED") => Ok(Said::Delivered),
        Some("READ") => Ok(Said::Read),
        Some("DELETED") => Ok(Said::Deleted),
        Some("FAILED") => {
            let error = fields.object("error").unwrap_or_default();
            let detail = error.text("message").map(|text| text.chars().take(500).collect());
            Ok(Said::Failed { code: error.word("code"), detail })
        }
        _ => Err(Stray::Status),
    }
}

fn message(channel: Channel, piece: Piece<'_>, fields: &Fields<'_>) -> Result<Message, Stray> {
    let sender = sender(channel, fields).ok_or(Stray::Sender)?;
    let id = fields.word("id").filter(|id| id.chars().count() <= MAX_ID).unwrap_or_else(|| made_up_id(piece));
    let kind = fields.word("contentType").unwrap_or_else(|| "TEXT".to_owned()).to_ascii_uppercase();
    let mut message = Message {
        provider_id: stored_id(channel, &id),
        kind: kind.chars().take(64).collect(),
        sender,
        is_remark: false,
        sent_at: fields.time("sentAt"),
        content_type: ContentType::Unsupported,
        text: fields.text("text"),
        file_url: None,
        file_type: None,
        payload: Map::new(),
    };
    match content_type(&kind) {
        Some(content_type) if fill(&mut message, content_type, fields).is_some() => message.content_type = content_type,
        _ => {
            (message.file_url, message.file_type) = (None, None);
            message.payload = Map::new();
            keep_whole(&mut message.payload, piece);
        }
    }
    let reply = fields.word("replyTo").map(|id| json!({ "providerMessageId": stored_id(channel, &id) }));
    keep(&mut message.payload, "replyTo", reply);
    keep(&mut message.payload, "subject", fields.text("subject"));
    keep(&mut message.payload, "metadata", fields.value("metadata"));
    Ok(message)
}

fn sender(channel: Channel, fields: &Fields<'_>) -> Option<Sender> {
    let from = fields.object("from")?;
    let phone = from.word("phone").or_else(|| from.word("address")).map(|phone| bare_number(&phone));
    let email = from.word("email").or_else(|| from.word("address").filter(|_| channel == Channel::Email));
    let email = email.map(|email| email.trim().to_owned()).filter(|email| is_email(email));
    let address = match channel {
        // The same number, however it is written, is the same person.
        Channel::Sms | Channel::Whatsapp | Channel::Call => {
            let number = phone.clone().filter(|phone| !phones_of(phone).is_empty());
            number.map(|number| number.trim_start_matches('+').to_owned()).or_else(|| from.word("address"))
        }
        Channel::Email => email.as_ref().map(|email| email.to_lowercase()).or_else(|| from.word("address")),
        Channel::WebChat | Channel::Instagram | Channel::Messenger => from.word("address"),
    };
    let named_phone = from.word("phone").map(|phone| bare_number(&phone));
    let phone = match channel {
        Channel::Sms | Channel::Whatsapp | Channel::Call => phone,
        _ => named_phone,
    };
    Some(Sender {
        addresses: vec![address?],
        phones: phone.map(|phone| phones_of(&phone)).unwrap_or_default(),
        email,
        name: from.word("name"),
    })
}

/// A number without what people write between the digits.
fn bare_number(text: &str) -> String {
    let bare: String = text.chars().filter(|letter| !matches!(letter, ' ' | '-' | '.' | '(' | ')' | '/')).collect();
    bare.strip_prefix("00").map_or(bare.clone(), |rest| format!("+{rest}"))
}

/// What the database takes for an address (`app.is_email`).
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let labels = || domain.split('.');
    text.chars().count() <= 254
        && !local.is_empty()
        && !text.chars().any(char::is_whitespace)
        && !domain.contains('@')
        && labels().count() > 1
        && labels().all(|label| !label.is_empty())
}

fn content_type(kind: &str) -> Option<ContentType> {
    Some(match kind {
        "TEXT" => ContentType::Text,
        "IMAGE" => ContentType::Image,
        "AUDIO" => ContentType::Audio,
        "VIDEO" => ContentType::Video,
        "DOCUMENT" => ContentType::Document,
        "STICKER" => ContentType::Sticker,
        "LOCATION" => ContentType::Location,
        "CONTACT_CARD" => ContentType::ContactCard,
        "INTERACTIVE" => ContentType::Interactive,
        _ => return None,
    })
}

/// Fills in what the message consists of; none when it does not hold what its kind promises.
fn fill(message: &mut Message, content_type: ContentType, fields: &Fields<'_>) -> Option<()> {
    match content_type {
        ContentType::Text => {
            message.text.as_ref()?;
        }
        ContentType::Location => {
            let place = fields.object("location")?;
            place.value("latitude").and(place.value("longitude"))?;
            message.payload.insert("location".to_owned(), fields.value("location")?);
        }
        ContentType::ContactCard => {
            let cards: Vec<Value> = fields.list("contacts").into_iter().filter_map(json_text::value).collect();
            if cards.is_empty() {
                return None;
            }
            message.payload.insert("contacts".to_owned(), Value::Array(cards));
        }
        ContentType::Interactive => {
            message.payload.insert("interactive".to_owned(), fields.value("interactive")?);
        }
        _ => file(message, &fields.object("file")?)?,
    }
    Some(())
}

fn file(message: &mut Message, file: &Fields<'_>) -> Option<()> {
    let mut kept = Map::new();
    for (name, kept_as) in [("id", "id"), ("name", "fileName"), ("sha256", "sha256")] {
        keep(&mut kept, kept_as, file.word(name));
    }
    let url = file.text("url").filter(|url| is_url(url));
    if url.is_none() && !kept.contains_key("id") {
        return None;
    }
    message.file_url = url;
    message.file_type = Some(file.word("type").unwrap_or_else(|| UNKNOWN_FILE.to_owned()));
    message.payload.insert("media".to_owned(), Value::Object(kept));
    Some(())
}

/// What the database takes for a web address (`app.is_url`).
fn is_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.starts_with(['/', '?', '#']) && !rest.is_empty())
        && !text.chars().any(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(channel: Channel, event: Value) -> Result<Event, Stray> {
        let reading = read(channel, json!({ "events": [event] }).to_string().as_bytes());
        match (reading.events.into_iter().next(), reading.strays.into_iter().next()) {
            (Some(event), None) => Ok(event),
            (None, Some(stray)) => Err(stray),
            both => panic!("{both:?}"),
        }
    }

    fn message_of(channel: Channel, event: Value) -> Message {
        match read_one(channel, event) {
            Ok(Event::Message(message)) => *message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_person_has_the_same_address_however_it_is_written() {
        for spelled in ["+34 600 11 12 22", "0034600111222", "+34600111222"] {
            let message = message_of(Channel::Sms, json!({ "id": "1", "from": { "address": spelled }, "text": "hi" }));
            assert_eq!(message.sender.addresses, ["34600111222"], "{spelled}");
            assert_eq!(message.sender.phones, ["+34600111222"]);
            assert_eq!(message.provider_id, "sms:1");
        }
        let message =
            message_of(Channel::Email, json!({ "id": "1", "from": { "address": "Ana@Example.com" }, "text": "hi" }));
        assert_eq!(
            (message.sender.addresses, message.sender.email),
            (vec!["ana@example.com".into()], Some("Ana@Example.com".into()))
        );
        let message = message_of(
            Channel::WebChat,
            json!({ "from": { "address": "visitor-7", "phone": "+34600111222", "name": "Ana" }, "text": "hi" }),
        );
        assert_eq!(message.sender.addresses, ["visitor-7"]);
        assert_eq!(message.sender.phones, ["+34600111222"]);
        assert!(message.provider_id.starts_with("web_chat:content:"), "{}", message.provider_id);
    }

    #[test]
    fn what_does_not_hold_what_it_promises_is_kept_whole() {
        for event in [
            json!({ "id": "1", "from": { "address": "a" }, "contentType": "TEXT" }),
            json!({ "id": "1", "from": { "address": "a" }, "contentType": "IMAGE", "file": {} }),
            json!({ "id": "1", "from": { "address": "a" }, "contentType": "IMAGE", "file": { "url": "javascript:x" } }),
            json!({ "id": "1", "from": { "address": "a" }, "contentType": "LOCATION", "location": { "latitude": 1 } }),
            json!({ "id": "1", "from": { "address": "a" }, "contentType": "HOLOGRAM", "text": "hi" }),
        ] {
            let message = message_of(Channel::Instagram, event.clone());
            assert_eq!(message.content_type, ContentType::Unsupported, "{event}");
            assert_eq!(message.payload["raw"], event);
        }
    }

    #[test]
    fn statuses_and_reactions_name_their_message() {
        let event = json!({ "type": "status", "messageId": "7", "status": "delivered", "at": "2026-03-02T09:30:00Z" });
        let Ok(Event::Report(report)) = read_one(Channel::Sms, event) else { panic!() };
        assert_eq!((report.provider_id.as_str(), report.said), ("7", Said::Delivered));
        assert_eq!(read_one(Channel::Sms, json!({ "type": "status", "status": "READ" })), Err(Stray::Target));
        assert_eq!(
            read_one(Channel::Sms, json!({ "type": "status", "messageId": "7", "status": "LOST" })),
            Err(Stray::Status)
        );
        assert_eq!(read_one(Channel::Sms, json!({ "text": "hi" })), Err(Stray::Sender));
        let event = json!({ "type": "reaction", "messageId": "7", "emoji": "👍" });
        let Ok(Event::Report(report)) = read_one(Channel::Sms, event) else { panic!() };
        assert_eq!(report.said, Said::Reaction(Some("👍".into())));
    }
}
