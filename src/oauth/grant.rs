//! Being let into somebody's account at another system: OAuth 2.0 with PKCE, and calls with the access token.
//!
//! Unlike signing in, this proves no identity, so there is no ID token, and the endpoints stand in the operator's
//! configuration: not every such system can be discovered.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, Method};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::client::{basic, random};
use super::http::{Answer, Https};
use super::provider::is_trustworthy;
use super::{OauthError, RedirectUri};

/// The longest code that is passed on, in bytes.
const MAX_CODE_BYTES: usize = 4096;
/// The longest token that is kept, in bytes.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A system that lets us into accounts. Shows nothing of its secret.
pub struct Grantor {
    /// Its name, as connections have it.
    pub name: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    client_id: String,
    client_secret: Option<Zeroizing<String>>,
    is_secret_in_form: bool,
    scopes: Vec<String>,
    parameters: Vec<(String, String)>,
    /// Where contacts are exchanged; none where nothing is.
    pub sync_url: Option<Url>,
}

/// All configured systems.
#[derive(Clone, Debug, Default)]
pub struct Grantors(Arc<[Arc<Grantor>]>);

/// A system as it is written in the configuration.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    provider: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    client_id: String,
    client_secret: Option<Zeroizing<String>>,
    #[serde(default)]
    client_secret_in_form: bool,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    authorization_parameters: std::collections::BTreeMap<String, String>,
    sync_url: Option<Url>,
}

/// Speaks to the configured systems.
pub struct GrantClient {
    grantors: Grantors,
    redirect_uris: Vec<RedirectUri>,
    https: Https,
}

/// A person is on the way.
pub struct GrantBegun {
    /// Where to send the person.
    pub authorization_url: String,
    /// What proves that the code is ours: kept here, sealed, until the person is back.
    pub verifier: Zeroizing<String>,
}

/// What lets us in.
pub struct Grant {
    /// For calls.
    pub access_token: Zeroizing<String>,
    /// For the next access token; none when the present one stays good for that, or there is none.
    pub refresh_token: Option<Zeroizing<String>>,
    /// How long the access token lasts; none when the system does not say.
    pub lasts: Option<Duration>,
    /// What it allows; none when the system does not say.
    pub scopes: Option<String>,
}

/// What a token endpoint answers.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Zeroizing<String>,
    refresh_token: Option<Zeroizing<String>>,
    expires_in: Option<u64>,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct TokenError {
    error: String,
}

impl GrantClient {
    /// A client for these systems, each of which may take `timeout` for one answer.
    ///
    /// # Errors
    /// A sentence, when this machine has no certificate authorities to know them by.
    pub fn new(grantors: Grantors, redirect_uris: Vec<RedirectUri>, timeout: Duration) -> Result<Self, String> {
        Ok(Self { grantors, redirect_uris, https: Https::new(timeout)? })
    }

    /// The system of this name.
    #[must_use]
    pub fn grantor(&self, name: &str) -> Option<&Arc<Grantor>> {
        self.grantors.0.iter().find(|grantor| grantor.name == name)
    }

    /// Whether a system may send people back to this page.
    #[must_use]
    pub fn allows(&self, redirect_uri: &str) -> bool {
        self.redirect_uris.iter().any(|allowed| allowed.as_str() == redirect_uri)
    }

    /// Makes the address to send a person to. `state` comes back with the person.
    ///
    /// # Errors
    /// When this machine has no randomness.
    pub fn begin(&self, grantor: &Grantor, redirect_uri: &str, state: &str) -> Result<GrantBegun, OauthError> {
        let verifier = random()?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let mut address = grantor.authorization_endpoint.clone();
        let mut query = address.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &grantor.client_id)
            .append_pair("redirect_uri", redirect_uri);
        if !grantor.scopes.is_empty() {
            query.append_pair("scope", &grantor.scopes.join(" "));
        }
        query
            .append_pair("state", state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(&grantor.parameters);
        drop(query);
        Ok(GrantBegun { authorization_url: address.into(), verifier })
    }

    /// Exchanges a code for tokens.
    ///
    /// # Errors
    /// When the system does not answer, or does not take the code.
    pub async fn exchange(
        &self,
        grantor: &Grantor,
        redirect_uri: &str,
        code: &str,
        verifier: &str,
    ) -> Result<Grant, OauthError> {
        if code.is_empty() || code.len() > MAX_CODE_BYTES {
            return Err(OauthError::CodeRefused);
        }
        let asked = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        self.ask_for_tokens(grantor, &asked).await
    }

