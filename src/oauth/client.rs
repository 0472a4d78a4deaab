//! One way to a provider and back: the address to send a person to, and the proof of who came back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::http::{Answer, Https};
use super::identity_token::{self, Expected, Person, Refusal};
use super::issuer::{Issuer, Metadata};
use super::{OauthError, Provider, Providers, RedirectUri};
use crate::clock::SharedClock;

/// The longest code that is passed on, in bytes.
const MAX_CODE_BYTES: usize = 4096;

/// Speaks to the configured providers.
pub struct OauthClient {
    parties: Vec<Party>,
    redirect_uris: Vec<RedirectUri>,
    clock: SharedClock,
}

struct Party {
    provider: Arc<Provider>,
    issuer: Issuer,
    https: Https,
}

/// A person is on the way.
#[derive(Clone)]
pub struct Begun {
    /// Where to send the person.
    pub authorization_url: String,
    /// What ties the proof to this sign-in: kept here, sealed, until the person is back.
    pub secrets: FlowSecrets,
}

/// What only we know of a sign-in under way.
#[derive(Clone, serde::Serialize, Deserialize)]
pub struct FlowSecrets {
    nonce: Zeroizing<String>,
    verifier: Zeroizing<String>,
}

/// What has come back with a person.
pub struct Returned<'a> {
    /// The page the person came back to, as when the flow began.
    pub redirect_uri: &'a str,
    /// The code that stands for the proof.
    pub code: &'a str,
    /// Who the provider said it was (RFC 9207), when the page got that.
    pub issuer: Option<&'a str>,
    /// Those of [`Begun`].
    pub secrets: &'a FlowSecrets,
}

/// A person whom a provider knows.
pub struct Proven {
    /// The provider's own id of the person: never reused, never changed.
    pub subject: String,
    /// The address that the provider has of the person.
    pub email: Option<String>,
    /// Whether the provider has made sure that the person reads that address.
    pub is_email_verified: bool,
    /// The provider's access token.
    pub access_token: Zeroizing<String>,
    /// The provider's refresh token, when it gave one.
    pub refresh_token: Option<Zeroizing<String>>,
}

/// The answer to a code.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Zeroizing<String>,
    refresh_token: Option<Zeroizing<String>>,
    id_token: Zeroizing<String>,
}

#[derive(Deserialize)]
struct TokenError {
    error: String,
}

impl OauthClient {
    /// A client for these providers, each of which may take `timeout` for one answer. Nobody is asked anything yet.
    ///
    /// # Errors
    /// A sentence, when there are providers but no certificate authorities to know them by.
    pub fn new(
        providers: &Providers,
        redirect_uris: Vec<RedirectUri>,
        clock: SharedClock,
        timeout: Duration,
    ) -> Result<Self, String> {
        if providers.is_empty() {
            return Ok(Self { parties: Vec::new(), redirect_uris, clock });
        }
        let https = Https::new(timeout)?;
        let party = |provider: &Arc<Provider>| Party {
            provider: Arc::clone(provider),
            issuer: Issuer::new(provider.issuer.clone(), https.clone()),
            https: https.clone(),
        };
        Ok(Self { parties: providers.iter().map(party).collect(), redirect_uris, clock })
    }

    /// The provider of this name.
    pub fn provider(&self, name: &str) -> Option<&Arc<Provider>> {
        self.party(name).map(|party| &party.provider)
    }

    /// Whether a provider may send people back to this page.
    pub fn allows(&self, redirect_uri: &str) -> bool {
        self.redirect_uris.iter().any(|allowed| allowed.as_str() == redirect_uri)
    }

    /// Makes the address to send a person to. `state` comes back with the person.
    ///
    /// # Errors
    /// When the provider does not answer, or is not configured.
    pub async fn begin(&self, provider: &str, redirect_uri: &str, state: &str) -> Result<Begun, OauthError> {
        let Party { provider, issuer, .. } =
            self.party(provider).ok_or(OauthError::NotProven("the provider is not configured"))?;
        let metadata = issuer.metadata().await?;
        let secrets = FlowSecrets { nonce: random()?, verifier: random()? };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(secrets.verifier.as_bytes()));
        let scope = ["openid"].into_iter().chain(provider.scopes.iter().map(String::as_str)).collect::<Vec<_>>();
        let mut address = metadata.authorization_endpoint;
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &provider.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", &scope.join(" "))
            .append_pair("state", state)
            .append_pair("nonce", &secrets.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(Begun { authorization_url: address.into(), secrets })
    }

