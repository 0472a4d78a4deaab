//! Bulk requests: more vehicles than one request takes, and those of them that are in no request yet.

use entity::{Choice, Ref, entity};

use crate::identity::User;

/// How far a bulk request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum BulkRequestStatus {
    /// All vehicles are staged, and the first request is still to be made.
    Staged,
    /// Requests are being made, one for each block of up to 50 vehicles.
    Processing,
    /// All vehicles are in requests. Final.
    Completed,
    /// Stopped at a block, see `errorMessage`; can go on from there.
    Failed,
    /// What was left was called off; the requests that were made stay. Final.
    Cancelled,
}

/// A call with more vehicles than one request takes: all are staged at once, then each block of up to 50 becomes a
/// request. Whoever made it sees it, and whoever has everything in scope.
#[entity(table = bulk_requests, process = TRANSPORT_REQUESTS, no_create, no_update, no_delete)]
#[action(
    mutation = "retryBulkRequest",
    doc = "Goes on with a bulk request that FAILED, from the block at which it stopped. What was wrong with a vehicle is put \
           right by updateBulkRequestItem first, or the vehicle is left out by deleteBulkRequestItem.",
    set(status = "'PROCESSING'")
)]
#[action(
    mutation = "cancelBulkRequest",
    doc = "Calls off what is left of a bulk request: the vehicles that are in no request yet are forgotten. The requests \
           that were made stay.",
    set(status = "'CANCELLED'")
)]
pub struct BulkRequest {
    /// How far it has come.
    #[field(read_only)]
    pub status: BulkRequestStatus,
    /// Vehicles in all.
    #[field(read_only)]
    pub total_vehicles: i32,
    /// Vehicles that are in requests by now.
    #[field(read_only)]
    pub processed_vehicles: i32,
    /// Why it stopped, while it is FAILED.
    #[field(read_only)]
    pub error_message: Option<String>,
    /// Who made it; null when it was no user.
    #[belongs_to(read_only, inverse = "bulkRequests", doc = "Bulk requests that the user made.")]
    pub created_by: Option<Ref<User>>,
}

/// A vehicle of a bulk request that is in no request yet; gone as soon as it is in one.
#[entity(table = bulk_request_items, process = TRANSPORT_REQUESTS, no_create)]
pub struct BulkRequestItem {
    /// Its place among the vehicles of the call, from 1.
    #[field(read_only)]
    pub row_number: i32,
    /// Vehicle identification number, 17 capital letters and digits without I, O and Q.
    pub vin: String,
    /// Make, in words.
    pub make: Option<String>,
    /// Model, in words.
    pub model: Option<String>,
    /// Dealership where the vehicle comes from, by BUNO code, code or name.
    pub origin: Option<String>,
    /// Dealership where the vehicle goes, by BUNO code, code or name.
    pub destination: Option<String>,
    /// What else was said about the vehicle, a JSON object.
    #[field(no_filter)]
    pub payload: Option<serde_json::Value>,
    /// The bulk request.
    #[belongs_to(read_only, inverse = "items", doc = "Vehicles that are in no request yet.")]
    pub bulk_request: Ref<BulkRequest>,
}
