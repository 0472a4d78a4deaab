//! `mostrador demo`.

use clap::Args;

use crate::app::Failure;
use crate::config::Config;

/// How much to load.
#[derive(Args, Debug)]
pub(super) struct Demo {
    /// How much: 1 is two tenants with about 3,000 contacts and 40,000 messages, 20 twenty times that
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    scale: u32,
}

impl Demo {
    /// See [`crate::app::demo`].
    pub(super) async fn run(self, config: &Config) -> Result<(), Failure> {
        crate::app::demo::demo(config, self.scale).await
    }
}
