//! Who asks, and what they may do: checked before every operation, remembered between them.
//!
//! One statement loads a session's [`Viewer`]; later requests of the session find it in memory. It is forgotten the
//! moment anything changes that it was made of: writes of this gateway say so themselves before they answer, and those
//! of others (other gateways, psql) by notifications of the database. While no notification can arrive, nothing is
//! remembered and every request asks the database.

mod load;
mod viewer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use entity::database::DbError;
use quick_cache::sync::Cache;
use tokio::sync::watch;
use uuid::Uuid;

pub use viewer::Viewer;

use crate::clock::SharedClock;
use crate::db::{Database, Heard, Hearer, Listener};
use crate::token::Identity;

/// The channel on which triggers say that a session's access may have changed.
const CHANNEL: &str = "mostrador_access";

/// How many viewers are remembered; one takes less than a kilobyte.
const REMEMBERED: usize = 50_000;

/// Knows who asks. One per gateway.
pub struct Access {
    database: Database,
    clock: SharedClock,
    /// By session and the tenant acted in: platform staff acts in several from one session.
    viewers: Cache<(Uuid, Uuid), Arc<Viewer>>,
    /// Notifications arrive, so what is remembered is true.
    is_listening: AtomicBool,
    /// How often something was forgotten. What was loaded meanwhile may be outdated already and is not remembered.
    forgotten: Mutex<u64>,
    /// The same number, for those who wait for it.
    changes: watch::Sender<u64>,
    loads: AtomicU64,
}

/// Why somebody is not let in.
#[derive(Debug)]
pub enum AccessError {
    /// The session is over, or its user or tenant may not sign in (any more). The client learns no more than that.
    Ended,
    /// The database could not be asked.
    Database(DbError),
}

impl Access {
    /// Remembers nothing until it listens.
    pub fn new(database: Database, clock: SharedClock) -> Self {
        Self {
            database,
            clock,
            viewers: Cache::new(REMEMBERED),
            is_listening: AtomicBool::new(false),
            forgotten: Mutex::default(),
            changes: watch::Sender::new(0),
            loads: AtomicU64::new(0),
        }
    }

    /// Hears of changes from this listener, and so remembers while that is connected.
    pub fn listen_to(self: &Arc<Self>, listener: &Listener) {
        listener.add(CHANNEL, self);
    }

    /// Who is behind a valid token.
    ///
    /// # Errors
    /// When the session has ended or may not be used, or the database could not say.
    pub async fn viewer(&self, identity: &Identity) -> Result<Arc<Viewer>, AccessError> {
        let now = self.clock.now();
        if let Some(viewer) = self.remembered(identity, now) {
            return Ok(viewer);
        }
        let before = *self.lock();
        self.loads.fetch_add(1, Ordering::Relaxed);
        let loaded = load::viewer(&self.database, identity, now).await.map_err(AccessError::Database)?;
        let viewer = Arc::new(loaded.ok_or(AccessError::Ended)?);
        self.remember(identity, &viewer, before);
        Ok(viewer)
    }

    fn remembered(&self, identity: &Identity, now: DateTime<Utc>) -> Option<Arc<Viewer>> {
        if !self.is_listening.load(Ordering::Acquire) {
            return None;
        }
        let viewer = self.viewers.get(&(identity.session_id, identity.tenant_id))?;
        // A session that seems to be over may have been renewed since.
        (viewer.is_of(identity) && viewer.session_expires_at > now).then_some(viewer)
    }

    fn remember(&self, identity: &Identity, viewer: &Arc<Viewer>, before: u64) {
        let forgotten = self.lock();
        if *forgotten == before && self.is_listening.load(Ordering::Acquire) {
            self.viewers.insert((identity.session_id, identity.tenant_id), Arc::clone(viewer));
        }
    }

    /// A number that rises whenever what somebody may do may have changed. Whoever goes on in somebody's name for long
    /// asks for the viewer again then.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// What the sessions of a tenant may do has changed.
    pub fn forget_tenant(&self, tenant: Uuid) {
        let mut forgotten = self.lock();
        *forgotten += 1;
        self.viewers.retain(|_, viewer| viewer.home() != tenant && viewer.tenant != tenant);
        self.changes.send_replace(*forgotten);
    }

    /// Something of a user has changed.
    pub fn forget_user(&self, user: Uuid) {
        let mut forgotten = self.lock();
        *forgotten += 1;
        self.viewers.retain(|_, viewer| viewer.user != user);
        self.changes.send_replace(*forgotten);
    }

    /// A session has ended.
    pub fn forget_session(&self, session: Uuid) {
        let mut forgotten = self.lock();
        *forgotten += 1;
        self.viewers.retain(|(known, _), _| *known != session);
        self.changes.send_replace(*forgotten);
    }

    /// Anything may have changed.
    pub fn forget_all(&self) {
        let mut forgotten = self.lock();
        *forgotten += 1;
        self.viewers.clear();
        self.changes.send_replace(*forgotten);
    }

    /// Whether changes by others are heard of; otherwise every request asks the database.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.is_listening.load(Ordering::Acquire)
    }

    /// How often the database was asked.
    #[must_use]
    pub fn loads(&self) -> u64 {
        self.loads.load(Ordering::Relaxed)
    }

    /// Nothing is remembered while somebody forgets.
    fn lock(&self) -> MutexGuard<'_, u64> {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hearer for Access {
    fn hear(&self, heard: &Heard) {
        match heard {
            Heard::Connected => {
                // What was said before is lost.
                self.forget_all();
                self.is_listening.store(true, Ordering::Release);
            }
            Heard::Lost => {
                self.is_listening.store(false, Ordering::Release);
                self.forget_all();
            }
            Heard::Message(message) => match parse(message) {
                Some((_, Some(session))) => self.forget_session(session),
                Some((tenant, None)) => self.forget_tenant(tenant),
                None => self.forget_all(),
            },
        }
    }
}

/// A tenant, or a tenant and a session of it; nothing for whatever else is said.
fn parse(message: &str) -> Option<(Uuid, Option<Uuid>)> {
    match message.split_once(' ') {
        None => Some((message.parse().ok()?, None)),
        Some((tenant, session)) => Some((tenant.parse().ok()?, Some(session.parse().ok()?))),
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("is_listening", &self.is_listening()).finish_non_exhaustive()
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended => "The session has ended: sign in again.",
            Self::Database(_) => "The database could not say who asks.",
        })
    }
}

impl std::error::Error for AccessError {}
