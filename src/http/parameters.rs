//! The parameters of a GraphQL request, from a JSON body or a query string. Pure.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The parameters as the specification names them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters {
    /// The document.
    pub query: String,
    /// The operation to run.
    pub operation_name: Option<String>,
    /// Values of the variables.
    pub variables: Option<Map<String, Value>>,
    /// What clients and servers agree upon beyond the specification.
    pub extensions: Option<Map<String, Value>>,
}

/// Reads the parameters from a JSON body.
///
/// A parameter given as null counts as not given; an unknown one is ignored, because clients send
/// some of their own; one given twice is refused, because two readers could take different ones.
///
/// # Errors
/// A sentence for the client, to be sent with 400. It quotes nothing of the body.
pub fn from_json(body: &[u8]) -> Result<Parameters, String> {
    let body = std::str::from_utf8(body).map_err(|_| "The body is not valid UTF-8.".to_owned())?;
    match body.trim_start().bytes().next() {
        Some(b'[') => {
            return Err("Batches are not accepted; send one operation per request.".to_owned());
        }
        // Looked at here because serde_json's message about a scalar would quote it.
        Some(byte) if byte != b'{' && serde_json::from_str::<IgnoredAny>(body).is_ok() => {
            return Err("The body must be a JSON object with the key \"query\".".to_owned());
        }
        _ => {}
    }
    let Body(parameters) = serde_json::from_str(body).map_err(|error| {
        if error.classify() == serde_json::error::Category::Data {
            // Ours: see the visitor. Without the position, which serde_json appends.
            let text = error.to_string();
            match text.rsplit_once(" at line ") {
                Some((sentence, _)) => sentence.to_owned(),
                None => text,
            }
        } else {
            format!("The body is not valid JSON (line {}, column {}).", error.line(), error.column())
        }
    })?;
    parameters.finish()
}

/// Reads the parameters from the query string of a GET.
///
/// # Errors
/// A sentence for the client, to be sent with 400. It quotes nothing of the request.
pub fn from_query_string(query: &str) -> Result<Parameters, String> {
    let mut parameters = Partial::default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name)?;
        match &*name {
            "query" => put(&mut parameters.query, "query", string(value)?)?,
            "operationName" => {
                put(&mut parameters.operation_name, "operationName", string(value)?)?;
            }
            "variables" => put(&mut parameters.variables, "variables", object(value, "variables")?)?,
            "extensions" => {
                put(&mut parameters.extensions, "extensions", object(value, "extensions")?)?;
            }
            _ => {}
        }
    }
    parameters.finish()
}

/// A text of a query string; the first one of that name.
///
/// # Errors
/// A sentence for the client, to be sent with 400.
pub fn one_of(query: &str, wanted: &str) -> Result<Option<String>, String> {
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decode(name)? == wanted {
            return Ok(Some(decode(value)?.into_owned()));
        }
    }
    Ok(None)
}

/// Sets a parameter that must not be set yet.
fn put<T>(slot: &mut Option<Option<T>>, name: &str, value: Option<T>) -> Result<(), String> {
    if slot.is_some() {
        return Err(format!("The parameter {name} is given twice."));
    }
    *slot = Some(value);
    Ok(())
}

/// Undoes the form encoding of one name or value.
fn decode(text: &str) -> Result<Cow<'_, str>, String> {
    let spaced = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    match percent_encoding::percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(Cow::Owned(decoded.into_owned())),
        Err(_) => Err("The query string is not valid UTF-8.".to_owned()),
    }
}

/// Reads a text from a parameter of the query string.
fn string(encoded: &str) -> Result<Option<String>, String> {
    Ok(Some(decode(encoded)?.into_owned()))
}

/// Reads a JSON object, or null, or nothing at all, from a parameter of the query string.
fn object(encoded: &str, name: &str) -> Result<Option<Map<String, Value>>, String> {
    let text = decode(encoded)?;
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&text).map_err(|_| format!("The parameter {name} must be a JSON object."))
}

/// Parameters while they are read. The outer `Option` says whether one was given, the inner one
/// whether it was anything but null.
#[derive(Default)]
struct Partial {
    query: Option<Option<String>>,
    operation_name: Option<Option<String>>,
    variables: Option<Option<Map<String, Value>>>,
    extensions: Option<Option<Map<String, Value>>>,
}

impl Partial {
    fn finish(self) -> Result<Parameters, String> {
        let query = self.query.flatten().ok_or("The parameter query is missing.")?;
        Ok(Parameters {
            query,
            // Some clients send an empty name for "none"; no operation can have it.
            operation_name: self.operation_name.flatten().filter(|name| !name.is_empty()),
            variables: self.variables.flatten(),
            extensions: self.extensions.flatten(),
        })
    }
}

/// A JSON body that holds an object of parameters.
struct Body(Partial);

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Body;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object with the key \"query\"")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
                let mut partial = Partial::default();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match &*key {
                        "query" => text(&mut map, &mut partial.query, "query")?,
                        "operationName" => {
                            text(&mut map, &mut partial.operation_name, "operationName")?;
                        }
                        "variables" => map_of(&mut map, &mut partial.variables, "variables")?,
                        "extensions" => map_of(&mut map, &mut partial.extensions, "extensions")?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Body(partial))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

fn text<'de, A: MapAccess<'de>>(map: &mut A, slot: &mut Option<Option<String>>, name: &str) -> Result<(), A::Error> {
    let text = match map.next_value()? {
        Value::Null => None,
        Value::String(text) => Some(text),
        _ => return Err(de::Error::custom(format!("The parameter {name} must be a string."))),
    };
    put(slot, name, text).map_err(de::Error::custom)
}

fn map_of<'de, A: MapAccess<'de>>(
    map: &mut A,
    slot: &mut Option<Option<Map<String, Value>>>,
    name: &str,
) -> Result<(), A::Error> {
    let object = match map.next_value()? {
        Value::Null => None,
        Value::Object(object) => Some(object),
        _ => return Err(de::Error::custom(format!("The parameter {name} must be an object."))),
    };
    put(slot, name, object).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests;
