//! Reading JSON that nobody promised to be right.
//!
//! A payload is taken apart level by level into pieces of its text ([`Piece`]), and each piece is read by itself: an
//! entry that is too deep, too large a number, or half an emoji spoils itself and not its neighbours. The surprising
//! thing: going over a piece without reading it has no limit of depth, so nesting cannot hide what comes after it.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Longest text that is kept as the name or id of something, in characters.
const MAX_WORD: usize = 512;

/// A piece of JSON that was not read yet.
pub(super) type Piece<'a> = &'a RawValue;

/// The fields of an object, in order. Of two with one name the last counts.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(Vec<(Cow<'a, str>, Piece<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Collect<'a> {
            type Value = Fields<'a>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    fields.push((name, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Collect(std::marker::PhantomData))
    }
}

/// A name that is borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Text<'a> {
            type Value = Name<'a>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text(std::marker::PhantomData))
    }
}

impl<'a> Fields<'a> {
    /// The fields of a piece; none when it is no object.
    pub(super) fn of(piece: Piece<'a>) -> Option<Self> {
        serde_json::from_str(piece.get()).ok()
    }

    /// The fields of a whole text; none when it is not one object.
    pub(super) fn of_text(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The piece of this name; null counts as none.
    pub(super) fn piece(&self, name: &str) -> Option<Piece<'a>> {
        let found = self.0.iter().rev().find(|(known, _)| known == name).map(|(_, piece)| *piece);
        found.filter(|piece| piece.get() != "null")
    }

    /// The object of this name.
    pub(super) fn object(&self, name: &str) -> Option<Fields<'a>> {
        self.piece(name).and_then(Fields::of)
    }

    /// The pieces of the list of this name; one thing that is no list is a list of one.
    pub(super) fn list(&self, name: &str) -> Vec<Piece<'a>> {
        let Some(piece) = self.piece(name) else { return Vec::new() };
        serde_json::from_str(piece.get()).unwrap_or_else(|_| vec![piece])
    }

    /// The text of this name; a number is its digits. Empty counts as none, and so does what is longer than a name is.
    pub(super) fn word(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| text.chars().count() <= MAX_WORD)
    }

    /// The text of this name, however long.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = match value(self.piece(name)?)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(text).filter(|text| !text.trim().is_empty())
    }

    /// Whether this is true.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.piece(name).is_some_and(|piece| piece.get() == "true")
    }

    /// The value of this name, fit to be stored.
    pub(super) fn value(&self, name: &str) -> Option<Value> {
        self.piece(name).and_then(value)
    }

    /// The time of this name: seconds since 1970 as digits, or RFC 3339.
    pub(super) fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        let text = self.word(name)?;
        let time = match text.parse::<i64>() {
            // Whoever counts milliseconds is past the year 5000 in seconds.
            Ok(number) if number > 100_000_000_000 => DateTime::from_timestamp_millis(number),
            Ok(number) => DateTime::from_timestamp(number, 0),
            Err(_) => DateTime::parse_from_rfc3339(&text).ok().map(|time| time.to_utc()),
        };
        time.filter(|time| time.timestamp() >= EARLIEST)
    }
}

/// 2009-01-01 in seconds. Nobody wrote to a business by these channels before; a clock that says so is not set.
const EARLIEST: i64 = 1_230_768_000;

/// The value of a piece, fit to be stored; none when it cannot be read.
pub(super) fn value(piece: Piece<'_>) -> Option<Value> {
    serde_json::from_str(piece.get()).ok().map(storable)
}

/// PostgreSQL's texts cannot hold the character zero.
fn storable(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains('\0') => Value::String(text.replace('\0', "\u{fffd}")),
        Value::Array(items) => Value::Array(items.into_iter().map(storable).collect()),
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, value)| (name.replace('\0', "\u{fffd}"), storable(value))).collect(),
        ),
        other => other,
    }
}

/// The text of a body: bytes that are no UTF-8 and halves of letters become `�`, which is what their senders' screens
/// show as well.
pub(super) fn body_text(body: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(body);
    match mend_surrogates(&text) {
        Some(mended) => Cow::Owned(mended),
        None => text,
    }
}

