//! Takes rounds, so that what was committed gets its place in the order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use entity::database::{DbError, Statements};
use entity::sql::Sql;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::log::ChangeLog;
use crate::bus::{Bus, Ears, Heard, Topic};
use crate::db::{Actor, Counters, Mode, Scope, Transaction};
use crate::work::{Stop, Worker};

/// How often a round is taken unasked: psql tells nobody that it has written.
const PERIOD: Duration = Duration::from_secs(1);
/// Bounds of the pause after a round. What is committed meanwhile shares the next one; an event is later by this.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(40));
/// How many times as long as the last round took the pause is at most.
///
/// It begins with once, and is once more for each round in a row that something was waiting for: who writes now and then
/// is told of at once, and where everybody writes all the time, rounds do not take from them what they need.
const MOST_SHARES: u32 = 16;

/// Takes a round after every commit of this node, and once a second; tells the other nodes, and hears of theirs.
///
/// Every node has one. They do not elect anybody: who has written takes the round, which the database does one at a time.
pub struct Sequencer {
    log: Arc<ChangeLog>,
    bus: Arc<dyn Bus>,
    state: Mutex<State>,
}

struct State {
    ears: Ears,
    /// When the last round was over, and how long it took.
    last: Option<(Instant, Duration)>,
    /// How many rounds in a row something was waiting for when the pause before them was over, and one more.
    shares: u32,
}

impl Sequencer {
    /// Of this node.
    #[must_use]
    pub fn new(log: Arc<ChangeLog>, bus: Arc<dyn Bus>) -> Self {
        let state = Mutex::new(State { ears: bus.subscribe(), last: None, shares: 1 });
        Self { log, bus, state }
    }

    /// Takes a round if anything was committed since the last one; the number of the newest.
    ///
    /// # Errors
    /// What the database said.
    pub async fn take(&self) -> Result<i64, DbError> {
        let actor = Actor::tenant(Uuid::nil(), Scope::default());
        let counters = Arc::new(Counters::default());
        let transaction = Transaction::new(self.log.database().clone(), Mode::Write, actor, counters);
        let mut sql = Sql::new();
        sql.push("select round, is_new from app.take_change_round()");
        let rows = transaction.rows(sql, false).await?;
        if rows.is_empty() {
            return Err(DbError::Fault("no round was taken".into()));
        }
        let round = rows.int8(0, 0).ok_or_else(|| DbError::Fault("the round has no number".into()))?;
        // Nobody may hear of it before it lasts. Where nothing was written, this costs nothing.
        transaction.commit_unheard().await?;
        if rows.is_true(0, 1) {
            // Nodes that do not hear it look for themselves every second.
            let _ = self.bus.publish(Topic::Rounds, Bytes::from(round.to_string()));
        }
        self.log.heard_of(round);
        Ok(round)
    }

    /// Waits until it is time for a round; `false` when asked to stop.
    async fn is_due(&self, state: &mut State, stop: &Stop) -> bool {
        let written = self.log.database().written();
        if let Some((last, took)) = state.last {
            let pause = (took * state.shares).clamp(PAUSES.0, PAUSES.1);
            tokio::time::sleep(pause.saturating_sub(last.elapsed())).await;
            if written.notified().now_or_never().is_some() {
                state.shares = (state.shares + 1).min(MOST_SHARES);
                return true;
            }
            state.shares = 1;
        }
        let mut period = std::pin::pin!(tokio::time::sleep(PERIOD));
        loop {
            tokio::select! {
                () = stop.asked() => return false,
                () = written.notified() => return true,
                () = &mut period => return true,
                heard = state.ears.next() => match heard {
                    Some(Heard::Message(Topic::Rounds, number)) => {
                        if let Some(round) = std::str::from_utf8(&number).ok().and_then(|text| text.parse().ok()) {
                            self.log.heard_of(round);
                        }
                    }
                    // What was missed is in the database.
                    Some(Heard::Lost) => return true,
                    Some(Heard::Message(..) | Heard::Connected) => {}
                    None => state.ears = self.bus.subscribe(),
                },
            }
        }
    }
}

impl Worker for Sequencer {
    fn name(&self) -> &'static str {
        "change sequencer"
    }

    fn rest(&self) -> Duration {
        PERIOD
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut state = self.state.lock().await;
            if state.last.is_none() || self.is_due(&mut state, stop).await {
                let begun = Instant::now();
                let taken = self.take().await;
                state.last = Some((Instant::now(), begun.elapsed()));
                taken?;
            }
            Ok(true)
        }
        .boxed()
    }
}
