//! Rights in the schema: the directive `@requires`, the viewer's permissions, and `viewerCan`.

use async_graphql::registry::{
    __DirectiveLocation as Location, MetaDirective, MetaDirectiveInvocation, MetaField, MetaInputValue, MetaType,
    Registry,
};
use async_graphql::{Name, Value};

use super::types::{choice, field, input, object};
use crate::access::{Action, Right};
use crate::model::{EntityModel, Model, words};

/// Name of the type of an entity's `viewerCan`.
#[must_use]
pub fn abilities_name(entity: &EntityModel) -> String {
    format!("{}Abilities", entity.decl.name)
}

pub(super) fn register(model: &Model, registry: &mut Registry) {
    let actions = Action::choice();
    choice(registry, actions.name, actions.doc, actions.values.iter().copied());
    registry.add_directive(MetaDirective {
        name: "requires".to_owned(),
        description: Some(
            "The right that this needs; without it, it is refused as FORBIDDEN. Of an object type, to see its objects."
                .to_owned(),
        ),
        locations: vec![Location::OBJECT, Location::FIELD_DEFINITION, Location::ARGUMENT_DEFINITION],
        args: [
            input("process", "String!", "Code of a process, a protected part of the business."),
            input("action", format!("{}!", actions.name), "What must be allowed there."),
        ]
        .into_iter()
        .map(|arg| (arg.name.clone(), arg))
        .collect(),
        is_repeatable: false,
        visible: None,
        composable: None,
    });
    object(
        registry,
        "ViewerPermission",
        "Something that the viewer may do.",
        [
            field("process", "String!", "Code of the process, a protected part of the business."),
            field("action", format!("{}!", actions.name), "What may be done there."),
        ],
    );
    object(
        registry,
        "Ability",
        "Whether something may be done with an object.",
        [
            field(
                "allowed",
                "Boolean!",
                "Whether the viewer may do it. Other rules, such as those of a state, may still refuse it.",
            ),
            field("reason", "String", "Why not, as a sentence for the viewer; null when it is allowed."),
        ],
    );
    for entity in model.entities().iter().filter(|entity| !entity.verbs.is_empty()) {
        let fields = entity.verbs.iter().map(|(name, mutation)| field(name, "Ability!", &format!("By `{mutation}`.")));
        let doc = format!("What the viewer may do with a {}.", words(entity.decl.name));
        object(registry, &abilities_name(entity), &doc, fields);
    }
}

/// The field `viewerCan` of an entity that has verbs.
pub(super) fn abilities_field(entity: &EntityModel) -> Option<MetaField> {
    let doc = "What the viewer may do with it, by mutation.";
    (!entity.verbs.is_empty()).then(|| field("viewerCan", format!("{}!", abilities_name(entity)), doc))
}

fn requires(right: Right) -> MetaDirectiveInvocation {
    let process = ("process".to_owned(), Value::from(right.process.code));
    let action = ("action".to_owned(), Value::Enum(Name::new(right.action.as_str())));
    MetaDirectiveInvocation { name: "requires".to_owned(), args: [process, action].into_iter().collect() }
}

/// A field that needs this right.
pub fn field_requires(mut field: MetaField, right: Right) -> MetaField {
    field.directive_invocations.push(requires(right));
    field
}

/// An argument that needs this right.
pub(super) fn argument_requires(mut argument: MetaInputValue, right: Right) -> MetaInputValue {
    argument.directive_invocations.push(requires(right));
    argument
}

/// Objects of this type need this right.
pub(super) fn type_requires(registry: &mut Registry, name: &str, right: Right) {
    if let Some(MetaType::Object { directive_invocations, .. }) = registry.types.get_mut(name) {
        directive_invocations.push(requires(right));
    }
}
