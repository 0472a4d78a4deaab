//! The bus of a single process: for tests, and for whoever runs one node and wants nothing else.

use bytes::Bytes;

use super::ears::{Ears, Mouth};
use super::{Bus, Topic, Unsaid, fits};

/// Carries messages within the process.
#[derive(Debug)]
pub struct LocalBus {
    mouth: Mouth,
}

impl LocalBus {
    /// Connected from the beginning.
    #[must_use]
    pub fn new() -> Self {
        let mouth = Mouth::new();
        mouth.connected(true);
        Self { mouth }
    }

    /// Cuts the connection or mends it, so that a test can see what others do then.
    pub fn set_connected(&self, is_connected: bool) {
        self.mouth.connected(is_connected);
    }
}

impl Default for LocalBus {
    fn default() -> Self {
        Self::new()
    }
}

impl Bus for LocalBus {
    fn publish(&self, topic: Topic, message: Bytes) -> Result<(), Unsaid> {
        fits(&message)?;
        if !self.is_connected() {
            return Err(Unsaid::Away);
        }
        self.mouth.message(topic, message);
        Ok(())
    }

    fn subscribe(&self) -> Ears {
        self.mouth.ears()
    }

    fn is_connected(&self) -> bool {
        self.mouth.is_connected()
    }
}
