//! One message of a contact.

use serde_json::{Map, Value, json};

use super::super::event::{Event, Message, Reading, Report, Said, Sender, Stray};
use super::super::json_text::{self, Fields, Piece, keep, keep_whole, made_up_id};
use super::super::phone::phones_of;
use super::{Profile, is_number, system};
use crate::inbox::ContentType;

/// Kinds by the field that holds what they consist of, for messages that do not name theirs.
const BY_FIELD: [&str; 13] = [
    "text",
    "image",
    "audio",
    "voice",
    "video",
    "document",
    "sticker",
    "location",
    "contacts",
    "interactive",
    "button",
    "reaction",
    "order",
];

/// What a file is when nobody says it.
const UNKNOWN_FILE: &str = "application/octet-stream";

pub(super) fn read(reading: &mut Reading, profiles: &[Profile], piece: Piece<'_>) {
    let Some(fields) = Fields::of(piece) else {
        reading.strays.push(Stray::Entry);
        return;
    };
    let Some(sender) = sender(&fields, profiles) else {
        reading.strays.push(Stray::Sender);
        return;
    };
    let named = fields.word("type");
    let kind =
        named.or_else(|| BY_FIELD.iter().find(|name| fields.piece(name).is_some()).map(|name| (*name).to_owned()));
    let kind = kind.unwrap_or_else(|| "unknown".to_owned());
    if kind == "reaction" {
        match reaction(&fields) {
            Some(report) => reading.events.push(Event::Report(report)),
            None => reading.strays.push(Stray::Target),
        }
        return;
    }
    let mut message = Message {
        provider_id: fields.word("id").unwrap_or_else(|| made_up_id(piece)),
        kind: kind.chars().take(64).collect(),
        sender,
        is_remark: false,
        sent_at: fields.time("timestamp"),
        content_type: ContentType::Unsupported,
        text: None,
        file_url: None,
        file_type: None,
        payload: Map::new(),
    };
    if kind == "system" {
        reading.events.push(system::read(&fields, message));
        return;
    }
    if content(&mut message, &fields, &kind).is_none() {
        message.content_type = ContentType::Unsupported;
        message.text = None;
        message.file_type = None;
        message.payload = Map::new();
        keep_whole(&mut message.payload, piece);
    }
    circumstances(&mut message.payload, &fields);
    reading.events.push(Event::Message(Box::new(message)));
}

