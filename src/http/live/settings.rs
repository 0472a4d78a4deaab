//! The settings of connections that stay open.

use std::time::Duration;

/// What connections that stay open may take, and how long things may take on them.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// Most of them at a time on this node, those included that have not said yet who they are.
    pub max_connections: usize,
    /// Most of them at a time of one tenant on this node.
    pub max_connections_per_tenant: usize,
    /// Most subscriptions and running operations of one of them.
    pub max_operations: usize,
    /// Largest message of a client, in bytes.
    pub max_message_bytes: usize,
    /// How many messages a client may send per second in the long run.
    pub max_messages_per_second: u32,
    /// How long a client may take to say who it is.
    pub init_timeout: Duration,
    /// After which silence a client is asked whether it is still there; as long again and it counts as gone. Also how
    /// long it may take to read a message.
    pub ping_interval: Duration,
    /// How long before its token ends a client is told.
    pub expiry_notice: Duration,
    /// The longest time that clients are told to wait before they connect anew when this node stops.
    pub reconnect_spread: Duration,
}

impl LiveSettings {
    /// How many messages may come at once: a client that connects anew sends all its subscriptions.
    pub(super) fn burst(&self) -> u32 {
        let operations = u32::try_from(self.max_operations).unwrap_or(u32::MAX);
        self.max_messages_per_second.saturating_add(operations)
    }
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            max_connections_per_tenant: 5_000,
            max_operations: 100,
            max_message_bytes: 128 * 1024,
            max_messages_per_second: 50,
            init_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(25),
            expiry_notice: Duration::from_secs(60),
            reconnect_spread: Duration::from_secs(10),
        }
    }
}
