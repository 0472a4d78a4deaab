//! Reads filter inputs (`ContactFilter` and its parts) into conditions.
//!
//! The names of the operators stand in [`OPERATORS`], from which the schema is made as well.

use async_graphql::{Name, Value};
use indexmap::IndexMap;

use super::PlanError;
use super::cond::{Cond, Exists, Path};
use crate::access::Rights;
use crate::kind::Kind;
use crate::model::{EntityModel, Member, Model, ScalarMember};
use crate::sql::Bind;

/// Filters may nest this deep; deeper ones are refused before any SQL is written.
const MAX_DEPTH: usize = 12;
/// Values in one `in` list.
const MAX_LIST: usize = 1000;

/// An operator of the filter inputs.
pub struct Operator {
    /// Name in the input object.
    pub name: &'static str,
    /// Whether its value is a list.
    pub list: bool,
    /// For which kinds it exists.
    pub exists: fn(Kind) -> bool,
    /// GraphQL description.
    pub doc: &'static str,
}

fn always(kind: Kind) -> bool {
    !matches!(kind, Kind::List(_))
}
fn ordered(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Id(_)
            | Kind::AnyId
            | Kind::Uuid
            | Kind::Bool
            | Kind::Choice(_)
            | Kind::Currency
            | Kind::Json
            | Kind::List(_)
    )
}
fn textual(kind: Kind) -> bool {
    matches!(kind, Kind::Text)
}
fn countable(kind: Kind) -> bool {
    !matches!(kind, Kind::Bool | Kind::List(_))
}

/// All operators of scalar filters, except `isNull`, which takes a Boolean.
pub const OPERATORS: &[Operator] = &[
    Operator { name: "eq", list: false, exists: always, doc: "Equal to." },
    Operator { name: "ne", list: false, exists: always, doc: "Not equal to; rows without a value count as not equal." },
    Operator { name: "in", list: true, exists: countable, doc: "One of these, 1000 at most." },
    Operator {
        name: "notIn",
        list: true,
        exists: countable,
        doc: "None of these, 1000 at most; rows without a value pass.",
    },
    Operator { name: "lt", list: false, exists: ordered, doc: "Less than, or before." },
    Operator { name: "lte", list: false, exists: ordered, doc: "Less than or equal to." },
    Operator { name: "gt", list: false, exists: ordered, doc: "Greater than, or after." },
    Operator { name: "gte", list: false, exists: ordered, doc: "Greater than or equal to." },
    Operator {
        name: "between",
        list: true,
        exists: ordered,
        doc: "From the first of two values to the second, both included.",
    },
    Operator {
        name: "contains",
        list: false,
        exists: textual,
        doc: "Contains this text; upper and lower case and accents do not matter.",
    },
    Operator {
        name: "startsWith",
        list: false,
        exists: textual,
        doc: "Begins with this text; upper and lower case and accents do not matter.",
    },
];

/// Reads an entity's filter.
///
/// # Errors
/// A value that does not fit, a filter that nests too deep, a relation to rows that the viewer may not see.
pub fn read_filter(
    model: &'static Model,
    rights: &Rights,
    entity: &'static EntityModel,
    value: &Value,
) -> Result<Cond, PlanError> {
    entity_filter(model, rights, entity, value, 0)
}

