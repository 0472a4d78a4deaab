//! Investments. What they returned follows from their prices.

use chrono::NaiveDate;
use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use super::FinancialProfile;
use crate::values::CurrencyCode;

/// What kind of investment it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum InvestmentType {
    /// Shares of a company.
    Stock,
    /// A loan to a company or a state.
    Bond,
    /// A fund.
    Fund,
    /// A fund that is traded like shares.
    Etf,
    /// A cryptocurrency.
    Crypto,
    /// A home, premises or land.
    RealEstate,
    /// Anything else.
    Other,
}

/// Something that a user has put money into. Only the user sees it.
#[entity(table = investments, process = FINANCE, soft_delete, include_deleted = DELETE, purge = DELETE)]
pub struct Investment {
    /// Name.
    pub name: String,
    /// What kind of investment it is.
    pub type_: InvestmentType,
    /// Symbol under which it is traded; null for none.
    pub symbol: Option<String>,
    /// How many pieces, greater than zero, with up to eight decimals.
    pub quantity: Decimal,
    /// What one piece cost, greater than zero, with up to eight decimals.
    pub purchase_price: Decimal,
    /// What one piece is worth, with up to eight decimals.
    pub current_price: Decimal,
    /// Currency of both prices; that of the profile when it is not given.
    #[field(default)]
    pub currency: CurrencyCode,
    /// Day on which it was bought.
    pub purchase_date: NaiveDate,
    /// What was gained, below zero when it was lost: the quantity times the difference of the prices, to the cent.
    #[field(read_only)]
    pub returns: Decimal,
    /// The same in percent of what was paid, with four decimals.
    #[field(read_only)]
    pub returns_percentage: Decimal,
    /// The profile that it belongs to.
    #[belongs_to(create_only, inverse = "investments", doc = "Investments.")]
    pub profile: Ref<FinancialProfile>,
}
