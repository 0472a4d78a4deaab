//! Campaigns: one message to many contacts. Totals and completion are kept by the database from the batches.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use crate::identity::User;
use crate::inbox::{Channel, WhatsappTemplate};

/// How far a campaign has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum CampaignStatus {
    /// Being prepared.
    Draft,
    /// Waiting for its time.
    Scheduled,
    /// Being sent.
    Running,
    /// Stopped for now: batches in hand are finished, no further ones begun.
    Paused,
    /// All batches are finished, at least one of them was sent. Final.
    Completed,
    /// No batch could be sent. Final.
    Failed,
    /// Called off. Final.
    Cancelled,
}

/// One message to many contacts.
#[entity(table = campaigns, process = CAMPAIGNS, soft_delete)]
#[action(
    mutation = "scheduleCampaign",
    doc = "Plans a campaign for a time.",
    set(status = "'SCHEDULED'"),
    inputs(scheduled_for = required)
)]
#[action(mutation = "pauseCampaign", doc = "Stops a running campaign for now.", set(status = "'PAUSED'"))]
#[action(
    mutation = "cancelCampaign",
    doc = "Calls a campaign off, and with it the batches that are still waiting.",
    set(status = "'CANCELLED'")
)]
pub struct Campaign {
    /// Name as users see it.
    pub name: String,
    /// The channel on which it is sent.
    pub channel: Channel,
    /// How far the campaign has come.
    #[field(transition = "changeCampaignStatus", with(scheduled_for))]
    pub status: CampaignStatus,
    /// Number of contacts in all batches.
    #[field(read_only)]
    pub total_contacts: i32,
    /// Number of batches.
    #[field(read_only)]
    pub total_batches: i32,
    /// Number of batches that were sent.
    #[field(read_only)]
    pub batches_sent: i32,
    /// Number of batches that could not be sent.
    #[field(read_only)]
    pub batches_failed: i32,
    /// A `ContactFilter` that says who gets it, read when the campaign is launched; null while nobody is chosen.
    pub audience: Option<serde_json::Value>,
    /// When it is to be sent; null for no particular time.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// When it became COMPLETED or FAILED; null until then.
    #[field(read_only)]
    pub completed_at: Option<DateTime<Utc>>,
    /// The user who made it; null when that user no longer exists.
    #[belongs_to(create_only, inverse = "campaigns", doc = "Campaigns that the user made.")]
    pub created_by: Option<Ref<User>>,
    /// What is sent on WhatsApp; null on other channels, and while none is chosen.
    #[belongs_to(inverse = "campaigns", doc = "Campaigns that send the template.")]
    pub template: Option<Ref<WhatsappTemplate>>,
}