    /// Exchanges a code for the proof of who came back.
    ///
    /// # Errors
    /// When the provider does not answer, does not take the code, or proves nothing.
    pub async fn finish(&self, provider: &str, returned: &Returned<'_>) -> Result<Proven, OauthError> {
        let party = self.party(provider).ok_or(OauthError::NotProven("the provider is not configured"))?;
        if returned.code.is_empty() || returned.code.len() > MAX_CODE_BYTES {
            return Err(OauthError::CodeRefused);
        }
        let metadata = party.issuer.metadata().await?;
        let is_right_issuer = match returned.issuer {
            Some(issuer) => issuer == party.provider.issuer,
            None => !metadata.authorization_response_iss_parameter_supported,
        };
        if !is_right_issuer {
            return Err(OauthError::NotProven("the person comes back from another issuer"));
        }
        let answer = party.exchange(&metadata, returned).await?;
        let person = party.identify(&metadata, &answer.id_token, returned.secrets, &self.clock).await?;
        Ok(Proven {
            subject: person.subject,
            email: person.email,
            is_email_verified: person.is_email_verified,
            access_token: answer.access_token,
            refresh_token: answer.refresh_token,
        })
    }

    fn party(&self, name: &str) -> Option<&Party> {
        self.parties.iter().find(|party| party.provider.name.as_str() == name)
    }
}

impl Party {
    async fn exchange(&self, metadata: &Metadata, returned: &Returned<'_>) -> Result<TokenAnswer, OauthError> {
        let (form, authorization) = self.token_request(metadata, returned)?;
        let answer = self.https.post_form(&metadata.token_endpoint, form, authorization).await?;
        read_token_answer(&answer)
    }

    /// The form that a code is exchanged with, and the header, when the client's secret goes there.
    fn token_request(
        &self,
        metadata: &Metadata,
        returned: &Returned<'_>,
    ) -> Result<(String, Option<HeaderValue>), OauthError> {
        let provider = &self.provider;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", returned.code)
            .append_pair("redirect_uri", returned.redirect_uri)
            .append_pair("code_verifier", &returned.secrets.verifier);
        let mut authorization = None;
        match &provider.client_secret {
            Some(secret) if !metadata.wants_secret_in_form() => {
                authorization = Some(basic(&provider.client_id, secret)?);
            }
            secret => {
                form.append_pair("client_id", &provider.client_id);
                if let Some(secret) = secret {
                    form.append_pair("client_secret", secret);
                }
            }
        }
        Ok((form.finish(), authorization))
    }

    /// Reads the ID token; with newer keys when none of the known ones has signed it.
    async fn identify(
        &self,
        metadata: &Metadata,
        id_token: &str,
        secrets: &FlowSecrets,
        clock: &SharedClock,
    ) -> Result<Person, OauthError> {
        let expected = Expected {
            issuer: &self.provider.issuer,
            client_id: &self.provider.client_id,
            nonce: &secrets.nonce,
            now: clock.now(),
        };
        let announced =
            |token: &str| jsonwebtoken::decode_header(token).is_ok_and(|header| metadata.signs_with(header.alg));
        if !announced(id_token) {
            return Err(OauthError::NotProven("the ID token is malformed, unsigned, or signed in an unannounced way"));
        }
        let mut seen = None;
        loop {
            let (keys, at) = self.issuer.keys(seen).await?;
            match identity_token::check(id_token, &keys, &expected) {
                Ok(person) => return Ok(person),
                Err(Refusal::Wrong(error)) => return Err(error),
                Err(Refusal::NoKey) if seen.is_none() => seen = Some(at),
                Err(Refusal::NoKey) => {
                    return Err(OauthError::NotProven("no key of the issuer has signed the ID token"));
                }
            }
        }
    }
}

fn read_token_answer(answer: &Answer) -> Result<TokenAnswer, OauthError> {
    if answer.status.is_success() {
        return serde_json::from_slice(&answer.body)
            .map_err(|_| OauthError::NotProven("the provider answers a code without an ID token"));
    }
    if answer.status.is_client_error()
        && let Ok(TokenError { error }) = serde_json::from_slice(&answer.body)
    {
        return Err(match error.as_str() {
            "invalid_grant" => OauthError::CodeRefused,
            "invalid_client" | "unauthorized_client" => {
                OauthError::Unavailable("it does not accept our client id and secret")
            }
            "temporarily_unavailable" | "slow_down" => OauthError::Unavailable("it says that it is not"),
            _ => OauthError::Unavailable("it refuses our request"),
        });
    }
    Err(OauthError::Unavailable("it answers with an error"))
}

/// HTTP Basic of a client (RFC 6749, 2.3.1): both parts are written as in forms first.
pub(super) fn basic(client_id: &str, secret: &str) -> Result<HeaderValue, OauthError> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Zeroizing::new(format!("{}:{}", encode(client_id), encode(secret)));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair.as_bytes())))
        .map_err(|_| OauthError::Unavailable("our client id and secret fit no header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// 32 random bytes as text: 43 characters, as PKCE and nonces want them.
pub(super) fn random() -> Result<Zeroizing<String>, OauthError> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| OauthError::Unavailable("this machine has no randomness"))?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}

impl fmt::Debug for OauthClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.parties.iter().map(|party| &party.provider)).finish()
    }
}

impl fmt::Debug for Proven {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Proven(…)")
    }
}

impl fmt::Debug for FlowSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FlowSecrets(…)")
    }
}
