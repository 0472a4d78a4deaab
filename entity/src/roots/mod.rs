//! The query and mutation roots: where async-graphql hands a field over to the engine.
//!
//! async-graphql parses, validates and resolves the root; below a root field the engine answers by itself, with
//! finished JSON. Fields that share a response key are merged here, because the JSON cannot be merged afterwards.
//!
//! A root field of a request is a `place`; below it are `reads`, `writes`, the `viewer`, and what the program has `made`.

mod made;
mod place;
mod reads;
mod viewer;
mod writes;

use std::any::Any;
use std::borrow::Cow;
use std::marker::PhantomData;

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaType, MetaTypeId, Registry};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerError, ServerResult, Value,
    resolver_utils,
};
use futures_util::future::BoxFuture;
use indexmap::IndexMap;
use uuid::Uuid;

pub use self::made::{MadeAnswer, MadeArgument, MadeField, MadeQuery};
use self::place::Place;
pub use self::place::{Answered, code_and_sentence};
use self::reads::query_field;
pub use self::reads::{Executed, execute_query};
pub use self::writes::WriteJob;
use self::writes::mutation_field;
use crate::access::Rights;
use crate::answer::Answer;
use crate::database::{DbError, Statements};
use crate::model::Model;
use crate::plan::Paging;
use crate::run::Lender;
use crate::schema;

/// Gives the roots their model; async-graphql asks types, not values, for their schema.
pub trait Schema: Send + Sync + 'static {
    /// The linked model.
    fn model() -> &'static Model;
}

/// What a request brings along; put into the request's data as `Arc<dyn Session>`.
pub trait Session: Send + Sync {
    /// The tenant.
    fn tenant(&self) -> Uuid;
    /// The user.
    fn user(&self) -> Uuid;
    /// Whether a root field may be asked for at all: who is not signed in may ask for few.
    fn answers(&self, _root: &str) -> bool {
        true
    }
    /// Whether the user is one of another tenant and only acts in this one.
    fn is_guest(&self) -> bool {
        false
    }
    /// What the user may do.
    fn rights(&self) -> Rights;
    /// Page sizes.
    fn paging(&self) -> Paging;
    /// What root fields of the program's own need.
    fn services(&self) -> &(dyn Any + Send + Sync) {
        &()
    }
    /// What late fields need, and who hears which sensitive rows are read.
    fn lender(&self) -> &dyn Lender {
        &()
    }
    /// The snapshot that all reads of the operation share.
    fn reads(&self) -> &dyn Statements;
    /// Runs a write in a transaction of its own, to its end even when the caller goes away.
    fn write(&self, job: WriteJob) -> BoxFuture<'_, Result<Answer, DbError>>;
    /// Is told of a refusal that the client finds in a payload and not among the errors of the answer.
    fn refused(&self, _error: ServerError) {}
}

/// The query root of a model.
pub struct EntityQuery<S>(PhantomData<S>);

/// The mutation root of a model.
pub struct EntityMutation<S>(PhantomData<S>);

impl<S> Default for EntityQuery<S> {
    fn default() -> Self {
        Self(PhantomData)
    }
}
impl<S> Default for EntityMutation<S> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

fn root_type(
    name: &str,
    doc: &str,
    fields: IndexMap<String, async_graphql::registry::MetaField>,
    rust: &'static str,
) -> MetaType {
    MetaType::Object {
        name: name.to_owned(),
        description: Some(doc.to_owned()),
        fields,
        cache_control: Default::default(),
        extends: false,
        shareable: false,
        resolvable: true,
        keys: None,
        visible: None,
        inaccessible: false,
        interface_object: false,
        tags: Vec::new(),
        is_subscription: false,
        rust_typename: Some(rust),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

macro_rules! root {
    ($root:ident, $name:literal, $doc:literal, $known:ident, $fields:path, $resolve:path, $run:path) => {
        impl<S: Schema> OutputType for $root<S> {
            fn type_name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }

            fn create_type_info(registry: &mut Registry) -> String {
                registry.create_output_type::<Self, _>(MetaTypeId::Object, |registry| {
                    schema::register(S::model(), registry);
                    root_type($name, $doc, $fields(S::model()), std::any::type_name::<Self>())
                })
            }

            async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _field: &Positioned<Field>) -> ServerResult<Value> {
                $run(ctx, self).await
            }
        }

        impl<S: Schema> ContainerType for $root<S> {
            /// `None` for a field that is not the model's: another part of the root may know it.
            async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
                if !S::model().$known.contains_key(ctx.item.node.name.node.as_str()) {
                    return Ok(None);
                }
                let place = Place::of(ctx);
                let outcome = $resolve(S::model(), &place).await.map_err(|error| place.placed(error));
                for error in place.into_errors() {
                    ctx.add_error(error);
                }
                outcome.map(Some)
            }
        }

        impl<S: Schema> ObjectType for $root<S> {}
    };
}

root!(
    EntityQuery,
    "Query",
    "Everything that can be read.",
    queries,
    schema::query_fields,
    query_field,
    resolver_utils::resolve_container
);
root!(
    EntityMutation,
    // A part of the root `Mutation`, beside mutations that write no entity.
    "EntityMutation",
    "The mutations of the entities.",
    mutations,
    schema::mutation_fields,
    mutation_field,
    resolver_utils::resolve_container_serial
);
