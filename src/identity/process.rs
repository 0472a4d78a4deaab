//! Processes: the protected parts of the system. A built-in catalogue, the same for all businesses.

use entity::{Ref, entity};

/// A part of the system that rights are given for, for instance the contacts. A right on a process covers its children.
#[entity(table = processes, process = ROLES, global, no_create, no_update, no_delete)]
pub struct Process {
    /// Name as people see it.
    pub name: String,
    /// Stable name for programs, for instance CONTACTS.
    pub code: String,
    /// Where a client shows it, for instance /crm/contacts; null when it is no place of its own.
    pub route: Option<String>,
    /// Whether it is about one's own things, which everybody may read, write and delete without being given a right.
    pub is_personal: bool,
    /// The process whose rights cover this one; null at the top.
    #[belongs_to(inverse = "children", doc = "The processes that its rights cover as well.")]
    pub parent: Option<Ref<Process>>,
}
