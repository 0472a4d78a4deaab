//! Remarks of WhatsApp about a contact: usually that the number has changed.

use serde_json::{Value, json};

use super::super::event::{Event, Message, Moved, Sender};
use super::super::json_text::{Fields, keep};
use super::super::phone::phones_of;
use super::is_number;
use crate::inbox::ContentType;

/// Reads a remark. `message` has its id, its time, and as its sender the contact as known up to now.
pub(super) fn read(fields: &Fields<'_>, mut message: Message) -> Event {
    let system = fields.object("system").unwrap_or_default();
    message.is_remark = true;
    message.content_type = ContentType::System;
    message.text = system.text("body");
    let mut said = serde_json::Map::new();
    keep(&mut said, "kind", system.word("type"));
    let number = system.word("wa_id").or_else(|| system.word("new_wa_id"));
    let number = number.filter(|id| is_number(id)).map(|id| id.trim_start_matches('+').to_owned());
    let user_id = system.word("user_id").or_else(|| system.word("new_user_id"));
    let is_move =
        system.word("type").is_some_and(|kind| kind.contains("changed_number") || kind.contains("changed_user_id"));
    let Some(moved) = moved(&message.sender, number, user_id).filter(|_| is_move) else {
        keep(&mut said, "details", fields.value("system"));
        message.payload.insert("system".to_owned(), Value::Object(said));
        return Event::Message(Box::new(message));
    };
    message.payload.insert("system".to_owned(), Value::Object(said));
    message.payload.insert("moved".to_owned(), json!(moved.iter().map(|(_, new)| new).collect::<Vec<_>>()));
    let old_phones = message.sender.phones.clone();
    let new: Vec<String> = moved.iter().map(|(_, new)| new.clone()).collect();
    let phones = new.iter().map(|address| phones_of(address)).find(|phones| !phones.is_empty());
    message.sender =
        Sender { addresses: new, phones: phones.unwrap_or_default(), email: None, name: message.sender.name.take() };
    Event::Moved(Box::new(Moved { changes: moved, old_phones, remark: message }))
}

/// Addresses with those that take their places; none when nothing changes.
fn moved(sender: &Sender, number: Option<String>, user_id: Option<String>) -> Option<Vec<(String, String)>> {
    let old = |number: bool| sender.addresses.iter().find(|address| is_number(address) == number);
    let change = |old: Option<&String>, new: Option<String>| {
        let (old, new) = (old?, new?);
        (*old != new).then(|| (old.clone(), new))
    };
    let changes: Vec<_> = [change(old(false), user_id), change(old(true), number)].into_iter().flatten().collect();
    (!changes.is_empty()).then_some(changes)
}
