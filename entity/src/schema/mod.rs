//! The GraphQL types that follow from the model, put into async-graphql's registry.
//!
//! Registered by hand instead of through derives: one generic code path serves every entity, so that one more
//! entity costs data, not compiled code.

mod access;
mod inputs;
mod objects;
mod scalars;
pub(crate) mod types;

use async_graphql::registry::{MetaField, Registry};
use indexmap::IndexMap;

use crate::model::{Model, RootQuery};

pub use access::{abilities_name, field_requires};
pub use inputs::{input_name, payload_name};

/// Adds every type of the model.
pub fn register(model: &Model, registry: &mut Registry) {
    scalars::register(model, registry);
    access::register(model, registry);
    objects::register(model, registry);
    inputs::register(model, registry);
    for root in model.queries.values() {
        if let RootQuery::Made(query) = root {
            (query.register)(model, registry);
        }
    }
}

/// The fields of the query type.
#[must_use]
pub fn query_fields(model: &Model) -> IndexMap<String, MetaField> {
    objects::query_fields(model)
}

/// The fields of the mutation type.
#[must_use]
pub fn mutation_fields(model: &Model) -> IndexMap<String, MetaField> {
    inputs::mutation_fields(model)
}
