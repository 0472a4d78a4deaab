//! Random filters and orders as GraphQL literals.

use entity::kind::Kind;
use entity::model::{EntityModel, Member, ScalarMember};
use entity::plan::filter::OPERATORS;
use entity::plan::order::enum_name;

use super::crowd::{WORDS, model};
use super::rng::Tape;
use super::world::{World, shown};

/// A list of one to three sort keys.
pub(crate) fn order(entity: &EntityModel, tape: &mut Tape<'_>) -> String {
    let mut sortable: Vec<_> = entity.scalars().filter(|member| member.order).collect();
    let mut keys = Vec::new();
    for _ in 0..=tape.below(3) {
        let member = sortable.remove(tape.below(sortable.len()));
        let direction = ["", ", direction: ASC", ", direction: DESC"][tape.below(3)];
        let nulls = ["", ", nulls: FIRST", ", nulls: LAST"][tape.below(3)];
        keys.push(format!("{{field: {}{direction}{nulls}}}", enum_name(member.name)));
    }
    if keys.len() == 1 && tape.one_in(3) { keys.remove(0) } else { format!("[{}]", keys.join(", ")) }
}

/// Conditions on an entity; relations at most `depth` deep.
pub(crate) fn filter(world: &World, entity: &EntityModel, tape: &mut Tape<'_>, depth: usize) -> String {
    let members: Vec<_> = entity.members.iter().filter(|(_, member)| is_filterable(member, depth)).collect();
    let mut parts: Vec<(String, String)> = Vec::new();
    for _ in 0..=tape.below(2) {
        let (name, value) = match tape.below(10) {
            9 if depth > 0 => ("not".to_owned(), filter(world, entity, tape, depth - 1)),
            8 if depth > 0 => {
                let all: Vec<_> = (0..tape.below(3)).map(|_| filter(world, entity, tape, depth - 1)).collect();
                (tape.of(&["or", "and"]).to_owned(), format!("[{}]", all.join(", ")))
            }
            _ => {
                let (name, member) = tape.of(&members);
                ((*name).to_owned(), member_filter(world, entity, member, tape, depth))
            }
        };
        if !parts.iter().any(|(known, _)| *known == name) {
            parts.push((name, value));
        }
    }
    let parts: Vec<_> = parts.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{{{}}}", parts.join(", "))
}

fn is_filterable(member: &Member, depth: usize) -> bool {
    match member {
        Member::Scalar(scalar) => scalar.filter,
        Member::One(one) => depth > 0 && !model().entity(one.target).decl.global,
        Member::Many(_) => depth > 0,
        Member::Union(_) => false,
    }
}

fn member_filter(world: &World, entity: &EntityModel, member: &Member, tape: &mut Tape<'_>, depth: usize) -> String {
    match member {
        Member::Scalar(scalar) if matches!(scalar.ty.kind, Kind::Json) => {
            attribute_conditions().swap_remove(tape.below(attribute_conditions().len()))
        }
        Member::Scalar(scalar) if matches!(scalar.ty.kind, Kind::List(_)) => {
            LIST_CONDITIONS[tape.below(LIST_CONDITIONS.len())].to_owned()
        }
        Member::Scalar(scalar) => {
            let operators = operators(scalar.ty.kind);
            let operator = tape.of(&operators);
            let value = operand(world, entity, scalar, operator, tape);
            format!("{{{operator}: {value}}}")
        }
        Member::One(one) => filter(world, model().entity(one.target), tape, depth - 1),
        Member::Many(many) => {
            let quantifier = tape.of(&["some", "none", "every"]);
            format!("{{{quantifier}: {}}}", filter(world, model().entity(many.target), tape, depth - 1))
        }
        Member::Union(_) => panic!("a union is not filtered by"),
    }
}

