//! Settings of connections that stay open.

use std::time::Duration;

use clap::Args;

use super::value::number;
use crate::http::live::settings::LiveSettings as Settings;

/// What WebSockets and streams of events may take.
#[derive(Args, Clone, Debug)]
pub struct LiveSettings {
    /// Most connections that stay open (WebSockets, streams of events) of this node.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 1_000_000>,
        default_value = "10000")]
    pub live_max_connections: u64,

    /// Most of them of one tenant on this node.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 1_000_000>,
        default_value = "5000")]
    pub live_max_connections_per_tenant: u64,

    /// Most subscriptions and running operations of one connection.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 10_000>,
        default_value = "100")]
    pub live_max_operations: u64,

    /// Largest message of a client over a WebSocket, in bytes.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1_024, 16_777_216>,
        default_value = "131072")]
    pub live_max_message_bytes: u64,

    /// How many messages a client may send per second in the long run; as many more as it may have operations at once.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 100_000>,
        default_value = "50")]
    pub live_max_messages_per_second: u64,

    /// How long a client may take to introduce itself over a WebSocket, in milliseconds.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<100, 600_000>,
        default_value = "10000")]
    pub live_init_timeout_ms: u64,

    /// After how long a silent client is asked whether it is there, in milliseconds; as long again and it counts as
    /// gone. So does one that takes longer to read a message.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1_000, 600_000>,
        default_value = "25000")]
    pub live_ping_ms: u64,

    /// The longest time that clients are told to wait, at random, before they connect anew when this node stops, in
    /// milliseconds.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<0, 600_000>,
        default_value = "10000")]
    pub live_reconnect_spread_ms: u64,
}

impl LiveSettings {
    /// As HTTP takes them.
    pub fn settings(&self) -> Settings {
        // Every value is below 2^24, as its parser checked.
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        Settings {
            max_connections: size(self.live_max_connections),
            max_connections_per_tenant: size(self.live_max_connections_per_tenant),
            max_operations: size(self.live_max_operations),
            max_message_bytes: size(self.live_max_message_bytes),
            max_messages_per_second: u32::try_from(self.live_max_messages_per_second).unwrap_or(u32::MAX),
            init_timeout: Duration::from_millis(self.live_init_timeout_ms),
            ping_interval: Duration::from_millis(self.live_ping_ms),
            reconnect_spread: Duration::from_millis(self.live_reconnect_spread_ms),
            ..Settings::default()
        }
    }
}
