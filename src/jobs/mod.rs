//! Jobs: work that is done later, at least once, by a worker of any gateway.
//!
//! A job is a row of `jobs`, queued in the transaction that is its reason (`app.enqueue_job`, [`NewJob`]). A domain
//! answers to a kind of job with a [`JobKind`]; `src/workers.rs` lists them. What a job writes, it writes in the
//! transaction that marks it as done, so that this happens exactly once, however often it was begun.

mod kind;
mod new_job;

pub use kind::{Effects, Job, JobError, JobKind, Policy};
pub use new_job::NewJob;
