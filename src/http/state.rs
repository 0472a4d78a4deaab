//! What the handlers share.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;

use super::client_address::Network;
use super::files::Files;
use super::live::connections::LiveConnections;
use super::live::settings::LiveSettings;
use super::service::{DevLogins, GraphqlService};
use super::webhooks::Webhooks;
use crate::ids::SharedIds;
use crate::telemetry::metrics::Metrics;

/// The settings HTTP needs.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Largest request body, in bytes.
    pub body_limit_bytes: usize,
    /// Longest a request may take, its body included.
    pub request_timeout: Duration,
    /// Longest an upload of a file may take.
    pub upload_timeout: Duration,
    /// Origins whose pages may call `/graphql`; empty for none but our own.
    pub cors_origins: Vec<HeaderValue>,
    /// Whether GraphiQL is served.
    pub graphiql: bool,
    /// Whether cookies are for https only. Without it they are for a developer's machine.
    pub secure_cookies: bool,
    /// Proxies that are believed when they name the client's address.
    pub trusted_proxies: Vec<Network>,
    /// Connections that stay open.
    pub live: LiveSettings,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_limit_bytes: 4 << 20,
            request_timeout: Duration::from_secs(30),
            upload_timeout: Duration::from_secs(3600),
            cors_origins: Vec::new(),
            graphiql: false,
            secure_cookies: true,
            trusted_proxies: Vec::new(),
            live: LiveSettings::default(),
        }
    }
}

/// Everything the router is made of.
pub struct HttpParts {
    /// Runs the operations.
    pub service: Arc<dyn GraphqlService>,
    /// Sign-in without a password; `Some` in development only.
    pub dev_logins: Option<Arc<dyn DevLogins>>,
    /// Where providers bring messages; `None` serves no webhooks.
    pub webhooks: Option<Arc<dyn Webhooks>>,
    /// Where bytes of files are brought and fetched; `None` serves none.
    pub files: Option<Arc<dyn Files>>,
    /// Where requests and their outcomes are counted.
    pub metrics: Arc<Metrics>,
    /// Where request ids come from.
    pub ids: SharedIds,
    /// The connections that stay open.
    pub live: Arc<LiveConnections>,
    /// The settings.
    pub settings: HttpSettings,
}

/// The parts, shared by all handlers.
#[derive(Clone)]
pub struct HttpState(Arc<HttpParts>);

impl HttpState {
    /// Shares the parts.
    pub fn new(parts: HttpParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Runs the operations.
    pub fn service(&self) -> &dyn GraphqlService {
        &*self.0.service
    }

    /// Sign-in without a password, in development.
    pub fn dev_logins(&self) -> Option<&dyn DevLogins> {
        self.0.dev_logins.as_deref()
    }

    /// Where providers bring messages.
    pub fn webhooks(&self) -> Option<&dyn Webhooks> {
        self.0.webhooks.as_deref()
    }

    /// Takes and gives bytes of files.
    pub fn files(&self) -> Option<&dyn Files> {
        self.0.files.as_deref()
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Where request ids come from.
    pub fn ids(&self) -> &SharedIds {
        &self.0.ids
    }

    /// The connections that stay open.
    pub fn live(&self) -> &Arc<LiveConnections> {
        &self.0.live
    }

    /// The settings.
    pub fn settings(&self) -> &HttpSettings {
        &self.0.settings
    }
}
