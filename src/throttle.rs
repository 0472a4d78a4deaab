//! How often somebody may fail: at a door that guesses would open, such as signing in.
//!
//! Failures of one subject (an account, an address) are counted within a window of time; when there are too many, the
//! door stays shut until the window is over. Counting happens in memory, so that an attack at full speed costs a hash
//! map's look-up per attempt. What several gateways count together is for the database.
//!
//! An attempt counts as failed from its beginning: of a thousand at the same moment, no more get through than of a
//! thousand in a row.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::clock::SharedClock;

/// How many subjects are remembered. The oldest windows are forgotten when there are more.
const REMEMBERED: usize = 200_000;

/// How many failures are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Failures within a window after which the door is shut.
    pub failures: u32,
    /// How long a window is, from its first failure on.
    pub window: Duration,
}

/// A hash that stands for who fails. 256 bits, so that nobody can make two subjects one.
pub type Subject = [u8; 32];

/// Counts failures.
pub struct Throttle {
    clock: SharedClock,
    windows: Mutex<HashMap<Subject, Window>>,
}

#[derive(Clone, Copy)]
struct Window {
    failures: u32,
    ends_at: DateTime<Utc>,
}

/// Too many failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttled {
    /// Seconds until it makes sense to try again, at least one.
    pub retry_after: u32,
}

/// An attempt that was let in. It counts as a failure unless it says otherwise.
#[must_use = "an attempt that says nothing has failed"]
pub struct Attempt {
    throttle: Arc<Throttle>,
    subjects: Vec<Subject>,
}

