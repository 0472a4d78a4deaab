//! A message as a webhook of the business gets it, and what its answer means. `docs/outbound-webhooks.md` is the contract.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use entity::id::format_id;
use serde::Deserialize;
use serde_json::{Value, json};

use super::failed::Failed;
use super::https::{Answer, NoAnswer};
use super::outgoing::Outgoing;
use super::{retry_after, signature};

const SIGNATURE: HeaderName = HeaderName::from_static("mostrador-signature");
const EVENT: HeaderName = HeaderName::from_static("mostrador-event");
const ATTEMPT: HeaderName = HeaderName::from_static("mostrador-attempt");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Longest id of a provider, and longest code of a failure, that is taken, in characters.
const MAX_ID: usize = 200;
const MAX_CODE: usize = 60;

/// What is told.
pub(super) fn body(message: &Outgoing) -> Bytes {
    let template = message
        .template
        .as_ref()
        .map(|template| json!({ "name": template.name, "language": template.language, "variables": template.values }));
    let document = json!({
        "event": "message.send",
        "message": {
            "id": format_id("message", message.id),
            "conversationId": format_id("conversation", message.conversation),
            "channel": message.channel,
            "contentType": message.content_type,
            "content": message.content,
            "fileUrl": message.file_url,
            "fileType": message.file_type,
            "template": template,
            "payload": if message.payload.is_null() { json!({}) } else { message.payload.clone() },
            "createdAt": message.created_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        },
        "to": {
            "contactId": format_id("contact", message.contact),
            "address": message.address,
            "name": message.contact_name,
        },
    });
    document.to_string().into()
}

/// The headers. The idempotency key is the same for each attempt at a message.
pub(super) fn headers(
    message: &Outgoing,
    secret: &[u8],
    attempt: i32,
    now: DateTime<Utc>,
    body: &[u8],
) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE, HeaderValue::from_str(&signature::sign(secret, now.timestamp(), body)?).ok()?);
    headers.insert(EVENT, HeaderValue::from_static("message.send"));
    headers.insert(ATTEMPT, HeaderValue::from(attempt));
    headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_str(&format_id("message", message.id)).ok()?);
    Some(headers)
}

/// What a webhook may say when it has taken a message.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Taken {
    provider_message_id: Option<Value>,
}

/// What a webhook may say when it has not.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    error: RefusedError,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RefusedError {
    code: Option<String>,
}

/// What an answer means: the id by which its receiver will speak of the message, or why it was not taken.
pub(super) fn judge(
    message: &Outgoing,
    answer: Result<Answer, NoAnswer>,
    now: DateTime<Utc>,
) -> Result<String, Failed> {
    let answer = answer.map_err(|none| match none {
        NoAnswer::Refused => Failed::never("ADDRESS_REFUSED"),
        NoAnswer::Unreachable | NoAnswer::Uncertain => Failed::outage("NETWORK"),
        NoAnswer::TimedOut => Failed::outage("TIMEOUT"),
    })?;
    if answer.status.is_success() {
        // Who gives it no id of its own calls it as we do.
        let id = provider_id(&answer.body).unwrap_or_else(|| format_id("message", message.id));
        // Each provider may count from 1, so on other channels than WhatsApp ids are stored with the channel in front.
        let prefix = format!("{}:", message.channel.to_lowercase());
        let is_whole = message.channel == "WHATSAPP" || id.starts_with(&prefix);
        return Ok(if is_whole { id } else { prefix + &id });
    }
    let code = format!("WEBHOOK_HTTP_{}", answer.status.as_u16());
    let after: Option<Duration> = answer.retry_after.as_deref().and_then(|value| retry_after::read(value, now));
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::TOO_EARLY => Err(Failed::Later { code, after, is_outage: false }),
        StatusCode::REQUEST_TIMEOUT => Err(Failed::Later { code, after, is_outage: true }),
        status if status.is_server_error() => Err(Failed::Later { code, after, is_outage: true }),
        _ => {
            let refused: Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
            let own = refused.error.code.filter(|code| is_code(code)).map(|code| format!("WEBHOOK_{code}"));
            Err(Failed::never(own.unwrap_or(code)))
        }
    }
}

