//! Passwords: hashed with Argon2id, away from the threads that serve requests.
//!
//! A hash takes 19 MiB and some 20 ms of a core, so only so many are made at the same time and only so many wait; who
//! comes after that is asked to come again. Every verification is one hash, also where there is nothing to compare with:
//! the time says nothing about who exists.

mod policy;

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

pub use policy::{MAX_PASSWORD_BYTES, Policy, Weakness};

/// How many may wait for each that hashes: at 20 ms a hash, about a second.
const WAITING_PER_HASHER: usize = 50;

/// A password in clear; wiped when it is dropped.
pub type Password = Zeroizing<String>;

/// Hashes and verifies passwords.
pub struct Passwords {
    cost: Cost,
    policy: Policy,
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    stand_in: OnceLock<String>,
    hashes: Arc<AtomicU64>,
}

/// What a hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// OWASP's first recommendation for Argon2id (Password Storage Cheat Sheet, 2025).
    pub const RECOMMENDED: Self = Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 };
    /// As little as there can be. For tests.
    pub const LEAST: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };
}

/// What comparing a password said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// It is the right one.
    pub is_right: bool,
    /// The stored hash is cheaper than hashes are now: it should be made anew.
    pub is_outdated: bool,
}

/// Why no hash was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordError {
    /// Too many wait already.
    Busy,
    /// A fault of ours.
    Fault(String),
}

impl Passwords {
    /// At most so many hashes at a time.
    pub fn new(cost: Cost, policy: Policy, hashers: usize) -> Self {
        let hashers = hashers.max(1);
        Self {
            cost,
            policy,
            slots: Arc::new(Semaphore::new(hashers)),
            waiting: AtomicUsize::new(0),
            most_waiting: hashers * WAITING_PER_HASHER,
            stand_in: OnceLock::new(),
            hashes: Arc::default(),
        }
    }

    /// What a new password must be like.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Hashes a new password, as a PHC string.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: Password) -> Result<String, PasswordError> {
        let cost = self.cost;
        self.run(move || hash(cost, &password)).await?
    }

    /// Compares a password with a stored hash; without one, with a hash of nothing, which takes as long and is wrong.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn verify(&self, password: Password, stored: Option<String>) -> Result<Verdict, PasswordError> {
        let (is_known, stored) = match stored {
            Some(stored) => (true, stored),
            None => (false, self.stand_in().await?),
        };
        let cost = self.cost;
        self.run(move || {
            let mut verdict = verify(cost, &password, &stored)?;
            verdict.is_right &= is_known;
            Ok(verdict)
        })
        .await?
    }

    /// How many hashes were made so far, to compare with or to store.
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }

    /// The hash of something nobody knows. Made with the first need, and not counted.
    async fn stand_in(&self) -> Result<String, PasswordError> {
        if let Some(stand_in) = self.stand_in.get() {
            return Ok(stand_in.clone());
        }
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| PasswordError::Fault(error.to_string()))?;
        let nobodys = crate::hex::encode(random);
        let cost = self.cost;
        let made = self.run(move || hash(cost, &nobodys)).await??;
        self.hashes.fetch_sub(1, Ordering::Relaxed);
        Ok(self.stand_in.get_or_init(|| made).clone())
    }

    /// Runs work that takes a core for a while.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let slot = {
            let _place = Place::take(&self.waiting, self.most_waiting)?;
            Arc::clone(&self.slots).acquire_owned().await.map_err(|_| PasswordError::Fault("closed".into()))?
        };
        let hashes = Arc::clone(&self.hashes);
        let task = tokio::task::spawn_blocking(move || {
            // The slot is taken as long as the core is, also when nobody waits for the outcome any more.
            let _slot = slot;
            hashes.fetch_add(1, Ordering::Relaxed);
            work()
        });
        task.await.map_err(|_| PasswordError::Fault("the hash's task ended early".into()))
    }
}

/// A place in the queue, given back however the wait ends.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Result<Self, PasswordError> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::SeqCst) >= most { Err(PasswordError::Busy) } else { Ok(place) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn hash(cost: Cost, password: &str) -> Result<String, PasswordError> {
    let fault = |error: &dyn fmt::Display| PasswordError::Fault(error.to_string());
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).map_err(|error| fault(&error))?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| fault(&error))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let made = argon2.hash_password_with_salt(password.as_bytes(), &salt).map_err(|error| fault(&error))?;
    Ok(made.to_string())
}

fn verify(cost: Cost, password: &str, stored: &str) -> Result<Verdict, PasswordError> {
    let parsed = PasswordHash::new(stored).map_err(|_| PasswordError::Fault("a stored hash cannot be read".into()))?;
    let params =
        Params::try_from(&parsed).map_err(|_| PasswordError::Fault("a stored hash has odd parameters".into()))?;
    let is_right = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    let is_outdated =
        params.m_cost() < cost.memory_kib || params.t_cost() < cost.passes || parsed.algorithm.as_str() != "argon2id";
    Ok(Verdict { is_right, is_outdated })
}

impl fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Passwords").field("cost", &self.cost).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(Cost::LEAST, Policy::default(), 1)
    }

    fn clear(text: &str) -> Password {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_recognised_by_its_hash() {
        let passwords = passwords();
        let stored = passwords.hash(clear("correct horse")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored}");
        assert_ne!(stored, passwords.hash(clear("correct horse")).await.unwrap(), "salted");
        let right = passwords.verify(clear("correct horse"), Some(stored.clone())).await.unwrap();
        assert_eq!(right, Verdict { is_right: true, is_outdated: false });
        assert!(!passwords.verify(clear("correct horsf"), Some(stored)).await.unwrap().is_right);
    }

    #[tokio::test]
    async fn nobodys_password_costs_one_hash_and_is_wrong() {
        let passwords = passwords();
        for count in 1..4 {
            assert!(!passwords.verify(clear("anything"), None).await.unwrap().is_right);
            assert_eq!(passwords.hashes(), count);
        }
    }

    #[tokio::test]
    async fn a_cheaper_hash_is_outdated() {
        let stored = passwords().hash(clear("correct horse")).await.unwrap();
        let dearer = Passwords::new(Cost { passes: 2, ..Cost::LEAST }, Policy::default(), 1);
        let verdict = dearer.verify(clear("correct horse"), Some(stored)).await.unwrap();
        assert_eq!(verdict, Verdict { is_right: true, is_outdated: true });
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_sent_away() {
        let passwords = Arc::new(passwords());
        let slot = Arc::clone(&passwords.slots).acquire_owned().await.unwrap();
        let waiting: Vec<_> = (0..WAITING_PER_HASHER)
            .map(|_| {
                let passwords = Arc::clone(&passwords);
                tokio::spawn(async move { passwords.hash(clear("x")).await })
            })
            .collect();
        while passwords.waiting.load(Ordering::SeqCst) < WAITING_PER_HASHER {
            tokio::task::yield_now().await;
        }
        assert_eq!(passwords.hash(clear("x")).await, Err(PasswordError::Busy));
        waiting[0].abort();
        drop(slot);
        for task in waiting.into_iter().skip(1) {
            assert!(task.await.unwrap().is_ok());
        }
        assert_eq!(passwords.waiting.load(Ordering::SeqCst), 0);
        assert!(passwords.hash(clear("x")).await.is_ok());
    }

    #[tokio::test]
    async fn a_spoilt_hash_is_a_fault() {
        let spoilt = passwords().verify(clear("x"), Some("plain text".into())).await;
        assert!(matches!(spoilt, Err(PasswordError::Fault(_))));
    }
}
