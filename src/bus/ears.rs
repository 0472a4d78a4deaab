//! Hands what a bus hears to its subscribers within this process.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::{BUFFER, Heard, Topic};

/// A subscriber's side of a bus.
pub struct Ears {
    receiver: broadcast::Receiver<Heard>,
    is_connected: Arc<AtomicBool>,
    /// What is to be told before anything else.
    next: Option<Heard>,
}

/// The other side of all [`Ears`] of a bus.
pub(super) struct Mouth {
    sender: Mutex<broadcast::Sender<Heard>>,
    is_connected: Arc<AtomicBool>,
}

impl Ears {
    /// The next thing that is heard; `None` when the bus is gone.
    ///
    /// Who listens too slowly misses messages and hears [`Heard::Lost`] and [`Heard::Connected`] in their place.
    pub async fn next(&mut self) -> Option<Heard> {
        if let Some(heard) = self.next.take() {
            return Some(heard);
        }
        match self.receiver.recv().await {
            Ok(heard) => Some(heard),
            Err(RecvError::Lagged(_)) => {
                self.next = self.is_connected.load(Ordering::Acquire).then_some(Heard::Connected);
                Some(Heard::Lost)
            }
            Err(RecvError::Closed) => None,
        }
    }
}

impl Mouth {
    /// Not connected.
    pub(super) fn new() -> Self {
        Self { sender: Mutex::new(broadcast::Sender::new(BUFFER)), is_connected: Arc::default() }
    }

    /// New ears. They hear that the bus is connected, when it is, and then everything.
    pub(super) fn ears(&self) -> Ears {
        let sender = self.lock();
        let next = self.is_connected().then_some(Heard::Connected);
        Ears { receiver: sender.subscribe(), is_connected: Arc::clone(&self.is_connected), next }
    }

    /// From now on messages arrive, or do not any more. Said twice, it is told once.
    pub(super) fn connected(&self, is_connected: bool) {
        let sender = self.lock();
        if self.is_connected.swap(is_connected, Ordering::AcqRel) != is_connected {
            // Nobody may listen.
            let _ = sender.send(if is_connected { Heard::Connected } else { Heard::Lost });
        }
    }

    /// A message has arrived. Who was told that messages are missed is told none.
    pub(super) fn message(&self, topic: Topic, message: Bytes) {
        let sender = self.lock();
        if self.is_connected() {
            // Nobody may listen.
            let _ = sender.send(Heard::Message(topic, message));
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.is_connected.load(Ordering::Acquire)
    }

    /// Telling and beginning to listen happen one after another.
    fn lock(&self) -> MutexGuard<'_, broadcast::Sender<Heard>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ears {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ears").field("is_connected", &self.is_connected).finish_non_exhaustive()
    }
}

impl fmt::Debug for Mouth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mouth").field("is_connected", &self.is_connected).finish_non_exhaustive()
    }
}
