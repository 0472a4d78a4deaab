//! Who did what with a file. Triggers and `app.note_file_access` write it.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::StoredFile;
use crate::identity::User;

/// What somebody did with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum FileAction {
    /// Stored it.
    Upload,
    /// Looked at it.
    View,
    /// Downloaded it.
    Download,
    /// Changed its name, folder, access level, usage context or expiry.
    Update,
    /// Shared it.
    Share,
    /// Deleted it.
    Delete,
    /// Restored it.
    Restore,
}

/// One thing that somebody did with a file. Only the file's user sees it; kept for a year.
#[entity(table = file_access_logs, process = FILES, append_only, no_create, order_by(occurred_at = desc))]
pub struct FileAccessLog {
    /// What was done.
    #[field(read_only)]
    pub action: FileAction,
    /// From which address, as 203.0.113.7 or 2001:db8::7; null when that is not known.
    #[field(sql = "host({t}.ip_address)")]
    pub ip_address: Option<String>,
    /// When.
    #[field(read_only)]
    pub occurred_at: DateTime<Utc>,
    /// With which file.
    #[belongs_to(read_only, inverse = "accessLogs", doc = "What was done with the file; empty for files of others.")]
    pub file: Ref<StoredFile>,
    /// Who did it; null for somebody without an account.
    #[belongs_to(read_only, inverse = "fileAccessLogs", doc = "What the user did with files of yours.")]
    pub user: Option<Ref<User>>,
}
