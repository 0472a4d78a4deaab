//! Identity: the businesses that share the gateway, the people who work in them, and their sessions.
//!
//! Roles, permissions, invitations and sign-in build on these.

mod account;
mod session;
mod sign_out;
mod tenant;
mod tenant_settings;
mod user;

use entity::Entity;
use entity::declare::EntityDecl;

pub use account::AccountMutation;
pub use session::Session;
pub use tenant::Tenant;
pub use tenant_settings::TenantSettings;
pub use user::User;

/// The entities of this domain.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![Tenant::decl(), TenantSettings::decl(), User::decl(), Session::decl()]
}
