//! Role grants: which permissions a role has.

use entity::{Ref, entity};

use super::{Permission, Process, Role};

/// A permission of a role. Nobody can give or take away a permission that they do not have themselves.
#[entity(table = role_permissions, process = ROLES, delete = WRITE, no_update)]
pub struct RoleGrant {
    /// The role.
    #[belongs_to(create_only, inverse = "grants", doc = "What the role allows.")]
    pub role: Ref<Role>,
    /// The permission. WRITE implies READ, ADMIN implies all actions, and a process covers its children.
    #[belongs_to(create_only, inverse = "grants", doc = "Roles that have the permission.")]
    pub permission: Ref<Permission>,
    /// The process of the permission.
    #[belongs_to(read_only)]
    pub process: Ref<Process>,
}
