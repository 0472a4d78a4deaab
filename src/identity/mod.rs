//! Identity: the businesses that share the gateway, the people who work in them, and their sessions.
//!
//! Roles, permissions, invitations and sign-in build on these.

mod accept_invitation;
pub mod account;
mod account_mails;
mod change_password;
mod closed_tenants;
mod invitation;
mod issue_tokens;
mod lapsed_tokens;
mod magic_link;
mod mail_limits;
pub mod oauth;
mod oauth_account;
mod oauth_flow;
mod oauth_link;
mod permission;
mod platform_staff;
mod process;
mod refresh_session;
mod request_token;
mod reset_password;
mod resource_share;
mod revoke_sessions;
mod role;
mod role_assignment;
mod role_grant;
mod session;
mod sign_in;
mod sign_out;
mod start_session;
mod team;
mod team_member;
mod tenant;
mod tenant_lifecycle;
mod tenant_settings;
mod use_token;
mod user;
mod user_group;
mod user_settings;
mod verification_token;
mod verify_email;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};

use self::issue_tokens::TokenIssuer;
use self::lapsed_tokens::LapsedTokens;
use crate::mail::Outbox;
use crate::work::{Tenancy, Worker};

pub use account::AccountMutation;
pub use account_mails::AccountMailMutation;
pub use closed_tenants::ClosedTenants;
pub use invitation::Invitation;
pub use oauth::OauthMutation;
pub use oauth_account::OauthAccount;
pub use permission::Permission;
pub use platform_staff::PlatformMutation;
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
pub use verification_token::VerificationToken;

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
        OauthAccount::decl(),
        Invitation::decl(),
        VerificationToken::decl(),
        Team::decl(),
        TeamMember::decl(),
        ResourceShare::decl(),
    ]
}

/// The verbs of this domain.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![
        &user_settings::SAVE_USER_SETTINGS,
        &invitation::CREATE_INVITATION,
        &invitation::RESEND_INVITATION,
        &resource_share::CREATE_RESOURCE_SHARE,
        &tenant_lifecycle::CREATE_TENANT,
        &tenant_lifecycle::ACTIVATE_TENANT,
        &tenant_lifecycle::SUSPEND_TENANT,
        &tenant_lifecycle::REACTIVATE_TENANT,
        &tenant_lifecycle::CLOSE_TENANT,
    ]
}

/// The background workers of this domain.
#[must_use]
pub fn workers(tenancy: &Tenancy, outbox: &Outbox, closed_tenant_days: u64) -> Vec<Box<dyn Worker>> {
    vec![
        Box::new(TokenIssuer::new(tenancy.clone(), outbox.clone())),
        Box::new(LapsedTokens::new(tenancy.clone())),
        Box::new(ClosedTenants::new(tenancy.clone(), closed_tenant_days)),
    ]
}
