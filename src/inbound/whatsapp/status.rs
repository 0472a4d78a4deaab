//! What became of a message of ours.

use super::super::event::{Event, Reading, Report, Said, Stray};
use super::super::json_text::{Fields, Piece};

/// Longest text about a failure that is kept, in characters.
const MAX_DETAIL: usize = 500;

pub(super) fn read(reading: &mut Reading, piece: Piece<'_>) {
    let Some(fields) = Fields::of(piece) else {
        reading.strays.push(Stray::Entry);
        return;
    };
    let Some(provider_id) = fields.word("id") else {
        reading.strays.push(Stray::Target);
        return;
    };
    let said = match fields.word("status").as_deref() {
        Some("sent") => Said::Sent,
        Some("delivered") => Said::Delivered,
        // Whoever has listened to it has opened it.
        Some("read" | "played") => Said::Read,
        Some("failed") => failed(&fields),
        Some("deleted") => Said::Deleted,
        _ => {
            reading.strays.push(Stray::Status);
            return;
        }
    };
    // What we send along with a message comes back with each report about it.
    let our_id = fields.word("biz_opaque_callback_data").and_then(|id| id.parse().ok());
    reading.events.push(Event::Report(Report { provider_id, our_id, said, occurred_at: fields.time("timestamp") }));
}

fn failed(fields: &Fields<'_>) -> Said {
    let first = fields.list("errors").into_iter().find_map(Fields::of).unwrap_or_default();
    let title = first.text("title").or_else(|| first.text("message"));
    let details =
        first.object("error_data").and_then(|data| data.text("details")).filter(|said| Some(said) != title.as_ref());
    let said: Vec<String> = [title, details].into_iter().flatten().collect();
    let detail: String = said.join(" — ").chars().take(MAX_DETAIL).collect();
    Said::Failed { code: first.word("code"), detail: Some(detail).filter(|detail| !detail.is_empty()) }
}
