//! Files and folders of people, their shares and quotas.
//!
//! Who sees a row is decided by row-level security. Room is counted by triggers, also for uploads on their way.

mod file_access_log;
mod file_share;
mod file_upload;
mod folder;
mod storage_quota;
mod stored_file;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

pub use file_access_log::{FileAccessLog, FileAction};
pub use file_share::{FileShare, FileShareType};
pub use file_upload::FileUpload;
pub use folder::Folder;
pub use storage_quota::StorageQuota;
pub use stored_file::{FileAccessLevel, FileUsageContext, ScanStatus, StoredFile};

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![
        Folder::decl(),
        StoredFile::decl(),
        FileUpload::decl(),
        FileShare::decl(),
        FileAccessLog::decl(),
        StorageQuota::decl(),
    ]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&storage_quota::SET_STORAGE_QUOTA]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![]
}