/// Replaces escapes of half a letter (`\ud83d` without its other half), which make a whole document unreadable. None
/// when there are none.
fn mend_surrogates(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut mended: Option<String> = None;
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'\\') {
        at += found;
        let Some(unit) = unit_at(bytes, at) else {
            // Another escape: its second character is no backslash of its own.
            at = (at + 2).min(bytes.len());
            continue;
        };
        let is_pair = is_high(unit) && unit_at(bytes, at + 6).is_some_and(is_low);
        if is_pair {
            at += 12;
            continue;
        }
        if is_high(unit) || is_low(unit) {
            let mended = mended.get_or_insert_with(String::new);
            mended.push_str(&text[copied..at]);
            mended.push_str("\\ufffd");
            copied = at + 6;
        }
        at += 6;
    }
    mended.map(|mut mended| {
        mended.push_str(&text[copied..]);
        mended
    })
}

fn is_high(unit: u16) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

fn is_low(unit: u16) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

/// The unit of a `\uXXXX` at this place.
fn unit_at(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    let mut unit = 0;
    for digit in digits {
        unit = unit << 4 | u16::try_from(char::from(*digit).to_digit(16)?).ok()?;
    }
    Some(unit)
}

/// Keeps a message as it came, as far as it can be read.
pub(super) fn keep_whole(payload: &mut Map<String, Value>, piece: Piece<'_>) {
    match value(piece) {
        Some(whole) => payload.insert("raw".to_owned(), whole),
        None => payload.insert("isUnreadable".to_owned(), Value::Bool(true)),
    };
}

/// The id of a message without one: the same content has the same id, so that it is stored once.
pub(super) fn made_up_id(piece: Piece<'_>) -> String {
    format!("content:{}", crate::hex::encode(&Sha256::digest(piece.get())[..16]))
}

/// Adds what there is to a payload.
pub(super) fn keep(payload: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        payload.insert(name.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_letters_are_mended_and_whole_ones_left_alone() {
        for (text, mended) in [
            (r#""\ud83d""#, Some(r#""\ufffd""#)),
            (r#""\udc4d x""#, Some(r#""\ufffd x""#)),
            (r#""\ud83d\ud83d\udc4d""#, Some(r#""\ufffd\ud83d\udc4d""#)),
            (r#""\uD83D\uDC4D""#, None),
            (r#""\\ud83d""#, None),
            (r#""\\\ud83d""#, Some(r#""\\\ufffd""#)),
            (r#""\u12""#, None),
            (r#""\"#, None),
            ("", None),
        ] {
            assert_eq!(mend_surrogates(text).as_deref(), mended, "{text}");
        }
    }

    #[test]
    fn a_spoilt_piece_spoils_no_other() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        let text = format!(r#"{{"a": {deep}, "b": 1e999, "c": "here", "c": "last", "d": null}}"#);
        let fields = Fields::of_text(&text).unwrap();
        assert_eq!(fields.value("a"), None);
        assert_eq!(fields.value("b"), None);
        assert_eq!(fields.text("c").as_deref(), Some("last"));
        assert!(fields.piece("d").is_none());
    }

    #[test]
    fn times_are_read_in_each_form_and_absurd_ones_are_none() {
        let time = |written: &str| {
            let text = format!(r#"{{"t": {written}}}"#);
            Fields::of_text(&text).unwrap().time("t").map(|time| time.timestamp())
        };
        for written in ["\"1750269342\"", "1750269342", "\"1750269342000\"", "\"2025-06-18T17:55:42Z\""] {
            assert_eq!(time(written), Some(1_750_269_342), "{written}");
        }
        for absurd in ["0", "\"\"", "\"-5\"", "\"soon\"", "1e400", "\"99999999999999999999\"", "true"] {
            assert_eq!(time(absurd), None, "{absurd}");
        }
    }

    #[test]
    fn the_character_zero_cannot_be_stored() {
        let fields = Fields::of_text(r#"{"t": "a\u0000b", "o": {"x\u0000": ["\u0000"]}}"#).unwrap();
        assert_eq!(fields.text("t").as_deref(), Some("a\u{fffd}b"));
        assert_eq!(fields.value("o").unwrap(), serde_json::json!({ "x\u{fffd}": ["\u{fffd}"] }));
    }
}
