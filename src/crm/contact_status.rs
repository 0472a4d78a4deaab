//! The states a business gives its contacts, and the history of changes.

use chrono::{DateTime, Utc};
use entity::{Ref, entity};

use super::Contact;
use crate::identity::User;

/// A state that a business gives its contacts, for instance "offer sent".
#[entity(table = contact_statuses, process = CONTACTS, create = ADMIN, update = ADMIN, delete = ADMIN, soft_delete)]
pub struct ContactStatus {
    /// Name as agents see it.
    pub name: String,
    /// Short code; unique in the business.
    pub code: String,
    /// Colour as #RRGGBB.
    pub color: Option<String>,
    /// What the state means.
    pub description: Option<String>,
    /// Place in lists, from small to large.
    #[field(default)]
    pub display_order: i32,
    /// Whether new contacts get this state; one state at most.
    #[field(default)]
    pub is_default: bool,
    /// Whether nothing follows this state.
    #[field(default)]
    pub is_final: bool,
    /// Whether the state can still be chosen.
    #[field(default)]
    pub is_active: bool,
}

/// One change of a contact's status. Written by the database with each change.
#[entity(table = contact_status_history, process = CONTACTS, append_only, no_create)]
pub struct ContactStatusChange {
    /// Why the status was changed.
    pub reason: Option<String>,
    /// When.
    pub changed_at: DateTime<Utc>,
    /// Whose status.
    #[belongs_to(inverse = "statusHistory", doc = "Changes of the contact's status.")]
    pub contact: Ref<Contact>,
    /// The status before; null when there was none.
    #[belongs_to(inverse = "changesFrom", doc = "Changes away from this state.")]
    pub from_status: Option<Ref<ContactStatus>>,
    /// The status after; null when it was taken away.
    #[belongs_to(inverse = "changesTo", doc = "Changes to this state.")]
    pub to_status: Option<Ref<ContactStatus>>,
    /// Who changed it.
    #[belongs_to(inverse = "contactStatusChanges", doc = "Status changes made by the user.")]
    pub changed_by: Option<Ref<User>>,
}
