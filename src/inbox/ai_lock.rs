//! AI locks: which AI worker handles a row at the moment. Taken and released by the workers (`hold_ai_lock.rs`).

use chrono::{DateTime, Utc};
use entity::{AnyId, entity};

/// Says that an AI worker is handling a row, so that no other one does. Once it has expired, another may take over.
#[entity(table = ai_locks, process = CONVERSATIONS, no_create, no_update, no_delete)]
pub struct AiLock {
    /// Kind of row, for instance CONVERSATION.
    pub resource_type: String,
    /// ID of the row.
    #[field(sql = "lower({t}.resource_type) || '_' || {t}.resource_id")]
    pub resource_id: AnyId,
    /// Name of the worker.
    pub locked_by: String,
    /// Since when the worker has the row.
    pub acquired_at: DateTime<Utc>,
    /// Until when the worker has the row unless it says that it needs longer.
    pub expires_at: DateTime<Utc>,
}
