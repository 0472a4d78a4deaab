//! Filters and orders, evaluated row by row in plain Rust.

use std::cmp::Ordering;

use async_graphql::Value;
use entity::kind::Kind;
use entity::model::{EntityModel, Member, ScalarMember};
use entity::plan::order::enum_name;

use super::crowd::model;
use super::world::{Cell, Row, World, compare, entry, fold, read};

/// Whether a row satisfies a filter.
pub(crate) fn matches(world: &World, entity: &EntityModel, row: &Row, filter: &Value) -> bool {
    entries(filter).all(|(name, value)| match (name, entity.members.get(name)) {
        (_, _) if *value == Value::Null => true,
        ("and", _) => items(value).iter().all(|item| matches(world, entity, row, item)),
        ("or", _) => items(value).iter().any(|item| matches(world, entity, row, item)),
        ("not", _) => !matches(world, entity, row, value),
        (_, Some(Member::Scalar(member))) if matches!(member.ty.kind, Kind::Json) => {
            items(value).iter().all(|item| attribute(row.cell(member.name), item))
        }
        (_, Some(Member::Scalar(member))) if matches!(member.ty.kind, Kind::List(_)) => {
            entries(value).all(|(operator, value)| list(row.cell(member.name), operator, value))
        }
        (_, Some(Member::Scalar(member))) => {
            entries(value).all(|(operator, value)| holds(member, row.cell(member.name), operator, value))
        }
        (_, Some(Member::One(one))) => {
            let target = model().entity(one.target);
            world.one(entity, row, one).is_some_and(|there| matches(world, target, there, value))
        }
        (_, Some(Member::Many(many))) => {
            let target = model().entity(many.target);
            let living: Vec<_> = world.many(row, many).into_iter().filter(|row| !row.is_deleted()).collect();
            entries(value).all(|(quantifier, value)| {
                let mut each = living.iter().map(|there| matches(world, target, there, value));
                match quantifier {
                    _ if *value == Value::Null => true,
                    "some" => each.any(|matches| matches),
                    "none" => !each.any(|matches| matches),
                    _ => each.all(|matches| matches),
                }
            })
        }
        _ => panic!("{} has no {name}", entity.decl.name),
    })
}

/// Whether an operator holds for a value.
pub(crate) fn holds(member: &ScalarMember, cell: Option<&Cell>, operator: &str, value: &Value) -> bool {
    let wanted = |value: &Value| match (value, member.ty.normalize) {
        (Value::String(text), Some(normalize)) => Cell::Text(normalize(text).unwrap_or_else(|_| text.clone())),
        _ => read(member.ty.kind, value),
    };
    let ordered = |value: &Value| cell.map(|cell| compare(cell, &wanted(value)));
    match (operator, value) {
        ("isNull", Value::Boolean(yes)) => cell.is_none() == *yes,
        ("isNull", _) => true,
        ("eq", Value::Null) => cell.is_none(),
        ("ne", Value::Null) => cell.is_some(),
        ("eq", _) => ordered(value) == Some(Ordering::Equal),
        ("ne", _) => ordered(value) != Some(Ordering::Equal),
        ("in", _) => items(value).iter().any(|value| ordered(value) == Some(Ordering::Equal)),
        ("notIn", _) => items(value).iter().all(|value| ordered(value) != Some(Ordering::Equal)),
        ("lt", _) => ordered(value).is_some_and(Ordering::is_lt),
        ("lte", _) => ordered(value).is_some_and(Ordering::is_le),
        ("gt", _) => ordered(value).is_some_and(Ordering::is_gt),
        ("gte", _) => ordered(value).is_some_and(Ordering::is_ge),
        ("between", _) => {
            let bounds = items(value);
            ordered(&bounds[0]).is_some_and(Ordering::is_ge) && ordered(&bounds[1]).is_some_and(Ordering::is_le)
        }
        ("contains", Value::String(text)) => text_of(cell).is_some_and(|cell| fold(cell).contains(&fold(text))),
        ("startsWith", Value::String(text)) => text_of(cell).is_some_and(|cell| fold(cell).starts_with(&fold(text))),
        _ => panic!("no operator {operator} with {value}"),
    }
}

fn text_of(cell: Option<&Cell>) -> Option<&str> {
    match cell {
        Some(Cell::Text(text)) => Some(text),
        _ => None,
    }
}

/// Conditions on a list of texts.
fn list(cell: Option<&Cell>, operator: &str, value: &Value) -> bool {
    let Some(Cell::Json(Value::List(found))) = cell else { return false };
    match (operator, value) {
        (_, Value::Null) => true,
        ("has", value) => found.contains(value),
        ("hasSome", value) => items(value).iter().any(|item| found.contains(item)),
        ("hasEvery", value) => items(value).iter().all(|item| found.contains(item)),
        ("isEmpty", Value::Boolean(yes)) => found.is_empty() == *yes,
        _ => panic!("no operator {operator} with {value}"),
    }
}

