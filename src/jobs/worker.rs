//! The worker: looks for jobs, gives each tenant its turn, and runs what it takes beside each other.
//!
//! It is woken by the bus, when somebody has written something, and looks from time to time when nothing wakes it.

use std::collections::HashMap;
use std::sync::Arc;

use entity::database::DbError;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Duration, Instant};
use uuid::Uuid;

use super::JobKind;
use super::attempt::Attempt;
use super::pace::Pace;
use super::store::{Store, Taken};
use super::turns::Turns;
use crate::bus::{Bus, Ears, Heard, Topic};
use crate::ids::SharedIds;
use crate::telemetry::jobs::JobMetrics;
use crate::work::{Stop, Stopper, Tenancy, Worker};

/// How long it rests after the database has failed it, at first and at most.
const BREAKS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// Does jobs.
pub struct JobWorker {
    store: Arc<Store>,
    kinds: HashMap<&'static str, Arc<dyn JobKind>>,
    names: Vec<String>,
    bus: Arc<dyn Bus>,
    metrics: JobMetrics,
    pace: Pace,
}

/// What a worker is made of.
pub struct JobWorkerParts {
    /// Opens transactions in the name of tenants.
    pub tenancy: Tenancy,
    /// IDs of leases.
    pub ids: SharedIds,
    /// What it can do. Jobs of other kinds are left to others.
    pub kinds: Vec<Arc<dyn JobKind>>,
    /// Wakes it up.
    pub bus: Arc<dyn Bus>,
    /// Counts.
    pub metrics: JobMetrics,
    /// How it goes about it.
    pub pace: Pace,
}

/// The end of an attempt.
struct Ended {
    tenant: Uuid,
    kind: &'static str,
    /// What came of it, in a word.
    outcome: &'static str,
    took: Duration,
}

/// The jobs under way in this process.
struct Hands {
    running: JoinSet<Ended>,
    turns: Turns,
    /// Asked when running jobs are to be cut off.
    cut: Stop,
}

impl JobWorker {
    /// A worker that does jobs of these kinds.
    pub fn new(parts: JobWorkerParts) -> Self {
        let JobWorkerParts { tenancy, ids, kinds, bus, metrics, pace } = parts;
        let store = Arc::new(Store::new(tenancy, ids, pace.lease));
        let kinds: HashMap<_, _> = kinds.into_iter().map(|kind| (kind.kind(), kind)).collect();
        let names = kinds.keys().map(|kind| (*kind).to_owned()).collect();
        Self { store, kinds, names, bus, metrics, pace }
    }

    /// Works until it is asked to stop, and lets what is running come to its end.
    async fn work(&self, stop: &Stop) {
        let (cutter, cut) = Stopper::new();
        let mut hands = Hands { running: JoinSet::new(), turns: Turns::new(self.pace.jobs_at_once), cut };
        let mut ears = self.bus.subscribe();
        let mut pause = BREAKS.0;
        while !stop.is_asked() {
            let looked = Instant::now();
            let rest = match self.look(&mut hands, stop).await {
                // More is due than there are places; the next place is the next look.
                Ok(true) if hands.turns.free() > 0 => continue,
                Ok(_) => {
                    pause = BREAKS.0;
                    self.pace.rest
                }
                Err(error) => {
                    tracing::error!(?error, ?pause, "jobs could not be looked for");
                    let rest = pause;
                    pause = (pause * 2).min(BREAKS.1);
                    rest
                }
            };
            tokio::select! {
                ended = hands.running.join_next(), if !hands.running.is_empty() => self.ended(&mut hands, ended),
                () = woken(&mut ears), if hands.turns.free() > 0 && rest == self.pace.rest => {
                    // Many small writes wake it many times; one look serves them all.
                    tokio::time::sleep_until(looked + self.pace.least_rest).await;
                }
                () = tokio::time::sleep(rest) => {}
                () = stop.asked() => {}
            }
            while let Some(ended) = hands.running.try_join_next() {
                self.ended(&mut hands, Some(ended));
            }
        }
        self.drain(hands, cutter).await;
    }

    /// Fills the free places; says whether somebody still waits.
    async fn look(&self, hands: &mut Hands, stop: &Stop) -> Result<bool, DbError> {
        if hands.turns.free() == 0 {
            return Ok(true);
        }
        hands.turns.wait(self.store.due_tenants().await?);
        let mut begun = 0;
        while !stop.is_asked() {
            let Some(turn) = hands.turns.next() else { break };
            let asked = Instant::now();
            let taken = self.store.take(turn.tenant, &self.names, turn.most).await;
            let begun_now = taken.as_ref().map_or(0, Vec::len);
            hands.turns.took(turn, begun_now, asked.elapsed());
            let taken = taken?;
            begun += taken.len();
            for taken in taken {
                self.begin(hands, taken);
            }
        }
        Ok(begun > 0)
    }

    fn begin(&self, hands: &mut Hands, taken: Taken) {
        // Only jobs of these kinds are taken.
        let Some(kind) = self.kinds.get(taken.job.kind.as_str()) else { return hands.turns.ended(taken.job.tenant) };
        let (kind, name, tenant) = (Arc::clone(kind), kind.kind(), taken.job.tenant);
        self.metrics.began(name, taken.waited);
        let attempt =
            Attempt { store: Arc::clone(&self.store), kind, taken, lease: self.pace.lease, cut: hands.cut.clone() };
        let began = Instant::now();
        hands
            .running
            .spawn(async move { Ended { tenant, kind: name, outcome: attempt.run().await, took: began.elapsed() } });
    }

    fn ended(&self, hands: &mut Hands, ended: Option<Result<Ended, JoinError>>) {
        match ended {
            Some(Ok(Ended { tenant, kind, outcome, took })) => {
                self.metrics.ended(kind, outcome, took);
                hands.turns.ended(tenant);
            }
            // An attempt catches the panics of its work, so this is a fault of ours; the place is lost.
            Some(Err(error)) => tracing::error!(%error, "an attempt at a job broke off"),
            None => {}
        }
    }

    /// Waits for what is running; what takes too long is cut off and given back.
    async fn drain(&self, mut hands: Hands, cutter: Stopper) {
        let all = async {
            while let Some(ended) = hands.running.join_next().await {
                self.ended(&mut hands, Some(ended));
            }
        };
        if tokio::time::timeout(self.pace.drain, all).await.is_err() {
            tracing::warn!(jobs = hands.running.len(), "jobs are given back because they took too long to end");
            cutter.ask();
            while let Some(ended) = hands.running.join_next().await {
                self.ended(&mut hands, Some(ended));
            }
        }
    }
}

/// Waits until something was written somewhere.
async fn woken(ears: &mut Ears) {
    loop {
        match ears.next().await {
            Some(Heard::Message(Topic::Rounds, _) | Heard::Connected) => {
                // Whatever else was said by now, one look answers it.
                while let Some(Some(_)) = ears.next().now_or_never() {}
                return;
            }
            Some(_) => {}
            // Without a bus the rests are short enough.
            None => return std::future::pending().await,
        }
    }
}

impl Worker for JobWorker {
    fn name(&self) -> &'static str {
        "jobs"
    }

    fn rest(&self) -> Duration {
        self.pace.rest
    }

    /// One round lasts as long as the worker: jobs go on while the next are looked for.
    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            self.work(stop).await;
            Ok(false)
        }
        .boxed()
    }
}
