//! The configuration: one field per setting, from the environment or a flag; the flag wins.
//!
//! `LISTEN` is `--listen`, and so on. Wrong values are refused one by one in [`value`]; what only
//! several settings together can break is in [`Config::check`]. Secrets are never printed.

pub mod files;
pub mod jobs;
pub mod live;
pub mod mail;
pub mod models;
pub mod secret;
pub mod value;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::HeaderValue;
use clap::{Args, ValueEnum};

use self::files::FileSettings;
use self::jobs::JobSettings;
use self::live::LiveSettings;
use self::mail::MailSettings;
use self::models::ModelsSettings;
use self::secret::{DatabaseUrl, JwtSecret};
use self::value::{cors_origin, data_dir, listen, log_filter, network, number};
use crate::bus::BusChoice;
use crate::graphql::limits::Limits;
use crate::http::client_address::Network;
use crate::oauth::{Grantors, Providers, RedirectUri};
use crate::secrets::KeyRing;
use crate::telemetry::logs::LogFormat;

/// Every setting of the gateway.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings (flag, or variable of the environment)")]
pub struct Config {
    /// Address and port to serve HTTP on.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = listen,
        default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// What this installation is for; production refuses to guess a database or a secret.
    #[arg(long, env, global = true, hide_env_values = true, default_value = "development")]
    pub environment: Environment,

    /// The database the gateway serves, as its role `mostrador_api`: postgres://user:password@host:port/database.
    /// Without it, a PostgreSQL of the gateway's own is started.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,

    /// The same database as the role that owns its tables, for `migrate`, `platform`, `tenant`, `demo` and
    /// `rotate-keys`. Default: DATABASE_URL.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub migrate_url: Option<DatabaseUrl>,

    /// Folder of the gateway's own PostgreSQL and of a generated secret. Default:
    /// ~/.local/share/mostrador, and /var/lib/mostrador for root.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = data_dir)]
    pub data_dir: Option<PathBuf>,

    /// Secret that signs access tokens, at least 32 bytes. Default in development: a generated one,
    /// kept in the data folder.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub jwt_secret: Option<JwtSecret>,

    /// Keys that seal secrets in the database, as id:base64 of 32 bytes, separated by commas; the first one seals,
    /// all of them open. Default in development: a generated one, kept in the data folder.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub encryption_keys: Option<KeyRing>,

    /// File with the same, one key a line; ENCRYPTION_KEYS wins.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub encryption_key_file: Option<PathBuf>,

    /// OpenID Connect providers that people may sign in with: a JSON list of objects with name, issuer, clientId, and
    /// optionally clientSecret, scopes, tenants (slugs), linkVerifiedEmails.
    #[arg(long, env, global = true, hide_env_values = true, default_value = "[]", hide_default_value = true)]
    pub oauth_providers: Providers,

    /// Pages that providers may send people back to, separated by commas; compared letter by letter.
    #[arg(long, env, global = true, hide_env_values = true, value_delimiter = ',')]
    pub oauth_redirect_uris: Vec<RedirectUri>,

