//! Audit: who did what is sensitive. The database writes it down; here it is read.

mod audit_log;
mod months;

use entity::Entity;
use entity::declare::EntityDecl;

use crate::work::{Tenancy, Worker};

pub use audit_log::{ACTIONS, AuditLog};

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![AuditLog::decl()]
}

/// The background workers of this domain.
#[must_use]
pub fn workers(tenancy: &Tenancy) -> Vec<Box<dyn Worker>> {
    vec![Box::new(months::Months(tenancy.clone()))]
}
