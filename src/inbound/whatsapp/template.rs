//! What WhatsApp decides about a template.

use super::super::event::{Event, Reading, Stray, TemplateReport};
use super::super::json_text::Fields;

pub(super) fn read(reading: &mut Reading, entry: &Fields<'_>, value: &Fields<'_>) {
    // FLAGGED, LOCKED, ARCHIVED and LIMIT_EXCEEDED do not say whether it may be sent.
    let status = match value.word("event").as_deref() {
        Some("APPROVED" | "REINSTATED" | "UNPAUSED") => "APPROVED",
        Some("REJECTED") => "REJECTED",
        Some("PENDING" | "IN_APPEAL") => "PENDING",
        Some("PAUSED") => "PAUSED",
        Some("DISABLED" | "DELETED" | "PENDING_DELETION") => "DISABLED",
        _ => {
            reading.strays.push(Stray::Template);
            return;
        }
    };
    let report = TemplateReport {
        provider_id: value.word("message_template_id"),
        name: value.word("message_template_name"),
        language: value.word("message_template_language"),
        status,
        reported_at: entry.time("time"),
    };
    if report.provider_id.is_none() && (report.name.is_none() || report.language.is_none()) {
        reading.strays.push(Stray::Template);
        return;
    }
    reading.events.push(Event::Template(report));
}
