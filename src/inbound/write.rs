//! Writes events down: one statement each, two for a changed number. What the statements do stands in the migration
//! `inbound_processing`; here they get their values.

use chrono::{DateTime, Utc};
use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, NullOf, Sql};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::event::{Event, Message, Moved, Report, Said, TemplateReport};
use crate::inbox::{Channel, ContentType};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Written {
    /// A message that was not here.
    New,
    /// A message that is here already.
    Known,
    /// Something changed.
    Applied,
    /// It was known already, or is older than what is known.
    Ignored,
    /// It waits for its message.
    Parked,
    /// It is about a template that is not here.
    Unknown,
}

impl Written {
    /// The key of its count in the outcome of a payload.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Known => "known",
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::Parked => "parked",
            Self::Unknown => "unknown",
        }
    }

    fn of(rows: &Rows) -> Result<Self, DbError> {
        let said = if rows.is_empty() { None } else { rows.cell(0, 0) };
        match said {
            Some(b"NEW") => Ok(Self::New),
            Some(b"KNOWN") => Ok(Self::Known),
            Some(b"APPLIED") => Ok(Self::Applied),
            Some(b"IGNORED") => Ok(Self::Ignored),
            Some(b"PARKED") => Ok(Self::Parked),
            Some(b"UNKNOWN") => Ok(Self::Unknown),
            _ => Err(DbError::Fault("a function for what came in says something else".into())),
        }
    }
}

/// Writes one event down, in the transaction of these statements. `received_at` stands in for a time that the provider
/// did not give; `new_id` is for a message that is made.
pub(super) async fn write(
    statements: &dyn Statements,
    channel: Channel,
    event: &Event,
    new_id: Uuid,
    received_at: DateTime<Utc>,
) -> Result<Written, DbError> {
    match event {
        Event::Message(message) => receive(statements, channel, None, message, new_id, received_at).await,
        Event::Moved(moved) => follow(statements, channel, moved, new_id, received_at).await,
        Event::Report(report) => {
            if let Some(our_id) = report.our_id {
                statements.rows(of_our_message(channel, report, our_id, received_at), false).await?;
            }
            Written::of(&statements.rows(of_report(channel, report, received_at), false).await?)
        }
        Event::Template(report) => Written::of(&statements.rows(of_template(report, received_at), false).await?),
    }
}

/// The message as it can be stored when the database refuses it as it is: whole, and of no kind that promises anything.
pub(super) fn as_unsupported(event: &Event) -> Option<Event> {
    let Event::Message(message) = event else { return None };
    let mut plain = Message::clone(message);
    plain.content_type = if message.is_remark { ContentType::System } else { ContentType::Unsupported };
    plain.text = None;
    (plain.file_url, plain.file_type) = (None, None);
    plain.sender.phones = Vec::new();
    plain.sender.email = None;
    plain.sender.name = None;
    plain.payload =
        Map::from_iter([("raw".to_owned(), serde_json::json!({ "text": message.text, "payload": message.payload }))]);
    (plain != **message).then(|| Event::Message(Box::new(plain)))
}

async fn receive(
    statements: &dyn Statements,
    channel: Channel,
    contact: Option<Uuid>,
    message: &Message,
    new_id: Uuid,
    received_at: DateTime<Utc>,
) -> Result<Written, DbError> {
    let sender = &message.sender;
    let mut sql = Sql::new();
    sql.push("select app.receive_message(").bind(Bind::Uuid(new_id));
    sql.push(", ").bind(Bind::Text(channel.as_str().to_owned()));
    sql.push(", ").bind(contact.map_or(Bind::Null(NullOf::Uuid), Bind::Uuid));
    sql.push(", ").bind(Bind::Texts(sender.addresses.clone()));
    sql.push(", ").bind(Bind::Texts(sender.phones.clone()));
    sql.push(", ").bind(text(sender.email.clone()));
    sql.push(", ").bind(text(sender.name.clone()));
    sql.push(", ").bind(Bind::Text(if message.is_remark { "SYSTEM" } else { "CONTACT" }.to_owned()));
    sql.push(", ").bind(Bind::Text(message.provider_id.clone()));
    sql.push(", ").bind(Bind::Text(message.kind.clone()));
    sql.push(", ").bind(Bind::Text(message.content_type.as_str().to_owned()));
    sql.push(", ").bind(text(message.text.clone()));
    sql.push(", ").bind(text(message.file_url.clone()));
    sql.push(", ").bind(text(message.file_type.clone()));
    sql.push(", ").bind(Bind::Json(Value::Object(message.payload.clone())));
    sql.push(", ").bind(Bind::DateTime(message.sent_at.map_or(received_at, |sent_at| sent_at.min(received_at))));
    sql.push(")");
    Written::of(&statements.rows(sql, false).await?)
}

