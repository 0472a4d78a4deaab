//! Dealerships: between which vehicles are moved. Who may see what follows from lists of them.

use entity::{Ref, entity};

use super::BillingAccount;
use crate::identity::UserGroup;

/// A dealer between whose places vehicles are moved.
#[entity(
    table = dealerships,
    process = TRANSPORT_REQUESTS,
    create = LOGISTICS::WRITE,
    update = LOGISTICS::WRITE,
    delete = LOGISTICS::DELETE,
    include_deleted = LOGISTICS::ADMIN,
    soft_delete
)]
pub struct Dealership {
    /// Name of the dealer.
    pub name: String,
    /// Whether vehicles are moved from and to it at present.
    #[field(default)]
    pub is_active: bool,
    /// Code by which the maker knows the dealer (BUNO); unique in the business.
    pub buno_code: Option<String>,
    /// Kind of dealer, in the words of the business.
    pub type_: Option<String>,
    /// Code of the dealer in the business.
    pub code: Option<String>,
    /// Channel over which it sells, in the words of the business.
    pub channel: Option<String>,
    /// The yard in which its vehicles stand.
    pub compound: Option<String>,
    /// Address, in one text.
    pub full_address: Option<String>,
    /// What the transport system (TMS) calls the address.
    pub tms_address_id: Option<String>,
    /// What the service system (SLC) calls the address.
    pub slc_address_id: Option<String>,
    /// The account to which its requests are charged as a rule; null for none.
    #[belongs_to(inverse = "dealerships", doc = "Dealerships whose requests are charged to the account as a rule.")]
    pub billing_account: Option<Ref<BillingAccount>>,
    /// Groups of users whose members have the dealership in scope.
    #[link(
        through = user_group_dealerships,
        here = dealership_id,
        there = group_id,
        inverse = "dealerships",
        doc = "Dealerships that each member of the group has in scope, besides the member's own list.",
        add = "addDealershipUserGroup",
        remove = "removeDealershipUserGroup",
        right = USERS::MANAGE_USERS
    )]
    pub user_groups: Many<UserGroup>,
}
