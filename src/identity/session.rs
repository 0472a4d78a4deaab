//! Sessions: where a user is signed in.

use chrono::{DateTime, Utc};
use entity::{Ref, entity};

use super::User;

/// A place where a user is signed in. Its tokens are stored as hashes and never shown.
#[entity(table = sessions, process = ACCOUNT, no_create, no_update, no_delete)]
pub struct Session {
    /// Address from which the user signed in.
    pub ip_address: Option<String>,
    /// What the browser or app calls itself.
    pub user_agent: Option<String>,
    /// When the session ends unless it is renewed.
    pub expires_at: DateTime<Utc>,
    /// Whether the session can still be used.
    pub is_active: bool,
    /// When the session was last used.
    pub last_used_at: DateTime<Utc>,
    /// Whose session it is.
    #[belongs_to(inverse = "sessions", doc = "Where the user is signed in.")]
    pub user: Ref<User>,
}
