//! Engine types: the catalogue of drives, as logistics codes them.

use entity::entity;

/// A kind of drive, as logistics codes it.
#[entity(table = engine_types, process = INVENTORY, soft_delete)]
pub struct EngineType {
    /// Code; unique in the business.
    pub code: String,
    /// What it is.
    pub description: Option<String>,
    /// The description in the other language.
    pub translation: Option<String>,
    /// Whether the row was deleted.
    #[field(sql = "{t}.deleted_at is not null", no_order)]
    pub is_deleted: bool,
}
