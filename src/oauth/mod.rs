//! Signing in with somebody else's account: the OpenID Connect authorization-code flow with PKCE. And being let into
//! somebody's account elsewhere, which is plain OAuth 2.0 with PKCE ([`GrantClient`]).
//!
//! Belongs here: the providers an operator has configured, what is asked of them over HTTPS, and the checks of what
//! they answer. Who of ours is meant by an answer, and what is stored, is in `identity`. The surprising thing: nothing
//! here follows a redirect or an address that a user has given; every address comes from the operator's configuration,
//! or from the discovery document of an issuer that the operator has named.

mod client;
mod error;
mod grant;
mod http;
mod identity_token;
mod issuer;
mod provider;

pub use client::{Begun, FlowSecrets, OauthClient, Proven, Returned};
pub use error::OauthError;
pub use grant::{Grant, GrantBegun, GrantClient, Grantor, Grantors};
pub use provider::{Provider, ProviderName, Providers, RedirectUri};
