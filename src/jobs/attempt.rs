//! One attempt at a job: it is done, watched and renewed, and what became of it is written down.

use std::sync::Arc;
use std::time::Duration;

use entity::database::DbError;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::store::{Store, Taken, Verdict};
use super::{Effects, JobError, JobKind, Policy};
use crate::work::Stop;

/// Given back because the process ends.
const SHUTDOWN: &str = "SHUTDOWN";

/// How long to wait before what became of a job is written again, when the database is away.
const NOTE_PAUSE: Duration = Duration::from_millis(200);

/// One attempt.
pub(super) struct Attempt {
    pub(super) store: Arc<Store>,
    pub(super) kind: Arc<dyn JobKind>,
    pub(super) taken: Taken,
    /// How long the job is ours without being renewed.
    pub(super) lease: Duration,
    /// Asks to come to an end at once.
    pub(super) cut: Stop,
}

/// How the work itself ended.
enum Worked {
    Ended(Result<Effects, JobError>),
    /// Somebody else has it now, or nobody is to do it any more.
    Lost,
}

impl Attempt {
    /// Runs it to its end; gives the word for what came of it.
    pub(super) async fn run(self) -> &'static str {
        let mut ours_until = self.ours_from(Instant::now());
        let policy = self.kind.policy();
        // Counted when it was taken, so that a job on which processes die is given up in the end as well.
        let worked = if self.taken.job.attempt > policy.most_attempts {
            Worked::Ended(Err(JobError::dead("TOO_MANY_ATTEMPTS")))
        } else {
            self.work(&policy, &mut ours_until).await
        };
        let (verdict, effects) = match worked {
            Worked::Ended(outcome) => self.judge(outcome, &policy),
            Worked::Lost => return self.lost(),
        };
        self.note(verdict, effects, &policy, ours_until).await
    }

    /// Until when the job is ours, when we asked for the lease at this moment. A little less than the database thinks,
    /// because the lease began before its answer was here, and two should not be at it at the same time.
    fn ours_from(&self, asked: Instant) -> Instant {
        asked + self.lease.mul_f64(0.9)
    }

    /// Lets the kind do the job, and renews the lease meanwhile.
    async fn work(&self, policy: &Policy, ours_until: &mut Instant) -> Worked {
        let (kind, job) = (Arc::clone(&self.kind), self.taken.job.clone());
        // In a task of its own, so that a panic is a failed attempt; dropping the set ends it.
        let mut work = JoinSet::new();
        work.spawn(async move { kind.run(&job).await });
        let beat = self.lease / 3;
        let mut beats = interval_at(Instant::now() + beat, beat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let time_limit = Instant::now() + policy.time_limit;
        loop {
            tokio::select! {
                ended = work.join_next() => return Worked::Ended(outcome(ended)),
                () = sleep_until(time_limit) => return Worked::Ended(Err(JobError::retry("TIMED_OUT"))),
                () = sleep_until(*ours_until) => return Worked::Lost,
                () = self.cut.asked() => {
                    let after = Duration::ZERO;
                    return Worked::Ended(Err(JobError::Postpone { code: SHUTDOWN.to_owned(), after }));
                }
                _ = beats.tick() => {
                    let asked = Instant::now();
                    match tokio::time::timeout_at(*ours_until, self.store.renew(&self.taken)).await {
                        Ok(Ok(true)) => *ours_until = self.ours_from(asked),
                        Ok(Ok(false)) | Err(_) => return Worked::Lost,
                        // The database is away; there is another beat before the lease ends.
                        Ok(Err(error)) => tracing::debug!(job = %self.taken.job.id, ?error, "a job could not be renewed"),
                    }
                }
            }
        }
    }

    fn judge(&self, outcome: Result<Effects, JobError>, policy: &Policy) -> (Verdict, Effects) {
        let job = &self.taken.job;
        let dead = |code: String| {
            let effects = self.kind.gave_up(job, &code);
            (Verdict::Dead { code }, effects)
        };
        match outcome {
            Ok(effects) => (Verdict::Succeeded, effects),
            Err(JobError::Dead { code }) => dead(code),
            Err(JobError::Retry { code, .. }) if job.attempt >= policy.most_attempts => dead(code),
            Err(JobError::Retry { code, after }) => {
                // The last byte of the lease is as good as any chance.
                let chance = f64::from(self.taken.lease.as_bytes()[15]) / 255.0;
                let wait = policy.wait_after(job.attempt, chance).max(after.unwrap_or_default());
                (Verdict::Retry { code, wait }, Effects::none())
            }
            Err(JobError::Postpone { code, after: wait }) => (Verdict::Postponed { code, wait }, Effects::none()),
        }
    }

    /// Writes down what became of the job. A database that is away at this moment is asked again as long as the lease
    /// lasts: to forget what was done means to do it twice.
    async fn note(&self, verdict: Verdict, effects: Effects, policy: &Policy, ours_until: Instant) -> &'static str {
        let (mut verdict, mut effects) = (verdict, effects);
        loop {
            match self.store.note(&self.taken, &verdict, &effects).await {
                Ok(true) => {
                    self.tell(&verdict);
                    return verdict.word();
                }
                Ok(false) => return self.lost(),
                Err(DbError::Unavailable(_) | DbError::TimedOut | DbError::Conflict) if Instant::now() < ours_until => {
                    tokio::time::sleep(NOTE_PAUSE).await;
                }
                // What the job wants to write is wrong, so that is its failure. What is written when it is given up may
                // be wrong as well; then only the job's end is written.
                Err(error) if verdict == Verdict::Succeeded => {
                    tracing::error!(job = %self.taken.job.id, kind = self.kind.kind(), ?error, "a job could not write");
                    (verdict, effects) = self.judge(Err(error.into()), policy);
                }
                Err(error) => {
                    tracing::error!(job = %self.taken.job.id, kind = self.kind.kind(), ?error, "the end of a job could not be written");
                    if matches!(error, DbError::Unavailable(_) | DbError::TimedOut) || effects.is_empty() {
                        return self.lost();
                    }
                    effects = Effects::none();
                }
            }
        }
    }

    fn tell(&self, verdict: &Verdict) {
        let (job, kind, attempt) = (self.taken.job.id, self.kind.kind(), self.taken.job.attempt);
        match verdict {
            Verdict::Succeeded => tracing::debug!(%job, kind, attempt, "a job was done"),
            Verdict::Dead { code } => tracing::warn!(%job, kind, attempt, code, "a job was given up"),
            Verdict::Retry { code, .. } => tracing::info!(%job, kind, attempt, code, "a job failed and is tried again"),
            Verdict::Postponed { code, .. } => tracing::debug!(%job, kind, attempt, code, "a job was put off"),
        }
    }

    fn lost(&self) -> &'static str {
        let (job, kind) = (self.taken.job.id, self.kind.kind());
        tracing::warn!(%job, kind, "a job was cancelled or taken over while it was done; nothing of it was written");
        "lost"
    }
}

/// What came of the task.
fn outcome(ended: Option<Result<Result<Effects, JobError>, JoinError>>) -> Result<Effects, JobError> {
    match ended {
        Some(Ok(outcome)) => outcome,
        _ => Err(JobError::retry("PANICKED")),
    }
}
