//! Figures of dashboards: one for each day, metric and dimension.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{Choice, entity};
use rust_decimal::Decimal;

/// What a figure counts. Days are those of the business's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum DashboardMetricKind {
    /// Sales that were signed on the day, whether handed over or not.
    SalesCount,
    /// What these were sold for; the dimension is the currency. Currencies are never added.
    SalesAmount,
    /// Leads that came on the day; the dimension is the status that they have now.
    LeadsByStatus,
    /// Conversations that began on the day and are open or pending now; the dimension is the channel.
    ConversationsOpen,
    /// Appointments on the day; the dimension is their status.
    AppointmentsByStatus,
    /// Batches of campaigns planned for the day; the dimension is their status.
    CampaignBatches,
    /// How often properties were looked at on the day.
    PropertyViews,
}

/// A figure of a day. It is counted again some seconds after something has changed it.
#[entity(
    table = dashboard_metrics, process = ANALYTICS, no_create, no_update, no_delete, order_by(day = desc)
)]
pub struct DashboardMetric {
    /// What it counts.
    #[field(read_only)]
    pub metric: DashboardMetricKind,
    /// The day, in the time zone of the business.
    #[field(read_only)]
    pub day: NaiveDate,
    /// What the metric is broken down by: a status, a channel, a currency; null for nothing.
    #[field(read_only)]
    pub dimension: Option<String>,
    /// The figure.
    #[field(read_only)]
    pub value: Decimal,
    /// When it was counted last.
    #[field(read_only)]
    pub refreshed_at: DateTime<Utc>,
}
