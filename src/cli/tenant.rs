//! `mostrador tenant`.

use clap::Args;

use crate::app::Failure;
use crate::app::tenant::Business;
use crate::config::Config;

/// The business, and who is invited to administer it.
#[derive(Args, Debug)]
pub(super) struct Tenant {
    /// The name of the business
    #[arg(long)]
    name: String,

    /// Its short name for signing in: lower case letters, digits and hyphens
    #[arg(long)]
    slug: String,

    /// The currency of amounts that name none, as EUR
    #[arg(long, value_parser = currency)]
    currency: String,

    /// The time zone in which it counts its days, as Europe/Madrid
    #[arg(long)]
    timezone: String,

    /// The address of its first administrator, who is invited
    #[arg(long)]
    admin: String,

    /// The address of the business itself; that of the administrator by itself
    #[arg(long)]
    email: Option<String>,
}

impl Tenant {
    /// See [`crate::app::tenant`].
    pub(super) async fn run(self, config: &Config) -> Result<(), Failure> {
        let Self { name, slug, currency, timezone, admin, email } = self;
        let business = Business { name, slug, currency, timezone, email, admin };
        crate::app::tenant::tenant(config, &business).await
    }
}

fn currency(text: &str) -> Result<String, String> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(text.to_owned());
    }
    Err(format!("must be the code of a currency, as EUR, not {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_read() {
        assert_eq!(currency("EUR").as_deref(), Ok("EUR"));
        for text in ["", "eur", "EURO", "€", "E1R"] {
            assert!(currency(text).is_err(), "{text}");
        }
    }
}
