//! Logistics requests: vehicles to be moved, to be worked on, or both. The database gives them their codes and says where
//! they start; each move is written down and takes the lines along.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};

use super::{BillingAccount, BulkRequest, HstCode};
use crate::identity::User;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum LogisticsRequestType {
    /// Work on vehicles; each vehicle has a service.
    Service,
    /// Vehicles are moved; each vehicle has two ends.
    Transport,
    /// Both; each vehicle has a service and two ends.
    Mixed,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum LogisticsStatus {
    /// Waits to be taken up.
    Pending,
    /// Is being registered in the systems of those who do it.
    InProgress,
    /// Registered there.
    Registered,
    /// Could not be registered; it can be tried again or cancelled.
    Error,
    /// Called off. Final.
    Cancelled,
    /// Waits until somebody has validated it.
    PendingValidation,
    /// Was not validated. Final.
    ValidationCancelled,
    /// The systems were asked to cancel it and have not answered.
    PendingCancellation,
}

/// Vehicles to be moved, to be worked on, or both. You see those that you made, and those of which a vehicle is in your
/// scope, see LogisticsProfile.
#[entity(table = logistics_requests, process = TRANSPORT_REQUESTS, no_create, soft_delete)]
pub struct LogisticsRequest {
    /// Code, such as LR-000042: made by the server, in order, and never given twice in a business.
    #[field(read_only)]
    pub code: String,
    /// What is asked for.
    #[field(create_only)]
    pub type_: LogisticsRequestType,
    /// How far the request has come.
    #[field(read_only)]
    pub status: LogisticsStatus,
    /// When it became REGISTERED, CANCELLED or VALIDATION_CANCELLED, the last of them; null before that.
    #[field(read_only)]
    pub completed_at: Option<DateTime<Utc>>,
    /// Why TMS or SLC did not take it, while it is ERROR, or refused to cancel it, while it is REGISTERED; null when there
    /// is nothing to say.
    #[field(read_only)]
    pub error_message: Option<String>,
    /// Return authorization code (RAC).
    pub rac_code: Option<String>,
    /// Kind of shipping, a number of the transport system.
    pub transport_shipping_type: Option<i32>,
    /// Whether the vehicles go from one dealer to another (trasiego).
    #[field(default)]
    pub is_dealer_transfer: bool,
    /// What those who do it should know.
    pub comments: Option<String>,
    /// Who made it; null when it was no user.
    #[belongs_to(read_only, inverse = "logisticsRequests", doc = "Logistics requests that the user made.")]
    pub created_by: Option<Ref<User>>,
    /// The account to which it is charged: in use, of a fitting type, and one that you may name.
    #[belongs_to(inverse = "requests", doc = "Requests that are charged to the account.")]
    pub billing_account: Option<Ref<BillingAccount>>,
    /// The account to which its transports are charged, of type TMS or BOTH; null for the other one.
    #[belongs_to(inverse = "tmsRequests", doc = "Requests whose transports are charged to the account.")]
    pub tms_billing_account: Option<Ref<BillingAccount>>,
    /// For whom it is made, one that you may name; it decides whether services are allowed and transports validated.
    #[belongs_to(create_only, inverse = "requests", doc = "Requests that are made under the code.")]
    pub hst_code: Option<Ref<HstCode>>,
    /// The bulk request of which it is a block; null for a request of its own.
    #[belongs_to(
        read_only,
        inverse = "requests",
        doc = "Requests that were made of it so far, a block of up to 50 vehicles each."
    )]
    pub bulk_request: Option<Ref<BulkRequest>>,
}
