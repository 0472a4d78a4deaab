//! Circuits: a provider that is down is left alone for a while, instead of being called for every message.
//!
//! One for each way out of each tenant, in the memory of this process. After some outages in a row it opens: nothing goes
//! there until a time; then one message tries. What fails for a reason of its own does not count.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::{Duration, Instant};
use uuid::Uuid;

/// Outages in a row after which it opens.
const PATIENCE: u32 = 5;

/// How long it stays open, at first and at most; it doubles with each failed try.
const OPEN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));

/// All circuits of this process.
#[derive(Debug, Default)]
pub(crate) struct Circuits(Mutex<HashMap<Way, Circuit>>);

/// A way out of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Way {
    pub(crate) tenant: Uuid,
    /// The row that leads there; none for WhatsApp's API.
    pub(crate) row: Option<Uuid>,
}

/// Only of ways with trouble.
#[derive(Debug, Default)]
struct Circuit {
    outages: u32,
    /// Nothing goes before this time.
    closed_until: Option<Instant>,
    openings: u32,
}

impl Circuits {
    /// Whether something may go this way now; else how long to wait. Who may go says afterwards how it was.
    pub(crate) fn ask(&self, way: Way) -> Result<(), Duration> {
        let mut circuits = self.lock();
        let Some(circuit) = circuits.get_mut(&way) else { return Ok(()) };
        let now = Instant::now();
        match circuit.closed_until {
            Some(until) if until > now => Err(until - now),
            Some(_) => {
                // This one tries; the others wait for what it finds.
                circuit.closed_until = Some(now + OPEN.0);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// It went well, or failed for a reason of its own.
    pub(crate) fn works(&self, way: Way) {
        self.lock().remove(&way);
    }

    /// It met an outage.
    pub(crate) fn fails(&self, way: Way) {
        let mut circuits = self.lock();
        let circuit = circuits.entry(way).or_default();
        circuit.outages += 1;
        if circuit.outages >= PATIENCE {
            let pause = OPEN.0.saturating_mul(1 << circuit.openings.min(16)).min(OPEN.1);
            circuit.openings += 1;
            circuit.closed_until = Some(Instant::now() + pause);
            tracing::warn!(tenant = %way.tenant, row = ?way.row, ?pause, "a provider is left alone for a while");
        }
    }

    /// The provider asks to be left alone for so long.
    pub(crate) fn hold(&self, way: Way, pause: Duration) {
        let mut circuits = self.lock();
        let circuit = circuits.entry(way).or_default();
        circuit.closed_until = circuit.closed_until.max(Some(Instant::now() + pause));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Way, Circuit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAY: Way = Way { tenant: Uuid::from_u128(1), row: None };
    const OTHER: Way = Way { tenant: Uuid::from_u128(2), row: None };

    #[tokio::test(start_paused = true)]
    async fn outages_in_a_row_open_it_and_one_try_closes_it() {
        let circuits = Circuits::default();
        for _ in 1..PATIENCE {
            circuits.fails(WAY);
            assert_eq!(circuits.ask(WAY), Ok(()));
        }
        circuits.fails(WAY);
        assert_eq!(circuits.ask(WAY), Err(OPEN.0));
        assert_eq!(circuits.ask(OTHER), Ok(()), "another tenant is none of its business");

        tokio::time::advance(OPEN.0).await;
        assert_eq!(circuits.ask(WAY), Ok(()), "one tries");
        assert_eq!(circuits.ask(WAY), Err(OPEN.0), "the others wait");
        circuits.fails(WAY);
        assert_eq!(circuits.ask(WAY), Err(OPEN.0 * 2));

        tokio::time::advance(OPEN.0 * 2).await;
        assert_eq!(circuits.ask(WAY), Ok(()));
        circuits.works(WAY);
        assert_eq!((circuits.ask(WAY), circuits.ask(WAY)), (Ok(()), Ok(())));
        assert!(circuits.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_single_success_forgets_outages() {
        let circuits = Circuits::default();
        for _ in 0..20 {
            for _ in 1..PATIENCE {
                circuits.fails(WAY);
            }
            circuits.works(WAY);
        }
        assert_eq!(circuits.ask(WAY), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_asks_for_a_pause_gets_it() {
        let circuits = Circuits::default();
        circuits.hold(WAY, Duration::from_secs(30));
        circuits.hold(WAY, Duration::from_secs(10));
        assert_eq!(circuits.ask(WAY), Err(Duration::from_secs(30)));
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(circuits.ask(WAY), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn it_never_stays_open_for_longer_than_its_most() {
        let circuits = Circuits::default();
        for _ in 0..100 {
            circuits.fails(WAY);
        }
        assert_eq!(circuits.ask(WAY), Err(OPEN.1));
    }
}
