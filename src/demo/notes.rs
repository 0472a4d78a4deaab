//! What colleagues note about conversations: rows of `internal_notes` and
//! `internal_note_mentions`.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::conversations::ConversationRow;
use super::firm::{Firm, UserRow};
use super::ids::Ids;
use super::rng::Rng;
use super::row::rows;

rows! {
    /// A note.
    NoteRow in "internal_notes" {
        id: Uuid, conversation_id: Uuid, author_id: Uuid, body: &'static str,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// Somebody whom a note names.
    MentionRow in "internal_note_mentions" { note_id: Uuid, user_id: Uuid, created_at: DateTime<Utc> }
}

/// The notes of a firm.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) notes: Vec<NoteRow>,
    pub(crate) mentions: Vec<MentionRow>,
}

const TEXTS: &[(&str, &str)] = &[
    (
        "Llamó ayer por teléfono y pidió que le escribamos por la tarde.",
        "Rang yesterday and asked us to write in the afternoon.",
    ),
    ("Ojo: ya tuvo una mala experiencia con otro vendedor.", "Careful: had a bad experience with another seller."),
    (
        "Puede decidir esta semana si le ajustamos algo el precio.",
        "May decide this week if we move a little on the price.",
    ),
    (
        "Pregunta siempre su pareja; conviene mandarles todo a los dos.",
        "The partner always asks too; better send everything to both.",
    ),
    ("Falta copia del DNI para preparar los papeles.", "We still need a copy of the ID to prepare the papers."),
    ("Cliente de toda la vida, trátalo con cariño.", "A customer of many years, take good care."),
    ("He comprobado lo que pregunta: sí es posible.", "I have checked what they ask: yes, it can be done."),
];

/// Notes by colleagues about some of the conversations that are under way.
pub(crate) fn notes(
    (number, firm): (usize, &Firm),
    conversations: &[ConversationRow],
    users: &[UserRow],
    today: DateTime<Utc>,
    ids: &mut Ids,
) -> Notes {
    let mut rng = Rng::for_subject(number, "notes");
    let mut notes = Notes::default();
    let authors: Vec<&UserRow> = users.iter().filter(|user| user.is_active && user.role != "CLIENT").collect();
    if authors.is_empty() {
        return notes;
    }
    for conversation in conversations.iter().filter(|row| row.status == "OPEN" || row.status == "PENDING") {
        let Some(assigned) = conversation.assigned_to_id.filter(|_| rng.chance(20)) else { continue };
        let author = rng.choose(&authors);
        let at = (conversation.updated_at + Duration::minutes(rng.between(2, 50))).min(today);
        let (spanish, english) = *rng.choose(TEXTS);
        let id = ids.at(at);
        notes.notes.push(NoteRow {
            id,
            conversation_id: conversation.id,
            author_id: author.id,
            body: firm.say(spanish, english),
            created_at: at,
            updated_at: at,
        });
        if author.id != assigned {
            notes.mentions.push(MentionRow { note_id: id, user_id: assigned, created_at: at });
        }
    }
    notes
}
