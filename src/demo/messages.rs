//! Lines that were said become rows of `messages`, and their conversation one
//! of `conversations`.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::conversations::{ConversationRow, Inbox};
use super::dialogue::Line;
use super::ids::Ids;
use super::office::Office;
use super::rng::Rng;
use super::row::rows;
use super::script::{Form, Side};
use super::templates;

rows! {
    /// One message.
    MessageRow in "messages" {
        id: Uuid, conversation_id: Uuid, sender_type: &'static str, sender_user_id: Option<Uuid>, content: String,
        content_type: &'static str, delivery_status: &'static str, file_url: Option<String>,
        file_type: Option<&'static str>, provider_message_id: Option<String>, error_message: Option<&'static str>,
        template_id: Option<Uuid>, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// What was said between a contact and the firm, before it becomes rows.
#[derive(Debug)]
pub(crate) struct Thread {
    /// Place in the list of contacts.
    pub(crate) person: usize,
    pub(crate) channel: &'static str,
    pub(crate) status: &'static str,
    pub(crate) lines: Vec<Line>,
}

/// Adds the conversation and its messages; gives the conversation's id.
pub(crate) fn message_rows(
    office: &Office<'_>,
    mut thread: Thread,
    ids: &mut Ids,
    rng: &mut Rng,
    inbox: &mut Inbox,
) -> Uuid {
    let person = &office.people[thread.person];
    let agent = office.agents[person.agent];
    let answered = thread.lines.iter().any(|line| line.side == Some(Side::Staff));
    note_by_system(office, &mut thread, rng);
    let (Some(first), Some(last)) = (thread.lines.first(), thread.lines.last()) else {
        return person.id;
    };
    let (start, end) = (first.at, last.at);
    let conversation = ids.at(start);
    inbox.conversations.push(ConversationRow {
        id: conversation,
        contact_id: person.id,
        assigned_to_id: answered.then_some(agent.id),
        assigned_at: answered.then_some(start),
        channel: thread.channel,
        status: thread.status,
        created_at: start,
        updated_at: end,
    });
    let fates = fates(&thread, rng);
    for (line, fate) in thread.lines.into_iter().zip(fates) {
        let id = ids.at(line.at);
        let whatsapp = thread.channel == "WHATSAPP";
        let file = file_of(line.form).filter(|_| thread.channel != "SMS");
        let template = line.template.filter(|_| whatsapp);
        inbox.messages.push(MessageRow {
            id,
            conversation_id: conversation,
            sender_type: match line.side {
                Some(Side::Customer) => "CONTACT",
                Some(Side::Staff) => "USER",
                None => "SYSTEM",
            },
            sender_user_id: (line.side == Some(Side::Staff)).then_some(agent.id),
            content: line.text,
            content_type: match (line.side, line.form) {
                (None, _) => "SYSTEM",
                (_, Form::Image) if file.is_some() => "IMAGE",
                (_, Form::Audio) if file.is_some() => "AUDIO",
                (_, Form::Document) if file.is_some() => "DOCUMENT",
                (_, Form::Location) => "LOCATION",
                _ if template.is_some() => "TEMPLATE",
                _ => "TEXT",
            },
            delivery_status: fate,
            file_url: file.map(|(ending, _)| format!("https://media.{}/inbox/{id}.{ending}", office.firm.domain())),
            file_type: file.map(|(_, kind)| kind),
            provider_message_id: (whatsapp && line.side.is_some())
                .then(|| format!("wamid.{}", id.simple().to_string().to_uppercase())),
            error_message: (fate == "FAILED").then_some("131026: message undeliverable"),
            template_id: template
                .and_then(|name| templates::row_of(office.templates, name, person.language))
                .map(|row| row.id),
            created_at: line.at,
            updated_at: line.at,
        });
    }
    conversation
}

/// In a quarter of the conversations the system notes who took it over.
fn note_by_system(office: &Office<'_>, thread: &mut Thread, rng: &mut Rng) {
    let agent = office.agents[office.people[thread.person].agent];
    let Some(place) = thread.lines.iter().position(|line| line.side == Some(Side::Staff)) else {
        return;
    };
    if place == 0 || !rng.chance(25) {
        return;
    }
    let name = &agent.display_name;
    let text =
        office.firm.say("Conversación asignada a {name}", "Conversation assigned to {name}").replace("{name}", name);
    let at = thread.lines[place].at - Duration::seconds(rng.between(5, 20));
    if thread.lines[place - 1].at < at {
        thread.lines.insert(place, Line { side: None, form: Form::Text, text, at, tag: "", template: None });
    }
}

/// How far each message came: what was answered has been read.
fn fates(thread: &Thread, rng: &mut Rng) -> Vec<&'static str> {
    let last_inbound = thread.lines.iter().rposition(|line| line.side == Some(Side::Customer));
    let last_outbound = thread.lines.iter().rposition(|line| line.side == Some(Side::Staff));
    let unread = thread.status == "OPEN" && rng.chance(70);
    let fate = |(place, line): (usize, &Line)| match line.side {
        None => "READ",
        Some(Side::Customer) if unread && last_outbound.is_none_or(|last| place > last) => "DELIVERED",
        Some(Side::Customer) => "READ",
        Some(Side::Staff) if last_inbound.is_some_and(|last| place < last) => "READ",
        Some(Side::Staff) => rng.weighted(&[(48, "READ"), (44, "DELIVERED"), (6, "SENT"), (2, "FAILED")]),
    };
    thread.lines.iter().enumerate().map(fate).collect()
}

/// The file that goes with a message of this form: its ending and media type.
fn file_of(form: Form) -> Option<(&'static str, &'static str)> {
    match form {
        Form::Image => Some(("jpg", "image/jpeg")),
        Form::Audio => Some(("ogg", "audio/ogg")),
        Form::Document => Some(("pdf", "application/pdf")),
        Form::Text | Form::Location | Form::Template => None,
    }
}