/// Who wrote. The id of the person comes first: numbers change, and some are hidden.
fn sender(fields: &Fields<'_>, profiles: &[Profile]) -> Option<Sender> {
    let (from, user_id) = (fields.word("from"), fields.word("from_user_id"));
    let is_theirs = |profile: &&Profile| {
        (from.is_some() && (profile.wa_id == from || profile.user_id == from))
            || (user_id.is_some() && profile.user_id == user_id)
    };
    let nobody_named = from.is_none() && user_id.is_none();
    let only = profiles.first().filter(|_| nobody_named && profiles.len() == 1);
    let profile = profiles.iter().find(is_theirs).or(only);
    let known = profile.map(|profile| [profile.user_id.clone(), profile.wa_id.clone()]).unwrap_or_default();
    let [known_user, known_number] = known;
    let mut addresses: Vec<String> = Vec::new();
    for address in [user_id, known_user, from, known_number].into_iter().flatten() {
        let address = if is_number(&address) { address.trim_start_matches('+').to_owned() } else { address };
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    let phones = addresses.iter().map(|address| phones_of(address)).find(|phones| !phones.is_empty());
    if addresses.is_empty() {
        return None;
    }
    Some(Sender {
        addresses,
        phones: phones.unwrap_or_default(),
        email: None,
        name: profile.and_then(|profile| profile.name.clone()),
    })
}

fn reaction(fields: &Fields<'_>) -> Option<Report> {
    let reaction = fields.object("reaction")?;
    Some(Report {
        provider_id: reaction.word("message_id")?,
        our_id: None,
        // WhatsApp takes a reaction back with an empty one, or with none.
        said: Said::Reaction(reaction.word("emoji")),
        occurred_at: fields.time("timestamp"),
    })
}

/// Fills in what the message consists of; none when it does not hold what its kind promises, or the kind is not known.
fn content(message: &mut Message, fields: &Fields<'_>, kind: &str) -> Option<()> {
    match kind {
        "text" => {
            message.content_type = ContentType::Text;
            message.text = Some(fields.object("text")?.text("body")?);
        }
        "image" => file(message, fields, kind, ContentType::Image)?,
        "audio" | "voice" => file(message, fields, kind, ContentType::Audio)?,
        "video" => file(message, fields, kind, ContentType::Video)?,
        "document" => file(message, fields, kind, ContentType::Document)?,
        "sticker" => file(message, fields, kind, ContentType::Sticker)?,
        "location" => location(message, &fields.object("location")?)?,
        "contacts" => cards(message, fields)?,
        "interactive" => interactive(message, fields)?,
        "button" => {
            let button = fields.object("button")?;
            message.content_type = ContentType::Interactive;
            message.text = button.text("text");
            message.payload.insert(
                "button".to_owned(),
                json!({ "text": button.text("text"), "payload": button.value("payload") }),
            );
        }
        "order" => {
            message.content_type = ContentType::Interactive;
            message.text = fields.object("order")?.text("text");
            message.payload.insert("order".to_owned(), fields.value("order")?);
        }
        _ => return None,
    }
    Some(())
}

fn file(message: &mut Message, fields: &Fields<'_>, kind: &str, content_type: ContentType) -> Option<()> {
    let media = fields.object(kind)?;
    let mut kept = Map::new();
    kept.insert("id".to_owned(), Value::String(media.word("id")?));
    keep(&mut kept, "sha256", media.word("sha256"));
    keep(&mut kept, "fileName", media.word("filename"));
    if media.is_true("voice") || kind == "voice" {
        kept.insert("isVoice".to_owned(), Value::Bool(true));
    }
    if media.is_true("animated") {
        kept.insert("isAnimated".to_owned(), Value::Bool(true));
    }
    message.content_type = content_type;
    message.text = media.text("caption");
    message.file_type = Some(media.word("mime_type").unwrap_or_else(|| UNKNOWN_FILE.to_owned()));
    message.payload.insert("media".to_owned(), Value::Object(kept));
    Some(())
}

fn location(message: &mut Message, location: &Fields<'_>) -> Option<()> {
    let mut place = Map::new();
    for name in ["latitude", "longitude"] {
        place.insert(name.to_owned(), location.value(name)?);
    }
    for name in ["name", "address", "url"] {
        keep(&mut place, name, location.text(name));
    }
    let said: Vec<String> = ["name", "address"].iter().filter_map(|name| location.text(name)).collect();
    message.content_type = ContentType::Location;
    message.text = Some(said.join(", ")).filter(|said| !said.is_empty());
    message.payload.insert("location".to_owned(), Value::Object(place));
    Some(())
}

fn cards(message: &mut Message, fields: &Fields<'_>) -> Option<()> {
    let pieces = fields.list("contacts");
    let cards: Vec<Value> = pieces.iter().filter_map(|piece| json_text::value(piece)).collect();
    if cards.is_empty() {
        return None;
    }
    let names = pieces.iter().filter_map(|piece| {
        let name = Fields::of(piece)?.object("name")?;
        name.word("formatted_name").or_else(|| name.word("first_name"))
    });
    let names: Vec<String> = names.collect();
    message.content_type = ContentType::ContactCard;
    message.text = Some(names.join(", ")).filter(|names| !names.is_empty());
    message.payload.insert("contacts".to_owned(), Value::Array(cards));
    Some(())
}

fn interactive(message: &mut Message, fields: &Fields<'_>) -> Option<()> {
    let interactive = fields.object("interactive")?;
    let named = interactive.word("type");
    let kinds = ["button_reply", "list_reply", "nfm_reply"];
    let kind =
        named.or_else(|| kinds.iter().find(|kind| interactive.piece(kind).is_some()).map(|kind| (*kind).to_owned()));
    let kind = kind?;
    let mut kept = Map::new();
    kept.insert("kind".to_owned(), Value::String(kind.clone()));
    match (kind.as_str(), interactive.object(&kind)) {
        ("button_reply" | "list_reply", Some(reply)) => {
            message.text = reply.text("title");
            for name in ["id", "title", "description"] {
                keep(&mut kept, name, reply.text(name));
            }
        }
        ("nfm_reply", Some(reply)) => {
            message.text = reply.text("body");
            keep(&mut kept, "name", reply.text("name"));
            // JSON within a text; what is none stays a text.
            let answer = reply.text("response_json");
            let answer = answer.map(|text| serde_json::from_str::<Value>(&text).unwrap_or(Value::String(text)));
            keep(&mut kept, "response", answer);
        }
        _ => {
            kept.insert("reply".to_owned(), fields.value("interactive")?);
        }
    }
    message.content_type = ContentType::Interactive;
    message.payload.insert("interactive".to_owned(), Value::Object(kept));
    Some(())
}

/// What a message of any kind may say besides: what it answers, whether it was forwarded, from which advertisement it
/// comes, what went wrong with it.
fn circumstances(payload: &mut Map<String, Value>, fields: &Fields<'_>) {
    if let Some(context) = fields.object("context") {
        keep(payload, "replyTo", context.word("id").map(|id| json!({ "providerMessageId": id })));
        keep(payload, "referredProduct", context.value("referred_product"));
        if context.is_true("forwarded") || context.is_true("frequently_forwarded") {
            payload.insert("isForwarded".to_owned(), Value::Bool(true));
        }
    }
    keep(payload, "referral", fields.value("referral"));
    keep(payload, "errors", fields.value("errors"));
    keep(payload, "groupId", fields.word("group_id"));
}
