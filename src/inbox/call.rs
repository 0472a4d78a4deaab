//! Calls: phone calls with contacts.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use crate::crm::Contact;
use crate::identity::User;

/// Who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum CallType {
    /// The contact called.
    Inbound,
    /// The business called.
    Outbound,
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum CallState {
    /// Waiting to be dialled.
    Queued,
    /// Ringing.
    Ringing,
    /// People are talking.
    InProgress,
    /// Over. Final.
    Completed,
    /// Nobody answered. Final.
    NoAnswer,
    /// The line was busy. Final.
    Busy,
    /// Did not come about, or broke off. Final.
    Failed,
    /// Called off before anybody answered. Final.
    Cancelled,
}

/// A phone call with a contact.
#[entity(table = calls, process = CALLS)]
pub struct Call {
    /// Who called whom.
    pub type_: CallType,
    /// How far the call has come.
    #[field(transition = "changeCallState", with(duration_seconds, transcript, summary, audio_url))]
    pub state: CallState,
    /// When the call was made; now when it is not given.
    #[field(default)]
    pub called_at: DateTime<Utc>,
    /// How long people talked, in seconds; null while that is not known.
    pub duration_seconds: Option<i32>,
    /// What was said, word by word.
    pub transcript: Option<String>,
    /// What was said, in short.
    pub summary: Option<String>,
    /// Web address of the recording; null for none.
    pub audio_url: Option<String>,
    /// ID at the telephone provider; unique in the business.
    pub call_sid: Option<String>,
    /// Facts for programs, for instance what the provider reports.
    pub metadata: Option<serde_json::Value>,
    /// With whom.
    #[belongs_to(inverse = "calls", doc = "Phone calls with the contact.")]
    pub contact: Ref<Contact>,
    /// The user who talked; null when nobody did.
    #[belongs_to(inverse = "calls", doc = "Phone calls in which the user talked.")]
    pub agent: Option<Ref<User>>,
}
