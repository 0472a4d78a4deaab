//! The timeline of a contact: everything that happened with it, in one list.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::{Contact, Interaction, LeadActivity};
use crate::calendar::Appointment;
use crate::inbox::{Call, Message};
use crate::sales::Sale;

/// What kind of event stands in a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum TimelineKind {
    /// A noted contact: an e-mail, a call, a meeting, a note.
    Interaction,
    /// Something done for a lead.
    LeadActivity,
    /// A message of a conversation.
    Message,
    /// A phone call.
    Call,
    /// An appointment, at the time for which it is made.
    Appointment,
    /// A sale, at the time of the deal.
    Sale,
}

/// One event in the history of a contact.
#[entity(
    table = contact_timeline, process = CONTACTS, prefix = "timeline_entry", plural = "timeline",
    append_only, child_only, no_create, order_by(occurred_at = desc)
)]
#[union(
    name = item, of = TimelineItem, doc = "What happened.",
    branches(interaction, lead_activity, message, call, appointment, sale)
)]
pub struct TimelineEntry {
    /// When it happened or will happen.
    pub occurred_at: DateTime<Utc>,
    /// What kind of event it is.
    pub kind: TimelineKind,
    /// With whom.
    #[belongs_to(inverse = "timeline", doc = "Everything that happened with the contact, each event once.")]
    pub contact: Ref<Contact>,
    /// The interaction, for kind INTERACTION.
    #[belongs_to(read_only)]
    pub interaction: Option<Ref<Interaction>>,
    /// The activity, for kind LEAD_ACTIVITY.
    #[belongs_to(read_only)]
    pub lead_activity: Option<Ref<LeadActivity>>,
    /// The message, for kind MESSAGE.
    #[belongs_to(read_only)]
    pub message: Option<Ref<Message>>,
    /// The call, for kind CALL.
    #[belongs_to(read_only)]
    pub call: Option<Ref<Call>>,
    /// The appointment, for kind APPOINTMENT.
    #[belongs_to(read_only)]
    pub appointment: Option<Ref<Appointment>>,
    /// The sale, for kind SALE.
    #[belongs_to(read_only)]
    pub sale: Option<Ref<Sale>>,
}
