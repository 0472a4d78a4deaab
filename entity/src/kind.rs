//! The column types the engine knows: how each is named in GraphQL, read from input and written to JSON.

use std::borrow::Cow;
use std::fmt::Write;

use async_graphql::Value;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgValue};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::declare::ChoiceDecl;
use crate::id::{IdError, format_id, parse_id, split_id, write_id};
use crate::sql::Bind;

/// A column type.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A key, shown as a global ID with this prefix.
    Id(&'static str),
    /// The key of a row of one of several types: in SQL the text `<prefix>_<uuid>`. In the inputs of verbs it is read
    /// into that text; it stands in no filter.
    AnyId,
    /// A UUID that is no key of a row, such as one that a client has made up. An `ID` in GraphQL, as it is.
    Uuid,
    /// Values of another kind, in arrays of the database and in inputs. No nulls among them. A real counts as a float.
    List(&'static Kind),
    /// Text.
    Text,
    /// 32-bit integer.
    Int,
    /// 64-bit integer, a string in JSON.
    BigInt,
    /// Exact number, a string in JSON.
    Decimal,
    /// Floating-point number.
    Float,
    /// Boolean.
    Bool,
    /// Point in time, RFC 3339 in UTC.
    DateTime,
    /// Calendar day.
    Date,
    /// Any JSON value.
    Json,
    /// ISO 4217 code.
    Currency,
    /// One of a fixed list, stored as text.
    Choice(&'static ChoiceDecl),
}

/// Longest list in an input.
const MAX_LIST: usize = 1000;

/// Makes an input text canonical, or says why it cannot be.
pub type Normalize = fn(&str) -> Result<String, &'static str>;

/// Type, nullability and normalisation of a field.
#[derive(Debug, Clone, Copy)]
pub struct FieldType {
    /// The column type.
    pub kind: Kind,
    /// Whether null is a value.
    pub nullable: bool,
    /// Applied to input before anything else.
    pub normalize: Option<Normalize>,
}

/// A Rust type that can stand in a declaration.
#[diagnostic::on_unimplemented(
    message = "a field cannot be of type `{Self}`",
    label = "no type of a column",
    note = "columns hold String, bool, i32, i64, f64, Decimal, DateTime<Utc>, NaiveDate, serde_json::Value, or an Option of them",
    note = "arrays are Vec<String> and Vec<f32>",
    note = "an enum in a text column takes #[derive(Choice)]; a key to another entity is Ref<Other>",
    note = "a text with a form of its own, such as a phone number, is a type that implements Scalar and FromSql<Text, Pg>"
)]
pub trait Scalar {
    /// How the engine treats it.
    const TYPE: FieldType;
}

const fn plain(kind: Kind) -> FieldType {
    FieldType { kind, nullable: false, normalize: None }
}

impl Scalar for String {
    const TYPE: FieldType = plain(Kind::Text);
}
impl Scalar for i32 {
    const TYPE: FieldType = plain(Kind::Int);
}
impl Scalar for i64 {
    const TYPE: FieldType = plain(Kind::BigInt);
}
impl Scalar for f64 {
    const TYPE: FieldType = plain(Kind::Float);
}
impl Scalar for bool {
    const TYPE: FieldType = plain(Kind::Bool);
}
impl Scalar for Decimal {
    const TYPE: FieldType = plain(Kind::Decimal);
}
impl Scalar for DateTime<Utc> {
    const TYPE: FieldType = plain(Kind::DateTime);
}
impl Scalar for NaiveDate {
    const TYPE: FieldType = plain(Kind::Date);
}
impl Scalar for serde_json::Value {
    const TYPE: FieldType = plain(Kind::Json);
}
/// The key of a row of one of several types; see [`Kind::AnyId`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyId(pub String);

