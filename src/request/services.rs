//! What all requests share.

use std::sync::Arc;

use crate::clock::SharedClock;
use crate::db::Database;
use crate::ids::SharedIds;
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
}

impl Services {
    /// Over a database, with the defaults of everything else.
    pub fn new(database: Database, tokens: Arc<Tokens>, ids: SharedIds, clock: SharedClock) -> Self {
        Self { database, tokens, ids, clock }
    }
}