/// Conditions on lists of texts.
pub(crate) const LIST_CONDITIONS: [&str; 6] = [
    "{has: \"legal\"}",
    "{hasSome: [\"legal\", \"x\"]}",
    "{hasEvery: [\"legal\", \"ventas\"]}",
    "{hasSome: []}",
    "{isEmpty: true}",
    "{isEmpty: false, has: \"x\"}",
];

/// The operators of a kind.
pub(crate) fn operators(kind: Kind) -> Vec<&'static str> {
    OPERATORS
        .iter()
        .filter(|operator| (operator.exists)(kind))
        .map(|operator| operator.name)
        .chain(["isNull"])
        .collect()
}

/// A value for an operator, mostly one that some row has.
pub(crate) fn operand(
    world: &World,
    entity: &EntityModel,
    member: &ScalarMember,
    operator: &str,
    tape: &mut Tape<'_>,
) -> String {
    match operator {
        "isNull" => tape.of(&["true", "false"]).to_string(),
        "eq" | "ne" if tape.one_in(8) => "null".to_owned(),
        "contains" | "startsWith" => {
            let word = tape.of(&WORDS);
            let length = tape.below(word.chars().count() + 1);
            let start = if operator == "contains" { tape.below(length + 1) } else { 0 };
            literal(&async_graphql::Value::String(word.chars().skip(start).take(length).collect()))
        }
        "in" | "notIn" => {
            let values: Vec<_> = (0..tape.below(4)).map(|_| value(world, entity, member, tape)).collect();
            format!("[{}]", values.join(", "))
        }
        "between" => format!("[{}, {}]", value(world, entity, member, tape), value(world, entity, member, tape)),
        _ => value(world, entity, member, tape),
    }
}

fn value(world: &World, entity: &EntityModel, member: &ScalarMember, tape: &mut Tape<'_>) -> String {
    let kind = member.ty.kind;
    let known: Vec<_> = world.rows(entity).iter().filter_map(|row| row.cell(member.name)).collect();
    let value = match kind {
        Kind::Choice(choice) => return tape.of(choice.values).0.to_owned(),
        _ if known.is_empty() => foreign(kind),
        _ => shown(kind, Some(known[tape.below(known.len())])),
    };
    literal(&value)
}

/// A value that no row has.
fn foreign(kind: Kind) -> async_graphql::Value {
    use async_graphql::Value;
    match kind {
        Kind::Id(prefix) => Value::String(entity::id::format_id(prefix, uuid::Uuid::from_u128(42))),
        Kind::Uuid => Value::String(uuid::Uuid::from_u128(42).to_string()),
        Kind::Int | Kind::Float => Value::Number(77.into()),
        Kind::Bool => Value::Boolean(false),
        Kind::DateTime => Value::String("2001-01-01T00:00:00Z".to_owned()),
        Kind::Date => Value::String("2001-01-01".to_owned()),
        Kind::Currency => Value::String("CHF".to_owned()),
        _ => Value::String("77".to_owned()),
    }
}

/// Conditions on the entries of a JSON object.
pub(crate) fn attribute_conditions() -> Vec<String> {
    let scalars = ["5", "\"buy\"", "\"5\"", "4.5", "\"Água\"", "true"];
    let compared = ["eq", "ne", "lt", "lte", "gt", "gte"];
    let mut conditions: Vec<String> =
        compared.iter().flat_map(|operator| scalars.map(|value| format!("{operator}: {value}"))).collect();
    conditions.extend(
        ["in: [5, \"buy\"]", "in: []", "contains: \"AGU\"", "has: \"camera\"", "isNull: true", "isNull: false"]
            .map(ToOwned::to_owned),
    );
    let keys = ["interest", "seats", "extras", "nothing", "deep"];
    let all = conditions.iter().flat_map(|condition| keys.map(|key| format!("{{key: \"{key}\", {condition}}}")));
    all.collect()
}

/// A value as it is written in a document.
pub(crate) fn literal(value: &async_graphql::Value) -> String {
    // JSON's escapes of texts are GraphQL's.
    value.to_string()
}
