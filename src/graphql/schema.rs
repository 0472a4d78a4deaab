//! The schema: all entities, linked once, under async-graphql's roots.

use std::sync::OnceLock;

use async_graphql::registry::Registry;
use async_graphql::{EmptySubscription, ID, InputType, OutputType, SDLExportOptions};
use entity::model::Model;
use entity::roots::{EntityQuery, Schema as EntitySchema};

use super::mutation::Mutation;
use super::variables::InputTypes;
use crate::{entities, processes};

/// The schema's type.
pub type Schema = async_graphql::Schema<EntityQuery<Mostrador>, Mutation, EmptySubscription>;

/// Names our model to the engine's roots.
pub struct Mostrador;

impl EntitySchema for Mostrador {
    fn model() -> &'static Model {
        static MODEL: OnceLock<&'static Model> = OnceLock::new();
        MODEL.get_or_init(|| match Model::link(&processes::ALL, &entities::all(), &entities::verbs()) {
            Ok(model) => model,
            // The declarations are part of the program; the test suite links them, so this is never met by a user.
            #[expect(clippy::panic, reason = "a program with contradictory declarations cannot run")]
            Err(error) => panic!("the entity declarations contradict each other: {error}"),
        })
    }
}

/// The schema, ready to execute.
pub fn build() -> Schema {
    async_graphql::Schema::build(EntityQuery::default(), Mutation::default(), EmptySubscription)
        // Documents come parsed, with limits of our own already applied.
        .disable_suggestions()
        .finish()
}

/// The types that variables can have.
pub fn input_types() -> &'static InputTypes {
    static TYPES: OnceLock<InputTypes> = OnceLock::new();
    TYPES.get_or_init(|| {
        let mut registry = Registry::default();
        for register in [
            <bool as InputType>::create_type_info,
            <i32 as InputType>::create_type_info,
            <f64 as InputType>::create_type_info,
            <String as InputType>::create_type_info,
            <ID as InputType>::create_type_info,
        ] {
            register(&mut registry);
        }
        <EntityQuery<Mostrador> as OutputType>::create_type_info(&mut registry);
        <Mutation as OutputType>::create_type_info(&mut registry);
        InputTypes::new(registry)
    })
}

/// The schema as SDL, sorted, with a newline at the end.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items().include_specified_by();
    let mut text = build().sdl_with_options(options);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
