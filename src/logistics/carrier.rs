//! Carriers, and the names under which the systems of others know those who ask.

use entity::{Choice, entity};

/// A system of others in which requests are registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum ExternalSystem {
    /// The transport management system, which has vehicles carried.
    Tms,
    /// The service system, which has work done on vehicles.
    Slc,
}

/// A firm that carries vehicles.
#[entity(
    table = carriers,
    process = TRANSPORT_REQUESTS,
    create = LOGISTICS::WRITE,
    update = LOGISTICS::WRITE,
    delete = LOGISTICS::DELETE
)]
pub struct Carrier {
    /// Name of the firm.
    pub name: String,
    /// Code of the firm; unique in the business.
    pub code: Option<String>,
}

/// As whom TMS or SLC knows somebody who asks for something.
#[entity(
    table = external_clients,
    process = TRANSPORT_REQUESTS,
    create = LOGISTICS::WRITE,
    update = LOGISTICS::WRITE,
    delete = LOGISTICS::DELETE
)]
pub struct ExternalClient {
    /// The system.
    pub system: ExternalSystem,
    /// Code of the client there; unique in the business for each system.
    pub code: String,
    /// Name of the client.
    pub name: Option<String>,
}
