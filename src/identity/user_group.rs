//! User groups: users who work with the same dealerships and accounts.

use entity::entity;

/// Users who work with the same dealerships and accounts: what the group has is added to what each member has.
#[entity(table = user_groups, process = USERS, create = MANAGE_USERS, update = MANAGE_USERS, delete = MANAGE_USERS, soft_delete)]
pub struct UserGroup {
    /// Name of the group.
    pub name: String,
    /// Whether the group is in use.
    #[field(default)]
    pub is_active: bool,
}
