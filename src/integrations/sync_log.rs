//! What came of each sync.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::Integration;

/// How a sync ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum SyncStatus {
    /// It has not ended yet.
    Running,
    /// Everything was exchanged.
    Success,
    /// Some of it was not taken.
    Partial,
    /// It could not be done.
    Failed,
}

/// What came of a sync: one for each, and never changed once it has ended.
#[entity(
    table = sync_logs, process = ACCOUNT, no_create, no_update, no_delete, order_by(last_sync_at = desc)
)]
pub struct SyncLog {
    /// When it began.
    #[field(read_only)]
    pub last_sync_at: DateTime<Utc>,
    /// When it ended; null while it goes on.
    #[field(read_only)]
    pub finished_at: Option<DateTime<Utc>>,
    /// How many contacts were exchanged, in both directions.
    #[field(read_only)]
    pub items_synced: i32,
    /// How it ended.
    #[field(read_only)]
    pub status: SyncStatus,
    /// Why not everything was exchanged, in a sentence; null when it was.
    #[field(read_only)]
    pub error_message: Option<String>,
    /// Of which connection.
    #[belongs_to(read_only, inverse = "syncLogs", doc = "What came of each sync, the newest first.")]
    pub integration: Ref<Integration>,
}