async fn follow(
    statements: &dyn Statements,
    channel: Channel,
    moved: &Moved,
    new_id: Uuid,
    received_at: DateTime<Utc>,
) -> Result<Written, DbError> {
    let mut contact = None;
    for (old, new) in &moved.changes {
        let mut sql = Sql::new();
        sql.push("select app.change_address(").bind(Bind::Text(channel.as_str().to_owned()));
        sql.push(", ").bind(Bind::Text(old.clone())).push(", ").bind(Bind::Text(new.clone()));
        sql.push(", ").bind(Bind::Texts(moved.old_phones.clone()));
        sql.push(", ").bind(Bind::Texts(moved.remark.sender.phones.clone())).push(")");
        contact = contact.or(statements.rows(sql, false).await?.uuid_of_first());
    }
    receive(statements, channel, contact, &moved.remark, new_id, received_at).await
}

fn of_report(channel: Channel, report: &Report, received_at: DateTime<Utc>) -> Sql {
    let (kind, value, code, detail) = match &report.said {
        Said::Sent => ("STATUS", Some("SENT".to_owned()), None, None),
        Said::Delivered => ("STATUS", Some("DELIVERED".to_owned()), None, None),
        Said::Read => ("STATUS", Some("READ".to_owned()), None, None),
        Said::Failed { code, detail } => ("STATUS", Some("FAILED".to_owned()), code.clone(), detail.clone()),
        Said::Deleted => ("STATUS", Some("DELETED".to_owned()), None, None),
        Said::Reaction(emoji) => ("REACTION", emoji.clone(), None, None),
    };
    let mut sql = Sql::new();
    sql.push("select app.provider_event(").bind(Bind::Text(channel.as_str().to_owned()));
    sql.push(", ").bind(Bind::Text(report.provider_id.clone()));
    sql.push(", ").bind(Bind::Text(kind.to_owned())).push(", ").bind(text(value));
    sql.push(", ").bind(Bind::DateTime(report.occurred_at.map_or(received_at, |at| at.min(received_at))));
    sql.push(", ").bind(text(code)).push(", ").bind(text(detail)).push(")");
    sql
}

/// Tells the message which id it has at the provider, should our call's answer have been lost.
fn of_our_message(channel: Channel, report: &Report, our_id: Uuid, received_at: DateTime<Utc>) -> Sql {
    let mut sql = Sql::new();
    sql.push("select app.adopt_provider_id(").bind(Bind::Uuid(our_id));
    sql.push(", ").bind(Bind::Text(channel.as_str().to_owned()));
    sql.push(", ").bind(Bind::Text(report.provider_id.clone()));
    sql.push(", ").bind(Bind::DateTime(report.occurred_at.map_or(received_at, |at| at.min(received_at)))).push(")");
    sql
}

fn of_template(report: &TemplateReport, received_at: DateTime<Utc>) -> Sql {
    let mut sql = Sql::new();
    sql.push("select app.report_template(").bind(text(report.provider_id.clone()));
    sql.push(", ").bind(text(report.name.clone())).push(", ").bind(text(report.language.clone()));
    sql.push(", ").bind(Bind::Text(report.status.to_owned()));
    sql.push(", ").bind(Bind::DateTime(report.reported_at.map_or(received_at, |at| at.min(received_at)))).push(")");
    sql
}

fn text(value: Option<String>) -> Bind {
    value.map_or(Bind::Null(NullOf::Text), Bind::Text)
}
