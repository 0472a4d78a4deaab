//! A message as WhatsApp's Cloud API gets it (`POST /<phone number id>/messages`), and what its answer means.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::failed::Failed;
use super::https::{Answer, NoAnswer};
use super::outgoing::{Outgoing, Template};
use super::{retry_after, template_fields};

/// Where the API lives unless the credentials say otherwise.
const API: &str = "https://graph.facebook.com/v23.0";

/// How long to wait at least when nobody knows whether it took the message: a status report may still tell.
const DOUBT: Duration = Duration::from_secs(20);

/// The address that takes messages of a number; `None` when there is none.
pub(super) fn url(base: Option<&str>, phone_number_id: &str) -> Option<Url> {
    let mut url = Url::parse(base.unwrap_or(API)).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().push(phone_number_id).push("messages");
    Some(url)
}

/// The address that tells of a number, and sends nothing; `None` when there is none.
pub(super) fn number_url(base: Option<&str>, phone_number_id: &str) -> Option<Url> {
    let mut url = Url::parse(base.unwrap_or(API)).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().push(phone_number_id);
    url.query_pairs_mut().append_pair("fields", "id");
    Some(url)
}

/// The headers; `None` when the token cannot be one.
pub(super) fn headers(access_token: &str) -> Option<HeaderMap> {
    let mut value = HeaderValue::from_str(&format!("Bearer {access_token}")).ok()?;
    value.set_sensitive(true);
    Some(HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
}

/// What is sent. Our id goes along and comes back with each report about the message.
///
/// # Errors
/// When the API has no such kind of message, or the contact has no number.
pub(super) fn body(message: &Outgoing) -> Result<Bytes, Failed> {
    let to = message.address.as_deref().ok_or_else(|| Failed::never("NO_ADDRESS"))?;
    let mut document = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to.trim_start_matches('+'),
        "biz_opaque_callback_data": message.id.to_string(),
    });
    let (kind, part) = part(message).ok_or_else(|| Failed::never("NOT_SUPPORTED"))?;
    document["type"] = json!(kind);
    document[kind] = part;
    if let Some(answered) = message.payload.pointer("/replyTo/providerMessageId").and_then(Value::as_str) {
        document["context"] = json!({ "message_id": answered });
    }
    Ok(document.to_string().into())
}

/// The name of the kind, and what stands under this name.
fn part(message: &Outgoing) -> Option<(&'static str, Value)> {
    if let Some(reaction) = message.payload.get("reaction") {
        let target = reaction.get("providerMessageId")?.as_str()?;
        let emoji = reaction.get("emoji").and_then(Value::as_str).unwrap_or_default();
        return Some(("reaction", json!({ "message_id": target, "emoji": emoji })));
    }
    Some(match message.content_type.as_str() {
        "TEXT" => ("text", json!({ "body": message.content.as_deref()?, "preview_url": true })),
        "IMAGE" => ("image", media(message, true, false)?),
        "VIDEO" => ("video", media(message, true, false)?),
        "AUDIO" => ("audio", media(message, false, false)?),
        "STICKER" => ("sticker", media(message, false, false)?),
        "DOCUMENT" => ("document", media(message, true, true)?),
        "LOCATION" => ("location", location(message)?),
        "CONTACT_CARD" => ("contacts", message.payload.get("contacts").filter(|cards| cards.is_array())?.clone()),
        "INTERACTIVE" => ("interactive", message.payload.get("interactive").filter(|part| part.is_object())?.clone()),
        "TEMPLATE" => ("template", template(message.template.as_ref()?)),
        _ => return None,
    })
}

/// A file: by its address, or by the id that the API itself has given it.
fn media(message: &Outgoing, has_caption: bool, has_name: bool) -> Option<Value> {
    let mut part = Map::new();
    match (&message.file_url, message.payload.pointer("/media/id")) {
        (Some(url), _) => part.insert("link".to_owned(), json!(url)),
        (None, Some(id)) => part.insert("id".to_owned(), id.clone()),
        (None, None) => return None,
    };
    if has_caption && let Some(caption) = &message.content {
        part.insert("caption".to_owned(), json!(caption));
    }
    let name = || {
        let given = message.payload.pointer("/media/fileName").and_then(Value::as_str).map(str::to_owned);
        given.or_else(|| {
            let url = Url::parse(message.file_url.as_deref()?).ok()?;
            url.path_segments()?.next_back().filter(|name| !name.is_empty()).map(str::to_owned)
        })
    };
    if has_name && let Some(name) = name() {
        part.insert("filename".to_owned(), json!(name));
    }
    Some(Value::Object(part))
}

fn location(message: &Outgoing) -> Option<Value> {
    let place = message.payload.get("location")?.as_object()?;
    let known = ["latitude", "longitude", "name", "address"];
    let part: Map<_, _> =
        known.iter().filter_map(|name| Some(((*name).to_owned(), place.get(*name)?.clone()))).collect();
    (part.contains_key("latitude") && part.contains_key("longitude")).then_some(Value::Object(part))
}