impl Scalar for AnyId {
    const TYPE: FieldType = plain(Kind::AnyId);
}
impl FromSql<diesel::sql_types::Text, Pg> for AnyId {
    fn from_sql(bytes: PgValue<'_>) -> diesel::deserialize::Result<Self> {
        <String as FromSql<diesel::sql_types::Text, Pg>>::from_sql(bytes).map(Self)
    }
}
impl Scalar for Uuid {
    const TYPE: FieldType = plain(Kind::Uuid);
}
impl Scalar for Vec<String> {
    const TYPE: FieldType = plain(Kind::List(&Kind::Text));
}
impl Scalar for Vec<f32> {
    const TYPE: FieldType = plain(Kind::List(&Kind::Float));
}
impl<T: Scalar> Scalar for Option<T> {
    const TYPE: FieldType = FieldType { kind: T::TYPE.kind, nullable: true, normalize: T::TYPE.normalize };
}

impl Kind {
    /// The GraphQL type, without `!` at its end.
    #[must_use]
    pub fn type_text(self) -> Cow<'static, str> {
        match self {
            Self::List(of) => format!("[{}!]", of.type_text()).into(),
            other => other.type_name().into(),
        }
    }

    /// The GraphQL type name, without `!`; of a list that of its values.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Id(_) | Self::AnyId | Self::Uuid => "ID",
            Self::List(of) => of.type_name(),
            Self::Text => "String",
            Self::Int => "Int",
            Self::BigInt => "BigInt",
            Self::Decimal => "Decimal",
            Self::Float => "Float",
            Self::Bool => "Boolean",
            Self::DateTime => "DateTime",
            Self::Date => "Date",
            Self::Json => "JSON",
            Self::Currency => "CurrencyCode",
            Self::Choice(choice) => choice.name,
        }
    }

    /// Reads an input value that is not null.
    ///
    /// # Errors
    /// A sentence for the person who sent it.
    pub fn read(self, value: &Value) -> Result<Bind, String> {
        match (self, value) {
            (Self::Id(prefix), Value::String(text)) => match parse_id(prefix, text) {
                Ok(id) => Ok(Bind::Uuid(id)),
                Err(IdError::Malformed) => Err(format!("\"{}\" is not an ID.", shorten(text))),
                Err(IdError::WrongType(found)) => Err(format!(
                    "This is the ID of a {}, but the ID of a {} is needed.",
                    spoken(&found),
                    spoken(prefix)
                )),
            },
            (Self::AnyId, Value::String(text)) => match split_id(text) {
                Some((Some(prefix), id)) if !prefix.is_empty() => Ok(Bind::Text(format!("{prefix}_{id}"))),
                Some((None, _)) => Err("A raw UUID does not name its type; use a global ID here.".into()),
                _ => Err(format!("\"{}\" is not an ID.", shorten(text))),
            },
            (Self::Uuid, Value::String(text)) => match split_id(text) {
                Some((None, id)) => Ok(Bind::Uuid(id)),
                _ => Err("A UUID is needed here, for instance 0197a3c4-52b0-7cc1-9d58-6f1f0e6a2b11.".into()),
            },
            (Self::List(_), Value::List(values)) if values.len() > MAX_LIST => {
                Err(format!("{} values are too many; {MAX_LIST} are the most.", values.len()))
            }
            (Self::List(of), Value::List(values)) => of.read_list(values),
            // As GraphQL reads every list.
            (Self::List(of), value) => of.read_list(std::slice::from_ref(value)),
            (Self::Text, Value::String(text)) => text_value(text),
            (Self::Currency, Value::String(text)) => {
                if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
                    Ok(Bind::Text(text.clone()))
                } else {
                    Err("A currency is three capital letters, for instance EUR.".into())
                }
            }
            (Self::Choice(choice), Value::Enum(_) | Value::String(_)) => {
                let text = match value {
                    Value::Enum(name) => name.as_str(),
                    Value::String(text) => text.as_str(),
                    _ => "",
                };
                match choice.values.iter().find(|(known, _)| *known == text) {
                    Some((known, _)) => Ok(Bind::Text((*known).to_owned())),
                    None => Err(format!("\"{}\" is not a {}.", shorten(text), choice.name)),
                }
            }
            (Self::Int, Value::Number(number)) => number
                .as_i64()
                .and_then(|wide| i32::try_from(wide).ok())
                .map(Bind::Int)
                .ok_or_else(|| "An Int is a whole number between -2147483648 and 2147483647.".into()),
            (Self::Float, Value::Number(number)) => {
                number.as_f64().map(Bind::Float).ok_or_else(|| "This number is too large.".into())
            }
            (Self::BigInt, Value::String(text)) => text
                .parse()
                .map(Bind::BigInt)
                .map_err(|_| "A BigInt is a whole number of up to 64 bits, written as a string.".into()),
            (Self::BigInt, Value::Number(number)) => {
                number.as_i64().map(Bind::BigInt).ok_or_else(|| "A BigInt is a whole number of up to 64 bits.".into())
            }
            (Self::Decimal, Value::String(text)) => read_decimal(text),
            (Self::Decimal, Value::Number(number)) => read_decimal(&number.to_string()),
            (Self::Bool, Value::Boolean(flag)) => Ok(Bind::Bool(*flag)),
            (Self::DateTime, Value::String(text)) => DateTime::parse_from_rfc3339(text)
                .map(|time| time.with_timezone(&Utc))
                .ok()
                .filter(|time| (-4000..10_000).contains(&chrono::Datelike::year(time)))
                .map(Bind::DateTime)
                .ok_or_else(|| "A DateTime is written as in RFC 3339, for instance 2026-03-01T09:30:00Z.".into()),
            (Self::Date, Value::String(text)) => NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .ok()
                .filter(|day| text.len() == 10 && chrono::Datelike::year(day) > 0)
                .map(Bind::Date)
                .ok_or_else(|| "A Date is written as YYYY-MM-DD.".into()),
            (Self::Json, value) => {
                let json = value.clone().into_json().map_err(|_| "This is not JSON.".to_owned())?;
                if contains_nul(&json) {
                    return Err("The text contains a NUL character.".into());
                }
                Ok(Bind::Json(json))
            }
            _ => {
                let name = self.type_name();
                let article = if name.starts_with(['A', 'E', 'I', 'O', 'U']) { "An" } else { "A" };
                Err(format!("{article} {name} is needed here."))
            }
        }
    }

    /// Whether a literal has the right shape; the value itself is checked by [`Kind::read`].
    #[must_use]
    pub fn accepts(self, value: &Value) -> bool {
        matches!(
            (self, value),
            (_, Value::Null)
                | (Self::BigInt | Self::Decimal, Value::String(_) | Value::Number(_))
                | (Self::DateTime | Self::Date | Self::Currency, Value::String(_))
                | (Self::Json, _)
        )
    }

    /// A typed list for `= any($n)`.
    ///
    /// # Errors
    /// As [`Kind::read`].
    pub fn read_list(self, values: &[Value]) -> Result<Bind, String> {
        let mut binds = Vec::with_capacity(values.len());
        for value in values {
            binds.push(self.read(value)?);
        }
        Ok(Bind::list(self, binds))
    }

    /// Appends a cell in PostgreSQL's binary format as JSON.
    pub fn write(self, bytes: &[u8], out: &mut String) {
        match self {
            Self::Id(prefix) => {
                out.push('"');
                write_id(out, prefix, Uuid::from_slice(bytes).unwrap_or_default());
                out.push('"');
            }
            Self::AnyId => write_any_id(&String::from_utf8_lossy(bytes), out),
            Self::Uuid => push(out, format_args!("\"{}\"", Uuid::from_slice(bytes).unwrap_or_default())),
            Self::List(of) => write_list(*of, bytes, out),
            Self::Text | Self::Currency => write_text(&String::from_utf8_lossy(bytes), out),
            Self::Choice(_) => {
                out.push('"');
                out.push_str(&String::from_utf8_lossy(bytes));
                out.push('"');
            }
            Self::Int => push(out, format_args!("{}", i32::from_be_bytes(fixed(bytes)))),
            Self::BigInt => push(out, format_args!("\"{}\"", i64::from_be_bytes(fixed(bytes)))),
            Self::Float => {
                if let Ok(real) = bytes.try_into() {
                    // Its own shortest form: as a longer number it would have digits that nobody wrote.
                    let real = f32::from_be_bytes(real);
                    if real.is_finite() {
                        push(out, format_args!("{real:?}"))
                    } else {
                        out.push_str("null")
                    }
                    return;
                }
                let number = f64::from_be_bytes(fixed(bytes));
                if number.is_finite() { push(out, format_args!("{number:?}")) } else { out.push_str("null") }
            }
            Self::Bool => out.push_str(if bytes.first() == Some(&1) { "true" } else { "false" }),
            Self::Decimal => {
                out.push('"');
                crate::numeric::write_numeric(bytes, out);
                out.push('"');
            }
            Self::DateTime => {
                out.push('"');
                crate::time::write_timestamp(i64::from_be_bytes(fixed(bytes)), out);
                out.push('"');
            }
            Self::Date => {
                out.push('"');
                crate::time::write_date(i32::from_be_bytes(fixed(bytes)), out);
                out.push('"');
            }
            // jsonb's binary format is a version byte and the text.
            Self::Json => out.push_str(&String::from_utf8_lossy(bytes.get(1..).unwrap_or_default())),
        }
    }
}

