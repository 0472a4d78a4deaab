//! Settings of background work and of messages on their way out.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use super::Switch;
use super::value::{listen, number};

/// How jobs are done, and how messages leave.
#[derive(Args, Clone, Debug)]
pub struct JobSettings {
    /// How many jobs one process does at the same time; one business has at most half of them.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 1_000>, default_value = "32")]
    pub jobs_at_once: u64,

    /// How long jobs are kept after they were done, given up or called off, in days.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 3_650>, default_value = "14")]
    pub jobs_kept_days: u64,

    /// Address and port on which `work` serves /livez and /metrics; without it, nowhere.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = listen)]
    pub work_listen: Option<SocketAddr>,

    /// How long a webhook or provider may take to answer a message that is sent, in milliseconds.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<100, 120_000>,
        default_value = "15000")]
    pub outbound_timeout_ms: u64,

    /// Whether webhooks may be in private networks and on this machine, and without https; auto: in development.
    #[arg(long, env, global = true, hide_env_values = true, default_value = "auto")]
    pub outbound_private_addresses: Switch,
}

impl JobSettings {
    /// [`JobSettings::outbound_timeout_ms`].
    pub fn outbound_timeout(&self) -> Duration {
        Duration::from_millis(self.outbound_timeout_ms)
    }
}