    /// Gets another access token.
    ///
    /// # Errors
    /// When the system does not answer, or does not take the refresh token any more.
    pub async fn refresh(&self, grantor: &Grantor, refresh_token: &str) -> Result<Grant, OauthError> {
        let asked = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.ask_for_tokens(grantor, &asked).await
    }

    /// Calls a system with an access token; `body` is JSON to be posted, without one something is read.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn call(
        &self,
        url: &Url,
        access_token: &str,
        idempotency_key: Option<&str>,
        body: Option<Vec<u8>>,
    ) -> Result<(u16, Bytes), OauthError> {
        let broken = |_| OauthError::Unavailable("our access token fits no header");
        let mut authorization =
            HeaderValue::from_str(&Zeroizing::new(format!("Bearer {access_token}"))).map_err(broken)?;
        authorization.set_sensitive(true);
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let Answer { status, body } =
            self.https.call(method, url, authorization, idempotency_key, body.unwrap_or_default().into()).await?;
        Ok((status.as_u16(), body))
    }

    async fn ask_for_tokens(&self, grantor: &Grantor, asked: &[(&str, &str)]) -> Result<Grant, OauthError> {
        let (form, authorization) = grantor.token_request(asked)?;
        let answer = self.https.post_form(&grantor.token_endpoint, form, authorization).await?;
        read(&answer)
    }
}

impl Grantor {
    /// The form that tokens are asked for with, and the header, when the client's secret goes there.
    fn token_request(&self, asked: &[(&str, &str)]) -> Result<(String, Option<HeaderValue>), OauthError> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(asked);
        let mut authorization = None;
        match &self.client_secret {
            Some(secret) if !self.is_secret_in_form => {
                authorization = Some(basic(&self.client_id, secret)?);
            }
            secret => {
                form.append_pair("client_id", &self.client_id);
                if let Some(secret) = secret {
                    form.append_pair("client_secret", secret);
                }
            }
        }
        Ok((form.finish(), authorization))
    }
}

fn read(answer: &Answer) -> Result<Grant, OauthError> {
    if answer.status.is_success()
        && let Ok(read) = serde_json::from_slice::<TokenAnswer>(&answer.body)
    {
        let tokens = [Some(&read.access_token), read.refresh_token.as_ref()];
        let is_fit = |token: &Zeroizing<String>| (1..=MAX_TOKEN_BYTES).contains(&token.len());
        if !tokens.into_iter().flatten().all(is_fit) {
            return Err(OauthError::Unavailable("its tokens cannot be kept"));
        }
        return Ok(Grant {
            access_token: read.access_token,
            refresh_token: read.refresh_token,
            // A century is as good as for ever, and fits into a date.
            lasts: read.expires_in.map(|seconds| Duration::from_secs(seconds.min(100 * 365 * 24 * 3600))),
            scopes: read
                .scope
                .map(|scope| scope.trim().chars().take(2000).collect())
                .filter(|scope: &String| !scope.is_empty()),
        });
    }
    // GitHub says so with 200.
    if let Ok(TokenError { error }) = serde_json::from_slice(&answer.body) {
        return Err(match error.as_str() {
            "invalid_grant" | "bad_verification_code" | "bad_refresh_token" => OauthError::CodeRefused,
            "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" => {
                OauthError::Unavailable("it does not accept our client id and secret")
            }
            _ => OauthError::Unavailable("it refuses our request"),
        });
    }
    Err(OauthError::Unavailable("it answers with an error"))
}

impl Grantors {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<Written> for Grantor {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let name = written.provider;
        let about = |problem: &str| format!("{problem} (provider {name})");
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
            return Err("must name providers as the API does, such as GOOGLE_CALENDAR".to_owned());
        }
        let addresses =
            [Some(&written.authorization_endpoint), Some(&written.token_endpoint), written.sync_url.as_ref()];
        if !addresses.into_iter().flatten().all(|url| is_trustworthy(url) && url.fragment().is_none()) {
            return Err(about("must give https:// addresses, http:// only on this machine"));
        }
        if written.client_id.is_empty() {
            return Err(about("must give a clientId"));
        }
        if written.client_secret.as_ref().is_some_and(|secret| secret.is_empty()) {
            return Err(about("must give a clientSecret that is not empty, or none for a public client"));
        }
        Ok(Self {
            authorization_endpoint: written.authorization_endpoint,
            token_endpoint: written.token_endpoint,
            client_id: written.client_id,
            client_secret: written.client_secret,
            is_secret_in_form: written.client_secret_in_form,
            scopes: written.scopes,
            parameters: written.authorization_parameters.into_iter().collect(),
            sync_url: written.sync_url,
            name,
        })
    }
}

