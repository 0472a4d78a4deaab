//! Ad hoc addresses: where vehicles go when it is no dealership.

use entity::entity;

/// A place that is no dealership: a workshop, somebody's home. Naming one takes `canUseAdHocAddress` in one's profile.
#[entity(table = ad_hoc_addresses, process = TRANSPORT_REQUESTS)]
pub struct AdHocAddress {
    /// Street and number.
    pub address: String,
    /// Province.
    pub province: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Who is there.
    pub contact_name: Option<String>,
    /// Phone of who is there, as it was written down.
    pub phone: Option<String>,
}
