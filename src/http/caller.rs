//! Who is at the other end of a request: address, browser, cookies, and from which page it asks.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{COOKIE, ORIGIN, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, Uri};

use super::client_address::{self, Peer};
use super::dev::host_of;
use super::service::{Caller, Cookies, cookie_names};
use super::state::HttpSettings;

/// Repeats, for a page of ours, what signing in gave it; a page of somebody else cannot know it.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// The longest name of a browser that is kept, in bytes.
const MAX_USER_AGENT: usize = 512;

/// The other end of a request.
pub fn of(settings: &HttpSettings, request: &Request) -> Caller {
    let headers = request.headers();
    let peer = request.extensions().get::<Peer>().map(|Peer(address)| address.ip());
    Caller {
        address: address(settings, peer, headers),
        user_agent: headers.get(USER_AGENT).map(|value| text_of(value.as_bytes())),
        cookies: cookies(settings.secure_cookies, headers),
        csrf_token: headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned),
        is_foreign_page: is_foreign_page(settings, request.uri(), headers),
        is_live: false,
        has_secure_cookies: settings.secure_cookies,
    }
}

fn address(settings: &HttpSettings, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    peer.map(|peer| client_address::find(&settings.trusted_proxies, peer, headers))
}

/// A header as text that a database takes, not too long.
fn text_of(bytes: &[u8]) -> String {
    // Nearly all are, and every request comes by here.
    if bytes.len() <= MAX_USER_AGENT
        && bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return text.to_owned();
    }
    let text: String = String::from_utf8_lossy(bytes).chars().filter(|letter| !letter.is_control()).collect();
    let end = (0..=MAX_USER_AGENT.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text[..end].to_owned()
}

/// The tokens among the cookies. One that comes twice counts as none: somebody else may have set one of them.
fn cookies(secure: bool, headers: &HeaderMap) -> Cookies {
    let names = cookie_names(secure);
    let pairs = || {
        let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='))
    };
    let only = |wanted: &str| {
        let mut found = pairs().filter(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
        found.next().filter(|value| !value.is_empty() && found.next().is_none())
    };
    Cookies { access: only(names.access), refresh: only(names.refresh) }
}

/// Whether the page that asks lives at an origin that is neither the host's own nor configured. A request without any
/// sign of a page, as programs send it, is none.
fn is_foreign_page(settings: &HttpSettings, uri: &Uri, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        // Browsers leave the origin out of some requests, and say this instead.
        let site = headers.get("sec-fetch-site").map(|site| site.to_str().unwrap_or("?"));
        return site.is_some_and(|site| site != "same-origin" && site != "none");
    };
    // `*` lets pages ask, but not with the browser's cookies.
    if settings.cors_origins.iter().any(|known| known == origin && known != "*") {
        return false;
    }
    let host = host_of(uri, headers);
    !origin.to_str().ok().and_then(|origin| origin.split_once("://")).is_some_and(|(scheme, origin_host)| {
        origin_host.eq_ignore_ascii_case(host) && (scheme == "https" || !settings.secure_cookies && scheme == "http")
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_counts_when_it_comes_once() {
        let found = |pairs: &[(&'static str, &'static str)]| cookies(true, &headers(pairs));
        let one = found(&[("cookie", "a=b; __Host-mostrador-access=x.y=; __Secure-mostrador-refresh=r")]);
        assert_eq!((one.access.as_deref(), one.refresh.as_deref()), (Some("x.y="), Some("r")));
        assert_eq!(
            found(&[("cookie", "__Host-mostrador-access=1"), ("cookie", "__Host-mostrador-access=2")]).access,
            None
        );
        assert_eq!(found(&[("cookie", "mostrador-access=1; __Host-mostrador-access=")]), Cookies::default());
    }

    #[test]
    fn a_foreign_page_is_recognised() {
        let foreign = |secure: bool, origins: &[&'static str], pairs: &[(&'static str, &'static str)]| {
            let settings = HttpSettings {
                cors_origins: origins.iter().map(|origin| HeaderValue::from_static(origin)).collect(),
                secure_cookies: secure,
                ..HttpSettings::default()
            };
            let mut all = vec![("host", "desk.example")];
            all.extend_from_slice(pairs);
            is_foreign_page(&settings, &Uri::from_static("/graphql"), &headers(&all))
        };
        assert!(!foreign(true, &[], &[]));
        assert!(!foreign(true, &[], &[("origin", "https://desk.example")]));
        assert!(!foreign(true, &[], &[("sec-fetch-site", "same-origin")]));
        assert!(!foreign(false, &[], &[("origin", "http://desk.example")]));
        assert!(!foreign(true, &["https://app.example"], &[("origin", "https://app.example")]));
        assert!(foreign(true, &[], &[("origin", "http://desk.example")]));
        assert!(foreign(true, &[], &[("origin", "https://app.example")]));
        assert!(foreign(true, &["*"], &[("origin", "https://app.example")]));
        assert!(foreign(true, &["*"], &[("origin", "*")]));
        assert!(foreign(true, &[], &[("origin", "null")]));
        assert!(foreign(true, &[], &[("origin", "https://desk.example.evil.example")]));
        assert!(foreign(true, &[], &[("sec-fetch-site", "cross-site")]));
        assert!(foreign(true, &[], &[("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn the_name_of_a_browser_is_cut_and_cleaned() {
        assert_eq!(text_of(b"Fire\tfox"), "Firefox");
        assert_eq!(text_of("ñ".repeat(400).as_bytes()).len(), 512);
        assert!(text_of(b"\xff\xfe").chars().all(|letter| letter == '\u{fffd}'));
    }
}