/// The value of INTEGRATION_PROVIDERS: a JSON list.
impl FromStr for Grantors {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The parser's own message could quote a secret.
        let written: Vec<Written> = serde_json::from_str(text).map_err(|error| {
            format!(
                "must be a JSON list of objects with provider, authorizationEndpoint, tokenEndpoint, clientId, and \
                 optionally clientSecret, clientSecretInForm, scopes, authorizationParameters, syncUrl; it is not, at \
                 line {} column {}",
                error.line(),
                error.column()
            )
        })?;
        let grantors: Vec<_> =
            written.into_iter().map(|written| Grantor::try_from(written).map(Arc::new)).collect::<Result<_, _>>()?;
        for (at, grantor) in grantors.iter().enumerate() {
            if grantors[..at].iter().any(|other| other.name == grantor.name) {
                return Err(format!("must not name two providers {}", grantor.name));
            }
        }
        Ok(Self(grantors.into()))
    }
}

impl fmt::Debug for Grantor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Grantor").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for GrantClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("GrantClient").field(&self.grantors).finish()
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Grant(…)")
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    const ONE: &str = r#"[{"provider": "HUBSPOT", "authorizationEndpoint": "https://hub.example/authorize",
        "tokenEndpoint": "https://hub.example/token", "clientId": "abc", "clientSecret": "hunter2",
        "scopes": ["contacts"], "authorizationParameters": {"access_type": "offline"}}]"#;

    fn client(text: &str) -> GrantClient {
        let pages = vec!["https://app.example/back".parse().unwrap()];
        GrantClient::new(text.parse().unwrap(), pages, Duration::from_secs(1)).unwrap()
    }

    #[test]
    fn the_way_to_a_system_carries_a_challenge_and_no_secret() {
        let client = client(ONE);
        let hub = client.grantor("HUBSPOT").unwrap();
        let begun = client.begin(hub, "https://app.example/back", "S").unwrap();
        let url = Url::parse(&begun.authorization_url).unwrap();
        let query: std::collections::BTreeMap<_, _> = url.query_pairs().collect();
        assert_eq!(query["state"], "S");
        assert_eq!(query["scope"], "contacts");
        assert_eq!(query["access_type"], "offline");
        assert_eq!(query["code_challenge_method"], "S256");
        assert_eq!(query["code_challenge"], URL_SAFE_NO_PAD.encode(Sha256::digest(begun.verifier.as_bytes())));
        assert!(!begun.authorization_url.contains("hunter2") && !begun.authorization_url.contains(&*begun.verifier));
        assert!(client.allows("https://app.example/back") && !client.allows("https://app.example/back/"));
        assert!(!format!("{client:?}").contains("hunter2"));
    }

    #[test]
    fn wrong_systems_are_refused_without_quoting_them() {
        for (from, to) in [
            ("HUBSPOT", "hubspot"),
            ("https://hub.example/token", "http://hub.example/token"),
            ("\"abc\"", "\"\""),
            ("\"hunter2\"", "\"\""),
            ("\"hunter2\"", "[\"hunter2\"]"),
        ] {
            let error = ONE.replace(from, to).parse::<Grantors>().unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
        let twice = format!("[{0},{0}]", ONE.trim_matches(['[', ']']));
        assert_eq!(twice.parse::<Grantors>().unwrap_err(), "must not name two providers HUBSPOT");
    }

    #[test]
    fn token_answers_are_read_as_they_come() {
        let answer = |status: u16, body: &str| Answer {
            status: StatusCode::from_u16(status).unwrap(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        let good =
            read(&answer(200, r#"{"access_token":"a","expires_in":3600,"token_type":"bearer","scope":" x y "}"#));
        let good = good.unwrap();
        assert_eq!((good.lasts, good.scopes.as_deref()), (Some(Duration::from_secs(3600)), Some("x y")));
        assert!(good.refresh_token.is_none() && format!("{good:?}") == "Grant(…)");
        for (status, body, refused) in [
            (400, r#"{"error":"invalid_grant"}"#, true),
            (200, r#"{"error":"bad_refresh_token"}"#, true),
            (401, r#"{"error":"invalid_client"}"#, false),
            (200, r#"{"access_token":""}"#, false),
            (500, "oops", false),
            (200, "oops", false),
        ] {
            let error = read(&answer(status, body)).unwrap_err();
            assert_eq!(error == OauthError::CodeRefused, refused, "{body}");
        }
    }
}
