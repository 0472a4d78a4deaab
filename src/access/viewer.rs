//! Somebody who asks.

use chrono::{DateTime, Utc};
use entity::access::{Action, Rights};
use uuid::Uuid;

use crate::db::{Actor, Scope};
use crate::processes;
use crate::token::Identity;

/// Somebody who asks, as of the last change to any of this.
#[derive(Debug)]
pub struct Viewer {
    /// The tenant in whose name they act.
    pub tenant: Uuid,
    /// The user: of this tenant, or of the platform's when its staff acts here.
    pub user: Uuid,
    /// The session: of this tenant, or of the platform's when its staff acts here.
    pub session: Uuid,
    /// The platform's tenant, when its staff acts in another one.
    pub home_tenant: Option<Uuid>,
    /// The coarse role, a value of `UserRole`.
    pub role: String,
    /// What they may see of others.
    pub scope: Scope,
    /// In whose name their transactions run.
    pub actor: Actor,
    /// When the session is over unless it is renewed.
    pub session_expires_at: DateTime<Utc>,
    pub(super) rights: Rights,
    pub(super) is_first_login: bool,
    pub(super) password_expires_at: Option<DateTime<Utc>>,
}

impl Viewer {
    /// What they may do. With a password that must be changed it is nothing but what concerns the own account.
    #[must_use]
    pub fn rights(&self, now: DateTime<Utc>) -> Rights {
        if self.must_change_password(now) { Rights::of_everybody(&processes::ALL) } else { self.rights }
    }

    /// Whether the session may do nothing but change the password: it is the first one, or the password has expired.
    #[must_use]
    pub fn must_change_password(&self, now: DateTime<Utc>) -> bool {
        self.is_first_login || self.password_expires_at.is_some_and(|end| end <= now)
    }

    /// Whether they are of the platform's staff and act in a tenant that is not theirs.
    #[must_use]
    pub const fn is_acting_staff(&self) -> bool {
        self.home_tenant.is_some()
    }

    /// The tenant in which the session and the user live.
    #[must_use]
    pub fn home(&self) -> Uuid {
        self.home_tenant.unwrap_or(self.tenant)
    }

    pub(super) fn is_of(&self, identity: &Identity) -> bool {
        self.user == identity.user_id && self.home_tenant == identity.home_tenant_id
    }
}

/// What staff of the platform may do in a tenant that is not theirs: everything but what is personal. They still read
/// what is everybody's, the tenant itself; personal rows are kept from them by row-level security.
pub(super) fn rights_of_staff() -> Rights {
    let mut rights = Rights::all();
    for process in [&processes::FILES, &processes::FINANCE, &processes::HEALTH, &processes::ACCOUNT] {
        for action in Action::ALL {
            rights.remove(process.right(action));
        }
    }
    rights.add(processes::ACCOUNT.read());
    rights
}
