//! Roles: names for sets of permissions.

use entity::entity;

use super::user::UserRole;

/// What a group of users may do: a name for a set of permissions.
#[entity(table = roles, process = ROLES)]
pub struct Role {
    /// Name of the role; unique in the business, whatever its case.
    pub name: String,
    /// What the role is for.
    pub description: Option<String>,
    /// Place in lists, smallest first; null for none.
    pub sort_order: Option<i32>,
    /// Whether new users get the role. It takes all rights of the role to switch this on.
    #[field(default)]
    pub is_default: bool,
    /// Whether the role was made with the business; such a role cannot be deleted.
    #[field(read_only)]
    pub is_system: bool,
    /// The kind of user that has this role by itself, as long as it is that kind; null for a role that is given by hand.
    #[field(read_only)]
    pub user_role: Option<UserRole>,
}