/// Conditions on one entry of a JSON object.
fn attribute(cell: Option<&Cell>, condition: &Value) -> bool {
    let Some(Value::String(key)) = entry(condition, "key") else { panic!("{condition} has no key") };
    // Lists and objects that hold more than what is asked for are told in scripts.
    let found = match cell {
        Some(Cell::Json(object)) => entry(object, key),
        _ => None,
    };
    entries(condition).filter(|(operator, value)| *operator != "key" && **value != Value::Null).all(
        |(operator, value)| {
            let ordered = || found.filter(|found| is_alike(found, value)).and_then(|found| compare_json(found, value));
            match (operator, value) {
                ("eq", _) => found.is_some_and(|found| same(found, value)),
                ("ne", _) => !found.is_some_and(|found| same(found, value)),
                ("in", _) => items(value).iter().any(|value| found.is_some_and(|found| same(found, value))),
                ("isNull", Value::Boolean(yes)) => found.is_none_or(|found| *found == Value::Null) == *yes,
                ("contains", Value::String(text)) => {
                    found.and_then(json_text).is_some_and(|found| fold(&found).contains(&fold(text)))
                }
                ("has", Value::String(_)) => match found {
                    Some(Value::List(items)) => items.contains(value),
                    // A text contains itself, as jsonb sees it.
                    Some(found) => found == value,
                    None => false,
                },
                ("lt", _) => ordered().is_some_and(Ordering::is_lt),
                ("lte", _) => ordered().is_some_and(Ordering::is_le),
                ("gt", _) => ordered().is_some_and(Ordering::is_gt),
                ("gte", _) => ordered().is_some_and(Ordering::is_ge),
                _ => panic!("no operator {operator} with {value}"),
            }
        },
    )
}

/// Equal as jsonb sees it: 5 is 5.0.
fn same(a: &Value, b: &Value) -> bool {
    a == b || compare_json(a, b) == Some(Ordering::Equal)
}

fn is_alike(a: &Value, b: &Value) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

fn compare_json(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// What `->>` gives for a scalar.
fn json_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// One sort key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SortKey {
    pub(crate) name: &'static str,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
    /// Neither case nor accents matter.
    pub(crate) folded: bool,
}

impl SortKey {
    /// What a row is sorted by.
    pub(crate) fn value(self, row: &Row) -> Option<Cell> {
        match row.cell(self.name) {
            Some(Cell::Text(text)) if self.folded => Some(Cell::Text(fold(text))),
            other => other.cloned(),
        }
    }
}

/// Reads `orderBy`, or takes the entity's own order, and completes it with the primary key.
pub(crate) fn sort_keys(entity: &EntityModel, order: Option<&Value>) -> Vec<SortKey> {
    let mut keys: Vec<SortKey> = order.map_or(&[][..], items).iter().map(|item| sort_key(entity, item)).collect();
    if keys.is_empty() {
        let usual = entity.decl.order_by.iter().map(|(name, descending)| {
            let member = entity.scalar(name).unwrap();
            SortKey { name: member.name, descending: *descending, nulls_first: false, folded: member.folded }
        });
        keys.extend(usual);
    }
    if !keys.iter().any(|key| key.name == "id") {
        let descending = keys.last().is_some_and(|key| key.descending);
        keys.push(SortKey { name: "id", descending, nulls_first: false, folded: false });
    }
    keys
}

fn sort_key(entity: &EntityModel, item: &Value) -> SortKey {
    let choice = |key: &str| match entry(item, key) {
        Some(Value::Enum(name)) => name.as_str(),
        _ => "",
    };
    let member = entity.scalars().find(|member| member.order && enum_name(member.name) == choice("field")).unwrap();
    SortKey {
        name: member.name,
        descending: choice("direction") == "DESC",
        nulls_first: choice("nulls") == "FIRST",
        folded: member.folded,
    }
}

/// Which of two rows comes first.
pub(crate) fn in_order(keys: &[SortKey], a: &Row, b: &Row) -> Ordering {
    let by_key = keys.iter().map(|key| match (key.value(a), key.value(b)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) if key.nulls_first => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) if key.nulls_first => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) if key.descending => compare(&b, &a),
        (Some(a), Some(b)) => compare(&a, &b),
    });
    by_key.fold(Ordering::Equal, Ordering::then)
}

/// A list, or one value that stands for a list of one.
pub(crate) fn items(value: &Value) -> &[Value] {
    match value {
        Value::List(items) => items,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let map = if let Value::Object(map) = value { Some(map) } else { None };
    map.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
