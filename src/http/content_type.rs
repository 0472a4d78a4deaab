//! Which request bodies are read at all.
//!
//! Only JSON is, and not only for tidiness: a form on a foreign page can post `text/plain`,
//! `multipart/form-data` and url-encoded bodies without asking, but not JSON. Refusing the former
//! before the body is looked at closes cross-site request forgery.

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use super::accept::is_utf8;

/// Checks that the headers announce a JSON body in UTF-8 without compression.
///
/// # Errors
/// A sentence for the client, to be sent with 415.
pub fn expect_json(headers: &HeaderMap) -> Result<(), &'static str> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err("The request has no Content-Type; send application/json."),
        (Some(_), Some(_)) => return Err("The request has more than one Content-Type."),
        (Some(value), None) => value.to_str().unwrap_or_default(),
    };
    let mut parts = value.split(';').map(str::trim);
    if !parts.next().is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json")) {
        return Err("The only Content-Type accepted is application/json.");
    }
    for parameter in parts {
        if let Some((name, charset)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("charset")
            && !is_utf8(charset.trim().trim_matches('"'))
        {
            return Err("The only charset accepted is utf-8.");
        }
    }
    let compressed = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|encoding| !encoding.to_str().is_ok_and(|encoding| encoding.eq_ignore_ascii_case("identity")));
    if compressed {
        return Err("Compressed requests are not accepted; send the JSON as it is.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn json_in_utf_8_is_accepted() {
        for value in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json; profile=x",
        ] {
            assert_eq!(expect_json(&headers(&[("content-type", value)])), Ok(()), "{value}");
        }
    }

    #[test]
    fn whatever_a_form_can_send_is_refused() {
        for value in [
            "text/plain",
            "text/plain; application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/graphql",
            "application/jsonp",
            "application/json; charset=utf-16",
            "",
        ] {
            assert!(expect_json(&headers(&[("content-type", value)])).is_err(), "{value}");
        }
        assert!(expect_json(&HeaderMap::new()).is_err());
    }

    #[test]
    fn two_content_types_and_compression_are_refused() {
        let json = ("content-type", "application/json");
        assert!(expect_json(&headers(&[json, ("content-type", "text/plain")])).is_err());
        assert!(expect_json(&headers(&[json, ("content-encoding", "gzip")])).is_err());
        assert!(expect_json(&headers(&[json, ("content-encoding", "identity")])).is_ok());
    }
}
