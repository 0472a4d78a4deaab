//! Properties: homes and premises for sale or rent, and what hangs on them.

mod analyse_market;
mod market_analysis;
mod market_appraisal;
mod media;
mod property;
mod property_interest;
mod request_market_analysis;

use std::sync::Arc;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};

pub use market_analysis::{MarketAnalysis, MarketPosition};
pub use media::Media;
pub use property::Property;
pub use property_interest::PropertyInterest;

use crate::jobs::JobKind;
use crate::models::ChatModel;
use crate::work::Tenancy;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![Property::decl(), Media::decl(), MarketAnalysis::decl(), PropertyInterest::decl()]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&request_market_analysis::REQUEST_MARKET_ANALYSIS]
}

/// The kinds of jobs of this domain.
#[must_use]
pub fn job_kinds(tenancy: &Tenancy, model: &Arc<dyn ChatModel>) -> Vec<Arc<dyn JobKind>> {
    vec![Arc::new(analyse_market::AnalyseMarket { tenancy: tenancy.clone(), model: Arc::clone(model) })]
}
