//! When and how a connection is synchronized.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};
use serde_json::Value;

use super::Integration;

/// Which way things go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum SyncDirection {
    /// From the other system to here.
    Pull,
    /// From here to the other system.
    Push,
    /// First from there, then to there.
    Both,
}

/// When and how a connection is synchronized. What is exchanged are contacts.
#[entity(
    table = integration_sync_settings,
    process = ACCOUNT,
    child_only,
    plural = "integrationSyncSettings",
    prefix = "integration_sync_settings"
)]
pub struct IntegrationSyncSettings {
    /// Whether it is synchronized at all.
    #[field(default)]
    pub is_enabled: bool,
    /// Which way things go.
    #[field(default)]
    pub direction: SyncDirection,
    /// Minutes from one sync to the next, 5 to 43200 (30 days).
    #[field(default)]
    pub interval_minutes: i32,
    /// What the fields of a contact are called in the other system, as `{ "email": "email_address" }`: of `firstName`,
    /// `lastName`, `displayName`, `email`, `phone`, `address`. A field that is not named has the same name there; null for
    /// all of them.
    pub field_mapping: Option<Value>,
    /// How far the last sync came. Take it away (null) to begin at the beginning again.
    pub cursor: Option<String>,
    /// When the next sync begins; null while it is switched off.
    #[field(read_only)]
    pub next_sync_at: Option<DateTime<Utc>>,
    /// Of which connection.
    #[belongs_to(create_only, one, inverse = "syncSettings", doc = "When and how it is synchronized; null for never.")]
    pub integration: Ref<Integration>,
}
