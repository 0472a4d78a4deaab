//! Signing in with other providers, as configured.

use std::sync::Arc;

use super::failure::Failure;
use crate::clock::SharedClock;
use crate::config::Config;
use crate::oauth::{GrantClient, OauthClient};
use crate::request::OauthService;
use crate::secrets::KeyRing;

/// The configured providers; `None` when there are none. They are asked for nothing yet: one that is down is no reason
/// not to serve.
///
/// # Errors
/// When this system has no certificate authorities to know them by.
pub(super) fn service(
    config: &Config,
    keys: KeyRing,
    clock: SharedClock,
) -> Result<Option<Arc<OauthService>>, Failure> {
    if config.oauth_providers.is_empty() {
        return Ok(None);
    }
    let pages = config.oauth_redirect_uris.clone();
    let client = OauthClient::new(&config.oauth_providers, pages, clock, config.oauth_timeout())
        .map_err(|problem| Failure::Configuration(format!("OAUTH_PROVIDERS: {problem}")))?;
    Ok(Some(Arc::new(OauthService { client, keys })))
}

/// The systems that people can connect. They are asked for nothing yet.
///
/// # Errors
/// When this system has no certificate authorities to know them by.
pub(super) fn grants(config: &Config) -> Result<Option<Arc<GrantClient>>, Failure> {
    if config.integration_providers.is_empty() {
        return Ok(None);
    }
    let pages = config.oauth_redirect_uris.clone();
    let client = GrantClient::new(config.integration_providers.clone(), pages, config.oauth_timeout())
        .map_err(|problem| Failure::Configuration(format!("INTEGRATION_PROVIDERS: {problem}")))?;
    Ok(Some(Arc::new(client)))
}
