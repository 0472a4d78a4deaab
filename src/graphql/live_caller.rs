//! Who is at the other end of a connection that stays open, as long as it does.
//!
//! Tokens are short-lived and connections are not: a client sends a newer token over its open connection, and what runs
//! there goes on under it. [`Renewal`] is the transport's end of that, [`LiveCaller`] that of what runs.

use tokio::sync::watch;

use crate::token::Identity;

/// The other end of a connection that stays, for whatever runs over it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveCaller {
    identity: watch::Receiver<Identity>,
}

/// Puts newer tokens into effect. Dropping it says that the connection has ended.
#[derive(Debug)]
pub struct Renewal {
    identity: watch::Sender<Identity>,
}

/// What became of a newer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// It is in effect.
    Yes,
    /// It is somebody else's, or for another tenant: the old one stays in effect.
    Stranger,
    /// It ends no later than the one in effect, which stays.
    Older,
}

impl LiveCaller {
    /// A connection that begins in this name.
    pub fn begin(identity: Identity) -> (Renewal, Self) {
        let (sender, receiver) = watch::channel(identity);
        (Renewal { identity: sender }, Self { identity: receiver })
    }

    /// In whose name, as of the last renewal. User and tenant never change; session and expiry may.
    pub fn identity(&self) -> Identity {
        *self.identity.borrow()
    }

    /// Waits for the next renewal; `None` when the connection has ended.
    pub async fn renewed(&mut self) -> Option<Identity> {
        self.identity.changed().await.ok()?;
        Some(*self.identity.borrow_and_update())
    }
}

impl Renewal {
    /// In whose name, as of the last renewal.
    pub fn identity(&self) -> Identity {
        *self.identity.borrow()
    }

    /// Another handle for what runs over the connection.
    pub fn caller(&self) -> LiveCaller {
        LiveCaller { identity: self.identity.subscribe() }
    }

    /// Puts a newer token into effect when it is the same user's in the same tenant.
    pub fn renew(&self, newer: Identity) -> Renewed {
        let current = self.identity();
        if !is_same_person(&current, &newer) {
            return Renewed::Stranger;
        }
        if newer.expires_at <= current.expires_at {
            return Renewed::Older;
        }
        self.identity.send_replace(newer);
        Renewed::Yes
    }
}

/// Whether two tokens stand for the same user, acting in the same tenant.
pub fn is_same_person(one: &Identity, other: &Identity) -> bool {
    let key = |identity: &Identity| (identity.user_id, identity.tenant_id, identity.home_tenant_id);
    key(one) == key(other)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn identity(user: u128, tenant: u128, expires_at: i64) -> Identity {
        Identity {
            user_id: Uuid::from_u128(user),
            tenant_id: Uuid::from_u128(tenant),
            session_id: Uuid::from_u128(7),
            home_tenant_id: None,
            expires_at: DateTime::from_timestamp(expires_at, 0).unwrap(),
            csrf_hash: None,
        }
    }

    #[tokio::test]
    async fn a_newer_token_of_the_same_user_in_the_same_tenant_reaches_what_runs() {
        let (renewal, mut caller) = LiveCaller::begin(identity(1, 1, 100));
        assert_eq!(renewal.renew(identity(2, 1, 200)), Renewed::Stranger);
        assert_eq!(renewal.renew(identity(1, 2, 200)), Renewed::Stranger);
        assert_eq!(renewal.renew(identity(1, 1, 100)), Renewed::Older);
        assert_eq!(caller.identity().expires_at.timestamp(), 100);
        assert_eq!(renewal.renew(identity(1, 1, 200)), Renewed::Yes);
        assert_eq!(caller.renewed().await.unwrap().expires_at.timestamp(), 200);
        drop(renewal);
        assert_eq!(caller.renewed().await, None);
    }
}
