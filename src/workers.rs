//! The list of the domains' background workers. A new one is one more line here.

use crate::audit;
use crate::db::Database;
use crate::identity;
use crate::mail::Outbox;
use crate::work::{Tenancy, Worker};

/// All workers of domains. What a way out needs, such as the postman, is put together by `app`.
#[must_use]
pub fn all(database: Database, outbox: Outbox) -> Vec<Box<dyn Worker>> {
    let tenancy = Tenancy::new(database);
    let mut workers = identity::workers(&tenancy, &outbox);
    workers.extend(audit::workers(&tenancy));
    workers
}