impl Throttle {
    /// Nobody has failed yet.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, windows: Mutex::default() }
    }

    /// Lets an attempt in, unless one of its subjects has failed too often.
    ///
    /// # Errors
    /// [`Throttled`], and then nothing was counted.
    pub fn begin(self: &Arc<Self>, subjects: &[(Subject, Limit)]) -> Result<Attempt, Throttled> {
        let now = self.clock.now();
        let mut windows = self.lock();
        let open = |windows: &HashMap<Subject, Window>, subject: &Subject| {
            windows.get(subject).copied().filter(|window| window.ends_at > now)
        };
        let shut = subjects
            .iter()
            .filter_map(|(subject, limit)| open(&windows, subject).filter(|window| window.failures >= limit.failures));
        if let Some(ends_at) = shut.map(|window| window.ends_at).max() {
            return Err(Throttled { retry_after: seconds_until(ends_at, now) });
        }
        for (subject, limit) in subjects {
            let fresh = Window { failures: 0, ends_at: now + limit.window };
            let mut window = open(&windows, subject).unwrap_or(fresh);
            window.failures += 1;
            windows.insert(*subject, window);
        }
        if windows.len() > REMEMBERED {
            shrink(&mut windows, now);
        }
        drop(windows);
        let subjects = subjects.iter().map(|(subject, _)| *subject).collect();
        Ok(Attempt { throttle: Arc::clone(self), subjects })
    }

    /// Whether none of these has failed too often. Counts nothing: for doors where success is no guess that came right,
    /// so that many may try at once.
    ///
    /// # Errors
    /// [`Throttled`].
    pub fn admits(&self, subjects: &[(Subject, Limit)]) -> Result<(), Throttled> {
        let now = self.clock.now();
        let windows = self.lock();
        let shut = subjects.iter().filter_map(|(subject, limit)| {
            windows.get(subject).filter(|window| window.ends_at > now && window.failures >= limit.failures)
        });
        match shut.map(|window| window.ends_at).max() {
            Some(ends_at) => Err(Throttled { retry_after: seconds_until(ends_at, now) }),
            None => Ok(()),
        }
    }

    /// Somebody else counted so many failures of a subject, and the last one shut the door until `ends_at`.
    pub fn shut(&self, subject: Subject, limit: Limit, ends_at: DateTime<Utc>) -> Throttled {
        self.lock().insert(subject, Window { failures: limit.failures, ends_at });
        Throttled { retry_after: seconds_until(ends_at, self.clock.now()) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Subject, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// It succeeded: the first subject starts anew, the others have one failure less.
    pub fn succeeded(self) {
        let mut windows = self.throttle.lock();
        for (index, subject) in self.subjects.iter().enumerate() {
            if index == 0 {
                windows.remove(subject);
            } else {
                take_back(&mut windows, subject);
            }
        }
    }

    /// It came to no end, for a reason that is not the client's: it never happened.
    pub fn undo(self) {
        let mut windows = self.throttle.lock();
        for subject in &self.subjects {
            take_back(&mut windows, subject);
        }
    }
}

fn take_back(windows: &mut HashMap<Subject, Window>, subject: &Subject) {
    if let Some(window) = windows.get_mut(subject) {
        window.failures = window.failures.saturating_sub(1);
    }
}

/// Forgets what is over; if that is not enough, the windows that end first.
fn shrink(windows: &mut HashMap<Subject, Window>, now: DateTime<Utc>) {
    windows.retain(|_, window| window.ends_at > now);
    if windows.len() > REMEMBERED / 2 {
        let mut ends: Vec<_> = windows.values().map(|window| window.ends_at).collect();
        let middle = ends.len() / 2;
        let (_, median, _) = ends.select_nth_unstable(middle);
        let median = *median;
        windows.retain(|_, window| window.ends_at > median);
    }
}

fn seconds_until(end: DateTime<Utc>, now: DateTime<Utc>) -> u32 {
    let milliseconds = (end - now).num_milliseconds().max(1);
    u32::try_from((milliseconds + 999) / 1000).unwrap_or(u32::MAX)
}

impl fmt::Debug for Throttle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Throttle").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const LIMIT: Limit = Limit { failures: 3, window: Duration::from_secs(60) };
    const ACCOUNT: (Subject, Limit) = ([1; 32], LIMIT);
    const ADDRESS: (Subject, Limit) = ([2; 32], Limit { failures: 5, window: Duration::from_secs(60) });

    fn throttle() -> (Arc<Throttle>, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
        (Arc::new(Throttle::new(clock.clone())), clock)
    }

    fn fail(throttle: &Arc<Throttle>) -> bool {
        throttle.begin(&[ACCOUNT, ADDRESS]).map(drop).is_ok()
    }

    #[test]
    fn after_too_many_failures_the_door_is_shut_until_the_window_is_over() {
        let (throttle, clock) = throttle();
        assert_eq!((0..6).filter(|_| fail(&throttle)).count(), 3);
        clock.advance(chrono::Duration::milliseconds(30_500));
        assert_eq!(throttle.begin(&[ACCOUNT]).err(), Some(Throttled { retry_after: 30 }));
        clock.advance(chrono::Duration::seconds(30));
        assert!(fail(&throttle));
    }

    #[test]
    fn attempts_count_while_they_last() {
        let (throttle, _) = throttle();
        let under_way: Vec<_> = (0..10).map(|_| throttle.begin(&[ACCOUNT])).collect();
        assert_eq!(under_way.iter().filter(|attempt| attempt.is_ok()).count(), 3);
    }

    #[test]
    fn success_opens_the_account_and_not_the_address() {
        let (throttle, _) = throttle();
        assert!(fail(&throttle) && fail(&throttle));
        throttle.begin(&[ACCOUNT, ADDRESS]).unwrap().succeeded();
        assert_eq!((0..6).filter(|_| fail(&throttle)).count(), 3);
        assert!(throttle.begin(&[ADDRESS]).is_err());
    }

    #[test]
    fn what_never_happened_does_not_count() {
        let (throttle, _) = throttle();
        for _ in 0..10 {
            throttle.begin(&[ACCOUNT, ADDRESS]).unwrap().undo();
        }
    }

    #[test]
    fn others_may_shut_the_door() {
        let (throttle, clock) = throttle();
        let end = clock.now() + Duration::from_secs(10);
        assert_eq!(throttle.shut(ACCOUNT.0, ACCOUNT.1, end).retry_after, 10);
        assert!(!fail(&throttle));
    }

    #[test]
    fn memory_is_bounded_and_the_latest_windows_stay() {
        let (throttle, clock) = throttle();
        let subject = |number: usize| {
            let mut subject = [0; 32];
            subject[..8].copy_from_slice(&number.to_be_bytes());
            subject
        };
        for number in 0..=REMEMBERED {
            drop(throttle.begin(&[(subject(number), LIMIT)]));
            clock.advance(chrono::Duration::microseconds(100));
        }
        assert!(throttle.lock().len() <= REMEMBERED / 2 + 1);
        assert!(throttle.lock().contains_key(&subject(REMEMBERED)));
    }

    use crate::clock::Clock;
}
