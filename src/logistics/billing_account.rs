//! Billing accounts: to which services and transports are charged.

use entity::{Choice, entity};

use crate::identity::UserGroup;

/// The system whose work is charged to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum BillingAccountType {
    /// The transport system: transports.
    Tms,
    /// The service system: services.
    Slc,
    /// Transports and services.
    Both,
}

/// An account to which services and transports are charged.
#[entity(
    table = billing_accounts,
    process = TRANSPORT_REQUESTS,
    create = LOGISTICS::WRITE,
    update = LOGISTICS::WRITE,
    delete = LOGISTICS::DELETE,
    include_deleted = LOGISTICS::ADMIN,
    soft_delete
)]
pub struct BillingAccount {
    /// Name of the account.
    pub name: String,
    /// Code of the account; unique in the business.
    pub code: Option<String>,
    /// Whether requests may be charged to it; those that are stay.
    #[field(default)]
    pub is_active: bool,
    /// What is charged to it.
    pub type_: BillingAccountType,
    /// A second account behind it, in the words of the business.
    pub secondary_account: Option<String>,
    /// Groups of users whose members may name the account.
    #[link(
        through = user_group_billing_accounts,
        here = billing_account_id,
        there = group_id,
        inverse = "billingAccounts",
        doc = "Billing accounts that each member of the group may name, besides the member's own list.",
        add = "addBillingAccountUserGroup",
        remove = "removeBillingAccountUserGroup",
        right = USERS::MANAGE_USERS
    )]
    pub user_groups: Many<UserGroup>,
}
