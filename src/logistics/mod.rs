//! Requests to move vehicles or to have work done on them, and the catalogues they need.

mod ad_hoc_address;
mod billing_account;
mod bulk_request;
mod cancel_logistics_request;
mod carrier;
mod connection_secret;
mod create_request;
mod dealership;
mod hand_over;
mod hst_code;
mod inputs;
mod logistics_connection;
mod logistics_profile;
mod logistics_request;
mod logistics_request_document;
mod logistics_request_line;
mod logistics_status_change;
mod move_request;
mod ownership_transfer;
mod process_bulk_request;
mod register_logistics_request;
mod service_type;
mod sub_allocation;
mod vehicles;

use std::sync::Arc;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

pub use ad_hoc_address::AdHocAddress;
pub use billing_account::{BillingAccount, BillingAccountType};
pub use bulk_request::{BulkRequest, BulkRequestItem, BulkRequestStatus};
pub use carrier::{Carrier, ExternalClient, ExternalSystem};
pub use dealership::Dealership;
pub use hst_code::HstCode;
pub use logistics_connection::LogisticsConnection;
pub use logistics_profile::LogisticsProfile;
pub use logistics_request::{LogisticsRequest, LogisticsRequestType, LogisticsStatus};
pub use logistics_request_document::LogisticsRequestDocument;
pub use logistics_request_line::LogisticsRequestLine;
pub use logistics_status_change::LogisticsStatusChange;
pub use ownership_transfer::OwnershipTransfer;
pub use process_bulk_request::ProcessBulkRequest;
pub use service_type::{ServiceGroup, ServiceType};
pub use sub_allocation::SubAllocation;

use crate::ids::SharedIds;
use crate::jobs::JobKind;
use crate::work::Tenancy;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![
        LogisticsRequest::decl(),
        LogisticsRequestLine::decl(),
        LogisticsRequestDocument::decl(),
        LogisticsStatusChange::decl(),
        BulkRequest::decl(),
        BulkRequestItem::decl(),
        LogisticsConnection::decl(),
        Dealership::decl(),
        AdHocAddress::decl(),
        ServiceType::decl(),
        ServiceGroup::decl(),
        BillingAccount::decl(),
        HstCode::decl(),
        Carrier::decl(),
        ExternalClient::decl(),
        LogisticsProfile::decl(),
        OwnershipTransfer::decl(),
        SubAllocation::decl(),
    ]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![
        &create_request::CREATE_LOGISTICS_REQUEST,
        &create_request::CREATE_BULK_REQUEST,
        &move_request::VALIDATE,
        &move_request::REJECT,
        &move_request::START,
        &move_request::COMPLETE,
        &move_request::FAIL,
        &move_request::RETRY,
        &register_logistics_request::REGISTER_LOGISTICS_REQUEST,
        &cancel_logistics_request::CANCEL_LOGISTICS_REQUEST,
        &connection_secret::CREATE_LOGISTICS_CONNECTION,
        &connection_secret::ROTATE_LOGISTICS_CONNECTION_SECRET,
        &hand_over::CREATE_OWNERSHIP_TRANSFER,
        &hand_over::CREATE_SUB_ALLOCATION,
    ]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![]
}

/// The kinds of jobs of this domain.
#[must_use]
pub fn job_kinds(tenancy: &Tenancy, ids: &SharedIds) -> Vec<Arc<dyn JobKind>> {
    vec![Arc::new(ProcessBulkRequest::new(tenancy, Arc::clone(ids)))]
}
