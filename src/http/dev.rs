//! `/dev/logins` and `/dev/sign-in`: one click signs a developer in. Mounted in development only.
//!
//! Whoever reaches these gets a token without a password, so a page of another origin must not:
//! there is no CORS here, the sign-in takes JSON only, and both check who asks (see
//! `expect_same_origin`).

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::accept::MediaType;
use super::body;
use super::content_type;
use super::error_document::Refusal;
use super::service::RequestId;
use super::state::HttpState;

/// More than the longest pair of slug and address.
const BODY_LIMIT_BYTES: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    tenant: String,
    email: String,
}

/// Lists the users one can sign in as: `{"logins": [Login]}`.
pub async fn logins(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let result = match expect_same_origin(host_of(&uri, &headers), &headers) {
        Ok(()) => list(&state).await,
        Err(refusal) => Err(refusal),
    };
    answer(&request_id, result)
}

async fn list(state: &HttpState) -> Result<serde_json::Value, (Refusal, String)> {
    let logins = state.dev_logins().ok_or_else(not_here)?.logins().await;
    match logins {
        Ok(logins) => Ok(json!({ "logins": logins })),
        Err(reason) => Err((Refusal::Unavailable, reason)),
    }
}

/// Signs in: takes `{"tenant": slug, "email": address}`, gives [`SignedIn`](super::service::SignedIn).
pub async fn sign_in(
    State(state): State<HttpState>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Response {
    answer(&request_id, token(&state, request).await)
}

async fn token(state: &HttpState, request: Request) -> Result<serde_json::Value, (Refusal, String)> {
    expect_same_origin(host_of(request.uri(), request.headers()), request.headers())?;
    content_type::expect_json(request.headers())
        .map_err(|message| (Refusal::UnsupportedMediaType, message.to_owned()))?;
    let malformed = || {
        let message = r#"The body must read {"tenant": "…", "email": "…"}."#;
        (Refusal::BadRequest, message.to_owned())
    };
    let body = body::read(request, BODY_LIMIT_BYTES).await.map_err(|_| malformed())?;
    let SignIn { tenant, email } = serde_json::from_slice(&body).map_err(|_| malformed())?;
    let logins = state.dev_logins().ok_or_else(not_here)?;
    match logins.sign_in(tenant, email).await {
        Ok(Some(signed_in)) => Ok(json!(signed_in)),
        Ok(None) => Err((Refusal::NotFound, "There is no active user with this address in this tenant.".to_owned())),
        Err(reason) => Err((Refusal::Unavailable, reason)),
    }
}

fn not_here() -> (Refusal, String) {
    let message = "Signing in without a password exists in development only.";
    (Refusal::NotFound, message.to_owned())
}

fn answer(request_id: &RequestId, result: Result<serde_json::Value, (Refusal, String)>) -> Response {
    match result {
        Ok(body) => {
            let headers = [(CONTENT_TYPE, MediaType::Json.content_type()), (CACHE_CONTROL, "no-store")];
            (headers, body.to_string()).into_response()
        }
        Err((refusal, message)) => refusal.response(&message, MediaType::Json, request_id),
    }
}

/// Refuses what a page of another origin could send:
///
/// - `Sec-Fetch-Site`, when the browser sends it, must be `same-origin` or `none`;
/// - `Origin`, when present, must name this very host and port;
/// - the host must be an IP address, `localhost` or a name without a dot: a public name that was
///   rebound to a local address would pass the other two.
fn expect_same_origin(host: &str, headers: &HeaderMap) -> Result<(), (Refusal, String)> {
    let refuse = |message: &str| Err((Refusal::Forbidden, message.to_owned()));
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text(&HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return refuse("Pages of other origins may not sign in.");
    }
    if text(&ORIGIN).is_some_and(|origin| origin.split_once("://").is_none_or(|(_, origin_host)| origin_host != host)) {
        return refuse("Pages of other origins may not sign in.");
    }
    if !is_local_name(host) {
        return refuse("Signing in without a password works under an IP address or localhost only.");
    }
    Ok(())
}

/// The host and port the client believes to talk to: HTTP/1 has a header for it, HTTP/2 the URI.
pub(super) fn host_of<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> &'a str {
    let authority = uri.authority().map(Authority::as_str);
    authority.or_else(|| headers.get(HOST)?.to_str().ok()).unwrap_or_default()
}

/// Whether nobody outside could have chosen the name in this `Host` header.
fn is_local_name(host: &str) -> bool {
    let name = if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok());
    } else {
        host.split_once(':').map_or(host, |(name, _)| name)
    };
    let name = name.to_ascii_lowercase();
    !name.is_empty() && (!name.contains('.') || name.ends_with(".localhost") || name.parse::<Ipv4Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        expect_same_origin(host_of(&Uri::from_static("/dev/logins"), &headers), &headers).is_ok()
    }

    #[test]
    fn our_own_page_and_the_command_line_pass() {
        let host = ("host", "127.0.0.1:8080");
        assert!(check(&[host]));
        assert!(check(&[host, ("origin", "http://127.0.0.1:8080")]));
        assert!(check(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(check(&[host, ("sec-fetch-site", "none")]));
        assert!(check(&[("host", "localhost:1"), ("origin", "http://localhost:1")]));
        for host in ["[::1]:8080", "gateway:8080", "a.localhost", "10.0.0.7"] {
            assert!(check(&[("host", host)]), "{host}");
        }
    }

    #[test]
    fn foreign_pages_do_not() {
        let host = ("host", "127.0.0.1:8080");
        for origin in ["http://evil.example", "null", "http://127.0.0.1:9090", "http://127.0.0.1", ""] {
            assert!(!check(&[host, ("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site", "?"] {
            assert!(!check(&[host, ("sec-fetch-site", site)]), "{site}");
        }
    }

    #[test]
    fn a_name_rebound_to_a_local_address_does_not() {
        let evil = ("origin", "http://evil.example:8080");
        assert!(!check(&[("host", "evil.example:8080"), evil]));
        for host in ["evil.example", "", "1.2.3.4.example", "[evil]"] {
            assert!(!check(&[("host", host)]), "{host}");
        }
    }
}
