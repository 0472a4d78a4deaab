//! What an issuer says about itself: its discovery document and its keys, fetched when needed and kept for a while.

use std::time::Duration;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::OauthError;
use super::http::Https;
use super::provider::is_trustworthy;

/// How long a discovery document is used before it is fetched again.
const METADATA_LIFETIME: Duration = Duration::from_secs(3600);
/// How long keys are used; unknown ones are asked for at once.
const KEYS_LIFETIME: Duration = Duration::from_secs(3600);
/// After a failure, how long everybody is told so at once, instead of waiting for the same failure.
const FAILURE_LIFETIME: Duration = Duration::from_secs(2);
/// The shortest RSA modulus that proves anything, in bytes (2,048 bits).
const MIN_RSA_BYTES: usize = 256;

/// The part of a discovery document (OpenID Connect Discovery 1.0, 3) that is used here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    jwks_uri: Url,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    /// Whether it says who it is when it sends people back (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Whether the client's secret goes into the form instead of a header.
    pub(super) fn wants_secret_in_form(&self) -> bool {
        // Without a list, client_secret_basic is what every provider takes.
        self.token_endpoint_auth_methods_supported.as_ref().is_some_and(|methods| {
            let has = |name| methods.iter().any(|method| method == name);
            has("client_secret_post") && !has("client_secret_basic")
        })
    }

    /// Whether the provider signs identities with this algorithm.
    pub(super) fn signs_with(&self, algorithm: Algorithm) -> bool {
        let name = format!("{algorithm:?}");
        self.id_token_signing_alg_values_supported.as_ref().is_none_or(|names| names.contains(&name))
    }
}

/// A public key of an issuer.
#[derive(Clone)]
pub(super) struct IssuerKey {
    id: Option<String>,
    algorithms: &'static [Algorithm],
    pub(super) key: DecodingKey,
}

impl IssuerKey {
    /// Whether a token with this header may be signed with this key. The key says which algorithms fit, not the token.
    pub(super) fn fits(&self, id: Option<&str>, algorithm: Algorithm) -> bool {
        let is_named = match id {
            Some(id) => self.id.as_deref() == Some(id),
            None => true,
        };
        is_named && self.algorithms.contains(&algorithm)
    }
}

/// One issuer.
pub(super) struct Issuer {
    identifier: String,
    https: Https,
    metadata: Mutex<Option<Kept<Metadata>>>,
    keys: Mutex<Option<Kept<Vec<IssuerKey>>>>,
}

struct Kept<T> {
    what: Result<T, OauthError>,
    at: Instant,
}

impl<T: Clone> Kept<T> {
    fn fresh(&self, lifetime: Duration) -> Option<Result<T, OauthError>> {
        let lifetime = if self.what.is_ok() { lifetime } else { FAILURE_LIFETIME };
        (self.at.elapsed() < lifetime).then(|| self.what.clone())
    }
}

impl Issuer {
    pub(super) fn new(identifier: String, https: Https) -> Self {
        Self { identifier, https, metadata: Mutex::new(None), keys: Mutex::new(None) }
    }

    /// The discovery document.
    pub(super) async fn metadata(&self) -> Result<Metadata, OauthError> {
        let mut kept = self.metadata.lock().await;
        if let Some(known) = kept.as_ref().and_then(|kept| kept.fresh(METADATA_LIFETIME)) {
            return known;
        }
        let what = self.discover().await;
        *kept = Some(Kept { what: what.clone(), at: Instant::now() });
        what
    }

    /// The keys; fetched anew when the kept ones are those that `seen` has been tried with.
    pub(super) async fn keys(&self, seen: Option<Instant>) -> Result<(Vec<IssuerKey>, Instant), OauthError> {
        let uri = self.metadata().await?.jwks_uri;
        let mut kept = self.keys.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| seen.is_none_or(|seen| kept.at > seen))
            && let Some(known) = kept.fresh(KEYS_LIFETIME)
        {
            return known.map(|keys| (keys, kept.at));
        }
        let what = self.fetch_keys(&uri).await;
        let at = Instant::now();
        *kept = Some(Kept { what: what.clone(), at });
        what.map(|keys| (keys, at))
    }

    async fn discover(&self) -> Result<Metadata, OauthError> {
        let address = format!("{}/.well-known/openid-configuration", self.identifier.trim_end_matches('/'));
        let address = Url::parse(&address).map_err(|_| OauthError::NotProven("the issuer is no address"))?;
        let metadata: Metadata = self.https.get(&address).await?.json()?;
        if metadata.issuer != self.identifier {
            return Err(OauthError::NotProven("the discovery document is of another issuer"));
        }
        for endpoint in [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri] {
            // An issuer on the network does not get to send us to a port of this machine.
            let leads_inside = address.scheme() == "https" && endpoint.scheme() != "https";
            if leads_inside || !is_trustworthy(endpoint) {
                return Err(OauthError::NotProven("the discovery document names an address that is not https"));
            }
        }
        Ok(metadata)
    }

    async fn fetch_keys(&self, uri: &Url) -> Result<Vec<IssuerKey>, OauthError> {
        /// Keys of a kind we do not know are left out; they must not spoil the others.
        #[derive(Deserialize)]
        struct KeySet {
            keys: Vec<serde_json::Value>,
        }
        let set: KeySet = self.https.get(uri).await?.json()?;
        Ok(set.keys.into_iter().filter_map(|key| usable(&serde_json::from_value(key).ok()?)).collect())
    }
}

/// A key that can verify a signature: public, meant for that, and strong enough.
fn usable(jwk: &Jwk) -> Option<IssuerKey> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    let algorithms: &'static [Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            use base64::Engine;
            let modulus = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
            if modulus.iter().skip_while(|byte| **byte == 0).count() < MIN_RSA_BYTES {
                return None;
            }
            &[RS256, RS384, RS512, PS256, PS384, PS512]
        }
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => &[ES256],
            EllipticCurve::P384 => &[ES384],
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => &[EdDSA],
        // Also symmetric keys: what is published is no secret.
        _ => return None,
    };
    let algorithms = match jwk.common.key_algorithm {
        None => algorithms,
        Some(named) => {
            let name = format!("{named:?}");
            let at = algorithms.iter().position(|algorithm| format!("{algorithm:?}") == name)?;
            &algorithms[at..=at]
        }
    };
    Some(IssuerKey { id: jwk.common.key_id.clone(), algorithms, key: DecodingKey::from_jwk(jwk).ok()? })
}
