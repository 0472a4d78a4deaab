//! Where the time comes from.
//!
//! Nothing in the gateway asks the machine for the date directly: whoever needs "now" is handed a
//! [`Clock`], so that a test can stand at the last second of a token's life. `clippy.toml` forbids
//! the global clocks. Durations are measured with [`std::time::Instant`], which no rule depends on.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// Tells the date and time.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The current moment, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// A clock that can be handed around.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask the machine")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is told to move. For tests and reproducible demo data.
#[derive(Debug)]
pub struct ManualClock {
    microseconds: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `moment`, kept to the microsecond as PostgreSQL does.
    pub fn at(moment: DateTime<Utc>) -> Self {
        Self { microseconds: AtomicI64::new(moment.timestamp_micros()) }
    }

    /// Moves the clock forward (or back, when `by` is negative).
    pub fn advance(&self, by: chrono::Duration) {
        let by = by.num_microseconds().unwrap_or(i64::MAX);
        self.microseconds.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        // Out of chrono's range only when a test moved the clock by 260,000 years.
        DateTime::from_timestamp_micros(self.microseconds.load(Ordering::SeqCst)).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let clock = ManualClock::at(start);
        assert_eq!(clock.now(), start);
        clock.advance(chrono::Duration::seconds(90));
        assert_eq!((clock.now() - start).num_seconds(), 90);
    }

    #[test]
    fn the_system_clock_does_not_stand_still_in_1970() {
        assert!(SystemClock.now().timestamp() > 1_700_000_000);
    }
}
