//! The messages of graphql-transport-ws, read and written. Pure.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::http::parameters::{self, Parameters};

/// The longest id of an operation, in bytes. Clients number them or use UUIDs.
pub const MAX_ID: usize = 128;

/// What a client says.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientMessage {
    /// Introduces itself.
    Init(Option<Map<String, Value>>),
    /// Asks whether we are there.
    Ping(Option<Map<String, Value>>),
    /// Is there.
    Pong(Option<Map<String, Value>>),
    /// Starts an operation.
    Subscribe {
        /// How the client calls it.
        id: Box<str>,
        /// What to run.
        parameters: Box<Parameters>,
    },
    /// Wants no more of an operation.
    Complete {
        /// How the client calls it.
        id: Box<str>,
    },
}

/// Every message has this form; what a kind does not use is not looked at.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// Reads a message.
///
/// # Errors
/// A sentence for the client, to be sent as the reason of 4400. It quotes nothing of the message.
pub fn parse(text: &str) -> Result<ClientMessage, Cow<'static, str>> {
    // A list of the same values would do for serde as well.
    let is_object = text.trim_start().starts_with('{');
    let Some(Envelope { kind, id, payload }) = is_object.then(|| serde_json::from_str(text).ok()).flatten() else {
        return Err("A message must be a JSON object with a type.".into());
    };
    let payload = payload.filter(|payload| payload.get() != "null");
    match &*kind {
        "connection_init" => Ok(ClientMessage::Init(object(payload)?)),
        "ping" => Ok(ClientMessage::Ping(object(payload)?)),
        "pong" => Ok(ClientMessage::Pong(object(payload)?)),
        "subscribe" => {
            let id = operation(id)?;
            let payload = payload.ok_or("The message subscribe needs a payload.")?;
            let parameters = parameters::from_json(payload.get().as_bytes())
                .map_err(|problem| format!("The payload of subscribe is no operation: {problem}"))?;
            Ok(ClientMessage::Subscribe { id, parameters: Box::new(parameters) })
        }
        "complete" => Ok(ClientMessage::Complete { id: operation(id)? }),
        _ => Err("A message of this type is not understood.".into()),
    }
}

fn operation(id: Option<Cow<'_, str>>) -> Result<Box<str>, Cow<'static, str>> {
    match id {
        Some(id) if (1..=MAX_ID).contains(&id.len()) => Ok(id.into()),
        _ => Err("The id of an operation must be a text of 1 to 128 bytes.".into()),
    }
}

fn object(payload: Option<&RawValue>) -> Result<Option<Map<String, Value>>, Cow<'static, str>> {
    let read = |payload: &RawValue| serde_json::from_str(payload.get());
    payload.map(read).transpose().map_err(|_| "The payload of this message must be an object.".into())
}

/// The answer to a good introduction.
pub(super) const ACKNOWLEDGED: &str = r#"{"type":"connection_ack"}"#;

/// A message without a payload.
pub(super) const PONG: &str = r#"{"type":"pong"}"#;

/// A ping or pong that says something.
pub(super) fn signal(kind: &'static str, payload: &Value) -> String {
    format!(r#"{{"type":"{kind}","payload":{payload}}}"#)
}

/// A document of an operation.
pub(super) fn next(id: &str, document: &[u8]) -> Vec<u8> {
    with_payload(id, "next", document)
}

/// The errors of an operation that did not begin.
pub(super) fn error(id: &str, errors: &[u8]) -> Vec<u8> {
    with_payload(id, "error", errors)
}

/// The end of an operation.
pub(super) fn complete(id: &str) -> Vec<u8> {
    let mut message = Vec::with_capacity(id.len() + 32);
    message.extend_from_slice(br#"{"id":"#);
    write_string(id, &mut message);
    message.extend_from_slice(br#","type":"complete"}"#);
    message
}

fn with_payload(id: &str, kind: &'static str, payload: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(id.len() + payload.len() + 48);
    message.extend_from_slice(br#"{"id":"#);
    write_string(id, &mut message);
    message.extend_from_slice(br#","type":""#);
    message.extend_from_slice(kind.as_bytes());
    message.extend_from_slice(br#"","payload":"#);
    message.extend_from_slice(payload);
    message.push(b'}');
    message
}

/// Writes a text as JSON.
pub(super) fn write_string(text: &str, out: &mut Vec<u8>) {
    // Writing to memory does not fail, and a text has a form in JSON.
    let _ = serde_json::to_writer(out, text);
}

/// The errors of a document without data, as the array that the protocol wants.
pub(super) fn errors_of(document: &[u8]) -> &[u8] {
    #[derive(Deserialize)]
    struct Document<'a> {
        #[serde(borrow)]
        errors: &'a RawValue,
    }
    match serde_json::from_slice::<Document<'_>>(document) {
        Ok(Document { errors }) => errors.get().as_bytes(),
        Err(_) => br#"[{"message":"Something went wrong on our side."}]"#,
    }
}

#[cfg(test)]
mod tests;
