//! The work of one group, one batch after the other, while other groups go on.
//!
//! Whoever selects what takes the database long waits for it alone: a group that was slow before loads its rows beside
//! other slow ones, and not in the way of those that are quick.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::selection::Group;

/// Groups that load at the same time: each takes a connection of the pool, and requests need some as well.
const AT_ONCE: usize = 3;
/// Batches of one group that wait at most.
const MOST: usize = 32;
/// Loading that takes longer is slow.
const SLOW: Duration = Duration::from_millis(500);

/// What is being loaded for a group.
#[derive(Default)]
pub(super) struct Lane {
    last: Mutex<Option<JoinHandle<()>>>,
    waiting: AtomicUsize,
    is_slow: AtomicBool,
}

/// Who may load now.
pub(super) struct Lanes {
    quick: Semaphore,
    slow: Semaphore,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { quick: Semaphore::new(AT_ONCE), slow: Semaphore::new(1) }
    }
}

impl Lane {
    /// Whether everything that was matched was sent.
    pub(super) fn is_clear(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0
    }

    /// Whether no more batches can wait.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Acquire) >= MOST
    }
}

/// Runs work of a group when what came before it is done. Returns at once.
pub(super) fn run(lanes: Arc<Lanes>, group: &Arc<Group>, work: impl Future<Output = ()> + Send + 'static) {
    let mut last = group.lane.last.lock().unwrap_or_else(PoisonError::into_inner);
    group.lane.waiting.fetch_add(1, Ordering::AcqRel);
    let (before, done) = (last.take(), Done(Arc::clone(group)));
    *last = Some(tokio::spawn(async move {
        if let Some(before) = before {
            // Should that have panicked, its subscribers have been told.
            let _ = before.await;
        }
        let lane = &done.0.lane;
        let permits = if lane.is_slow.load(Ordering::Relaxed) { &lanes.slow } else { &lanes.quick };
        // They are never closed.
        let _permit = permits.acquire().await;
        let began = Instant::now();
        work.await;
        lane.is_slow.store(began.elapsed() > SLOW, Ordering::Relaxed);
    }));
}

/// The work is over, however it has ended.
struct Done(Arc<Group>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.lane.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}
