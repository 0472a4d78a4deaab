//! CRM: the people and companies a business talks to, its leads and tasks.

mod contact;
mod contact_status;

use entity::Entity;
use entity::declare::EntityDecl;

pub use contact::Contact;
pub use contact_status::{ContactStatus, ContactStatusChange};

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![Contact::decl(), ContactStatus::decl(), ContactStatusChange::decl()]
}
