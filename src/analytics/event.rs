//! Events: what was measured. The database writes some of them by itself.

use chrono::{DateTime, Utc};
use entity::{AnyId, Ref, entity};
use rust_decimal::Decimal;

use crate::identity::User;

/// Something that was measured, once: a property that was looked at, an answer to a survey. Events are never changed; the
/// months of three years are kept.
#[entity(table = analytics_events, process = ANALYTICS, append_only, order_by(occurred_at = desc))]
pub struct AnalyticsEvent {
    /// The type of what was measured, as the API names it, for instance Property.
    pub entity_type: String,
    /// What of this type was measured; null for all of it.
    pub entity_id: Option<AnyId>,
    /// What was measured, in capital letters. Of a Property: VIEW (see `recordPropertyView`), INQUIRY for each contact who
    /// becomes interested, UNLISTED and LISTED when it is sold or rented and when it is on offer again; others as the
    /// business likes.
    pub metric_type: String,
    /// The measured number; null for a text. An event has exactly one of the two.
    pub value: Option<Decimal>,
    /// The measured text, at most 500 characters; null for a number.
    pub text_value: Option<String>,
    /// When it was so; now when it is not given.
    #[field(default)]
    pub occurred_at: DateTime<Utc>,
    /// Whom it was measured of, or who measured it; the signed-in user when it is not given, null for nobody.
    #[belongs_to(create_only, inverse = "analyticsEvents", doc = "What was measured of the user, or by the user.")]
    pub user: Option<Ref<User>>,
}
