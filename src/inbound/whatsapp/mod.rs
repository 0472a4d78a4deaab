//! Payloads of the WhatsApp Cloud API.
//!
//! A payload is `{entry: [{changes: [{field, value}]}]}`; what contacts write and what became of our messages is in
//! changes of the field `messages`, decisions about templates in `message_template_status_update`. Kinds of messages that
//! we do not know are messages all the same: they are kept whole and shown as UNSUPPORTED.

mod message;
mod status;
mod system;
mod template;

use super::event::{Reading, Stray};
use super::json_text::{Fields, Piece, body_text};
use super::phone::phones_of;

/// Reads a payload. Never fails: what is not understood is counted.
#[must_use]
pub fn read(body: &[u8]) -> Reading {
    let mut reading = Reading::default();
    let text = body_text(body);
    let Some(payload) = Fields::of_text(&text).filter(|payload| payload.piece("entry").is_some()) else {
        reading.strays.push(Stray::Payload);
        return reading;
    };
    for entry in payload.list("entry") {
        let Some(entry) = Fields::of(entry) else {
            reading.strays.push(Stray::Entry);
            continue;
        };
        for change in entry.list("changes") {
            match Fields::of(change).and_then(|change| Some((change.word("field"), change.object("value")?))) {
                Some((field, value)) => read_change(&mut reading, &entry, field.as_deref(), &value),
                None => reading.strays.push(Stray::Entry),
            }
        }
    }
    reading
}

fn read_change(reading: &mut Reading, entry: &Fields<'_>, field: Option<&str>, value: &Fields<'_>) {
    match field {
        Some("messages") | None => {
            let profiles = Profile::all(value);
            for message in value.list("messages") {
                message::read(reading, &profiles, message);
            }
            for report in value.list("statuses") {
                status::read(reading, report);
            }
            reading.strays.extend(value.list("errors").iter().map(|_| Stray::AccountError));
        }
        Some("message_template_status_update") => template::read(reading, entry, value),
        Some(_) => reading.strays.push(Stray::Field),
    }
}

/// What WhatsApp says about somebody who writes.
#[derive(Debug, Default)]
struct Profile {
    /// The number as WhatsApp writes it; missing when the person hides it.
    wa_id: Option<String>,
    /// The id of the person for this business.
    user_id: Option<String>,
    name: Option<String>,
}

impl Profile {
    fn all(value: &Fields<'_>) -> Vec<Self> {
        value.list("contacts").into_iter().filter_map(Self::of).collect()
    }

    fn of(piece: Piece<'_>) -> Option<Self> {
        let fields = Fields::of(piece)?;
        let profile = fields.object("profile").unwrap_or_default();
        Some(Self {
            wa_id: fields.word("wa_id"),
            user_id: fields.word("user_id"),
            name: profile.word("name").or_else(|| profile.word("username")),
        })
    }
}

/// Whether an id is a number, as WhatsApp writes them.
fn is_number(id: &str) -> bool {
    !phones_of(id).is_empty()
}

#[cfg(test)]
mod tests;
