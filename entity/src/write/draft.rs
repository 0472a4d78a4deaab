//! Reads a mutation's input: which columns get which values, and what is wrong with them.

use async_graphql::Value;
use serde_json::Value as Json;
use uuid::Uuid;

use super::{Outcome, UserError};
use crate::declare::{Arguments, Input, InputDecl};
use crate::kind::{FieldType, Kind};
use crate::model::{EntityModel, Model, Verb, VerbKind, lower_first};
use crate::sql::Bind;

/// Longest accepted idempotency key, in characters.
const MAX_KEY: usize = 200;

/// A mutation's input, read and checked as far as that is possible without the database.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The row; none for `create`.
    pub id: Option<Uuid>,
    /// Columns to write, with their values.
    pub values: Vec<(&'static str, Bind)>,
    /// The version the client has seen.
    pub expected_version: Option<i32>,
    /// The client's key for this intention.
    pub idempotency_key: Option<String>,
    /// The inputs of a declared verb.
    pub arguments: Arguments,
    /// The other row of a link.
    pub linked: Option<Uuid>,
    /// The whole input as JSON, without the key, for comparison with an earlier use of the key.
    pub fingerprint: String,
}

/// Reads the input of a verb.
///
/// # Errors
/// Everything that is wrong with it, all at once, and the row that it was about, so that the payload can show it.
pub fn read_draft(model: &'static Model, verb: &Verb, input: &Value) -> Result<Draft, Outcome> {
    let entity = model.entity(verb.entity);
    let mut draft = Draft::default();
    let mut errors = Vec::new();
    let Value::Object(entries) = input else {
        return Err(Outcome::refused(vec![UserError::new("VALIDATION", "", "An input object is needed.")]));
    };
    for (name, value) in entries {
        let outcome = match (name.as_str(), value) {
            ("idempotencyKey" | "expectedVersion", Value::Null) => Ok(()),
            ("idempotencyKey", Value::String(key)) => read_key(key).map(|()| draft.idempotency_key = Some(key.clone())),
            (name, value) if declared_input(verb, name).is_some() => match declared_input(verb, name) {
                Some(input) => read_input(input, value).map(|value| draft.arguments.0.push((input.name, value))),
                None => Ok(()),
            },
            ("id", value) => read_id(entity.decl.prefix, value).map(|id| draft.id = Some(id)),
            ("expectedVersion", value) => match Kind::Int.read(value) {
                Ok(Bind::Int(version)) => {
                    draft.expected_version = Some(version);
                    Ok(())
                }
                _ => Err("A version is a whole number.".to_owned()),
            },
            (name, value) => match linked_prefix(model, verb, name) {
                Some(prefix) => read_id(prefix, value).map(|id| draft.linked = Some(id)),
                None => read_column(entity, name, value).map(|pair| draft.values.push(pair)),
            },
        };
        if let Err(message) = outcome {
            errors.push(UserError::new("VALIDATION", name, message));
        }
    }
    for name in required(entity, verb) {
        if !entries.contains_key(name) {
            errors.push(UserError::new("VALIDATION", name, "This is required."));
        }
    }
    if !errors.is_empty() {
        return Err(Outcome::refused_for(draft.id, errors));
    }
    draft.fingerprint = fingerprint(input);
    Ok(draft)
}

fn read_id(prefix: &'static str, value: &Value) -> Result<Uuid, String> {
    match Kind::Id(prefix).read(value)? {
        Bind::Uuid(id) => Ok(id),
        _ => Err("An ID is needed here.".into()),
    }
}

fn read_key(key: &str) -> Result<(), String> {
    if key.is_empty() || key.chars().count() > MAX_KEY || key.contains('\0') {
        return Err(format!("An idempotency key is a text of 1 to {MAX_KEY} characters."));
    }
    Ok(())
}

