//! `mostrador migrate`.

use clap::Args;

use crate::app::Failure;
use crate::config::Config;

/// Has no arguments of its own; the settings say all.
#[derive(Args, Debug)]
pub(super) struct Migrate {}

impl Migrate {
    /// See [`crate::app::migrate`].
    pub(super) async fn run(self, config: &Config) -> Result<(), Failure> {
        crate::app::migrate::migrate(config).await
    }
}
