//! Uploads on their way: announced by `requestUpload`, made files by `confirmUpload`.

use chrono::{DateTime, Utc};
use entity::{Ref, entity};

use super::{FileAccessLevel, FileUsageContext, Folder};
use crate::identity::User;

/// A file that was announced and is not stored yet. Its room is reserved until it expires; deleting it gives the room
/// back. Only its user sees it.
#[entity(table = file_uploads, process = FILES, no_create, no_update, delete = WRITE)]
pub struct FileUpload {
    /// The name that the file will have.
    #[field(read_only)]
    pub filename: String,
    /// The media type that was claimed.
    #[field(read_only)]
    pub mime_type: String,
    /// Size in bytes.
    #[field(read_only)]
    pub size: i64,
    /// SHA-256 of the bytes in hexadecimal digits.
    #[field(read_only)]
    pub checksum: String,
    /// Who will see the file.
    #[field(read_only)]
    pub access_level: FileAccessLevel,
    /// What the file is for.
    #[field(read_only)]
    pub usage_context: FileUsageContext,
    /// When the file will expire; null for never.
    #[field(read_only)]
    pub file_expires_at: Option<DateTime<Utc>>,
    /// Until when the bytes may come and be confirmed.
    #[field(read_only)]
    pub expires_at: DateTime<Utc>,
    /// When the bytes were all there and as announced; null while they are not.
    #[field(read_only)]
    pub received_at: Option<DateTime<Utc>>,
    /// Who uploads: always oneself.
    #[belongs_to(read_only, inverse = "fileUploads", doc = "Uploads on their way; empty for everybody else.")]
    pub user: Ref<User>,
    /// The folder that the file will be in; null for none.
    #[belongs_to(read_only)]
    pub folder: Option<Ref<Folder>>,
}
