//! Papers of requests.

use chrono::{DateTime, Utc};
use entity::{Ref, entity};

use super::LogisticsRequest;
use crate::files::StoredFile;
use crate::identity::User;

/// A paper of a logistics request: a delivery note, an authorisation.
#[entity(table = logistics_request_documents, process = TRANSPORT_REQUESTS, soft_delete)]
pub struct LogisticsRequestDocument {
    /// Name of the file, as people know it.
    pub file_name: String,
    /// Where it is kept: begins with the folder of the request's type, Service/, Transport/ or Mixed/. Made of the
    /// request's code and the name when it is not given.
    #[field(default)]
    pub storage_path: String,
    /// When it was uploaded; now when it is not given.
    #[field(default)]
    pub uploaded_at: DateTime<Utc>,
    /// The request.
    #[belongs_to(create_only, inverse = "documents", doc = "Papers of the request.")]
    pub request: Ref<LogisticsRequest>,
    /// Who uploaded it; null when it was no user.
    #[belongs_to(
        read_only,
        inverse = "logisticsDocuments",
        doc = "Papers of logistics requests that the user uploaded."
    )]
    pub uploaded_by: Option<Ref<User>>,
    /// The file itself, one that you see; null when it is kept elsewhere.
    #[belongs_to(inverse = "logisticsDocuments", doc = "Logistics requests of which the file is a paper.")]
    pub file: Option<Ref<StoredFile>>,
}
