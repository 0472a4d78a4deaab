//! Settings of mail.

use std::path::PathBuf;

use clap::Args;
use url::Url;

use super::value::{number, web_address};
use super::{Config, ConfigError, Environment};
use crate::mail::Sender;
use crate::mail::smtp::SmtpServer;

/// The name in which mails are sent where nobody receives them.
const DEVELOPMENT_SENDER: &str = "Mostrador <no-reply@mostrador.example>";

/// How mails leave, and where their links lead.
#[derive(Args, Clone, Debug)]
pub struct MailSettings {
    /// Server that takes mail: smtps://user:password@host:465 (TLS), smtp://user:password@host:587 (STARTTLS). Without
    /// it, mails are written into MAIL_FOLDER in development, and wait in production.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub mail_url: Option<SmtpServer>,

    /// Who sends mails, as Mostrador <no-reply@example.com>. Required with MAIL_URL in production.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub mail_from: Option<Sender>,

    /// Folder that mails are written into, a file each, when there is no MAIL_URL. Default in development: mails in the
    /// data folder.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub mail_folder: Option<PathBuf>,

    /// How long mails are kept after they were sent or given up, without their text, in days.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 3_650>, default_value = "30")]
    pub mail_kept_days: u64,

    /// Address of the application that people use, to which the links in mails lead: `https://app.example`. Required with
    /// MAIL_URL in production. Default: the gateway's own address.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = web_address)]
    pub app_url: Option<Url>,
}

impl MailSettings {
    pub(super) fn check(&self, environment: Environment) -> Result<(), ConfigError> {
        if environment != Environment::Production || (self.mail_url.is_none() && self.mail_folder.is_none()) {
            return Ok(());
        }
        let missing = |variable| ConfigError {
            variable,
            problem: "is required when mails are sent and ENVIRONMENT is production".to_owned(),
        };
        if self.mail_from.is_none() {
            return Err(missing("MAIL_FROM"));
        }
        if self.app_url.is_none() {
            return Err(missing("APP_URL"));
        }
        Ok(())
    }
}

impl Config {
    /// Who sends mails.
    ///
    /// # Errors
    /// Never: the name for development is an address.
    pub fn mail_from(&self) -> Result<Sender, ConfigError> {
        let broken = |problem| ConfigError { variable: "MAIL_FROM", problem };
        self.mail.mail_from.clone().map_or_else(|| DEVELOPMENT_SENDER.parse().map_err(broken), Ok)
    }

    /// Where the links in mails lead.
    ///
    /// # Errors
    /// When the gateway's own address makes no URL.
    pub fn app_url(&self) -> Result<Url, ConfigError> {
        let own = || {
            let address = self.public_address();
            Url::parse(&format!("http://{address}"))
                .map_err(|_| ConfigError { variable: "APP_URL", problem: "is required".to_owned() })
        };
        self.mail.app_url.clone().map_or_else(own, Ok)
    }

    /// The address at which a person on this machine reaches the gateway.
    fn public_address(&self) -> String {
        if self.listen.ip().is_unspecified() {
            return format!("localhost:{}", self.listen.port());
        }
        self.listen.to_string()
    }
}
