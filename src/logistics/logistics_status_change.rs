//! The states that requests have had.

use chrono::{DateTime, Utc};
use entity::{Ref, entity};

use super::{LogisticsRequest, LogisticsStatus};
use crate::identity::User;

/// A state that a logistics request came into. The database writes one for the first state, and one for each move.
#[entity(table = logistics_status_changes, process = TRANSPORT_REQUESTS, append_only, no_create)]
pub struct LogisticsStatusChange {
    /// The state before; null for the one with which the request began.
    pub previous_status: Option<LogisticsStatus>,
    /// The state afterwards.
    pub new_status: LogisticsStatus,
    /// When it happened.
    #[field(default)]
    pub changed_at: DateTime<Utc>,
    /// The request.
    #[belongs_to(inverse = "statusHistory", doc = "The states that the request has had, the first one first.")]
    pub request: Ref<LogisticsRequest>,
    /// Who moved it; null when it was no user.
    #[belongs_to(inverse = "logisticsStatusChanges", doc = "Moves of logistics requests that the user made.")]
    pub changed_by: Option<Ref<User>>,
}