fn entity_filter(
    model: &'static Model,
    rights: &Rights,
    entity: &'static EntityModel,
    value: &Value,
    depth: usize,
) -> Result<Cond, PlanError> {
    if depth > MAX_DEPTH {
        return Err(PlanError::limit("FILTER_DEPTH_LIMIT", format!("A filter may nest {MAX_DEPTH} levels deep.")));
    }
    let mut parts = Vec::new();
    for (name, value) in object(value)? {
        if matches!(value, Value::Null) && name != "not" {
            continue;
        }
        match name.as_str() {
            "and" | "or" => {
                let mut inner = Vec::new();
                for item in items(value) {
                    inner.push(entity_filter(model, rights, entity, item, depth + 1)?);
                }
                parts.push(if name == "and" { Cond::And(inner) } else { Cond::Or(inner) });
            }
            "not" if matches!(value, Value::Null) => {}
            "not" => parts.push(Cond::Not(Box::new(entity_filter(model, rights, entity, value, depth + 1)?))),
            field => match entity.members.get(field) {
                Some(Member::Scalar(member)) => scalar_filter(member, value, &mut parts)?,
                Some(Member::One(one)) => {
                    let target = permitted(model, rights, one.target)?;
                    let mut cond = entity_filter(model, rights, target, value, depth + 1)?;
                    if one.there != "id" {
                        cond = Cond::And(vec![live(target), cond]);
                    }
                    let path = Path::Key { here: one.here, there: one.there };
                    parts.push(Cond::Exists(Box::new(Exists { source: entity, target, path, cond })));
                }
                Some(Member::Many(many)) => {
                    let target = permitted(model, rights, many.target)?;
                    for (quantifier, value) in object(value)? {
                        if matches!(value, Value::Null) {
                            continue;
                        }
                        let inner = entity_filter(model, rights, target, value, depth + 1)?;
                        let wanted = if quantifier == "every" { Cond::Not(Box::new(inner)) } else { inner };
                        let cond = Cond::And(vec![live(target), wanted]);
                        let exists =
                            Cond::Exists(Box::new(Exists { source: entity, target, path: many.path.into(), cond }));
                        parts.push(if quantifier == "some" { exists } else { Cond::Not(Box::new(exists)) });
                    }
                }
                _ => {
                    return Err(PlanError::input(format!("A {} cannot be filtered by \"{field}\".", entity.decl.name)));
                }
            },
        }
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Cond::And(parts) })
}

