//! Starts workers, lets them rest, stops them.

use std::time::Duration;

use entity::database::DbError;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long a worker rests after a failed round, at first and at most. A database that is away is not asked for ever
/// faster.
const SHORTEST_BREAK: Duration = Duration::from_secs(1);
const LONGEST_BREAK: Duration = Duration::from_secs(60);

/// Something that is done in rounds for as long as the gateway runs.
pub trait Worker: Send + Sync + 'static {
    /// Its name in logs.
    fn name(&self) -> &'static str;

    /// How long it rests after a round that found nothing more to do.
    fn rest(&self) -> Duration;

    /// Does what is due; says whether there may be more at once. It should come to an end soon after `stop` says so,
    /// and what it has begun must bear being cut off.
    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>>;
}

/// Tells workers to come to an end.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Whether to stop.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until asked to stop.
    pub async fn asked(&self) {
        let mut receiver = self.0.clone();
        // A crew that is gone asks as well.
        let _ = receiver.wait_for(|asked| *asked).await;
    }
}

/// Asks to stop, for whoever lets something run on its own. Dropped, it asks as well.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Has not asked yet.
    #[must_use]
    pub fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Stop(receiver))
    }

    /// Asks.
    pub fn ask(&self) {
        // Without anything running there is nobody to hear it.
        let _ = self.0.send(true);
    }
}

/// The workers of a running gateway.
#[derive(Debug)]
pub struct Crew {
    stopper: Stopper,
    tasks: JoinSet<()>,
}

impl Crew {
    /// Sets these to work.
    pub fn start(workers: Vec<Box<dyn Worker>>) -> Self {
        let (stopper, stop) = Stopper::new();
        let mut tasks = JoinSet::new();
        for worker in workers {
            tasks.spawn(work(worker, stop.clone()));
        }
        Self { stopper, tasks }
    }

    /// Asks all to stop and waits for the ends of their rounds, at most this long; says whether all came to theirs.
    pub async fn stop(mut self, grace: Duration) -> bool {
        self.stopper.ask();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        tokio::time::timeout(grace, ended).await.is_ok()
    }
}

async fn work(worker: Box<dyn Worker>, stop: Stop) {
    let worker = std::sync::Arc::<dyn Worker>::from(worker);
    let name = worker.name();
    let mut pause = SHORTEST_BREAK;
    while !stop.is_asked() {
        // In a task of its own, so that a round that panics is one failed round.
        let (worker_of_round, stop_of_round) = (std::sync::Arc::clone(&worker), stop.clone());
        let mut round = JoinSet::new();
        round.spawn(async move { worker_of_round.round(&stop_of_round).await });
        let rest = match round.join_next().await {
            Some(Ok(Ok(is_more))) => {
                pause = SHORTEST_BREAK;
                if is_more { Duration::ZERO } else { worker.rest() }
            }
            outcome => {
                let reason = match outcome {
                    Some(Ok(Err(DbError::Unavailable(reason) | DbError::Fault(reason)))) => reason,
                    Some(Ok(Err(error))) => format!("{error:?}"),
                    _ => "it ended early".to_owned(),
                };
                tracing::error!(worker = name, reason, ?pause, "a round of background work failed");
                let rest = pause;
                pause = (pause * 2).min(LONGEST_BREAK);
                rest
            }
        };
        if rest.is_zero() {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = stop.asked() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::FutureExt;

    use super::*;

    /// Fails in every way, then works.
    struct Clumsy(Arc<AtomicU32>);

    impl Worker for Clumsy {
        fn name(&self) -> &'static str {
            "clumsy"
        }

        fn rest(&self) -> Duration {
            Duration::from_secs(3600)
        }

        fn round<'a>(&'a self, _: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
            async {
                match self.0.fetch_add(1, Ordering::SeqCst) {
                    0 => panic!("on purpose"),
                    1 => Err(DbError::Conflict),
                    2 => Ok(true),
                    _ => Ok(false),
                }
            }
            .boxed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_round_is_followed_by_another_and_stopping_ends_a_rest() {
        let rounds = Arc::new(AtomicU32::new(0));
        let crew = Crew::start(vec![Box::new(Clumsy(Arc::clone(&rounds)))]);
        while rounds.load(Ordering::SeqCst) < 4 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(crew.stop(Duration::from_secs(1)).await);
        assert_eq!(rounds.load(Ordering::SeqCst), 4);
    }
}
