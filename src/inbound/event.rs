//! What comes in, whichever provider brought it: messages, reactions, statuses, changed addresses, decided templates.
//!
//! The readers ([`super::whatsapp`], [`super::generic`]) turn payloads into these; [`super::write`] writes them down.
//! Nothing here is trusted: texts may be long, empty or strange, times absurd.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::inbox::ContentType;

/// What a payload says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// In the order of the payload.
    pub events: Vec<Event>,
    /// Parts that were not understood. The payload itself keeps them.
    pub strays: Vec<Stray>,
}

/// A part of a payload that says nothing to us, as a code: it may stand in logs, so it quotes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stray {
    /// The payload is no JSON of the form that was agreed.
    Payload,
    /// An entry, or a change within one, is not of the form that was agreed.
    Entry,
    /// A field of the business's account that we have no use for.
    Field,
    /// A message that does not say from whom it is.
    Sender,
    /// A reaction or a status that does not say about which message.
    Target,
    /// A status that we do not know.
    Status,
    /// A decision about a template that changes nothing about its use, or that names none.
    Template,
    /// The provider reports an error of the account.
    AccountError,
}

impl Stray {
    /// The code, for the outcome of a payload.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Payload => "PAYLOAD",
            Self::Entry => "ENTRY",
            Self::Field => "FIELD",
            Self::Sender => "SENDER",
            Self::Target => "TARGET",
            Self::Status => "STATUS",
            Self::Template => "TEMPLATE",
            Self::AccountError => "ACCOUNT_ERROR",
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A contact wrote.
    Message(Box<Message>),
    /// Something is known about a message that is here already, or will be.
    Report(Report),
    /// A contact writes from another address from now on.
    Moved(Box<Moved>),
    /// A template was decided about.
    Template(TemplateReport),
}

/// Who wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// Ids that the provider gives the sender, the most lasting first; never empty.
    pub addresses: Vec<String>,
    /// The sender's number in E.164 form, and other ways in which it may have been written down.
    pub phones: Vec<String>,
    /// The sender's e-mail address.
    pub email: Option<String>,
    /// What the sender is called.
    pub name: Option<String>,
}

/// A message that came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id at the provider; made from its content when the provider gave none.
    pub provider_id: String,
    /// What the provider calls its kind.
    pub kind: String,
    /// Who wrote it.
    pub sender: Sender,
    /// Whether it is a remark of the provider about the sender, not something the sender wrote.
    pub is_remark: bool,
    /// When it was written; none when that is missing or absurd.
    pub sent_at: Option<DateTime<Utc>>,
    /// What it consists of.
    pub content_type: ContentType,
    /// The text, of a file its caption.
    pub text: Option<String>,
    /// The file, when it has an address.
    pub file_url: Option<String>,
    /// The file's media type.
    pub file_type: Option<String>,
    /// Everything else worth keeping.
    pub payload: Map<String, Value>,
}

/// Something about a message that has this id at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The message's id at the provider.
    pub provider_id: String,
    /// Our own id of it, when the provider gives back what was sent along.
    pub our_id: Option<Uuid>,
    /// What happened to it.
    pub said: Said,
    /// When; none when that is missing or absurd.
    pub occurred_at: Option<DateTime<Utc>>,
}

/// What happened to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The provider took it.
    Sent,
    /// It arrived.
    Delivered,
    /// It was read.
    Read,
    /// It could not be delivered.
    Failed {
        /// The provider's number of what went wrong.
        code: Option<String>,
        /// What went wrong, in the provider's words.
        detail: Option<String>,
    },
    /// It was taken back.
    Deleted,
    /// The contact reacted with this; none takes a reaction back.
    Reaction(Option<String>),
}

/// A contact writes from another address.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// Addresses up to now, each with the one that takes its place.
    pub changes: Vec<(String, String)>,
    /// The number up to now, and other ways in which it may have been written down.
    pub old_phones: Vec<String>,
    /// The remark that the conversation shows about it; its sender is the contact at the new address.
    pub remark: Message,
}

/// A decision about a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateReport {
    /// The template's id at the provider.
    pub provider_id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its language.
    pub language: Option<String>,
    /// The state it is in now, as in `whatsapp_templates.status`.
    pub status: &'static str,
    /// When that was decided.
    pub reported_at: Option<DateTime<Utc>>,
}
