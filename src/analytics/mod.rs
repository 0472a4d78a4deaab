//! Figures about the business: what is measured, and the roll-ups that dashboards show.
//!
//! What a figure counts stands in one place, `app.dashboard_figures`. Triggers note which days have changed; a worker
//! counts those again, tenant by tenant.

mod dashboard;
mod dashboard_metric;
mod event;
mod figures;
mod property_performance;
mod record_property_view;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

use crate::work::{Tenancy, Worker};

pub use dashboard_metric::DashboardMetric;
pub use event::AnalyticsEvent;
pub use figures::Figures;
pub use property_performance::PropertyPerformance;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![AnalyticsEvent::decl(), DashboardMetric::decl(), PropertyPerformance::decl()]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&record_property_view::RECORD_PROPERTY_VIEW]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![&dashboard::DASHBOARD_QUERY]
}

/// The background workers of this domain.
#[must_use]
pub fn workers(tenancy: &Tenancy) -> Vec<Box<dyn Worker>> {
    vec![Box::new(Figures::new(tenancy))]
}
