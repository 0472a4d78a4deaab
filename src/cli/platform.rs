//! `mostrador platform`.

use clap::Args;

use crate::app::Failure;
use crate::config::Config;

/// Who is to run the platform.
#[derive(Args, Debug)]
pub(super) struct Platform {
    /// The address of the person, who is made when missing
    #[arg(long)]
    email: String,

    /// The name to show for a new one; the address by itself
    #[arg(long)]
    name: Option<String>,
}

impl Platform {
    /// See [`crate::app::platform`].
    pub(super) async fn run(self, config: &Config) -> Result<(), Failure> {
        crate::app::platform::platform(config, &self.email, self.name.as_deref()).await
    }
}
