//! Who opens a connection that stays, as its first message says, or a later one that renews the token.
//!
//! A browser cannot add headers to a WebSocket, so what an HTTP request has there stands in a payload: `authorization`
//! (`Bearer …`), and for a page with cookies `csrfToken`. The cookies themselves, and the page's origin, come with the
//! request that opens the connection.

use serde_json::{Map, Value};

use crate::http::graphql::bearer_of;
use crate::http::service::{Caller, Credentials, RequestId};

/// What a payload says of credentials.
///
/// # Errors
/// A sentence for the client.
pub(super) fn of_payload(
    payload: Option<&Map<String, Value>>,
    upgrade_bearer: Option<&str>,
    caller: &Caller,
    request_id: &RequestId,
) -> Result<Credentials, String> {
    let bearer = match text(payload, "authorization")? {
        Some(value) => Some(bearer_of(value).ok_or("The authorization must read `Bearer <token>`.")?),
        None => upgrade_bearer.map(ToOwned::to_owned),
    };
    let mut caller = caller.clone();
    if let Some(token) = text(payload, "csrfToken")? {
        caller.csrf_token = Some(token.to_owned());
    }
    Ok(Credentials { bearer, caller, request_id: request_id.clone() })
}

/// Whether a payload brings a token.
pub(super) fn has_token(payload: Option<&Map<String, Value>>) -> bool {
    matches!(text(payload, "authorization"), Ok(Some(_)) | Err(_))
}

/// A text of the payload; names are compared as those of headers are, because clients copy them from there.
fn text<'p>(payload: Option<&'p Map<String, Value>>, name: &str) -> Result<Option<&'p str>, String> {
    let mut found = payload.into_iter().flatten().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (None, _) | (Some((_, Value::Null)), None) => Ok(None),
        (Some((_, Value::String(text))), None) => Ok(Some(text)),
        _ => Err(format!("The payload's {name} must be one text.")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(payload: Value, upgrade: Option<&str>) -> Result<(Option<String>, Option<String>), String> {
        let request_id = RequestId::accept("r").unwrap();
        of_payload(payload.as_object(), upgrade, &Caller::default(), &request_id)
            .map(|credentials| (credentials.bearer, credentials.caller.csrf_token))
    }

    #[test]
    fn a_payload_brings_a_token_or_the_proof_of_a_cookie() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(read(json!({ "authorization": "Bearer a.b" }), None), Ok((text("a.b"), None)));
        assert_eq!(read(json!({ "Authorization": "bearer a.b" }), Some("c")), Ok((text("a.b"), None)));
        assert_eq!(read(json!({ "csrfToken": "x" }), Some("c")), Ok((text("c"), text("x"))));
        assert_eq!(read(json!({ "authorization": null }), None), Ok((None, None)));
        assert_eq!(read(json!(null), None), Ok((None, None)));
        for bad in [
            json!({ "authorization": "a.b" }),
            json!({ "authorization": 1 }),
            json!({ "authorization": "Bearer a", "Authorization": "Bearer b" }),
            json!({ "csrfToken": {} }),
        ] {
            assert!(read(bad.clone(), None).is_err(), "{bad}");
        }
    }
}
