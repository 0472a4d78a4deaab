//! Brands: the catalogue of makers.

use entity::entity;

/// A maker of vehicles.
#[entity(table = brands, process = INVENTORY)]
pub struct Brand {
    /// Name; unique in the business, whatever its case.
    pub name: String,
}
