//! The schema: all entities, linked once, under async-graphql's roots.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ID, InputType, ObjectType, OutputType, Positioned, SDLExportOptions,
    SchemaEnv, ServerResult, SubscriptionType, Value, resolver_utils,
};
use entity::model::Model;
use entity::roots::{EntityQuery, Schema as EntitySchema};
use futures_util::FutureExt;

use super::mutation::Mutation;
use super::subscription::Subscription;
use super::sync;
use super::variables::InputTypes;
use crate::{entities, processes};

/// The schema's type.
pub type Schema = async_graphql::Schema<EntityQuery<Mostrador>, Mutation, Subscription>;

/// Names our model to the engine's roots.
pub struct Mostrador;

impl EntitySchema for Mostrador {
    fn model() -> &'static Model {
        static MODEL: OnceLock<&'static Model> = OnceLock::new();
        MODEL.get_or_init(|| {
            let queries = [&sync::QUERIES[..], &entities::queries()].concat();
            match Model::link_with(&processes::ALL, &entities::all(), &entities::verbs(), &queries) {
                Ok(model) => model,
                // The declarations are part of the program; the test suite links them, so this is never met by a user.
                #[expect(clippy::panic, reason = "a program with contradictory declarations cannot run")]
                Err(error) => panic!("the entity declarations contradict each other: {error}"),
            }
        })
    }
}

/// The schema, ready to execute.
pub fn build() -> Schema {
    async_graphql::Schema::build(EntityQuery::default(), Mutation::default(), Subscription)
        // Documents come parsed, with limits of our own already applied.
        .disable_suggestions()
        .finish()
}

/// All that async-graphql knows of the schema, the types of introspection included, which it keeps to itself and shows
/// only to resolvers.
pub(super) fn env() -> SchemaEnv {
    let seen = Arc::new(OnceLock::new());
    let probe = async_graphql::Schema::new(Probe(Arc::clone(&seen)), Mutation::default(), Subscription);
    // Nothing in it waits, so one poll is enough.
    let done = probe.execute("{ viewer { __typename } }").now_or_never();
    #[expect(clippy::panic, reason = "whatever the schema, a resolver is given its surroundings")]
    seen.get().cloned().unwrap_or_else(|| panic!("the schema was not shown: {done:?}"))
}

/// A query root that remembers what it was shown.
struct Probe(Arc<OnceLock<SchemaEnv>>);

impl OutputType for Probe {
    fn type_name() -> Cow<'static, str> {
        EntityQuery::<Mostrador>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        EntityQuery::<Mostrador>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolver_utils::resolve_container(ctx, self).await
    }
}

impl ContainerType for Probe {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        self.0.get_or_init(|| ctx.schema_env.clone());
        Ok(None)
    }
}

impl ObjectType for Probe {}

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
        <Subscription as SubscriptionType>::create_type_info(&mut registry);
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
