//! Identity: the businesses that share the gateway, the people who work in them, and their sessions.
//!
//! Roles, permissions, invitations and sign-in build on these.

mod account;
mod platform_staff;
mod permission;
mod process;
mod resource_share;
mod role;
mod role_assignment;
mod role_grant;
mod session;
mod sign_out;
mod team;
mod team_member;
mod tenant;
mod tenant_lifecycle;
mod tenant_settings;
mod user;
mod user_group;
mod user_settings;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};

pub use account::AccountMutation;
pub use platform_staff::PlatformMutation;
pub use permission::Permission;
pub use process::Process;
pub use resource_share::ResourceShare;
pub use role::Role;
pub use role_assignment::RoleAssignment;
pub use role_grant::RoleGrant;
pub use session::Session;
pub use team::Team;
pub use team_member::TeamMember;
pub use tenant::Tenant;
pub use tenant_settings::TenantSettings;
pub use user::User;
pub use user_group::UserGroup;
pub use user_settings::UserSettings;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![
        Tenant::decl(),
        TenantSettings::decl(),
        User::decl(),
        Role::decl(),
        Process::decl(),
        Permission::decl(),
        RoleGrant::decl(),
        RoleAssignment::decl(),
        UserSettings::decl(),
        UserGroup::decl(),
        Session::decl(),
        Team::decl(),
        TeamMember::decl(),
        ResourceShare::decl(),
    ]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![
        &user_settings::SAVE_USER_SETTINGS,
        &resource_share::CREATE_RESOURCE_SHARE,
        &tenant_lifecycle::CREATE_TENANT,
        &tenant_lifecycle::ACTIVATE_TENANT,
        &tenant_lifecycle::SUSPEND_TENANT,
        &tenant_lifecycle::REACTIVATE_TENANT,
        &tenant_lifecycle::CLOSE_TENANT,
    ]
}
