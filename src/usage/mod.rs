//! What was used of the plan: logs, monthly sums, limits and alerts.

mod log_call;
mod model_price;
mod monthly_usage;
mod set_usage_limits;
mod usage_log;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};
use entity::roots::MadeQuery;

pub use log_call::Call;
pub use model_price::ModelPrice;
pub use monthly_usage::{MonthlyUsage, UsageAlert, UsageAlertType};
pub use usage_log::UsageLog;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![UsageLog::decl(), MonthlyUsage::decl(), UsageAlert::decl(), ModelPrice::decl()]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&set_usage_limits::SET_USAGE_LIMITS]
}

/// The queries of this domain that are more than rows of an entity.
pub fn queries() -> Vec<&'static MadeQuery> {
    vec![]
}
