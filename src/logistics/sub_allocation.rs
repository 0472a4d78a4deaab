//! Sub-allocations: a vehicle that is set aside for an HST code.

use chrono::{DateTime, Utc};
use entity::{Ref, entity};

use super::{HstCode, LogisticsRequest, LogisticsStatus};
use crate::identity::User;

/// A vehicle that is set aside for an HST code. You see your own, and those for codes that you may name.
#[entity(table = sub_allocations, process = DEALER_TRANSFERS, no_create, order_by(allocated_at = desc))]
pub struct SubAllocation {
    /// Vehicle identification number, 17 capital letters and digits without I, O and Q.
    #[field(create_only)]
    pub vin: String,
    /// How far it has come. With a request, it moves with the request.
    #[field(transition = "changeSubAllocationStatus")]
    pub status: LogisticsStatus,
    /// When it was set aside; now when it is not given.
    #[field(default)]
    pub allocated_at: DateTime<Utc>,
    /// For whom.
    #[belongs_to(create_only, required, inverse = "subAllocations", doc = "Vehicles that are set aside for the code.")]
    pub hst_code: Option<Ref<HstCode>>,
    /// Who noted it; null when it was no user.
    #[belongs_to(read_only, inverse = "subAllocations", doc = "Sub-allocations that the user noted.")]
    pub user: Option<Ref<User>>,
    /// The request that moves the vehicle; null for none.
    #[belongs_to(inverse = "subAllocations", doc = "Sub-allocations for which the request moves vehicles.")]
    pub request: Option<Ref<LogisticsRequest>>,
}
