//! The bus over PostgreSQL's notifications, on the connection that the node listens with anyway.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;

use super::ears::{Ears, Mouth};
use super::{Bus, MOST_BYTES, Topic, Unsaid, fits};
use crate::db::{self, Hearer, LONGEST_NOTICE, Listener};

/// The channel that all nodes listen to.
const CHANNEL: &str = "mostrador_bus";

/// Room for the topic, the number and the spaces of a notification.
const HEAD: usize = 40;

const _: () = assert!(MOST_BYTES.div_ceil(3) * 4 + HEAD <= LONGEST_NOTICE, "a message must fit into a notification");

/// Carries messages as notifications.
#[derive(Debug)]
pub struct PostgresBus {
    listener: Arc<Listener>,
    mouth: Mouth,
    said: AtomicU64,
}

impl PostgresBus {
    /// Over a listener that does not run yet.
    pub fn new(listener: &Arc<Listener>) -> Arc<Self> {
        let bus = Arc::new(Self { listener: Arc::clone(listener), mouth: Mouth::new(), said: AtomicU64::new(0) });
        listener.add(CHANNEL, &bus);
        bus
    }
}

impl Bus for PostgresBus {
    fn publish(&self, topic: Topic, message: Bytes) -> Result<(), Unsaid> {
        fits(&message)?;
        // The number keeps PostgreSQL from taking equal messages of one transaction for one.
        let number = self.said.fetch_add(1, Ordering::Relaxed);
        let text = format!("{} {number:x} {}", topic.name(), STANDARD_NO_PAD.encode(&message));
        self.listener.say(CHANNEL, text).map_err(|unsaid| match unsaid {
            db::Unsaid::Away => Unsaid::Away,
            db::Unsaid::TooLong => Unsaid::TooBig,
            db::Unsaid::Busy => Unsaid::Busy,
        })
    }

    fn subscribe(&self) -> Ears {
        self.mouth.ears()
    }

    fn is_connected(&self) -> bool {
        self.mouth.is_connected()
    }
}

impl Hearer for PostgresBus {
    fn hear(&self, heard: &db::Heard) {
        match heard {
            db::Heard::Connected => self.mouth.connected(true),
            db::Heard::Lost => self.mouth.connected(false),
            // Anybody with psql may say anything here.
            db::Heard::Message(text) => {
                if let Some((topic, message)) = parse(text) {
                    self.mouth.message(topic, message);
                }
            }
        }
    }
}

fn parse(text: &str) -> Option<(Topic, Bytes)> {
    let (topic, rest) = text.split_once(' ')?;
    let (_, message) = rest.split_once(' ')?;
    Some((Topic::of(topic)?, STANDARD_NO_PAD.decode(message).ok()?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_not_heard() {
        assert_eq!(parse("rounds 1f QUI"), Some((Topic::Rounds, Bytes::from_static(b"AB"))));
        for text in ["", "rounds", "rounds 1", "rounds 1 Ä", "weather 1 QUI", " 1 QUI"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
