//! The providers an operator has configured, and the pages they may send people back to.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::Deserialize;
use url::{Host, Url};
use zeroize::Zeroizing;

/// Longest name of a provider, in bytes.
const MAX_NAME_BYTES: usize = 40;

/// The name of a provider, as clients and stored accounts know it: lower case letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProviderName(Arc<str>);

/// An issuer of identities that people may sign in with. Shows nothing of its secret.
#[derive(Clone)]
pub struct Provider {
    /// Its name here.
    pub name: ProviderName,
    /// Its issuer identifier, exactly as it names itself.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// How we prove that; `None` for a public client, which relies on PKCE alone.
    pub(super) client_secret: Option<Arc<Zeroizing<String>>>,
    /// What we ask for besides `openid`.
    pub scopes: Vec<String>,
    /// Slugs of the tenants that may use it; `None` for all of them.
    tenants: Option<Vec<String>>,
    /// Whether a user is found by an address that the provider has verified, when no account is linked yet.
    pub links_verified_emails: bool,
}

/// All configured providers.
#[derive(Clone, Debug, Default)]
pub struct Providers(Arc<[Arc<Provider>]>);

/// A page that a provider may send people back to. Compared as text, as providers do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri(String);

/// A provider as it is written in the configuration.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    name: String,
    issuer: String,
    client_id: String,
    client_secret: Option<Zeroizing<String>>,
    #[serde(default = "usual_scopes")]
    scopes: Vec<String>,
    tenants: Option<Vec<String>>,
    #[serde(default)]
    link_verified_emails: bool,
}

fn usual_scopes() -> Vec<String> {
    vec!["email".to_owned(), "profile".to_owned()]
}

impl Provider {
    /// Whether users of this tenant may sign in with it.
    pub fn serves(&self, tenant_slug: &str) -> bool {
        self.tenants.as_ref().is_none_or(|tenants| tenants.iter().any(|slug| slug == tenant_slug))
    }
}

impl Providers {
    /// The provider of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Provider>> {
        self.0.iter().find(|provider| provider.name.as_str() == name)
    }

    /// All of them, in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<Written> for Provider {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let name = ProviderName::from_str(&written.name)?;
        let about = |problem: &str| format!("{problem} (provider {name})");
        let issuer = Url::parse(&written.issuer).map_err(|_| about("must give an issuer as an https:// address"))?;
        if !is_trustworthy(&issuer) || issuer.query().is_some() || issuer.fragment().is_some() {
            return Err(about("must give an issuer as an https:// address, http:// only on this machine"));
        }
        if written.client_id.is_empty() {
            return Err(about("must give a clientId"));
        }
        if written.client_secret.as_ref().is_some_and(|secret| secret.is_empty()) {
            return Err(about("must give a clientSecret that is not empty, or none for a public client"));
        }
        let is_scope = |scope: &String| !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic());
        if !written.scopes.iter().all(is_scope) {
            return Err(about("must give scopes without spaces"));
        }
        Ok(Self {
            name,
            issuer: written.issuer,
            client_id: written.client_id,
            client_secret: written.client_secret.map(Arc::new),
            scopes: written.scopes,
            tenants: written.tenants,
            links_verified_emails: written.link_verified_emails,
        })
    }
}

/// Whether what is sent to this address stays between us and it: https, or this very machine.
pub(super) fn is_trustworthy(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return false,
    };
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    is_anonymous && (url.scheme() == "https" || (url.scheme() == "http" && is_here))
}

/// The value of OAUTH_PROVIDERS: a JSON list.
impl FromStr for Providers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The parser's own message could quote a secret.
        let written: Vec<Written> = serde_json::from_str(text).map_err(|error| {
            format!(
                "must be a JSON list of objects with name, issuer, clientId, and optionally clientSecret, scopes, \
                 tenants, linkVerifiedEmails; it is not, at line {} column {}",
                error.line(),
                error.column()
            )
        })?;
        let providers: Vec<_> =
            written.into_iter().map(|written| Provider::try_from(written).map(Arc::new)).collect::<Result<_, _>>()?;
        for (at, provider) in providers.iter().enumerate() {
            if providers[..at].iter().any(|other| other.name == provider.name) {
                return Err(format!("must not name two providers {}", provider.name));
            }
        }
        Ok(Self(providers.into()))
    }
}

impl ProviderName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProviderName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text.len() > MAX_NAME_BYTES || !text.bytes().all(is_plain) {
            return Err(format!("must name providers with 1 to {MAX_NAME_BYTES} of a-z, 0-9 and -"));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Provider")
            .field("name", &self.name)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl RedirectUri {
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One of OAUTH_REDIRECT_URIS: https, http on this machine, or the private scheme of an app (`com.example.app:/back`).
impl FromStr for RedirectUri {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let wrong = || format!("must list addresses, as https://app.example/signed-in, not {text:?}");
        let url = Url::parse(text).map_err(|_| wrong())?;
        // Schemes of apps are reversed names of domains (RFC 8252, 7.1), which excludes javascript: and data:.
        let is_app = url.scheme().contains('.');
        if url.fragment().is_some() || !(is_app || is_trustworthy(&url)) {
            return Err(wrong());
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOGLE: &str = r#"[{"name": "google", "issuer": "https://accounts.google.com", "clientId": "abc",
        "clientSecret": "hunter2", "tenants": ["autos"], "linkVerifiedEmails": true}]"#;

    #[test]
    fn providers_are_read_and_their_secrets_not_shown() {
        let providers: Providers = GOOGLE.parse().unwrap();
        let google = providers.get("google").unwrap();
        assert_eq!(google.issuer, "https://accounts.google.com");
        assert_eq!(google.scopes, ["email", "profile"]);
        assert!(google.serves("autos") && !google.serves("pisos") && google.links_verified_emails);
        assert!(providers.get("github").is_none());
        assert!(!format!("{providers:?}").contains("hunter2"));
        let minimal: Providers =
            r#"[{"name": "own", "issuer": "http://127.0.0.1:9000/realm", "clientId": "x"}]"#.parse().unwrap();
        let own = minimal.get("own").unwrap();
        assert!(own.serves("anybody") && !own.links_verified_emails && own.client_secret.is_none());
    }

    #[test]
    fn wrong_providers_are_refused_without_quoting_them() {
        for (from, to) in [
            ("\"google\"", "\"Google\""),
            ("https://accounts.google.com", "http://accounts.google.com"),
            ("https://accounts.google.com", "https://me:you@accounts.google.com"),
            ("https://accounts.google.com", "https://accounts.google.com?x=1"),
            ("https://accounts.google.com", "accounts.google.com"),
            ("\"abc\"", "\"\""),
            ("\"hunter2\"", "\"\""),
            ("\"hunter2\"", "[\"hunter2\"]"),
            ("\"tenants\"", "\"tenant\""),
        ] {
            let error = GOOGLE.replace(from, to).parse::<Providers>().unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
        let twice = format!("[{0},{0}]", GOOGLE.trim_matches(['[', ']']));
        assert_eq!(twice.parse::<Providers>().unwrap_err(), "must not name two providers google");
    }

    #[test]
    fn pages_to_come_back_to_are_https_or_local_or_an_app() {
        for good in ["https://app.example/back", "http://localhost:3000/back", "http://[::1]/", "com.example.app:/back"]
        {
            assert_eq!(good.parse::<RedirectUri>().unwrap().as_str(), good);
        }
        for bad in
            ["http://app.example/", "https://app.example/#x", "javascript:alert(1)", "data:text/html,x", "back", ""]
        {
            assert!(bad.parse::<RedirectUri>().is_err(), "{bad}");
        }
    }
}
