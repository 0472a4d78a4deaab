//! Role assignments: which users have which roles.

use entity::{Ref, entity};

use super::{Role, User};

/// A role that a user has. Nobody can give a role that allows more than they may do themselves. The role that belongs to
/// the kind of a user comes and goes with `User.role`.
#[entity(table = user_roles, process = ROLES, create = MANAGE_USERS, delete = MANAGE_USERS, no_update)]
pub struct RoleAssignment {
    /// Who has it.
    #[belongs_to(create_only, inverse = "roleAssignments", doc = "The user's roles, with when each was given.")]
    pub user: Ref<User>,
    /// What the user has.
    #[belongs_to(create_only, inverse = "assignments", doc = "Who has the role, with since when.")]
    pub role: Ref<Role>,
}
