//! Inputs and selections that fit, made from the declarations, so that a test can vary one thing and leave the rest.

use entity::declare::{Input, InputDecl};
use entity::kind::{FieldType, Kind};
use entity::model::{EntityModel, Member, Model, Verb, VerbKind};
use serde_json::{Map, Value, json};

/// One input of a mutation.
pub(crate) struct InputField {
    pub(crate) name: String,
    pub(crate) ty: FieldType,
    pub(crate) required: bool,
}

/// The inputs of a mutation, without idempotency key and expected version.
pub(crate) fn inputs(model: &'static Model, verb: &Verb) -> Vec<InputField> {
    let entity = model.entity(verb.entity);
    let own = |required| InputField { name: "id".into(), ty: id_of(entity), required };
    let of_scalar = |name: &str, required| {
        entity.scalar(name).map(|member| InputField { name: name.to_owned(), ty: member.ty, required })
    };
    match verb.kind {
        VerbKind::Create => entity
            .scalars()
            .filter(|member| member.create != Input::No)
            .map(|member| InputField {
                name: member.name.to_owned(),
                ty: member.ty,
                required: member.create == Input::Required,
            })
            .collect(),
        VerbKind::Update => {
            let changes = entity.scalars().filter(|member| member.update != Input::No);
            let changes =
                changes.map(|member| InputField { name: member.name.to_owned(), ty: member.ty, required: false });
            std::iter::once(own(true)).chain(changes).collect()
        }
        VerbKind::Transition(field, transition) => {
            let mut all = vec![own(true)];
            all.extend(of_scalar(field.name, true));
            all.extend(transition.with.iter().filter_map(|name| of_scalar(name, false)));
            all
        }
        VerbKind::Action(action) => {
            let mut all = vec![own(true)];
            all.extend(action.inputs.iter().filter_map(|(name, need)| of_scalar(name, *need == Input::Required)));
            all
        }
        VerbKind::Link(_, target) | VerbKind::Unlink(_, target) => {
            let target = model.entity(target);
            let name = format!("{}Id", lower_first(target.decl.name));
            vec![own(true), InputField { name, ty: id_of(target), required: true }]
        }
        VerbKind::Declared(declared) => declared.inputs.iter().map(of_declared).collect(),
        VerbKind::Delete | VerbKind::Restore | VerbKind::Purge => vec![own(true)],
    }
}

fn of_declared(input: &InputDecl) -> InputField {
    InputField { name: input.name.to_owned(), ty: input.ty, required: input.need == Input::Required }
}

fn id_of(entity: &EntityModel) -> FieldType {
    FieldType { kind: Kind::Id(entity.decl.prefix), nullable: false, normalize: None }
}

/// A value that fits the type. For an ID, whatever `id` says of the prefix.
pub(crate) fn value(field: &InputField, id: &dyn Fn(&str) -> Value) -> Value {
    match field.ty.kind {
        Kind::Id(prefix) => id(prefix),
        Kind::Uuid => json!("0197a3c4-52b0-7cc1-9d58-6f1f0e6a2b11"),
        Kind::List(of) => json!([value(
            &InputField { ty: FieldType { kind: *of, ..field.ty }, name: field.name.clone(), required: true },
            id
        )]),
        Kind::Int => json!(30),
        Kind::BigInt => json!("30"),
        Kind::Decimal => json!("10.00"),
        Kind::Float => json!(1.5),
        Kind::Bool => json!(false),
        Kind::DateTime => json!("2026-06-02T09:00:00Z"),
        Kind::Date => json!("2026-06-02"),
        Kind::Json => json!({}),
        Kind::Currency => json!("EUR"),
        Kind::Choice(choice) => json!(choice.values[0].0),
        Kind::Text | Kind::AnyId => match field.name.to_lowercase() {
            name if name.contains("phone") => json!("+34699000111"),
            name if name.contains("mail") => json!("probe@probe.example"),
            name if name.contains("url") => json!("https://probe.example/x"),
            name if name.contains("color") => json!("#112233"),
            name if name.contains("timezone") => json!("Europe/Madrid"),
            name if name == "vin" => json!("WVWZZZ1JZXW000001"),
            _ => json!("Probe"),
        },
    }
}

/// The least input a mutation takes, with IDs as `id` says.
pub(crate) fn least(model: &'static Model, verb: &Verb, id: &dyn Fn(&str) -> Value) -> Map<String, Value> {
    let required = inputs(model, verb).into_iter().filter(|field| field.required);
    required.map(|field| (field.name.clone(), value(&field, id))).collect()
}

/// Selects every scalar of an entity, and below `depth` relations those of their ends.
pub(crate) fn selection(model: &'static Model, entity: &'static EntityModel, depth: usize) -> String {
    let mut out = String::new();
    for (name, member) in &entity.members {
        match member {
            Member::Scalar(scalar) => {
                out.push_str(name);
                // What is made of objects is shown with all their fields.
                if let Some(object) = scalar.late.and_then(|field| field.object) {
                    let fields: Vec<_> = object.fields.iter().map(|(name, ..)| *name).collect();
                    out.push_str(&format!(" {{ {} }}", fields.join(" ")));
                }
            }
            Member::One(one) if depth > 0 => {
                out.push_str(&format!("{name} {{ {} }}", selection(model, model.entity(one.target), depth - 1)));
            }
            Member::Many(many) if depth > 0 => {
                let inner = selection(model, model.entity(many.target), depth - 1);
                out.push_str(&format!("{name}(first: 3) {{ totalCount edges {{ cursor }} nodes {{ {inner} }} }}"));
            }
            Member::Union(_) => out.push_str(&format!("{name} {{ __typename }}")),
            Member::One(_) | Member::Many(_) => {}
        }
        out.push(' ');
    }
    out
}

pub(crate) fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}
