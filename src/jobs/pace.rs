//! How fast jobs are done, and how long one waits after a failure.

use std::time::Duration;

use super::Policy;

/// How a worker goes about it. Tests hurry.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Jobs done at the same time in this process; one tenant has at most half of them.
    pub jobs_at_once: usize,
    /// How often it looks for jobs when nothing wakes it.
    pub rest: Duration,
    /// Least time between two looks of which the first found nothing.
    pub least_rest: Duration,
    /// How long a job is taken for. It is renewed as long as the job goes on; when the process dies, another one begins
    /// anew after this time.
    pub lease: Duration,
    /// How long running jobs may go on after being asked to stop; then they are cut off and given back.
    pub drain: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            jobs_at_once: 32,
            rest: Duration::from_secs(1),
            least_rest: Duration::from_millis(20),
            lease: Duration::from_secs(30),
            drain: Duration::from_secs(8),
        }
    }
}

impl Policy {
    /// The wait after this attempt failed. `chance` from 0 to 1 makes that of jobs that failed together differ.
    pub(super) fn wait_after(&self, attempt: i32, chance: f64) -> Duration {
        let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or(0).min(20);
        let wait = self.first_wait.saturating_mul(1 << doublings).min(self.longest_wait);
        wait.mul_f64(0.75 + chance / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_give_or_take_a_quarter() {
        let policy =
            Policy { first_wait: Duration::from_secs(2), longest_wait: Duration::from_secs(60), ..Policy::default() };
        let middle: Vec<_> = (1..8).map(|attempt| policy.wait_after(attempt, 0.5).as_secs()).collect();
        assert_eq!(middle, [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(policy.wait_after(2, 0.0), Duration::from_secs(3));
        assert_eq!(policy.wait_after(2, 1.0), Duration::from_secs(5));
        assert_eq!(policy.wait_after(i32::MAX, 0.5), Duration::from_secs(60));
        assert_eq!(policy.wait_after(i32::MIN, 0.5), Duration::from_secs(2));
    }
}
