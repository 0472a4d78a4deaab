//! Reads single values. Every message ends the sentence that begins with the variable's name, and
//! fits one line.

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::http::HeaderValue;
use url::Url;

use crate::http::client_address::Network;
use crate::telemetry::logs::parse_filter;

/// A whole number from `MIN` to `MAX`.
pub(super) fn number<const MIN: u64, const MAX: u64>(text: &str) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|number| (MIN..=MAX).contains(number))
        .ok_or_else(|| format!("must be a whole number from {MIN} to {MAX}, not {text:?}"))
}

/// An address with a port.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    // The name people type most.
    let address = text.replacen("localhost:", "127.0.0.1:", 1);
    address.parse().map_err(|_| format!("must be an IP address and a port, as 127.0.0.1:8080, not {text:?}"))
}

/// An origin as browsers write it, or `*`.
pub(super) fn cors_origin(text: &str) -> Result<HeaderValue, String> {
    let text = text.trim();
    let is_origin = Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text);
    if text != "*" && !is_origin {
        return Err(format!("must list origins, as https://shop.example (no path, no slash at the end), not {text:?}"));
    }
    HeaderValue::from_str(text).map_err(|_| format!("must list origins, not {text:?}"))
}

/// An address, or a range of addresses.
pub(super) fn network(text: &str) -> Result<Network, String> {
    text.trim().parse().map_err(|()| format!("must list addresses or ranges, as 10.0.0.0/8, not {text:?}"))
}

/// An address of pages, to which a path can be added.
pub(super) fn web_address(text: &str) -> Result<Url, String> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none())
        .ok_or_else(|| format!("must be a web address without ? and #, as https://app.example, not {text:?}"))
}

/// A filter for log lines.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match parse_filter(text) {
        Ok(_) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err(format!("must be a level, as info, or levels by module, as warn,mostrador=debug, not {text:?}")),
    }
}

/// A folder that may have to be made.
pub(super) fn data_dir(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("must name a folder; leave it out for the default".to_owned());
    }
    Ok(PathBuf::from(text))
}
