//! Inventory: vehicles, their catalogues, and what happened to them.

mod brand;
mod engine_type;
mod inventory_movement;
mod vehicle;

use entity::Entity;
use entity::declare::EntityDecl;

pub use brand::Brand;
pub use engine_type::EngineType;
pub use inventory_movement::InventoryMovement;
pub use vehicle::Vehicle;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![Vehicle::decl(), Brand::decl(), EngineType::decl(), InventoryMovement::decl()]
}
