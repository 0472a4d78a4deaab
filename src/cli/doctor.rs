//! `mostrador doctor`.

use clap::Args;

use crate::app::Failure;
use crate::config::Config;

/// Has no arguments of its own; the settings say all.
#[derive(Args, Debug)]
pub(super) struct Doctor {}

impl Doctor {
    /// See [`crate::app::doctor`].
    pub(super) async fn run(self, config: &Config) -> Result<(), Failure> {
        crate::app::doctor::doctor(config).await
    }
}
