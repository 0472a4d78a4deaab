//! How often a client may send something: so many per second in the long run, and some more at once.

use tokio::time::Instant;

/// A bucket that fills with time and is emptied by messages.
#[derive(Debug)]
pub(super) struct Rate {
    per_second: f32,
    burst: f32,
    left: f32,
    filled_at: Instant,
}

impl Rate {
    /// A full bucket.
    pub(super) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = burst.max(1) as f32;
        Self { per_second: per_second as f32, burst, left: burst, filled_at: now }
    }

    /// Takes one; false when there is none.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.filled_at).as_secs_f32();
        self.left = (self.left + elapsed * self.per_second).min(self.burst);
        self.filled_at = now;
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_so_many_per_second() {
        let start = Instant::now();
        let mut rate = Rate::new(10, 5, start);
        assert_eq!((0..8).filter(|_| rate.take(start)).count(), 5);
        assert!(!rate.take(start + Duration::from_millis(90)));
        assert!(rate.take(start + Duration::from_millis(200)));
        let later = start + Duration::from_secs(60);
        assert_eq!((0..8).filter(|_| rate.take(later)).count(), 5);
    }
}
