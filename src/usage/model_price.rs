//! What language models cost.

use entity::entity;
use rust_decimal::Decimal;

/// What a language model costs. Calls are priced when they are made: a change holds for later ones. Calls of a model
/// without a price cost nothing.
#[entity(table = model_prices, process = USAGE, create = ADMIN, update = ADMIN, delete = ADMIN)]
pub struct ModelPrice {
    /// Name of the model, as its service calls it; unique in the business.
    pub model: String,
    /// Price of a million tokens that it reads, in US dollars.
    pub input_price: Decimal,
    /// Price of a million tokens that it writes, in US dollars.
    pub output_price: Decimal,
}
