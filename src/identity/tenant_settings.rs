//! Settings of a tenant: which channels are on, and a few numbers.

use entity::{Ref, entity};

use super::Tenant;
use crate::values::PhoneNumber;

/// Settings of a business. Every tenant has exactly one.
#[entity(table = tenant_settings, process = SETTINGS, child_only, no_create, no_delete)]
pub struct TenantSettings {
    /// Whether WhatsApp may be used.
    pub whatsapp_enabled: bool,
    /// URL that outgoing WhatsApp messages are posted to; https only.
    pub whatsapp_webhook: Option<String>,
    /// Whether phone calls may be used.
    pub calls_enabled: bool,
    /// URL that call requests are posted to; https only.
    pub calls_webhook: Option<String>,
    /// Number that calls come from, in E.164 form.
    pub calls_phone_number: Option<PhoneNumber>,
    /// Whether appointments may be used.
    pub appointments_enabled: bool,
    /// URL that appointment changes are posted to; https only.
    pub appointments_webhook: Option<String>,
    /// Contacts in one batch of a campaign.
    pub campaign_batch_size: i32,
    /// Days after which a password must be changed; null for never.
    pub password_max_age_days: Option<i32>,
    /// Days for which usage records are kept.
    pub usage_retention_days: i32,
    /// Whether agents and clients see only what is theirs or shared with them.
    pub record_sharing: bool,
    /// Minutes within which the staff answers a ticket of priority LOW, 1 to 525600 (a year).
    pub ticket_answer_minutes_low: i32,
    /// Minutes within which the staff answers a ticket of priority NORMAL, 1 to 525600 (a year).
    pub ticket_answer_minutes_normal: i32,
    /// Minutes within which the staff answers a ticket of priority HIGH, 1 to 525600 (a year); later it is escalated.
    pub ticket_answer_minutes_high: i32,
    /// Minutes within which the staff answers a ticket of priority URGENT, 1 to 525600 (a year); later it is escalated.
    pub ticket_answer_minutes_urgent: i32,
    /// The business.
    #[belongs_to(read_only, one, inverse = "settings", doc = "Settings of the business.")]
    pub tenant: Ref<Tenant>,
}
