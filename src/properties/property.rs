//! Properties: homes and premises for sale or rent. Sales move them, too.

use entity::{Choice, Ref, entity};
use rust_decimal::Decimal;

use crate::identity::User;
use crate::values::CurrencyCode;

/// What kind of property it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum PropertyType {
    /// A house on its own.
    House,
    /// A flat.
    Apartment,
    /// A flat in a building with shared services.
    Condo,
    /// A house in a row.
    Townhouse,
    /// Land to build on or to farm.
    Land,
    /// A shop or other business premises.
    Commercial,
    /// An office.
    Office,
    /// Anything else.
    Other,
}

/// Where a property stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum PropertyStatus {
    /// On offer.
    Active,
    /// Held for an open sale.
    UnderOffer,
    /// Sold.
    Sold,
    /// Rented out.
    Rented,
}

/// A home or other property for sale or rent.
#[entity(
    table = properties,
    process = PROPERTIES,
    soft_delete,
    writable = "app.may_write_record('PROPERTY', {t}.id, {t}.owner_id)"
)]
pub struct Property {
    /// Headline of the advertisement.
    #[field(folded)]
    pub title: String,
    /// Street, number and what else finds it.
    pub address: Option<String>,
    /// Town or quarter, as people search for it.
    pub location: Option<String>,
    /// What kind of property it is.
    pub property_type: PropertyType,
    /// Number of bedrooms; null when not known or without meaning.
    pub bedrooms: Option<i32>,
    /// Number of bathrooms; null when not known or without meaning.
    pub bathrooms: Option<i32>,
    /// Size in square feet.
    pub size_sqft: Option<i32>,
    /// Price asked; of a property for rent the rent of a month.
    pub price: Decimal,
    /// Currency of the price; that of the business when it is not given.
    #[field(default)]
    pub currency: CurrencyCode,
    /// Where the property stands; sales move it, too.
    #[field(transition = "changePropertyStatus")]
    pub status: PropertyStatus,
    /// The user who looks after it, not its proprietor; null when nobody does.
    #[belongs_to(inverse = "properties", doc = "Properties that the user looks after.")]
    pub owner: Option<Ref<User>>,
}
