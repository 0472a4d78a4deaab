//! Inputs and payloads of mutations.

use async_graphql::registry::{MetaField, MetaInputValue, Registry};
use indexmap::IndexMap;

use super::access::field_requires;
use super::types::{choice, field, input, input_object, object, with_args};
use crate::declare::{Input, VerbDecl};
use crate::model::{EntityModel, Model, ScalarMember, Verb, VerbKind, capital, lower_first, words};
use crate::write::USER_ERROR_CODES;

/// Name of a mutation's input type.
#[must_use]
pub fn input_name(verb: &Verb) -> String {
    format!("{}Input", capital(&verb.name))
}

/// Name of a mutation's payload type.
#[must_use]
pub fn payload_name(verb: &Verb) -> String {
    format!("{}Payload", capital(&verb.name))
}

pub(super) fn register(model: &Model, registry: &mut Registry) {
    choice(registry, "UserErrorCode", "Why a mutation changed nothing.", USER_ERROR_CODES.iter().copied());
    object(
        registry,
        "UserError",
        "Something the user can put right. A mutation that returns one has changed nothing.",
        [
            field("code", "UserErrorCode!", "Stable code."),
            field("message", "String!", "Sentence for the user."),
            field("path", "[String!]!", "Field of `input` that it is about; empty when it is about the whole."),
            field(
                "existingId",
                "ID",
                "The row that stands in the way, for instance the contact that already has this phone.",
            ),
            field(
                "details",
                "JSON",
                "Facts that help, for instance the states of a transition: `{from, to, allowed}`.",
            ),
        ],
    );
    for verb in model.mutations.values() {
        let entity = model.entity(verb.entity);
        let fields = input_fields(model, entity, verb);
        input_object(registry, &input_name(verb), &format!("Input of `{}`.", verb.name), fields);
        let object_field = lower_first(entity.decl.name);
        let mut payload =
            vec![field("errors", "[UserError!]!", "What the user can put right; empty when all went well.")];
        payload.push(if removes(verb, entity) {
            field("deletedId", "ID", "ID of the removed row.")
        } else {
            let doc = format!("The {} as it is now; null when there is none.", words(entity.decl.name));
            field(&object_field, entity.decl.name, &doc)
        });
        if let VerbKind::Declared(VerbDecl { secret: Some(secret), .. }) = verb.kind {
            payload.push(field(secret.name, "String", secret.doc));
        }
        object(registry, &payload_name(verb), &format!("Answer of `{}`.", verb.name), payload);
    }
}

/// Whether the mutation leaves no row behind.
pub(crate) fn removes(verb: &Verb, entity: &EntityModel) -> bool {
    matches!(verb.kind, VerbKind::Purge) || matches!(verb.kind, VerbKind::Delete) && !entity.decl.soft_delete
}

fn input_fields(model: &Model, entity: &EntityModel, verb: &Verb) -> Vec<MetaInputValue> {
    let name = words(entity.decl.name);
    let id = || input("id", "ID!", &format!("The {name}."));
    let mut fields = match verb.kind {
        VerbKind::Create => entity.scalars().filter_map(|member| scalar_input(member, member.create)).collect(),
        VerbKind::Update => {
            let mut fields = vec![id()];
            fields.extend(entity.scalars().filter_map(|member| scalar_input(member, member.update)));
            fields
        }
        VerbKind::Delete | VerbKind::Restore | VerbKind::Purge => vec![id()],
        VerbKind::Transition(field, transition) => {
            let state = entity.scalar(field.name).and_then(|member| scalar_input(member, Input::Required));
            let with = transition.with.iter().filter_map(|name| entity.scalar(name));
            let with = with.filter_map(|member| scalar_input(member, Input::Optional));
            [id()].into_iter().chain(state).chain(with).collect()
        }
        VerbKind::Action(action) => {
            let inputs = action.inputs.iter().filter_map(|(name, need)| scalar_input(entity.scalar(name)?, *need));
            [id()].into_iter().chain(inputs).collect()
        }
        VerbKind::Declared(declared) => declared
            .inputs
            .iter()
            .map(|input_decl| {
                let required = if input_decl.need == Input::Required { "!" } else { "" };
                input(input_decl.name, format!("{}{required}", input_decl.ty.kind.type_text()), input_decl.doc)
            })
            .collect(),
        VerbKind::Link(_, target) | VerbKind::Unlink(_, target) => {
            let target = model.entity(target).decl.name;
            vec![id(), input(&format!("{}Id", lower_first(target)), "ID!", &format!("The {}.", words(target)))]
        }
    };
    let versioned =
        !matches!(verb.kind, VerbKind::Create | VerbKind::Link(..) | VerbKind::Unlink(..) | VerbKind::Declared(_));
    if versioned && !entity.decl.append_only {
        let doc = "The `version` that was last seen. When the row has changed since, nothing is written and CONFLICT comes with the row as it is now.";
        fields.push(input("expectedVersion", "Int", doc));
    }
    let doc = "Any text of up to 200 characters that is new for each intention. The same key again gives the first outcome and writes nothing.";
    fields.push(input("idempotencyKey", "String", doc));
    fields
}

fn scalar_input(member: &ScalarMember, need: Input) -> Option<MetaInputValue> {
    let ty = member.ty.kind.type_text();
    match need {
        Input::No => None,
        Input::Optional => Some(input(member.name, ty, member.doc)),
        Input::Required => Some(input(member.name, format!("{ty}!"), member.doc)),
    }
}

pub(super) fn mutation_fields(model: &Model) -> IndexMap<String, MetaField> {
    let fields = model.mutations.values().map(|verb| {
        let arg = input("input", format!("{}!", input_name(verb)), "What to do.");
        let field = with_args(field(&verb.name, format!("{}!", payload_name(verb)), &verb.doc), [arg]);
        (verb.name.clone(), field_requires(field, verb.right))
    });
    fields.collect()
}
