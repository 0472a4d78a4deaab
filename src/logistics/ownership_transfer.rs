//! Ownership transfers: a vehicle that one dealer hands over to another.

use chrono::{DateTime, Utc};
use entity::{Ref, entity};

use super::{Dealership, LogisticsRequest, LogisticsStatus};
use crate::identity::User;

/// A vehicle that one dealer hands over to another. You see your own, and those from and to dealerships in your scope.
#[entity(table = ownership_transfers, process = DEALER_TRANSFERS, no_create, order_by(requested_at = desc))]
pub struct OwnershipTransfer {
    /// Vehicle identification number, 17 capital letters and digits without I, O and Q.
    #[field(create_only)]
    pub vin: String,
    /// HST code of the dealer; one that allows transfers.
    #[field(create_only, required)]
    pub dealer_code: Option<String>,
    /// Who asked for it, in words.
    pub requester_name: Option<String>,
    /// When it was asked for; now when it is not given.
    #[field(default)]
    pub requested_at: DateTime<Utc>,
    /// How far it has come. With a request, it moves with the request.
    #[field(transition = "changeOwnershipTransferStatus")]
    pub status: LogisticsStatus,
    /// The yard in which the vehicle stands.
    pub compound: Option<String>,
    /// The dealer who hands it over.
    #[belongs_to(
        create_only,
        required,
        inverse = "outgoingTransfers",
        doc = "Vehicles that the dealership hands over to others."
    )]
    pub origin_dealership: Option<Ref<Dealership>>,
    /// The dealer who gets it.
    #[belongs_to(
        create_only,
        required,
        inverse = "incomingTransfers",
        doc = "Vehicles that the dealership gets from others."
    )]
    pub destination_dealership: Option<Ref<Dealership>>,
    /// Who noted it; null when it was no user.
    #[belongs_to(read_only, inverse = "ownershipTransfers", doc = "Ownership transfers that the user noted.")]
    pub user: Option<Ref<User>>,
    /// The request that moves the vehicle; null for none.
    #[belongs_to(inverse = "ownershipTransfers", doc = "Ownership transfers for which the request moves vehicles.")]
    pub request: Option<Ref<LogisticsRequest>>,
}