/// Appends an array of PostgreSQL: how many dimensions, whether there are nulls, the type, of each dimension its length
/// and first index, then each element behind its length.
fn write_list(of: Kind, bytes: &[u8], out: &mut String) {
    let number = |at: usize| bytes.get(at..at + 4).map(|bytes| i32::from_be_bytes(fixed(bytes)));
    out.push('[');
    let mut at = 12 + 8 * usize::try_from(number(0).unwrap_or_default()).unwrap_or_default();
    let mut glue = "";
    while let Some(length) = number(at) {
        at += 4;
        out.push_str(glue);
        glue = ",";
        // A null has the length -1.
        match usize::try_from(length).ok().and_then(|length| bytes.get(at..at + length)) {
            Some(element) => {
                of.write(element, out);
                at += element.len();
            }
            None => out.push_str("null"),
        }
    }
    out.push(']');
}

fn text_value(text: &str) -> Result<Bind, String> {
    if text.contains('\0') { Err("The text contains a NUL character.".into()) } else { Ok(Bind::Text(text.to_owned())) }
}

fn read_decimal(text: &str) -> Result<Bind, String> {
    let parsed = if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { Decimal::from_str_exact(text) };
    parsed
        .map(Bind::Decimal)
        .map_err(|_| "A Decimal is a number of up to 28 digits, written as a string such as \"1234.50\".".into())
}

fn contains_nul(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(contains_nul),
        serde_json::Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || contains_nul(value)),
        _ => false,
    }
}

/// `whatsapp_template` as a person says it.
pub(crate) fn spoken(prefix: &str) -> String {
    prefix.replace('_', " ")
}

/// At most 40 characters of what a client sent, for messages.
pub(crate) fn shorten(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(40).chain(['…']).collect() }
}

fn write_any_id(text: &str, out: &mut String) {
    let id = text.rsplit_once('_').and_then(|(prefix, id)| Some((prefix, Uuid::try_parse(id).ok()?)));
    match id {
        // The prefix comes from a row, so it may be anything.
        Some((prefix, id)) => write_text(&format_id(prefix, id), out),
        None => write_text(text, out),
    }
}

/// Writing to a string cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

/// Appends a JSON string.
pub fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (index, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x00..=0x1f => "",
            _ => continue,
        };
        out.push_str(&text[start..index]);
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
        start = index + 1;
    }
    out.push_str(&text[start..]);
    out.push('"');
}