fn linked_prefix(model: &'static Model, verb: &Verb, name: &str) -> Option<&'static str> {
    let (VerbKind::Link(_, target) | VerbKind::Unlink(_, target)) = verb.kind else { return None };
    let decl = model.entity(target).decl;
    (name.strip_suffix("Id") == Some(lower_first(decl.name).as_str())).then_some(decl.prefix)
}

fn read_column(entity: &'static EntityModel, name: &str, value: &Value) -> Result<(&'static str, Bind), String> {
    let member = entity.scalar(name).ok_or_else(|| format!("{name} is not known here."))?;
    let column = member.column.ok_or_else(|| format!("{name} is computed."))?;
    if matches!(value, Value::Null) {
        // What a new row must be given is never taken away by hand, even where the database can: a task's owner.
        let may_be_null = member.ty.nullable && member.create != Input::Required;
        return if may_be_null {
            Ok((column, Bind::null(member.ty.kind)))
        } else {
            Err("This cannot be empty.".into())
        };
    }
    Ok((column, read_value(member.ty, value)?))
}

fn declared_input(verb: &Verb, name: &str) -> Option<&'static InputDecl> {
    match verb.kind {
        VerbKind::Declared(declared) => declared.inputs.iter().find(|input| input.name == name),
        _ => None,
    }
}

fn read_input(input: &InputDecl, value: &Value) -> Result<Bind, String> {
    match value {
        Value::Null if input.need == Input::Required => Err("This cannot be empty.".into()),
        Value::Null => Ok(Bind::null(input.ty.kind)),
        value => read_value(input.ty, value),
    }
}

fn read_value(ty: FieldType, value: &Value) -> Result<Bind, String> {
    match (value, ty.normalize) {
        (Value::String(text), Some(normalize)) => match normalize(text) {
            Ok(text) => Kind::Text.read(&Value::String(text)),
            Err(why) => Err(why.to_owned()),
        },
        _ => ty.kind.read(value),
    }
}

/// Whether a verb's input has a field of this name, apart from those that say how to write.
pub(super) fn takes(model: &'static Model, verb: &Verb, name: &str) -> bool {
    let member = model.entity(verb.entity).scalar(name);
    match verb.kind {
        VerbKind::Create => member.is_some_and(|member| member.create != Input::No),
        VerbKind::Update => name == "id" || member.is_some_and(|member| member.update != Input::No),
        VerbKind::Delete | VerbKind::Restore | VerbKind::Purge => name == "id",
        VerbKind::Transition(field, transition) => {
            name == "id" || name == field.name || transition.with.contains(&name)
        }
        VerbKind::Action(action) => name == "id" || action.inputs.iter().any(|(input, _)| *input == name),
        VerbKind::Declared(_) => declared_input(verb, name).is_some(),
        VerbKind::Link(..) | VerbKind::Unlink(..) => name == "id" || linked_prefix(model, verb, name).is_some(),
    }
}

/// Names that must be given; validation checks literals, this also covers values inside variables.
fn required<'e>(entity: &'e EntityModel, verb: &Verb) -> Vec<&'e str> {
    match verb.kind {
        VerbKind::Create => {
            entity.scalars().filter(|member| member.create == Input::Required).map(|member| member.name).collect()
        }
        VerbKind::Transition(field, _) => vec!["id", field.name],
        VerbKind::Action(action) => {
            let inputs = action.inputs.iter().filter(|(_, need)| *need == Input::Required).map(|(name, _)| *name);
            std::iter::once("id").chain(inputs).collect()
        }
        VerbKind::Declared(declared) => {
            declared.inputs.iter().filter(|input| input.need == Input::Required).map(|input| input.name).collect()
        }
        _ => vec!["id"],
    }
}

/// The input as JSON with sorted keys and without the idempotency key.
fn fingerprint(input: &Value) -> String {
    let mut json = input.clone().into_json().unwrap_or_default();
    if let Json::Object(map) = &mut json {
        map.remove("idempotencyKey");
    }
    sorted(json).to_string()
}

fn sorted(json: Json) -> Json {
    match json {
        Json::Object(map) => {
            let mut entries: Vec<(String, Json)> = map.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
