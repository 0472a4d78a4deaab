//! Sales: deals over vehicles and properties.

mod sale;

use entity::Entity;
use entity::declare::EntityDecl;

pub use sale::Sale;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![Sale::decl()]
}
