//! Logistics profiles: what a user may ask for and see. The policies of requests and lines read them.

use entity::{Ref, entity};

use super::{BillingAccount, Carrier, Dealership, ExternalClient, HstCode, ServiceType};
use crate::identity::User;
use crate::inventory::Brand;

/// What a user of logistics may ask for and see, besides what the user asked for. A vehicle of a request is seen when its
/// dealership of origin or destination, its brand and its service are in scope, each by a flag, by a list of the profile
/// or by one of the user's group; a request is seen when one of its vehicles is. An empty list lets nothing through.
/// Without a profile a user sees only what is the user's own.
#[entity(
    table = logistics_profiles,
    process = LOGISTICS,
    create = USERS::MANAGE_USERS,
    update = USERS::MANAGE_USERS,
    delete = USERS::MANAGE_USERS
)]
pub struct LogisticsProfile {
    /// Whether all dealerships are in scope, also vehicles without one.
    #[field(default)]
    pub all_dealerships: bool,
    /// Whether all brands are in scope, also vehicles whose brand is not known.
    #[field(default)]
    pub all_brands: bool,
    /// Whether all services are in scope, also vehicles that are only moved.
    #[field(default)]
    pub all_service_types: bool,
    /// Group of the user in the source system, in its words.
    pub group_name: Option<String>,
    /// Part of that group.
    pub subgroup_name: Option<String>,
    /// What a third system calls the user.
    #[field(name = "externalId3")]
    pub external_id_3: Option<String>,
    /// What the broker's system calls the user.
    pub broker_id: Option<String>,
    /// Whether the user may have vehicles moved from and to places that are no dealership.
    #[field(default)]
    pub can_use_ad_hoc_address: bool,
    /// Whose profile it is; a user has one at most.
    #[belongs_to(
        create_only,
        one,
        inverse = "logisticsProfile",
        doc = "What the user may ask for and see in logistics; null for the user's own alone."
    )]
    pub user: Ref<User>,
    /// The carrier for which the user works; null for none.
    #[belongs_to(inverse = "profiles", doc = "Profiles of users who work for the carrier.")]
    pub carrier: Option<Ref<Carrier>>,
    /// Dealerships in scope.
    #[link(
        through = logistics_profile_dealerships,
        here = profile_id,
        there = dealership_id,
        inverse = "profiles",
        doc = "Profiles that have the dealership in their list.",
        add = "addLogisticsProfileDealership",
        remove = "removeLogisticsProfileDealership",
        right = USERS::MANAGE_USERS
    )]
    pub dealerships: Many<Dealership>,
    /// Brands in scope.
    #[link(
        through = logistics_profile_brands,
        here = profile_id,
        there = brand_id,
        inverse = "profiles",
        doc = "Profiles that have the brand in their list.",
        add = "addLogisticsProfileBrand",
        remove = "removeLogisticsProfileBrand",
        right = USERS::MANAGE_USERS
    )]
    pub brands: Many<Brand>,
    /// Services in scope: only these may be asked for.
    #[link(
        through = logistics_profile_service_types,
        here = profile_id,
        there = service_type_id,
        inverse = "profiles",
        doc = "Profiles that have the service in their list.",
        add = "addLogisticsProfileServiceType",
        remove = "removeLogisticsProfileServiceType",
        right = USERS::MANAGE_USERS
    )]
    pub service_types: Many<ServiceType>,
    /// Clients of TMS and SLC in whose name the user may ask.
    #[link(
        through = logistics_profile_external_clients,
        here = profile_id,
        there = external_client_id,
        inverse = "profiles",
        doc = "Profiles of users who may ask in the name of the client.",
        add = "addLogisticsProfileExternalClient",
        remove = "removeLogisticsProfileExternalClient",
        right = USERS::MANAGE_USERS
    )]
    pub external_clients: Many<ExternalClient>,
    /// Billing accounts that the user may name.
    #[link(
        through = logistics_profile_billing_accounts,
        here = profile_id,
        there = billing_account_id,
        inverse = "profiles",
        doc = "Profiles of users who may name the account.",
        add = "addLogisticsProfileBillingAccount",
        remove = "removeLogisticsProfileBillingAccount",
        right = USERS::MANAGE_USERS
    )]
    pub billing_accounts: Many<BillingAccount>,
    /// HST codes that the user may name.
    #[link(
        through = logistics_profile_hst_codes,
        here = profile_id,
        there = hst_code_id,
        inverse = "profiles",
        doc = "Profiles of users who may name the code.",
        add = "addLogisticsProfileHstCode",
        remove = "removeLogisticsProfileHstCode",
        right = USERS::MANAGE_USERS
    )]
    pub hst_codes: Many<HstCode>,
}
