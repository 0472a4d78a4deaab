//! HST codes: for whom vehicles are managed, and what may be asked for in that name.

use entity::entity;

use crate::identity::UserGroup;

/// Code of a dealer, or of somebody who manages vehicles for dealers.
#[entity(
    table = hst_codes,
    process = TRANSPORT_REQUESTS,
    create = LOGISTICS::WRITE,
    update = LOGISTICS::WRITE,
    delete = LOGISTICS::DELETE,
    include_deleted = LOGISTICS::ADMIN,
    soft_delete
)]
pub struct HstCode {
    /// Name behind the code.
    pub name: Option<String>,
    /// The code; unique in the business.
    pub code: String,
    /// Whether vehicles of the code may be handed over to another dealer.
    #[field(default)]
    pub allows_transfer: bool,
    /// Zone, in the words of the business.
    pub zone: Option<String>,
    /// Channel, in the words of the business.
    pub channel: Option<String>,
    /// Whether no services can be asked for: requests of type SERVICE and MIXED are refused.
    #[field(default)]
    pub blocks_services: bool,
    /// Whether transports wait until somebody has validated them (KOVP2): requests of type TRANSPORT and MIXED start in
    /// PENDING_VALIDATION.
    #[field(default)]
    pub requires_transport_validation: bool,
    /// Whether two own the vehicles of the code.
    #[field(default)]
    pub dual_ownership: bool,
    /// What the transport system (TMS) calls the address.
    pub tms_address_id: Option<String>,
    /// Groups of users whose members may name the code.
    #[link(
        through = user_group_hst_codes,
        here = hst_code_id,
        there = group_id,
        inverse = "hstCodes",
        doc = "HST codes that each member of the group may name, besides the member's own list.",
        add = "addHstCodeUserGroup",
        remove = "removeHstCodeUserGroup",
        right = USERS::MANAGE_USERS
    )]
    pub user_groups: Many<UserGroup>,
}
