//! Tenants: the businesses that share one gateway and see nothing of each other.

use chrono::{DateTime, Utc};
use entity::{Choice, entity};

use crate::values::{CurrencyCode, Email};

/// How far a tenant may use the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum TenantStatus {
    /// Trying it out.
    Trial,
    /// In use.
    Active,
    /// Closed for now: nobody can sign in.
    Suspended,
    /// Closed for good.
    Closed,
}

/// A business that uses Mostrador. Everything else belongs to exactly one tenant. Those who run the platform see all
/// businesses; everybody else sees their own.
#[entity(table = tenants, process = SETTINGS, read = ACCOUNT::READ, global, no_create, no_delete)]
pub struct Tenant {
    /// Name of the business.
    pub name: String,
    /// E-mail address of the business itself.
    pub email: Email,
    /// How far the business may use the system.
    #[field(read_only)]
    pub status: TenantStatus,
    /// When the business was closed; null while it is not. After the time that this installation keeps closed businesses,
    /// 90 days when nothing else is set, all it had is removed for good.
    #[field(read_only)]
    pub closed_at: Option<DateTime<Utc>>,
    /// Short name for signing in, unique in the whole system.
    #[field(read_only)]
    pub slug: String,
    /// Currency of amounts that name none.
    pub default_currency: CurrencyCode,
    /// IANA time zone in which the business counts its days, for instance Europe/Madrid.
    pub timezone: String,
    /// Whether this is the tenant of the people who run the platform.
    #[field(read_only)]
    pub is_platform: bool,
}
