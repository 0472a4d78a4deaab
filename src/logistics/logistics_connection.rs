//! Connections: how the TMS and the SLC of a business are reached. Making one, and its secret, is in
//! `connection_secret.rs`; what is called there in `src/logistics_systems`.

use chrono::{DateTime, Utc};
use entity::entity;

use super::ExternalSystem;

/// How TMS or SLC is reached. While both systems that a request goes to are connected, requests that are PENDING are
/// registered there by themselves, and cancelled ones cancelled. Without a connection somebody does that by hand.
#[entity(table = logistics_connections, process = INTEGRATIONS, no_create, update = ADMIN, delete = ADMIN)]
pub struct LogisticsConnection {
    /// The system; there is one connection for each.
    #[field(read_only)]
    pub system: ExternalSystem,
    /// Where it lives: https, and on this machine also http. Paths are appended.
    pub base_url: String,
    /// As whom we introduce ourselves, in the header Mostrador-Key; null when the system does not ask.
    pub key_id: Option<String>,
    /// Since when calls are signed with the present secret.
    #[field(read_only)]
    pub secret_set_at: DateTime<Utc>,
    /// Whether it is used.
    pub is_active: bool,
}
