//! Properties: homes and premises for sale or rent, and what hangs on them.

mod market_analysis;
mod media;
mod property;
mod property_interest;

use entity::Entity;
use entity::declare::EntityDecl;

pub use market_analysis::MarketAnalysis;
pub use media::Media;
pub use property::Property;
pub use property_interest::PropertyInterest;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![Property::decl(), Media::decl(), MarketAnalysis::decl(), PropertyInterest::decl()]
}
