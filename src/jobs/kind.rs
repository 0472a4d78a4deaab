//! What there is to be done: a kind of job and the program's answer to it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use entity::database::{DbError, Statements};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

/// Does the jobs of one kind.
pub trait JobKind: Send + Sync + 'static {
    /// The kind, as in `jobs.kind`. Never changed once it is released: jobs of it may be waiting.
    fn kind(&self) -> &'static str;

    /// How often and how long it is tried.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Does the job; outside of any transaction, so it may take its time. What it wants to write goes into the
    /// [`Effects`]: they are written in the transaction that marks the job as done, exactly once. Whatever it does to the
    /// outside is done at least once: when this process ends or loses its lease, another one begins anew.
    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>>;

    /// What is written in the transaction that gives the job up, for the last error or [`JobError::Dead`].
    fn gave_up(&self, _job: &Job, _code: &str) -> Effects {
        Effects::none()
    }
}

/// A job that is ours to do.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its row.
    pub id: Uuid,
    /// In whose name it is done.
    pub tenant: Uuid,
    /// What [`JobKind::kind`] says.
    pub kind: String,
    /// What was given when it was queued: ids.
    pub payload: serde_json::Value,
    /// Which attempt this is, from 1.
    pub attempt: i32,
}

impl Job {
    /// An id in the payload.
    ///
    /// # Errors
    /// [`JobError::Dead`] with the code `PAYLOAD` when there is none of this name.
    pub fn payload_id(&self, name: &str) -> Result<Uuid, JobError> {
        let found = self.payload.get(name).and_then(serde_json::Value::as_str).and_then(|text| text.parse().ok());
        found.ok_or_else(|| JobError::dead("PAYLOAD"))
    }
}

/// How often and how long a kind of job is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Attempts after which a job is given up.
    pub most_attempts: i32,
    /// Wait after the first failed attempt. It doubles with each, give or take a quarter by chance.
    pub first_wait: Duration,
    /// Longest wait between two attempts.
    pub longest_wait: Duration,
    /// How long one attempt may take; then it has failed.
    pub time_limit: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            most_attempts: 20,
            first_wait: Duration::from_secs(2),
            longest_wait: Duration::from_secs(900),
            time_limit: Duration::from_secs(300),
        }
    }
}

/// Why a job could not be done. Codes are of capital letters, digits and `_`; they are shown to administrators, so they
/// say what went wrong and never with which value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobError {
    /// It may work later.
    Retry {
        /// What went wrong.
        code: String,
        /// How long to wait at least, when that is known; else the kind's policy says.
        after: Option<Duration>,
    },
    /// It was not even tried, for a reason that is not the job's. Not counted as an attempt.
    Postpone {
        /// Why.
        code: String,
        /// How long to wait.
        after: Duration,
    },
    /// It will never work.
    Dead {
        /// What is wrong.
        code: String,
    },
}

impl JobError {
    /// It may work later, after the wait that the policy says.
    pub fn retry(code: impl Into<String>) -> Self {
        Self::Retry { code: code.into(), after: None }
    }

    /// It will never work.
    pub fn dead(code: impl Into<String>) -> Self {
        Self::Dead { code: code.into() }
    }
}

/// A database that refuses today may take it tomorrow, so this is tried again.
impl From<DbError> for JobError {
    fn from(error: DbError) -> Self {
        let code = match error {
            DbError::Unavailable(_) => "DATABASE_UNAVAILABLE",
            DbError::TimedOut => "DATABASE_TIMED_OUT",
            DbError::Conflict => "DATABASE_CONFLICT",
            DbError::Refused(_) | DbError::Constraint { .. } | DbError::TooLarge => "DATABASE_REFUSED",
            DbError::Fault(_) => "DATABASE_FAULT",
        };
        Self::retry(code)
    }
}

type Writes = dyn for<'t> Fn(&'t dyn Statements) -> BoxFuture<'t, Result<(), DbError>> + Send + Sync;

/// What a job writes. It may be asked to write again in another transaction, when the first one could not be committed.
#[derive(Clone, Default)]
pub struct Effects(Option<Arc<Writes>>);

impl Effects {
    /// Nothing to write.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// Writes with these statements, which are one transaction in the name of the job's tenant.
    pub fn new<W>(writes: W) -> Self
    where
        W: for<'t> Fn(&'t dyn Statements) -> BoxFuture<'t, Result<(), DbError>> + Send + Sync + 'static,
    {
        Self(Some(Arc::new(writes)))
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Writes.
    pub(super) fn write<'t>(&self, statements: &'t dyn Statements) -> BoxFuture<'t, Result<(), DbError>> {
        match &self.0 {
            Some(writes) => writes(statements),
            None => async { Ok(()) }.boxed(),
        }
    }
}

impl fmt::Debug for Effects {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Effects(…)" } else { "Effects()" })
    }
}
