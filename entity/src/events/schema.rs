//! The GraphQL types of events.

use async_graphql::registry::{MetaField, Registry};

use super::{EventRoot, EventType, EventUnion, FieldOf, Presence};
use crate::schema::types::{field, object, union};

/// Adds the types that a root field gives, and those inside them. Types that are there already stay as they are.
pub fn register(root: &EventRoot, registry: &mut Registry) {
    match root {
        EventRoot::Union(of) => union_type(of, registry),
        EventRoot::Object(ty) => object_type(ty, registry),
        // Entities are there.
        EventRoot::Row(_) => {}
    }
}

/// Adds a union with its members.
pub fn union_type(of: &EventUnion, registry: &mut Registry) {
    if registry.types.contains_key(of.name) {
        return;
    }
    union(registry, of.name, of.doc, of.members.iter().map(|ty| ty.name.to_owned()).collect());
    for member in of.members {
        object_type(member, registry);
    }
}

/// Adds an object type.
pub fn object_type(ty: &EventType, registry: &mut Registry) {
    if registry.types.contains_key(ty.name) {
        return;
    }
    let fields: Vec<MetaField> =
        ty.fields.iter().map(|known| field(known.name, type_of(known.ty), known.doc)).collect();
    object(registry, ty.name, ty.doc, fields);
    for inner in ty.fields {
        if let FieldOf::Object(inner, _) | FieldOf::Objects(inner) = inner.ty {
            object_type(inner, registry);
        }
    }
}

fn type_of(ty: FieldOf) -> String {
    let present = |name: &str, presence| match presence {
        Presence::Required => format!("{name}!"),
        Presence::Optional => name.to_owned(),
    };
    match ty {
        FieldOf::Leaf(ty) => ty.to_owned(),
        FieldOf::Row(name, presence) => present(name, presence),
        FieldOf::Node => "Node".to_owned(),
        FieldOf::Object(of, presence) => present(of.name, presence),
        FieldOf::Objects(of) => format!("[{}!]!", of.name),
    }
}
