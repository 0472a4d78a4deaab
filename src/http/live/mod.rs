//! Connections that stay open: WebSockets (graphql-transport-ws) and server-sent events (graphql-sse, both modes).
//!
//! [`socket`] and [`sse`] are the two transports; both run `operations`, hold a seat among the [`connections`], and end
//! with their token unless it is renewed. The surprising thing: nothing is queued here. What a client does not read stays
//! in the stream it comes from, whose bound is the subscription's own.

pub mod connections;
pub mod message;
pub mod settings;
pub mod socket;
pub mod sse;

mod close;
mod credentials;
mod operations;
mod rate;
mod record;

use std::time::Duration;

use super::state::HttpState;

/// How long a client is told to wait before it connects to another node: at random, so that not all come back at once.
pub(super) fn reconnect_delay(state: &HttpState) -> Duration {
    // Without randomness they come back at once, which is no reason not to let them.
    let chance = f64::from(getrandom::u32().unwrap_or_default()) / f64::from(u32::MAX);
    state.settings().live.reconnect_spread.mul_f64(chance)
}