    /// How long a provider may take for one answer, in milliseconds.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 60_000>,
        default_value = "5000")]
    pub oauth_timeout_ms: u64,

    /// Systems that people can connect (OAuth 2.0): a JSON list of objects with provider (such as GOOGLE_CALENDAR),
    /// authorizationEndpoint, tokenEndpoint, clientId, and optionally clientSecret, clientSecretInForm, scopes,
    /// authorizationParameters, syncUrl. People come back to one of OAUTH_REDIRECT_URIS.
    #[arg(long, env, global = true, hide_env_values = true, default_value = "[]", hide_default_value = true)]
    pub integration_providers: Grantors,

    /// Secrets that signed access tokens before, separated by commas: their tokens work until they end.
    #[arg(long, env, global = true, hide_env_values = true, value_delimiter = ',')]
    pub jwt_secrets_old: Vec<JwtSecret>,

    /// File with a private Ed25519 key in PEM, which signs access tokens (EdDSA) instead of JWT_SECRET. Tokens that the
    /// secret has signed still work as long as it is set.
    #[arg(long, env, global = true, hide_env_values = true)]
    pub jwt_key_file: Option<PathBuf>,

    /// Files, or folders of `.pem` files, with Ed25519 keys, private or public, that verify access tokens beside the one
    /// that signs; separated by commas.
    #[arg(long, env, global = true, hide_env_values = true, value_delimiter = ',')]
    pub jwt_keys_old: Vec<PathBuf>,

    /// Proxies that are believed when X-Forwarded-For names the client, as addresses or ranges separated by commas:
    /// `10.0.0.0/8`. Without any, the client's address is the socket's.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = network, value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,

    /// Whether cookies are sent over https only; auto: except in development.
    #[arg(long, env, global = true, hide_env_values = true, default_value = "auto")]
    pub secure_cookies: Switch,

    /// How many passwords are hashed at the same time (19 MiB and about 20 ms of a core each); 0: one per core.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<0, 256>, default_value = "0")]
    pub password_hashers: u64,

    /// Mail.
    #[command(flatten)]
    pub mail: MailSettings,

    /// Files.
    #[command(flatten)]
    pub files: FileSettings,

    /// Background work.
    #[command(flatten)]
    pub jobs: JobSettings,

    /// Language models.
    #[command(flatten)]
    pub models: ModelsSettings,

    /// Connections that stay open.
    #[command(flatten)]
    pub live: LiveSettings,

    /// How long the change log is kept, in days. A client that was away for longer has to load everything again.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 366>, default_value = "7")]
    pub change_retention_days: u64,

    /// How long what a business had is kept after it was closed, in days; then it is removed for good.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 36_600>, default_value = "90")]
    pub closed_tenant_days: u64,

    /// How long what providers brought is kept after it was worked through, in days; and how long a report waits for the
    /// message it is about.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 3_660>, default_value = "30")]
    pub inbound_retention_days: u64,

    /// Least number of characters of a new password.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<8, 64>, default_value = "12")]
    pub password_min_length: u64,

    /// How long a session lives that is not renewed, in hours.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 8_784>,
        default_value = "336")]
    pub session_idle_hours: u64,

    /// How long a session lives that is renewed again and again, in days; then one signs in anew.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 366>, default_value = "90")]
    pub session_max_days: u64,

    /// What carries wake-ups and short-lived signals between gateways: postgres, or the address of a NATS server as
    /// nats://user:password@host:4222/name-of-installation (tls:// for encryption; the name tells installations apart
    /// that share a server).
    #[arg(long, env, global = true, hide_env_values = true, default_value = "postgres")]
    pub bus: BusChoice,

    /// Most connections to the database.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 1_000>,
        default_value = "16")]
    pub pool_size: u64,

    /// How long a request waits for a connection, in milliseconds, before it is answered UNAVAILABLE.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 60_000>,
        default_value = "1500")]
    pub pool_timeout_ms: u64,

    /// How long one SQL statement may run, in milliseconds.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 3_600_000>,
        default_value = "10000")]
    pub statement_timeout_ms: u64,

    /// How long one request may take, in milliseconds.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 3_600_000>,
        default_value = "30000")]
    pub request_timeout_ms: u64,

    /// How long running requests may go on after a signal to stop, in milliseconds.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<0, 3_600_000>,
        default_value = "10000")]
    pub shutdown_grace_ms: u64,

    /// Largest body of a request, in bytes.
    #[arg(long, env, global = true, hide_env_values = true,
        value_parser = number::<1_024, 1_073_741_824>, default_value = "4194304")]
    pub body_limit_bytes: u64,

    /// Whether GraphiQL is served at /graphiql; auto: in development.
    #[arg(long, env, global = true, hide_env_values = true, default_value = "auto")]
    pub graphiql: Switch,

    /// Pages that may call /graphql from other origins, separated by commas: `https://shop.example`, or `*` for any.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = cors_origin,
        value_delimiter = ',')]
    pub cors_origins: Vec<HeaderValue>,

    /// How log lines look, on standard error.
    #[arg(long, env, global = true, hide_env_values = true, default_value = "text")]
    pub log_format: LogFormat,

    /// Which log lines are written: error, warn, info, debug, trace, also by module (info,mostrador::request=warn).
    #[arg(long, env, global = true, hide_env_values = true, value_parser = log_filter,
        default_value = "info,tokio_postgres=warn,hyper=warn,h2=warn")]
    pub log_level: String,

    /// Largest text of a GraphQL document, in bytes.
    #[arg(long, env, global = true, hide_env_values = true,
        value_parser = number::<1, 1_073_741_824>, default_value_t = Limits::DEFAULT.bytes as u64)]
    pub max_query_bytes: u64,

    /// Most tokens of a document.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 1_000_000>,
        default_value_t = Limits::DEFAULT.tokens as u64)]
    pub max_query_tokens: u64,

    /// Most brackets inside each other.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 200>,
        default_value_t = Limits::DEFAULT.nesting as u64)]
    pub max_query_nesting: u64,

    /// Most fields inside each other, fragments expanded.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 60>,
        default_value_t = Limits::DEFAULT.depth as u64)]
    pub max_query_depth: u64,

    /// Most fragments inside each other.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 60>,
        default_value_t = Limits::DEFAULT.fragment_depth as u64)]
    pub max_query_fragment_depth: u64,

    /// Most aliases of an operation, fragments expanded.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<0, 1_000_000>,
        default_value_t = Limits::DEFAULT.aliases as u64)]
    pub max_query_aliases: u64,

    /// Most fields at the root of an operation, fragments expanded.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 1_000_000>,
        default_value_t = Limits::DEFAULT.root_fields as u64)]
    pub max_query_root_fields: u64,

    /// Most fields of an operation, fragments expanded.
    #[arg(long, env, global = true, hide_env_values = true, value_parser = number::<1, 1_000_000>,
        default_value_t = Limits::DEFAULT.fields as u64)]
    pub max_query_fields: u64,

    /// How much memory parsed documents may take that are kept for the next request, in bytes; 0 keeps none.
    #[arg(long, env, global = true, hide_env_values = true,
        value_parser = number::<0, 17_179_869_184>, default_value = "33554432")]
    pub document_cache_bytes: u64,
}

