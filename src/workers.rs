//! The lists of the domains' background workers and of their kinds of jobs. A new one is one more line here.

use std::sync::Arc;

use crate::analytics;
use crate::db::Database;
use crate::finance;
use crate::identity;
use crate::ids::SharedIds;
use crate::inbound;
use crate::inbox;
use crate::jobs::JobKind;
use crate::logistics;
use crate::mail::Outbox;
use crate::secrets::KeyRing;
use crate::support;
use crate::work::{Months, Tenancy, Worker};

/// All workers of domains; businesses are kept for so many days after they were closed. What a way out needs, such as the
/// postman, is put together by `app`.
#[must_use]
pub fn all(database: Database, outbox: Outbox, closed_tenant_days: u64) -> Vec<Box<dyn Worker>> {
    let tenancy = Tenancy::new(database);
    let mut workers = identity::workers(&tenancy, &outbox, closed_tenant_days);
    workers.push(Box::new(Months::new(tenancy.clone())));
    workers.extend(finance::workers(&tenancy));
    workers.extend(support::workers(&tenancy));
    workers.extend(analytics::workers(&tenancy));
    workers
}

/// What kinds of jobs may need.
pub struct JobParts {
    /// Opens transactions in the name of tenants.
    pub tenancy: Tenancy,
    /// IDs of new rows.
    pub ids: SharedIds,
    /// Opens what is sealed.
    pub keys: KeyRing,
}

/// All kinds of jobs of domains, in any order. What needs a way out, such as sending messages, is put together by `app`.
#[must_use]
pub fn job_kinds(parts: &JobParts) -> Vec<Arc<dyn JobKind>> {
    let kinds: Vec<Vec<Arc<dyn JobKind>>> = vec![
        inbox::job_kinds(),
        inbound::job_kinds(&parts.tenancy, &parts.ids),
        logistics::job_kinds(&parts.tenancy, &parts.ids),
    ];
    kinds.into_iter().flatten().collect()
}
