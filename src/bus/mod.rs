//! What nodes tell each other: that something new can be read, and what is too short-lived to be stored.
//!
//! A bus carries short messages to every node, the one that speaks included, at most once and in the order in which
//! each node said them. It stores nothing: who was not connected has missed what was said, and is told so
//! ([`Heard::Lost`]). So no message may be the only carrier of a fact; it wakes up somebody who then reads the
//! database, or says what will be said again in a moment.
//!
//! PostgreSQL carries it unless the configuration names a NATS server ([`BusChoice`]).

mod choice;
mod ears;
mod local;
mod nats;
mod postgres;

#[cfg(test)]
mod tests;

use std::fmt;

use bytes::Bytes;

pub use choice::{BusChoice, NatsUrl};
pub use ears::Ears;
pub use local::LocalBus;
pub use nats::NatsBus;
pub use postgres::PostgresBus;

/// Most bytes of one message, on every bus.
pub const MOST_BYTES: usize = 5_500;

/// How many messages a subscriber may be behind before it misses some and is told so.
const BUFFER: usize = 8_192;

/// Carries messages between nodes.
pub trait Bus: fmt::Debug + Send + Sync + 'static {
    /// Says something to all nodes, this one included. Returns at once; nothing tells whether it arrived.
    ///
    /// # Errors
    /// Why it will not even be tried. Nothing is kept for later.
    fn publish(&self, topic: Topic, message: Bytes) -> Result<(), Unsaid>;

    /// Hears everything from now on.
    fn subscribe(&self) -> Ears;

    /// Whether what others say arrives.
    fn is_connected(&self) -> bool;
}

/// What a message is about. Each has its own form, known to the module that uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The log of changes can be read up to a new round.
    Rounds,
    /// Somebody types, looks at something, is there.
    Signals,
    /// There is more of an answer in a chat.
    Replies,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 3] = [Self::Rounds, Self::Signals, Self::Replies];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rounds => "rounds",
            Self::Signals => "signals",
            Self::Replies => "replies",
        }
    }

    /// The topic of a name.
    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

/// What a subscriber hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// From now on every message arrives; what was said before may be missing. Comes first when the bus is connected
    /// already.
    Connected,
    /// Somebody said this.
    Message(Topic, Bytes),
    /// From now on messages are missed, or some were.
    Lost,
}

/// Why something will not be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsaid {
    /// The bus is not connected.
    Away,
    /// The message has more than [`MOST_BYTES`].
    TooBig,
    /// More is said than the bus can carry.
    Busy,
}

impl fmt::Display for Unsaid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Away => "the bus is not connected",
            Self::TooBig => "the message is too big for the bus",
            Self::Busy => "the bus cannot carry more",
        })
    }
}

impl std::error::Error for Unsaid {}

fn fits(message: &Bytes) -> Result<(), Unsaid> {
    if message.len() > MOST_BYTES { Err(Unsaid::TooBig) } else { Ok(()) }
}
