//! Service types: the catalogue of work that can be asked for, in groups.

use entity::{Ref, entity};

use crate::files::StoredFile;

/// A kind of services.
#[entity(
    table = service_groups,
    process = TRANSPORT_REQUESTS,
    create = LOGISTICS::WRITE,
    update = LOGISTICS::WRITE,
    delete = LOGISTICS::DELETE
)]
pub struct ServiceGroup {
    /// Name; unique in the business.
    pub name: String,
}

/// Work that can be asked for, such as the inspection before delivery or paint.
#[entity(
    table = service_types,
    process = TRANSPORT_REQUESTS,
    create = LOGISTICS::WRITE,
    update = LOGISTICS::WRITE,
    delete = LOGISTICS::DELETE,
    include_deleted = LOGISTICS::ADMIN,
    soft_delete
)]
pub struct ServiceType {
    /// Name of the service.
    pub name: String,
    /// Code of the service; unique in the business.
    pub service_code: Option<String>,
    /// Where the document that describes the service is kept; null for none.
    pub annex_path: Option<String>,
    /// Name of that document.
    pub file_name: Option<String>,
    /// What the service system (SLC) calls the service.
    pub slc_service_id: Option<String>,
    /// The group it is in; null for none.
    #[belongs_to(inverse = "serviceTypes", doc = "Services of the group.")]
    pub group: Option<Ref<ServiceGroup>>,
    /// The document that describes the service, to be downloaded by everybody who sees the file; null for none.
    #[belongs_to(inverse = "annexOf", doc = "Services that the file describes.")]
    pub annex: Option<Ref<StoredFile>>,
}
