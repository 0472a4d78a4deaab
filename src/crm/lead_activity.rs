//! Lead activities: what was done for a lead.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::Lead;
use crate::identity::User;

/// What kind of thing was done for a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum LeadActivityType {
    /// A phone call.
    Call,
    /// An e-mail.
    Email,
    /// A meeting.
    Meeting,
    /// A note for colleagues; no contact with the person.
    Note,
    /// A WhatsApp message.
    Whatsapp,
    /// A test drive.
    TestDrive,
    /// A visit to a property.
    Viewing,
    /// The status of the lead was changed.
    StatusChange,
    /// Anything else.
    Other,
}

/// Something that was done for a lead. Changes of its status are written by the database.
#[entity(table = lead_activities, process = LEADS, append_only)]
pub struct LeadActivity {
    /// What kind of thing was done.
    pub activity_type: LeadActivityType,
    /// What was done, in words.
    pub description: Option<String>,
    /// When it was done; now when it is not given.
    #[field(default)]
    pub occurred_at: DateTime<Utc>,
    /// Facts for programs; of a STATUS_CHANGE the statuses, `{"from": …, "to": …}`.
    pub metadata: Option<serde_json::Value>,
    /// The lead.
    #[belongs_to(inverse = "activities", doc = "What was done for the lead.")]
    pub lead: Ref<Lead>,
    /// Who did it; null when it was no user.
    #[belongs_to(inverse = "leadActivities", doc = "What the user did for leads.")]
    pub user: Option<Ref<User>>,
}
