//! `mostrador work`.

use clap::Args;

use crate::app::Failure;
use crate::config::Config;

/// Has no arguments of its own; the settings say all.
#[derive(Args, Debug)]
pub(super) struct Work {}

impl Work {
    /// See [`crate::app::work`].
    pub(super) async fn run(self, config: &Config) -> Result<(), Failure> {
        crate::app::work::work(config).await
    }
}
