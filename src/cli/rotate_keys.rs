//! `mostrador rotate-keys`.

use clap::Args;

use crate::app::Failure;
use crate::config::Config;

/// Has no arguments of its own; the settings say all.
#[derive(Args, Debug)]
pub(super) struct RotateKeys {}

impl RotateKeys {
    /// See [`crate::app::rotate_keys`].
    pub(super) async fn run(self, config: &Config) -> Result<(), Failure> {
        crate::app::rotate_keys::rotate_keys(config).await
    }
}