/// What an installation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    /// One person's machine: a database and a secret are made when missing, sign-in needs no
    /// password.
    Development,
    /// Everything is said, nothing guessed.
    Production,
}

/// A setting that can follow the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Yes.
    On,
    /// No.
    Off,
    /// As the environment is: see the setting.
    Auto,
}

/// A setting that is wrong together with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The variable's name.
    pub variable: &'static str,
    /// What is wrong, as the end of the sentence that begins with the name.
    pub problem: String,
}

impl Config {
    /// Checks what every command that touches a database relies on.
    ///
    /// # Errors
    /// Names the setting to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.environment == Environment::Production && self.database_url.is_none() {
            return Err(ConfigError {
                variable: "DATABASE_URL",
                problem: "is required when ENVIRONMENT is production".to_owned(),
            });
        }
        if self.migrate_url.is_some() && self.database_url.is_none() {
            return Err(ConfigError {
                variable: "MIGRATE_URL",
                problem: "makes no sense without DATABASE_URL".to_owned(),
            });
        }
        self.models.check()?;
        self.files.check()?;
        self.mail.check(self.environment)
    }

    /// Whether this is somebody's own machine.
    pub fn is_development(&self) -> bool {
        self.environment == Environment::Development
    }

    /// Whether GraphiQL is served.
    pub fn is_graphiql_on(&self) -> bool {
        match self.graphiql {
            Switch::On => true,
            Switch::Off => false,
            Switch::Auto => self.is_development(),
        }
    }

    /// Whether cookies are sent over https only.
    pub fn has_secure_cookies(&self) -> bool {
        match self.secure_cookies {
            Switch::On => true,
            Switch::Off => false,
            Switch::Auto => !self.is_development(),
        }
    }

    /// [`Config::session_idle_hours`].
    pub fn session_idle(&self) -> Duration {
        Duration::from_secs(self.session_idle_hours * 3600)
    }

    /// [`Config::session_max_days`].
    pub fn session_max(&self) -> Duration {
        Duration::from_secs(self.session_max_days * 86_400)
    }

    /// The limits of documents.
    pub fn limits(&self) -> Limits {
        // Every value is below 2^30, as its parser checked.
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        Limits {
            bytes: size(self.max_query_bytes),
            tokens: size(self.max_query_tokens),
            nesting: size(self.max_query_nesting),
            depth: size(self.max_query_depth),
            fragment_depth: size(self.max_query_fragment_depth),
            aliases: size(self.max_query_aliases),
            root_fields: size(self.max_query_root_fields),
            fields: size(self.max_query_fields),
        }
    }

    /// [`Config::pool_timeout_ms`].
    pub fn pool_timeout(&self) -> Duration {
        Duration::from_millis(self.pool_timeout_ms)
    }

    /// [`Config::statement_timeout_ms`].
    pub fn statement_timeout(&self) -> Duration {
        Duration::from_millis(self.statement_timeout_ms)
    }

    /// [`Config::oauth_timeout_ms`].
    pub fn oauth_timeout(&self) -> Duration {
        Duration::from_millis(self.oauth_timeout_ms)
    }

    /// [`Config::request_timeout_ms`].
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// [`Config::shutdown_grace_ms`].
    pub fn shutdown_grace(&self) -> Duration {
        Duration::from_millis(self.shutdown_grace_ms)
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.variable, self.problem)
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests;
