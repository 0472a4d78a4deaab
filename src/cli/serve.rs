//! `mostrador serve`.

use clap::Args;

use crate::app::Failure;
use crate::config::Config;

/// Has no arguments of its own; the settings say all.
#[derive(Args, Debug)]
pub(super) struct Serve {}

impl Serve {
    /// See [`crate::app::serve`].
    pub(super) async fn run(self, config: &Config) -> Result<(), Failure> {
        crate::app::serve::serve(config).await
    }
}
