//! Jobs: work that is done later, at least once, by a worker of any gateway.
//!
//! A job is a row of `jobs`, queued in the transaction that is its reason (`app.enqueue_job`, [`NewJob`]). A domain
//! answers to a kind of job with a [`JobKind`]; `src/workers.rs` lists them. What a job writes, it writes in the
//! transaction that marks it as done, so that this happens exactly once, however often it was begun.
//!
//! A worker takes a job with a lease and renews it while the job goes on. When the process dies, the lease ends and
//! another one begins anew. The surprising thing: whoever lost the lease finds out only when it wants to write, and then
//! writes nothing.

mod attempt;
mod change_state;
mod keeper;
mod kind;
mod new_job;
mod pace;
pub mod record;
mod store;
mod turns;
mod worker;

use entity::Entity;
use entity::declare::{EntityDecl, VerbDecl};

pub use keeper::JobKeeper;
pub use kind::{Effects, Job, JobError, JobKind, Policy};
pub use new_job::NewJob;
pub use pace::Pace;
pub use worker::{JobWorker, JobWorkerParts};

/// Jobs as administrators see them.
pub fn entities() -> Vec<&'static EntityDecl> {
    vec![record::Job::decl()]
}

/// What administrators do about them.
pub fn verbs() -> Vec<&'static VerbDecl> {
    vec![&change_state::RETRY_JOB, &change_state::CANCEL_JOB]
}
