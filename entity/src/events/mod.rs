//! Events: what subscriptions send. An event is an object of a few plain values and of rows of entities.
//!
//! Its type is data ([`EventType`]), so that one code path serves every event: the type is put into the schema, a
//! client's selection of it becomes an [`EventPlan`], whose rows are loaded for many events at once, and each event is
//! written as a complete document. Nothing here knows where events come from or who gets them.

mod load;
mod plan;
mod schema;
mod write;

use std::fmt::Write;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use self::load::EventRows;
pub use self::plan::{EventPlan, Wanted, plan_events, walk_events};
pub use self::schema::{object_type, register, union_type};
use crate::id::format_id;
use crate::kind::write_text;

/// A type whose objects are made, not read: an event, or a part of one.
#[derive(Debug)]
pub struct EventType {
    /// GraphQL name.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Its fields, in the order of the schema.
    pub fields: &'static [EventField],
}

/// A field of such a type.
#[derive(Debug)]
pub struct EventField {
    /// GraphQL name.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// Type.
    pub ty: FieldOf,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum FieldOf {
    /// Scalars or values of an enum, typed as in the schema, for instance `[String!]!`.
    Leaf(&'static str),
    /// A row of the entity with this GraphQL name. When it may not be null and is not visible, the event is null.
    Row(&'static str, Presence),
    /// A row of any entity; null where there is none.
    Node,
    /// One more object that is made.
    Object(&'static EventType, Presence),
    /// A list of them, never null.
    Objects(&'static EventType),
}

/// Whether null is a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Never null.
    Required,
    /// May be null.
    Optional,
}

/// What a root field of the subscription type gives.
#[derive(Debug)]
pub enum EventRoot {
    /// One of several types.
    Union(&'static EventUnion),
    /// Always the same type.
    Object(&'static EventType),
    /// The row of an entity itself. Its events have one value: the row.
    Row(&'static str),
}

/// Several types of events under one name.
#[derive(Debug)]
pub struct EventUnion {
    /// GraphQL name.
    pub name: &'static str,
    /// GraphQL description.
    pub doc: &'static str,
    /// The types.
    pub members: &'static [&'static EventType],
}

/// The type of events of an [`EventRoot::Row`].
pub static ROW: EventType = EventType { name: "", doc: "", fields: &[] };

/// An event, or an object in one.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its type.
    pub ty: &'static EventType,
    /// The values of its fields, in their order.
    pub values: Vec<Value>,
}

/// The value of a field.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing.
    Null,
    /// Finished JSON.
    Json(String),
    /// A row: the entity's position in the model, and the key.
    Row(usize, Uuid),
    /// An object.
    Object(Event),
    /// A list of objects.
    Objects(Vec<Event>),
}

impl EventRoot {
    /// The name of its GraphQL type.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Union(union) => union.name,
            Self::Object(ty) => ty.name,
            Self::Row(entity) => entity,
        }
    }
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let mut json = String::with_capacity(text.len() + 2);
        write_text(text, &mut json);
        Self::Json(json)
    }

    /// A text, or null.
    #[must_use]
    pub fn maybe_text(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    /// A list of texts.
    #[must_use]
    pub fn texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut json = String::from("[");
        for text in texts {
            if json.len() > 1 {
                json.push(',');
            }
            write_text(text.as_ref(), &mut json);
        }
        json.push(']');
        Self::Json(json)
    }

    /// A global ID.
    #[must_use]
    pub fn id(prefix: &str, id: Uuid) -> Self {
        Self::text(&format_id(prefix, id))
    }

    /// A number.
    #[must_use]
    pub fn number(number: i64) -> Self {
        let mut json = String::new();
        // Writing to a string cannot fail.
        let _ = write!(json, "{number}");
        Self::Json(json)
    }

    /// A boolean.
    #[must_use]
    pub fn flag(flag: bool) -> Self {
        Self::Json(flag.to_string())
    }

    /// A point in time.
    #[must_use]
    pub fn time(time: DateTime<Utc>) -> Self {
        let mut json = String::from("\"");
        crate::time::write_timestamp(time.timestamp_micros() - crate::time::EPOCH_MICROS, &mut json);
        json.push('"');
        Self::Json(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_json() {
        let json = |value: Value| match value {
            Value::Json(json) => json,
            other => format!("{other:?}"),
        };
        assert_eq!(json(Value::text("say \"hi\"\n")), "\"say \\\"hi\\\"\\n\"");
        assert_eq!(json(Value::texts(["a", "b"])), "[\"a\",\"b\"]");
        assert_eq!(json(Value::texts::<&str>([])), "[]");
        assert_eq!(json(Value::number(-3)), "-3");
        assert_eq!(json(Value::flag(true)), "true");
        let time = DateTime::parse_from_rfc3339("2026-03-02T09:30:00.25Z").unwrap().with_timezone(&Utc);
        assert_eq!(json(Value::time(time)), "\"2026-03-02T09:30:00.250Z\"");
        assert_eq!(json(Value::time(DateTime::UNIX_EPOCH)), "\"1970-01-01T00:00:00Z\"");
    }
}