/// The entity at the other end of a relation, if its rows may be seen: a filter tells what they hold.
fn permitted(model: &'static Model, rights: &Rights, target: usize) -> Result<&'static EntityModel, PlanError> {
    let target = model.entity(target);
    let right = target.decl.needs.read;
    if rights.allows(right) { Ok(target) } else { Err(PlanError::forbidden(right)) }
}

/// The condition that a row is not soft-deleted.
#[must_use]
pub fn live(entity: &EntityModel) -> Cond {
    if entity.decl.soft_delete { Cond::Null("{t}.deleted_at".into(), true) } else { Cond::TRUE }
}

fn scalar_filter(member: &ScalarMember, value: &Value, parts: &mut Vec<Cond>) -> Result<(), PlanError> {
    if matches!(member.ty.kind, Kind::Json) {
        for item in items(value) {
            parts.push(attribute_filter(member, item)?);
        }
        return Ok(());
    }
    for (op, value) in object(value)? {
        let part = if let Kind::List(of) = member.ty.kind {
            list_operator(member, *of, op.as_str(), value)
        } else {
            operator(member, op.as_str(), value)
        };
        parts.push(part.map_err(|why| why.under(member.name))?);
    }
    Ok(())
}

/// Operators of arrays.
fn list_operator(member: &ScalarMember, of: Kind, op: &str, value: &Value) -> Result<Cond, PlanError> {
    let left = &member.sql;
    let list = |value: &Value| Kind::List(&Kind::Text).read(value).map_err(PlanError::input);
    match (op, value) {
        (_, Value::Null) => Ok(Cond::TRUE),
        ("has", _) => Ok(Cond::Raw(format!("{{v}} = any({left})"), vec![of.read(value).map_err(PlanError::input)?])),
        ("hasSome", _) => Ok(Cond::Raw(format!("{left} && {{v}}"), vec![list(value)?])),
        ("hasEvery", _) => Ok(Cond::Raw(format!("{left} @> {{v}}"), vec![list(value)?])),
        ("isEmpty", Value::Boolean(yes)) => {
            Ok(Cond::Raw(format!("(cardinality({left}) = 0) = {{v}}"), vec![Bind::Bool(*yes)]))
        }
        _ => Err(PlanError::input(format!("\"{op}\" is not known here."))),
    }
}

fn operator(member: &ScalarMember, op: &str, value: &Value) -> Result<Cond, PlanError> {
    let kind = member.ty.kind;
    let left = member.sql.clone();
    let one = |value: &Value| match (value, member.ty.normalize) {
        // A filter by phone number finds it however it is spelled; what cannot be normalised matches nothing.
        (Value::String(text), Some(normalize)) => Ok(Bind::Text(normalize(text).unwrap_or_else(|_| text.clone()))),
        _ => kind.read(value).map_err(PlanError::input),
    };
    let compare = |op: &'static str| Ok(Cond::Compare(left.clone(), op, one(value)?));
    match (op, value) {
        ("isNull", Value::Boolean(yes)) => Ok(Cond::Null(left, *yes)),
        ("isNull", _) => Ok(Cond::TRUE),
        ("eq", Value::Null) => Ok(Cond::Null(left, true)),
        ("ne", Value::Null) => Ok(Cond::Null(left, false)),
        (_, Value::Null) => {
            Err(PlanError::input(format!("\"{op}\" needs a value; use isNull to look for rows without one.")))
        }
        ("eq", _) => compare("="),
        ("ne", _) => compare("is distinct from"),
        ("lt", _) => compare("<"),
        ("lte", _) => compare("<="),
        ("gt", _) => compare(">"),
        ("gte", _) => compare(">="),
        ("in" | "notIn", _) => {
            let values: Vec<Value> = items(value).cloned().collect();
            if values.len() > MAX_LIST {
                return Err(PlanError::limit("LIST_LIMIT", format!("\"{op}\" takes {MAX_LIST} values at most.")));
            }
            let mut binds = Vec::with_capacity(values.len());
            for value in &values {
                binds.push(one(value)?);
            }
            let list = Bind::list(kind, binds);
            let (is_in, has_null) = (op == "in", values.iter().any(|value| matches!(value, Value::Null)));
            if has_null {
                return Err(PlanError::input(format!("\"{op}\" takes no null; use isNull.")));
            }
            Ok(if is_in {
                Cond::Quantified(left, "= any({v})", list)
            } else {
                let other = Cond::Quantified(left.clone(), "<> all({v})", list);
                if member.ty.nullable { Cond::Or(vec![Cond::Null(left, true), other]) } else { other }
            })
        }
        ("between", _) => {
            let bounds: Vec<&Value> = items(value).collect();
            let [low, high] = bounds[..] else {
                return Err(PlanError::input("\"between\" takes a list of exactly two values."));
            };
            Ok(Cond::And(vec![Cond::Compare(left.clone(), ">=", one(low)?), Cond::Compare(left, "<=", one(high)?)]))
        }
        ("contains", Value::String(text)) => Ok(contains(member, text)?),
        ("startsWith", Value::String(text)) => Ok(starts_with(member, text)?),
        _ => Err(PlanError::input(format!("\"{op}\" is not known here."))),
    }
}

/// The stored folded column when there is one, else the folded expression.
fn folded(member: &ScalarMember) -> String {
    match (member.folded, member.column) {
        (true, Some(column)) => format!("{{t}}.{column}_folded"),
        _ => format!("app.fold({})", member.sql),
    }
}

fn without_nul(text: &str) -> Result<Bind, PlanError> {
    match Kind::Text.read(&Value::String(text.to_owned())) {
        Ok(bind) => Ok(bind),
        Err(why) => Err(PlanError::input(why)),
    }
}

/// `strpos` instead of LIKE: no pattern characters to escape.
fn contains(member: &ScalarMember, text: &str) -> Result<Cond, PlanError> {
    Ok(Cond::Raw(format!("strpos({}, app.fold({{v}})) > 0", folded(member)), vec![without_nul(text)?]))
}

/// A range on the folded text, because LIKE is not leakproof and so cannot use an index under row-level security.
fn starts_with(member: &ScalarMember, text: &str) -> Result<Cond, PlanError> {
    let left = folded(member);
    let value = without_nul(text)?;
    Ok(Cond::Raw(
        format!(
            "({left} >= app.fold({{v}}) collate \"C\" and {left} < (app.fold({{v}}) || chr(1114111)) collate \"C\")"
        ),
        vec![value.clone(), value],
    ))
}

/// `{key, eq, …}` on a JSON object column, such as a contact's custom attributes.
fn attribute_filter(member: &ScalarMember, value: &Value) -> Result<Cond, PlanError> {
    let entries = object(value)?;
    let column = &member.sql;
    let Some(Value::String(key)) = entries.get("key") else {
        let mut given = entries.iter().filter(|(_, value)| !matches!(value, Value::Null));
        return match (given.next(), given.next()) {
            (Some((op, value)), None) if op == "includes" => {
                Ok(Cond::Raw(format!("{column} @> {{v}}"), vec![Kind::Json.read(value).map_err(PlanError::input)?]))
            }
            _ => Err(PlanError::input("A key is needed; only \"includes\" does without.").under(member.name)),
        };
    };
    let key = without_nul(key)?;
    let mut parts = Vec::new();
    for (op, value) in entries {
        let (op, value) = (op.as_str(), value);
        if op == "key" || matches!(value, Value::Null) {
            continue;
        }
        let json = || Kind::Json.read(value).map_err(PlanError::input);
        parts.push(match (op, value) {
            ("eq", _) => Cond::Raw(format!("{column} -> {{v}} = {{v}}"), vec![key.clone(), json()?]),
            ("ne", _) => Cond::Raw(format!("{column} -> {{v}} is distinct from {{v}}"), vec![key.clone(), json()?]),
            ("in", Value::List(_)) => Cond::Raw(
                format!("{column} -> {{v}} in (select jsonb_array_elements({{v}}))"),
                vec![key.clone(), json()?],
            ),
            ("contains", Value::String(text)) => Cond::Raw(
                format!("strpos(app.fold({column} ->> {{v}}), app.fold({{v}})) > 0"),
                vec![key.clone(), without_nul(text)?],
            ),
            ("includes", _) => Cond::Raw(format!("{column} -> {{v}} @> {{v}}"), vec![key.clone(), json()?]),
            ("has", Value::String(_)) => Cond::Raw(format!("{column} -> {{v}} @> {{v}}"), vec![key.clone(), json()?]),
            ("isNull", Value::Boolean(yes)) => {
                let test = if *yes { "is null" } else { "is not null" };
                Cond::Raw(format!("nullif({column} -> {{v}}, 'null'::jsonb) {test}"), vec![key.clone()])
            }
            // Values of different JSON types are not compared: a number is never less than a text.
            ("lt" | "lte" | "gt" | "gte", _) => {
                let op = match op {
                    "lt" => "<",
                    "lte" => "<=",
                    "gt" => ">",
                    _ => ">=",
                };
                Cond::Raw(
                    format!("(jsonb_typeof({column} -> {{v}}) = jsonb_typeof({{v}}) and {column} -> {{v}} {op} {{v}})"),
                    vec![key.clone(), json()?, key.clone(), json()?],
                )
            }
            _ => return Err(PlanError::input(format!("\"{op}\" is not known here.")).under(member.name)),
        });
    }
    Ok(Cond::And(parts))
}

fn object(value: &Value) -> Result<&IndexMap<Name, Value>, PlanError> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(PlanError::input("An object is needed here.")),
    }
}

/// A list, or one value that stands for a list of one, as the GraphQL specification coerces it.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::List(items) => items.iter(),
        other => std::slice::from_ref(other).iter(),
    }
}
