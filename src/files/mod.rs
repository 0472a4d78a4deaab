//! Files and folders of people, their shares and quotas.
//!
//! Rows are here, bytes in [`store`]. `requestUpload` reserves room and gives an address, a PUT brings the bytes,
//! `confirmUpload` makes the file; a job looks it through for viruses; addresses that expire give the bytes out again.
//! Who sees a row is decided by row-level security, what an address opens by [`FileDoor`], and room is counted by
//! triggers, also for uploads on their way.

mod confirm_upload;
mod content_type;
mod create_download_url;
mod create_file_share;
mod door;
mod file_access_log;
mod file_share;
mod file_upload;
mod folder;
mod keeper;
mod link;
mod open_file_share;
mod request_upload;
mod scan_file;
mod storage_quota;
mod stored_file;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

pub use crate::file_store as store;
pub use door::{FileDoor, FileRefused, OpenFile};
pub use file_access_log::{FileAccessLog, FileAction};
pub use file_share::{FileShare, FileShareType};
pub use file_upload::FileUpload;
pub use folder::Folder;
pub use keeper::{FileKeeper, OrphanSweep};
pub use link::FileDisposition;
pub use open_file_share::{FileShareMutation, OpenFileShareInput, OpenFileSharePayload};
pub use scan_file::ScanFile;
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
    vec![
        &request_upload::REQUEST_UPLOAD,
        &confirm_upload::CONFIRM_UPLOAD,
        &create_download_url::CREATE_DOWNLOAD_URL,
        &create_file_share::CREATE_FILE_SHARE,
        &scan_file::RESCAN_FILE,
        &storage_quota::SET_STORAGE_QUOTA,
    ]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![]
}
