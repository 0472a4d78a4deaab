//! Audit: who did what is sensitive. The database writes it down; here it is read.

mod audit_log;

use entity::Entity;
use entity::declare::EntityDecl;

pub use audit_log::{ACTIONS, AuditLog};

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![AuditLog::decl()]
}
