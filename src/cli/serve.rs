//! `mostrador serve`.

use clap::Args;

use crate::app::Failure;
use crate::config::Config;

/// What else is done beside serving.
#[derive(Args, Debug, Default)]
pub(super) struct Serve {
    /// Leave background work (jobs, mails, cleaning up) to processes that run `work`; there must be one
    #[arg(long)]
    no_work: bool,
}

impl Serve {
    /// See [`crate::app::serve`].
    pub(super) async fn run(self, config: &Config) -> Result<(), Failure> {
        crate::app::serve::serve(config, !self.no_work).await
    }
}