fn template(template: &Template) -> Value {
    let parts = [("header", template.header.as_deref()), ("body", Some(template.body.as_str()))];
    let components: Vec<_> = parts
        .into_iter()
        .filter_map(|(part, text)| {
            let parameters = template_fields::parameters(text?, &template.variables, &template.values);
            (!parameters.is_empty()).then(|| json!({ "type": part, "parameters": parameters }))
        })
        .collect();
    let mut part = json!({ "name": template.name, "language": { "code": template.language } });
    if !components.is_empty() {
        part["components"] = json!(components);
    }
    part
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Taken {
    messages: Vec<TakenMessage>,
}

#[derive(Deserialize)]
struct TakenMessage {
    id: String,
}

#[derive(Deserialize)]
struct Refused {
    error: RefusedError,
}

#[derive(Deserialize)]
struct RefusedError {
    code: i64,
    #[serde(default)]
    is_transient: bool,
}

/// What an answer means: the id that WhatsApp gave the message, or why it was not taken.
pub(super) fn judge(answer: Result<Answer, NoAnswer>, now: DateTime<Utc>) -> Result<Option<String>, Failed> {
    let doubt = |code: &str| Failed::Later { code: code.to_owned(), after: Some(DOUBT), is_outage: true };
    let answer = answer.map_err(|none| match none {
        NoAnswer::Refused => Failed::never("ADDRESS_REFUSED"),
        NoAnswer::Unreachable => Failed::outage("NETWORK"),
        NoAnswer::Uncertain => doubt("NETWORK"),
        NoAnswer::TimedOut => doubt("TIMEOUT"),
    })?;
    let after = answer.retry_after.as_deref().and_then(|value| retry_after::read(value, now));
    if answer.status.is_success() {
        // An answer that cannot be read is an answer: asking again would send the message again.
        let taken: Taken = serde_json::from_slice(&answer.body).unwrap_or_default();
        return Ok(taken.messages.into_iter().next().map(|message| message.id).filter(|id| !id.is_empty()));
    }
    let http = format!("WHATSAPP_HTTP_{}", answer.status.as_u16());
    if let Ok(Refused { error }) = serde_json::from_slice::<Refused>(&answer.body)
        && (0..10_000_000).contains(&error.code)
    {
        let code = format!("WHATSAPP_{}", error.code);
        return Err(match error.code {
            // Its own troubles: unknown error, service unavailable, something went wrong, overloaded.
            1 | 2 | 131_000 | 131_016 => Failed::Later { code, after, is_outage: true },
            // Too much of the app, of the account, of the number, to this contact.
            4 | 80_007 | 130_429 | 131_048 | 131_056 | 133_016 => Failed::Later { code, after, is_outage: false },
            _ if error.is_transient => Failed::Later { code, after, is_outage: false },
            _ => Failed::never(code),
        });
    }
    Err(match answer.status {
        StatusCode::TOO_MANY_REQUESTS => Failed::Later { code: http, after, is_outage: false },
        status if status.is_server_error() => Failed::Later { code: http, after, is_outage: true },
        _ => Failed::never(http),
    })
}

#[cfg(test)]
mod tests {
    use super::super::outgoing::sample;
    use super::*;

    fn message(content_type: &str) -> Outgoing {
        Outgoing { content_type: content_type.to_owned(), ..sample("WHATSAPP") }
    }

    fn sent(message: &Outgoing) -> Value {
        serde_json::from_slice(&body(message).unwrap()).unwrap()
    }

    #[test]
    fn each_kind_has_its_form() {
        let mut text = message("TEXT");
        text.payload = json!({ "replyTo": { "providerMessageId": "wamid.1" } });
        assert_eq!(
            sent(&text),
            json!({
                "messaging_product": "whatsapp", "recipient_type": "individual", "to": "34600111222",
                "biz_opaque_callback_data": "00000000-0000-0000-0000-000000000007",
                "type": "text", "text": { "body": "Hello", "preview_url": true },
                "context": { "message_id": "wamid.1" }
            })
        );
        let link = "https://files.example/a/offer.pdf?x=1";
        assert_eq!(sent(&message("IMAGE"))["image"], json!({ "link": link, "caption": "Hello" }));
        assert_eq!(sent(&message("AUDIO"))["audio"], json!({ "link": link }));
        assert_eq!(
            sent(&message("DOCUMENT"))["document"],
            json!({ "link": link, "caption": "Hello", "filename": "offer.pdf" })
        );
        let with = |content_type: &str, payload: Value| Outgoing { payload, ..message(content_type) };
        let mut stored = with("VIDEO", json!({ "media": { "id": "99" } }));
        stored.file_url = None;
        assert_eq!(sent(&stored)["video"], json!({ "id": "99", "caption": "Hello" }));
        let place = json!({ "location": { "latitude": 1.5, "longitude": 2, "name": "Here", "url": "x" } });
        assert_eq!(
            sent(&with("LOCATION", place))["location"],
            json!({ "latitude": 1.5, "longitude": 2, "name": "Here" })
        );
        let cards = json!([{ "name": { "formatted_name": "Jo" } }]);
        assert_eq!(sent(&with("CONTACT_CARD", json!({ "contacts": cards })))["contacts"], cards);
        let buttons = json!({ "type": "button", "body": { "text": "?" } });
        assert_eq!(sent(&with("INTERACTIVE", json!({ "interactive": buttons })))["interactive"], buttons);
        let reaction = json!({ "reaction": { "providerMessageId": "wamid.2", "emoji": "👍" } });
        assert_eq!(sent(&with("TEXT", reaction))["reaction"], json!({ "message_id": "wamid.2", "emoji": "👍" }));
    }

    #[test]
    fn a_template_brings_the_values_of_its_gaps() {
        let template = Template {
            name: "offer".to_owned(),
            language: "es".to_owned(),
            is_approved: true,
            header: Some("For {{1}}".to_owned()),
            body: "{{1}}: {{2}}".to_owned(),
            variables: vec!["name".to_owned(), "car".to_owned()],
            values: json!({ "name": "Marta", "car": "Ibiza" }),
        };
        let text = |text: &str| json!({ "type": "text", "text": text });
        assert_eq!(
            sent(&Outgoing { template: Some(template.clone()), ..message("TEMPLATE") })["template"],
            json!({
                "name": "offer", "language": { "code": "es" },
                "components": [
                    { "type": "header", "parameters": [text("Marta")] },
                    { "type": "body", "parameters": [text("Marta"), text("Ibiza")] }
                ]
            })
        );
        let plain = Template { header: None, body: "Hello".to_owned(), ..template };
        assert_eq!(
            sent(&Outgoing { template: Some(plain), ..message("TEMPLATE") })["template"],
            json!({ "name": "offer", "language": { "code": "es" } })
        );
    }

    #[test]
    fn what_cannot_be_sent_is_said_before_anything_is() {
        for unsendable in ["LOCATION", "CONTACT_CARD", "INTERACTIVE", "TEMPLATE", "SYSTEM", "UNSUPPORTED"] {
            assert_eq!(body(&message(unsendable)), Err(Failed::never("NOT_SUPPORTED")), "{unsendable}");
        }
        assert_eq!(body(&Outgoing { file_url: None, ..message("IMAGE") }), Err(Failed::never("NOT_SUPPORTED")));
        assert_eq!(body(&Outgoing { address: None, ..message("TEXT") }), Err(Failed::never("NO_ADDRESS")));
    }

    #[test]
    fn the_address_is_that_of_the_number() {
        let of = |base| url(base, "123").unwrap().to_string();
        assert_eq!(of(None), format!("{API}/123/messages"));
        assert_eq!(of(Some("https://graph.example/v9/")), "https://graph.example/v9/123/messages");
        assert_eq!(url(None, "../1").unwrap().path(), "/v23.0/..%2F1/messages");
        assert!(url(Some("nothing"), "1").is_none());
    }

    #[test]
    fn answers_are_taken_for_what_they_say() {
        let judged = |status: u16, body: &str| {
            let answer = Answer {
                status: StatusCode::from_u16(status).unwrap(),
                retry_after: None,
                body: body.to_owned().into(),
            };
            judge(Ok(answer), DateTime::UNIX_EPOCH)
        };
        let error = |code: i64| {
            json!({ "error": { "message": "(#1) no", "type": "OAuthException", "code": code } }).to_string()
        };
        assert_eq!(judged(200, r#"{"messages":[{"id":"wamid.A"}]}"#), Ok(Some("wamid.A".to_owned())));
        for strange in ["", "{}", "<html>", r#"{"messages":[]}"#, r#"{"messages":7}"#] {
            assert_eq!(judged(200, strange), Ok(None), "{strange}");
        }
        for (status, code) in [(400, 131_047), (400, 131_026), (400, 132_001), (401, 190), (400, 100)] {
            assert_eq!(judged(status, &error(code)), Err(Failed::never(format!("WHATSAPP_{code}"))));
        }
        for (code, is_outage) in [(130_429, false), (131_056, false), (4, false), (131_000, true), (2, true)] {
            let later = Failed::Later { code: format!("WHATSAPP_{code}"), after: None, is_outage };
            assert_eq!(judged(400, &error(code)), Err(later));
        }
        let transient = r#"{"error":{"code":77,"is_transient":true}}"#;
        assert!(matches!(judged(400, transient), Err(Failed::Later { is_outage: false, .. })));
        assert!(matches!(judged(503, "<html>"), Err(Failed::Later { is_outage: true, .. })));
        assert!(matches!(judged(429, ""), Err(Failed::Later { is_outage: false, .. })));
        assert_eq!(judged(400, "what"), Err(Failed::never("WHATSAPP_HTTP_400")));
    }

    #[test]
    fn in_doubt_it_waits_for_a_report() {
        let judged = |none| judge(Err(none), DateTime::UNIX_EPOCH);
        assert_eq!(judged(NoAnswer::Unreachable), Err(Failed::outage("NETWORK")));
        for none in [NoAnswer::Uncertain, NoAnswer::TimedOut] {
            assert!(matches!(judged(none), Err(Failed::Later { after: Some(DOUBT), is_outage: true, .. })));
        }
    }
}
