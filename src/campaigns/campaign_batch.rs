//! Campaign batches: the parts of a campaign that are sent in one go.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::Campaign;

/// How far a batch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum CampaignBatchStatus {
    /// Waiting.
    Pending,
    /// Being sent.
    Processing,
    /// Sent. Final.
    Sent,
    /// Could not be sent; may be tried again.
    Failed,
    /// Called off with its campaign. Final.
    Cancelled,
}

/// A part of a campaign that is sent in one go.
#[entity(table = campaign_batches, process = CAMPAIGNS)]
#[action(
    mutation = "retryCampaignBatch",
    doc = "Puts a batch that could not be sent back among those that wait.",
    set(status = "'PENDING'", error_message = "null")
)]
pub struct CampaignBatch {
    /// Place in the campaign, from 1; unique in it.
    pub batch_number: i32,
    /// How many batches the campaign was cut into.
    pub total_batches: i32,
    /// Who gets it, as they were then: a JSON array of `{id, phone, name, variables}`.
    #[field(create_only, no_filter)]
    pub contacts: serde_json::Value,
    /// How far the batch has come.
    #[field(transition = "changeCampaignBatchStatus", with(error_message))]
    pub status: CampaignBatchStatus,
    /// Web address that the batch is posted to; null for that of the business.
    pub webhook_url: Option<String>,
    /// What is posted; null until it is known.
    #[field(no_filter)]
    pub webhook_payload: Option<serde_json::Value>,
    /// Not to be sent before this time; null for at once.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// When it became SENT or FAILED; null until then.
    #[field(read_only)]
    pub processed_at: Option<DateTime<Utc>>,
    /// Why it could not be sent; null while nothing went wrong.
    #[field(read_only)]
    pub error_message: Option<String>,
    /// How often sending was tried.
    #[field(read_only)]
    pub attempts: i32,
    /// The campaign.
    #[belongs_to(create_only, inverse = "batches", doc = "The parts in which the campaign is sent.")]
    pub campaign: Ref<Campaign>,
}
