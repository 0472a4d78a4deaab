//! Labels of conversations: rows of `conversation_tags` and
//! `conversation_tag_links`.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::conversations::Inbox;
use super::firm::{Firm, founded};
use super::ids::Ids;
use super::office::Office;
use super::rng::Rng;
use super::row::rows;

rows! {
    /// A label.
    TagRow in "conversation_tags" {
        id: Uuid, name: &'static str, color: &'static str, icon: &'static str, is_system: bool,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A label on a conversation.
    TagLinkRow in "conversation_tag_links" { conversation_id: Uuid, tag_id: Uuid, created_at: DateTime<Utc> }
}

/// Key, Spanish and English name, colour and icon of a tag.
type TagText = (&'static str, &'static str, &'static str, &'static str, &'static str);

const TAGS: &[TagText] = &[
    ("urgent", "Urgente", "Urgent", "#D64545", "alert"),
    ("web", "Web", "Website", "#4C8DFF", "globe"),
    ("test_drive", "Prueba", "Test drive", "#2FA84F", "car"),
    ("viewing", "Visita", "Viewing", "#2FA84F", "key"),
    ("trade_in", "Tasación", "Trade-in", "#F2A93B", "swap"),
    ("valuation", "Captación", "Valuation", "#F2A93B", "ruler"),
    ("finance", "Financiación", "Finance", "#A463F2", "bank"),
    ("negotiation", "Negociación", "Negotiation", "#19B5C9", "handshake"),
    ("rental", "Alquiler", "Rental", "#7A5CFA", "home"),
    ("repair", "Avería", "Repair", "#D64545", "wrench"),
    ("workshop", "Taller", "Workshop", "#8A8F98", "wrench"),
    ("complaint", "Reclamación", "Complaint", "#D64545", "flag"),
    ("call_back", "Devolver llamada", "Call back", "#19B5C9", "phone"),
];

/// The firm's tags. The first is the product's own.
pub(crate) fn tags(firm: &Firm, ids: &mut Ids) -> Vec<TagRow> {
    let at = founded() + Duration::hours(9);
    let tag = |&(_, spanish, english, color, icon): &TagText| TagRow {
        id: ids.at(at),
        name: firm.say(spanish, english),
        color,
        icon,
        is_system: icon == "alert",
        created_at: at,
        updated_at: at,
    };
    TAGS.iter().map(tag).collect()
}

/// Tags a conversation by what it is about.
pub(crate) fn link_tags(
    office: &Office<'_>,
    wanted: &[&str],
    (conversation, last): (Uuid, DateTime<Utc>),
    rng: &mut Rng,
    inbox: &mut Inbox,
) {
    let mut places: Vec<usize> = Vec::new();
    for wanted in wanted {
        let place = TAGS.iter().position(|tag| tag.0 == *wanted);
        places.extend(place.filter(|place| !places.contains(place)));
    }
    if rng.chance(3) {
        places.push(0);
    }
    for place in places.into_iter().take(3) {
        inbox.links.push(TagLinkRow { conversation_id: conversation, tag_id: office.tags[place].id, created_at: last });
    }
}