/// The id that a receiver gave the message: a text or a number.
fn provider_id(body: &[u8]) -> Option<String> {
    let taken: Taken = serde_json::from_slice(body).unwrap_or_default();
    let id = match taken.provider_message_id? {
        Value::String(id) => id,
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    let id = id.trim();
    let is_good = !id.is_empty() && id.chars().count() <= MAX_ID && !id.chars().any(char::is_control);
    is_good.then(|| id.to_owned())
}

/// Whether a receiver's code can be shown: capital letters, digits and `_`.
fn is_code(code: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    !code.is_empty() && code.len() <= MAX_CODE && code.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::super::outgoing::sample;
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Answer, NoAnswer> {
        let status = StatusCode::from_u16(status).unwrap();
        Ok(Answer { status, retry_after: Some("7".to_owned()), body: body.to_owned().into() })
    }

    fn judged(status: u16, body: &str) -> Result<String, Failed> {
        judge(&sample("SMS"), answer(status, body), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn whatever_says_success_has_taken_it() {
        let ours = format!("sms:{}", format_id("message", sample("SMS").id));
        for (body, id) in [
            (r#"{"providerMessageId":"abc"}"#, "sms:abc"),
            (r#"{"providerMessageId":17,"more":[]}"#, "sms:17"),
            (r#"{"providerMessageId":"sms:abc"}"#, "sms:abc"),
            (r#"{"providerMessageId":" "}"#, &ours),
            (r#"{"providerMessageId":{}}"#, &ours),
            ("{}", &ours),
            ("", &ours),
            ("<html>", &ours),
            ("{\"providerMessageId\":\"a\\u0000b\"}", &ours),
        ] {
            assert_eq!(judged(200, body), Ok(id.to_owned()), "{body}");
        }
        assert_eq!(judged(204, ""), Ok(ours.clone()));
        let taken = answer(202, r#"{"providerMessageId":"wamid.1"}"#);
        assert_eq!(judge(&sample("WHATSAPP"), taken, DateTime::UNIX_EPOCH), Ok("wamid.1".to_owned()));
    }

    #[test]
    fn troubles_of_the_receiver_are_tried_again_and_refusals_are_not() {
        let after = Some(Duration::from_secs(7));
        for (status, is_outage) in [(429, false), (425, false), (408, true), (500, true), (503, true), (599, true)] {
            let code = format!("WEBHOOK_HTTP_{status}");
            assert_eq!(judged(status, "x"), Err(Failed::Later { code, after, is_outage }), "{status}");
        }
        for status in [301, 302, 308, 400, 401, 404, 410, 413, 422] {
            assert_eq!(judged(status, "x"), Err(Failed::never(format!("WEBHOOK_HTTP_{status}"))), "{status}");
        }
        assert_eq!(judged(422, r#"{"error":{"code":"NO_CREDIT"}}"#), Err(Failed::never("WEBHOOK_NO_CREDIT")));
        for strange in [r#"{"error":{"code":"no credit"}}"#, r#"{"error":{"code":7}}"#, r#"{"error":"x"}"#] {
            assert_eq!(judged(422, strange), Err(Failed::never("WEBHOOK_HTTP_422")), "{strange}");
        }
    }

    #[test]
    fn no_answer_is_tried_again_unless_the_address_is_forbidden() {
        let judged = |none| judge(&sample("SMS"), Err(none), DateTime::UNIX_EPOCH);
        assert_eq!(judged(NoAnswer::Refused), Err(Failed::never("ADDRESS_REFUSED")));
        assert_eq!(judged(NoAnswer::Unreachable), Err(Failed::outage("NETWORK")));
        assert_eq!(judged(NoAnswer::Uncertain), Err(Failed::outage("NETWORK")));
        assert_eq!(judged(NoAnswer::TimedOut), Err(Failed::outage("TIMEOUT")));
    }
}
