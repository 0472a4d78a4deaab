//! What all requests share.

use std::sync::Arc;

use crate::access::Access;
use crate::clock::SharedClock;
use crate::db::Database;
use crate::ids::SharedIds;
use crate::mail::Outbox;
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
    /// Knows what sessions may do, once it is told to listen.
    pub access: Arc<Access>,
    /// Where mails are put to be sent.
    pub outbox: Outbox,
}

impl Services {
    /// Over a database, with the defaults of everything else.
    pub fn new(database: Database, tokens: Arc<Tokens>, ids: SharedIds, clock: SharedClock, outbox: Outbox) -> Self {
        let access = Arc::new(Access::new(database.clone(), Arc::clone(&clock)));
        Self { database, tokens, ids, clock, access, outbox }
    }
}
