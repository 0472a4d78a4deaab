//! Files: what is known of stored bytes. They come by `requestUpload`, `PUT` and `confirmUpload`.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::Folder;
use crate::identity::User;

/// Who may see a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum FileAccessLevel {
    /// Its user alone. Shares of it do not open.
    Private,
    /// Its user, and those with whom it is shared.
    Shared,
    /// Everybody in the business.
    Tenant,
    /// Everybody in the business, and without signing in whoever has its `publicPath`.
    Public,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum FileUsageContext {
    /// How something looks.
    Theme,
    /// A picture of somebody.
    Avatar,
    /// Somebody's health; always PRIVATE.
    Health,
    /// Somebody's money; always PRIVATE.
    Finance,
    /// Part of a chat.
    Chat,
    /// Made by an assistant.
    Artifact,
    /// To be looked up by assistants.
    Rag,
    /// A document.
    Document,
    /// Anything else.
    General,
}

/// What is known of a file's being harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum ScanStatus {
    /// Not looked through yet.
    Pending,
    /// Nothing was found.
    Clean,
    /// A virus was found. It cannot be downloaded or shared.
    Infected,
    /// It could not be looked through.
    Failed,
}

/// A stored file. One that has expired is as one that does not exist; deleted ones can be restored for some days.
#[entity(
    table = stored_files,
    process = FILES,
    soft_delete,
    no_create,
    include_deleted = READ,
    writable = "{t}.user_id = nullif(current_setting('app.user_id', true), '')::uuid"
)]
pub struct StoredFile {
    /// Its name, with which it is downloaded; without slashes, at most 255 bytes.
    pub filename: String,
    /// The name with which it was uploaded.
    #[field(read_only)]
    pub original_name: String,
    /// Media type, as claimed at the upload and compared with the bytes, for instance image/png.
    #[field(read_only)]
    pub mime_type: String,
    /// Size in bytes.
    #[field(read_only)]
    pub size: i64,
    /// SHA-256 of the bytes in hexadecimal digits. A user has no two files of the same content.
    #[field(read_only)]
    pub checksum: String,
    /// Who may see it.
    #[field(default)]
    pub access_level: FileAccessLevel,
    /// What it is for.
    #[field(default)]
    pub usage_context: FileUsageContext,
    /// Whether all is done that comes after an upload, as is its scan.
    #[field(read_only)]
    pub is_processed: bool,
    /// What looking for viruses has found. Only CLEAN files can be downloaded or shared.
    #[field(read_only)]
    pub scan_status: ScanStatus,
    /// When it expires: from then on it is not there any more. Null for never.
    pub expires_at: Option<DateTime<Utc>>,
    /// Where everybody can download it, relative to the address of this API; null unless it is PUBLIC. Nothing comes from
    /// there before it is CLEAN.
    #[field(
        sql = "case {t}.access_level when 'PUBLIC' then '/files/public/' || {t}.tenant_id || '.' || {t}.id end",
        no_filter,
        no_order
    )]
    pub public_path: Option<String>,
    /// Whose it is.
    #[belongs_to(read_only, inverse = "files", doc = "Files of the user, as far as you may see them.")]
    pub user: Ref<User>,
    /// The folder that it is in; null for none, and for files of somebody else.
    #[belongs_to(inverse = "files", doc = "The files directly inside.")]
    pub folder: Option<Ref<Folder>>,
}
