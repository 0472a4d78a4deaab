//! What a user used in a month and may use, and the alerts that come before the limit.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use crate::identity::User;

/// What a user used in a month (of UTC), and may use. You see your own; those who administer users see all. Stays when
/// the calls that it sums up are not kept any more.
#[entity(table = monthly_usage, process = USAGE, plural = "monthlyUsages", no_create, no_update, no_delete)]
pub struct MonthlyUsage {
    /// Year, for instance 2026.
    pub year: i32,
    /// Month, from 1 to 12.
    pub month: i32,
    /// How many times a language model was asked.
    pub total_messages: i32,
    /// Tokens read and written.
    pub total_tokens: i64,
    /// What it cost, in US dollars.
    pub total_cost: Decimal,
    /// The same by agent, under its slug: `{"sales": {"messages": 3, "tokens": 812}}`.
    #[field(no_filter, no_order)]
    pub agent_usage: serde_json::Value,
    /// How many times a language model may be asked; null for no limit. A new month begins with that of the last one.
    pub limit_messages: Option<i32>,
    /// How many tokens may be used; null for no limit. A new month begins with that of the last one.
    pub limit_tokens: Option<i64>,
    /// Whether a limit is reached: until the next month, whoever asks a language model for this user gets QUOTA_EXCEEDED.
    pub exceeded_limit: bool,
    /// Whose it is.
    #[belongs_to(inverse = "monthlyUsage", doc = "What the user used, month by month, as far as you see it.")]
    pub user: Ref<User>,
}

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum UsageAlertType {
    /// Questions to language models in the month.
    Messages,
    /// Their tokens in the month.
    Tokens,
    /// Files that are kept.
    Storage,
}

/// That a user has come near a limit, once for each threshold and month. You see your own; those who administer users
/// see all.
#[entity(table = usage_alerts, process = USAGE, no_create, no_update, no_delete)]
pub struct UsageAlert {
    /// Which limit.
    pub type_: UsageAlertType,
    /// How much of it is used up, in percent: 80, 90 or 100.
    pub threshold: i32,
    /// Whether it has gone off.
    pub triggered: bool,
    /// Year of the month.
    pub year: i32,
    /// Month, from 1 to 12.
    pub month: i32,
    /// When it went off; null when it has not.
    pub triggered_at: Option<DateTime<Utc>>,
    /// Whose limit.
    #[belongs_to(inverse = "usageAlerts", doc = "Limits that the user has come near, as far as you see them.")]
    pub user: Ref<User>,
}
