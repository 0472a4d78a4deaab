//! Market analyses: what the market says about a property. Asked for first, completed later.

use chrono::{DateTime, Utc};
use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use super::Property;
use crate::assistants::AiRequest;
use crate::values::CurrencyCode;

/// How the price asked compares with the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum MarketPosition {
    /// Higher than for comparable properties.
    Above,
    /// As for comparable properties.
    At,
    /// Lower than for comparable properties.
    Below,
}

impl MarketPosition {
    /// As it stands in the database.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Above => "ABOVE",
            Self::At => "AT",
            Self::Below => "BELOW",
        }
    }
}

/// What the market says about a property. Its results are null until it is completed: by the service itself after
/// `requestMarketAnalysis`, or by hand.
#[entity(table = market_analyses, process = PROPERTIES)]
#[action(
    mutation = "completeMarketAnalysis",
    doc = "Writes the results of a market analysis.",
    set(completed_at = "now()"),
    inputs(suggested_price, market_position, confidence, comps, recommendations)
)]
pub struct MarketAnalysis {
    /// Price the property should fetch.
    #[field(read_only)]
    pub suggested_price: Option<Decimal>,
    /// Currency of the price; that of the business when it is not given.
    #[field(default)]
    pub currency: CurrencyCode,
    /// How the price asked compares with the market.
    #[field(read_only)]
    pub market_position: Option<MarketPosition>,
    /// How sure the result is, from 0 to 1.
    #[field(read_only)]
    pub confidence: Option<Decimal>,
    /// Comparable properties, a JSON array. When the service completed it, each has propertyId, title, price, sizeSqft,
    /// bedrooms, bathrooms, sold, and likeness from 0 to 1.
    #[field(read_only, no_filter)]
    pub comps: Option<serde_json::Value>,
    /// What to do, in words.
    #[field(read_only)]
    pub recommendations: Option<String>,
    /// When the results were written; null until then.
    #[field(read_only)]
    pub completed_at: Option<DateTime<Utc>>,
    /// The property.
    #[belongs_to(create_only, inverse = "marketAnalyses", doc = "What the market says about the property.")]
    pub property: Ref<Property>,
    /// By what it was asked for; only whoever asked sees it. Null when somebody wrote the analysis down.
    #[belongs_to(
        read_only,
        one,
        inverse = "marketAnalysis",
        doc = "Of the source CMA, the analysis that was asked for; null for others."
    )]
    pub ai_request: Option<Ref<AiRequest>>,
}
