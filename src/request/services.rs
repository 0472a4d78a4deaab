//! What all requests share.

use std::sync::Arc;
use std::time::Duration;

use crate::access::Access;
use crate::bus::{Bus, PostgresBus};
use crate::changes::ChangeLog;
use crate::clock::SharedClock;
use crate::db::{Database, Listener};
use crate::file_store::FileStore;
use crate::ids::SharedIds;
use crate::mail::Outbox;
use crate::models::Models;
use crate::oauth::{GrantClient, OauthClient};
use crate::password::{Cost, Passwords, Policy};
use crate::secrets::KeyRing;
use crate::signals::Signals;
use crate::throttle::Throttle;
use crate::token::Tokens;

/// What all requests share. Verbs of entities find it as their writer's services.
pub struct Services {
    /// The pool.
    pub database: Database,
    /// Makes and verifies access tokens.
    pub tokens: Arc<Tokens>,
    /// IDs of new rows.
    pub ids: SharedIds,
    /// The time.
    pub clock: SharedClock,
    /// The connection that hears what other nodes and psql change, once [`Services::listen`] was called.
    pub listener: Arc<Listener>,
    /// Carries messages between nodes; see [`Services::use_bus`].
    pub bus: Arc<dyn Bus>,
    /// Who types, who looks at what, who is there.
    pub signals: Arc<Signals>,
    /// What was written to every entity, in order.
    pub changes: Arc<ChangeLog>,
    /// Knows what sessions may do, and remembers it while the listener is connected.
    pub access: Arc<Access>,
    /// Seals and opens what the database must not read.
    pub keys: KeyRing,
    /// Where the bytes of files are kept; in memory unless it is set.
    pub files: FileStore,
    /// Where mails are put to be sent.
    pub outbox: Outbox,
    /// Hashes and verifies passwords.
    pub passwords: Arc<Passwords>,
    /// Counts who fails.
    pub throttle: Arc<Throttle>,
    /// How long sessions live.
    pub session_terms: SessionTerms,
    /// The language models; the local ones unless others are put here.
    pub models: Models,
    /// Signing in with other providers; `None` when none is configured.
    pub oauth: Option<Arc<OauthService>>,
    /// Systems that people connect; `None` when none is configured.
    pub grants: Option<Arc<GrantClient>>,
}

/// Signing in with other providers.
pub struct OauthService {
    /// Speaks to the providers.
    pub client: OauthClient,
    /// Seals what they give us.
    pub keys: KeyRing,
}

/// How long sessions live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTerms {
    /// How long a session lives that is not renewed.
    pub idle: Duration,
    /// How long one lives that is.
    pub longest: Duration,
}

impl Default for SessionTerms {
    fn default() -> Self {
        const DAY: u64 = 24 * 3600;
        Self { idle: Duration::from_secs(14 * DAY), longest: Duration::from_secs(90 * DAY) }
    }
}

impl Services {
    /// Over a database, with the defaults of everything else.
    pub fn new(database: Database, tokens: Arc<Tokens>, ids: SharedIds, clock: SharedClock, outbox: Outbox) -> Self {
        let listener = Listener::new(database.clone());
        let bus: Arc<dyn Bus> = PostgresBus::new(&listener);
        let signals = Signals::new(ids.next(), Arc::clone(&bus), Arc::clone(&clock));
        let changes = Arc::new(ChangeLog::new(database.clone()));
        let access = Arc::new(Access::new(database.clone(), Arc::clone(&clock)));
        access.listen_to(&listener);
        let throttle = Arc::new(Throttle::new(Arc::clone(&clock)));
        // As many hashes at a time as there are cores: more would only make each slower.
        let hashers = std::thread::available_parallelism().map_or(1, usize::from);
        let passwords = Arc::new(Passwords::new(Cost::RECOMMENDED, Policy::default(), hashers));
        let session_terms = SessionTerms::default();
        Self {
            database,
            tokens,
            ids,
            clock,
            listener,
            bus,
            changes,
            signals,
            access,
            keys: outbox.keys().clone(),
            files: FileStore::in_memory(),
            outbox,
            passwords,
            throttle,
            session_terms,
            models: Models::local(),
            oauth: None,
            grants: None,
        }
    }

    /// Lets another bus than that of the database carry messages. To be called before anything listens.
    pub fn use_bus(&mut self, bus: Arc<dyn Bus>) {
        self.signals = Signals::new(self.ids.next(), Arc::clone(&bus), Arc::clone(&self.clock));
        self.bus = bus;
    }

    /// Begins to listen, until the database is closed.
    pub fn listen(&self) -> tokio::task::JoinHandle<()> {
        self.signals.start();
        let listener = Arc::clone(&self.listener);
        tokio::spawn(async move { listener.run().await })
    }
}
