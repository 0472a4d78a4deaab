//! Permissions: what a role can be given. A built-in catalogue, the same for all businesses.

use entity::access::Action;
use entity::{Ref, entity};

use super::Process;

/// An action on a process, which a role can be given.
#[entity(table = permissions, process = ROLES, global, no_create, no_update, no_delete)]
pub struct Permission {
    /// Stable name, for instance contacts.read.
    pub name: String,
    /// What may be done.
    pub action: Action,
    /// Short form of the action, for tables; null for none.
    pub abbreviation: Option<String>,
    /// What the permission allows.
    pub description: Option<String>,
    /// Code of the process, for instance CONTACTS.
    #[field(sql = "select code from processes where processes.id = {t}.process_id")]
    pub resource: String,
    /// What it may be done with.
    #[belongs_to(inverse = "permissions", doc = "One permission for each action.")]
    pub process: Ref<Process>,
}
