//! Calendar: when and where contacts are met.

mod appointment;
mod location;

use entity::Entity;
use entity::declare::EntityDecl;

pub use appointment::{Appointment, AppointmentStatus};
pub use location::Location;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![Appointment::decl(), Location::decl()]
}
