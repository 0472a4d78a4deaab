//! Shares: a file, opened to somebody else.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::StoredFile;
use crate::identity::User;
use crate::values::SecretState;

/// To whom a share opens a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum FileShareType {
    /// Whoever has its token.
    Link,
    /// Whoever has its token and knows its password.
    Password,
    /// One user of the business, who sees the file as long as the share lasts.
    User,
}

/// A file, opened to somebody else. Seen by who shared it and, of the type USER, by whom it is shared with. While the
/// file is PRIVATE no share of it opens.
#[entity(
    table = file_shares,
    process = FILES,
    no_create,
    delete = WRITE,
    writable = "{t}.shared_by_id = nullif(current_setting('app.user_id', true), '')::uuid"
)]
pub struct FileShare {
    /// To whom it opens.
    #[field(read_only)]
    pub share_type: FileShareType,
    /// Whether it needs a password. The password itself is never shown.
    #[field(sql = "case when {t}.password is null then 'NOT_SET' else 'SET' end", no_filter, no_order)]
    pub password: SecretState,
    /// How often it opens, to view and to download together; null for any number of times.
    pub max_downloads: Option<i32>,
    /// How often it has opened so far. Never more than `maxDownloads`.
    #[field(read_only)]
    pub download_count: i32,
    /// Whether the file may be downloaded.
    #[field(default)]
    pub allow_download: bool,
    /// Whether the file may be viewed, within a page.
    #[field(default)]
    pub allow_view: bool,
    /// Until when it opens; null for as long as the file is there.
    pub expires_at: Option<DateTime<Utc>>,
    /// What is shared.
    #[belongs_to(read_only, inverse = "shares", doc = "With whom the file is shared, as far as that concerns you.")]
    pub file: Ref<StoredFile>,
    /// Who shared it: the file's user.
    #[belongs_to(
        read_only,
        inverse = "fileShares",
        doc = "Files that the user has shared, as far as that concerns you."
    )]
    pub shared_by: Ref<User>,
    /// With whom; null unless the type is USER.
    #[belongs_to(
        read_only,
        inverse = "receivedFileShares",
        doc = "Files of others that are shared with the user alone."
    )]
    pub shared_with: Option<Ref<User>>,
}
