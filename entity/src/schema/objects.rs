//! Object types of entities, their connections, filters and orders, and the root queries.

use async_graphql::registry::{MetaField, MetaInputValue, Registry};
use indexmap::IndexMap;

use super::access::{abilities_field, argument_requires, field_requires, type_requires};
use super::scalars::filter_name;
use super::types::{choice, field, input, input_object, interface, nullable, object, union, with_args, with_default};
use crate::declare::{FieldDecl, UnionDecl};
use crate::model::{EntityModel, Member, Model, RootQuery, ScalarMember, maybe_unseen, words};
use crate::plan::order::enum_name;

pub(super) fn register(model: &Model, registry: &mut Registry) {
    let names = model.entities().iter().map(|entity| entity.decl.name.to_owned()).collect();
    let id = field("id", "ID!", "Global ID, which names the type.");
    interface(registry, "Node", "Anything with a global ID.", [id], names);
    object(
        registry,
        "PageInfo",
        "Where a page stands in its list.",
        [
            field("hasNextPage", "Boolean!", "Whether rows follow this page. With `last`: whether `before` was given."),
            field(
                "hasPreviousPage",
                "Boolean!",
                "Whether rows precede this page. With `first`: whether `after` was given.",
            ),
            field("startCursor", "String", "Cursor of the first row; null on an empty page."),
            field("endCursor", "String", "Cursor of the last row; null on an empty page."),
        ],
    );
    let directions = [("ASC", "Smallest first."), ("DESC", "Largest first.")];
    choice(registry, "OrderDirection", "Which way a list runs.", directions);
    let nulls = [("FIRST", "Before all values."), ("LAST", "After all values.")];
    choice(registry, "NullsOrder", "Where rows without a value stand.", nulls);
    object(
        registry,
        "Viewer",
        "Who is asking.",
        [
            field("user", "User!", "The signed-in user."),
            field("tenant", "Tenant!", "The business the user works for."),
            field(
                "permissions",
                "[ViewerPermission!]!",
                "Everything that the viewer may do, in order of the codes. What follows from a grant is listed as well.",
            ),
        ],
    );
    for entity in model.entities() {
        entity_types(model, entity, registry);
    }
}

fn entity_types(model: &Model, entity: &EntityModel, registry: &mut Registry) {
    let name = entity.decl.name;
    let fields = entity.members.iter().map(|(key, member)| member_field(model, key, member));
    object(registry, name, entity.decl.doc, fields.chain(abilities_field(entity)));
    type_requires(registry, name, entity.decl.needs.read);
    registry.add_implements(name, "Node");
    for made in entity.decl.fields.iter().filter_map(|field| field.object) {
        let fields =
            made.fields.iter().map(|(name, doc, ty)| field(name, nullable(&ty.kind.type_text(), ty.nullable), doc));
        object(registry, made.name, made.doc, fields);
    }
    for declared in entity.decl.unions {
        union_type(model, entity, declared, registry);
    }
    let edge = [
        field("cursor", "String!", "Where this row stands; give it as `after` or `before`."),
        field("node", format!("{name}!"), "The row."),
    ];
    object(registry, &format!("{name}Edge"), &format!("A {} in a list.", words(name)), edge);
    let connection = [
        field("edges", format!("[{name}Edge!]!"), "The rows of this page, each with its cursor."),
        field("nodes", format!("[{name}!]!"), "The rows of this page."),
        field("pageInfo", "PageInfo!", "Where the page stands in the list."),
        field("totalCount", "Int!", "Number of rows that match the filter, on all pages. Counted only when selected."),
    ];
    object(
        registry,
        &format!("{name}Connection"),
        &format!("A page of a list of {}.", words(entity.decl.plural)),
        connection,
    );
    filter_type(model, entity, registry);
    order_types(entity, registry);
}

fn member_field(model: &Model, key: &str, member: &Member) -> MetaField {
    match member {
        Member::Scalar(ScalarMember { late: Some(FieldDecl { object: Some(made), .. }), ty, doc, .. }) => {
            let text = if made.is_list { format!("[{}!]", made.name) } else { made.name.to_owned() };
            field(key, nullable(&text, ty.nullable), doc)
        }
        Member::Scalar(scalar) => field(key, nullable(&scalar.ty.kind.type_text(), scalar.ty.nullable), scalar.doc),
        Member::One(one) => {
            let target = model.entity(one.target).decl;
            let ty = nullable(target.name, one.nullable);
            if target.writable.is_some() { field(key, ty, &maybe_unseen(one.doc)) } else { field(key, ty, one.doc) }
        }
        Member::Many(many) => connection_field(key, model.entity(many.target), many.doc),
        Member::Union(union) => field(key, nullable(union.type_name, union.nullable), union.doc),
    }
}

fn union_type(model: &Model, entity: &EntityModel, declared: &UnionDecl, registry: &mut Registry) {
    let possible = declared
        .branches
        .iter()
        .filter_map(|branch| {
            branch.path.iter().try_fold(entity, |at, step| match at.members.get(step) {
                Some(Member::One(one)) => Some(model.entity(one.target)),
                _ => None,
            })
        })
        .map(|target| target.decl.name.to_owned())
        .collect();
    union(registry, declared.type_name, declared.doc, possible);
}

/// A connection field with its arguments.
fn connection_field(name: &str, target: &EntityModel, doc: &str) -> MetaField {
    let ty = target.decl.name;
    let mut args = vec![
        input("filter", format!("{ty}Filter"), "Conditions on the rows."),
        input("orderBy", format!("[{ty}Order!]"), &order_doc(target)),
        input(
            "first",
            "Int",
            "Number of rows from the start, 250 at most; 25 when neither `first` nor `last` is given.",
        ),
        input("after", "String", "Start behind this cursor."),
        input("last", "Int", "Number of rows from the end, 250 at most."),
        input("before", "String", "End before this cursor."),
    ];
    args.extend(include_deleted(target));
    with_args(field(name, format!("{ty}Connection!"), doc), args)
}

fn order_doc(target: &EntityModel) -> String {
    let usual = target
        .decl
        .order_by
        .iter()
        .map(|(name, descending)| format!("{} {}", enum_name(name), if *descending { "DESC" } else { "ASC" }));
    let usual = usual.collect::<Vec<_>>().join(", ");
    let usual = if usual.is_empty() { "order of creation".to_owned() } else { format!("the order {usual}") };
    format!("Sort keys, the most important first. Without any, rows come in {usual}.")
}

fn include_deleted(target: &EntityModel) -> Option<MetaInputValue> {
    target
        .decl
        .soft_delete
        .then(|| with_default(input("includeDeleted", "Boolean", "Also show rows that were deleted."), "false"))
        .map(|argument| argument_requires(argument, target.decl.needs.include_deleted))
}

fn filter_type(model: &Model, entity: &EntityModel, registry: &mut Registry) {
    let name = entity.decl.name;
    let own = format!("{name}Filter");
    let mut fields = vec![
        input("and", format!("[{own}!]"), "All of these hold."),
        input("or", format!("[{own}!]"), "At least one of these holds; an empty list matches nothing."),
        input("not", own.clone(), "This does not hold."),
    ];
    for (key, member) in &entity.members {
        match member {
            Member::Scalar(scalar) if scalar.filter => fields.push(input(key, filter_name(scalar.ty.kind), scalar.doc)),
            Member::One(one) if !model.entity(one.target).decl.global => {
                let doc = format!("There is such a row, and this holds for it. {}", one.doc);
                fields.push(input(key, format!("{}Filter", model.entity(one.target).decl.name), &doc));
            }
            Member::Many(many) => {
                let target = model.entity(many.target).decl.name;
                fields.push(input(key, format!("{target}ListFilter"), many.doc));
            }
            _ => {}
        }
    }
    input_object(registry, &own, &format!("Conditions on a {}. All that are given must hold.", words(name)), fields);
    let list = [
        input("some", own.clone(), "At least one row matches."),
        input("none", own.clone(), "No row matches."),
        input("every", own.clone(), "All rows match, or there are none."),
    ];
    let doc = format!("Conditions on the related {}; deleted rows do not count.", words(entity.decl.plural));
    input_object(registry, &format!("{name}ListFilter"), &doc, list);
}

fn order_types(entity: &EntityModel, registry: &mut Registry) {
    let name = entity.decl.name;
    let sortable: Vec<(String, &str)> =
        entity.scalars().filter(|member| member.order).map(|member| (enum_name(member.name), member.doc)).collect();
    let values = sortable.iter().map(|(value, doc)| (value.as_str(), *doc));
    choice(
        registry,
        &format!("{name}OrderField"),
        &format!("What a list of {} can be ordered by.", words(entity.decl.plural)),
        values,
    );
    let fields = [
        input("field", format!("{name}OrderField!"), "The sort key."),
        with_default(input("direction", "OrderDirection!", "Which way."), "ASC"),
        with_default(input("nulls", "NullsOrder!", "Where rows without a value stand."), "LAST"),
    ];
    input_object(
        registry,
        &format!("{name}Order"),
        &format!("One sort key of a list of {}.", words(entity.decl.plural)),
        fields,
    );
}

pub(super) fn query_fields(model: &Model) -> IndexMap<String, MetaField> {
    let fields = model.queries.iter().map(|(name, root)| {
        let meta = match root {
            RootQuery::ById(index) => {
                let entity = model.entity(*index);
                let doc = format!(
                    "The {} with this ID; null and a NOT_FOUND error when there is none.",
                    words(entity.decl.name)
                );
                let mut args = vec![input("id", "ID!", "Global ID, or a raw UUID.")];
                args.extend(include_deleted(entity));
                field_requires(with_args(field(name, entity.decl.name, &doc), args), entity.decl.needs.read)
            }
            RootQuery::List(index) => {
                let entity = model.entity(*index);
                let doc = format!("The {} of your business.", words(entity.decl.plural));
                field_requires(connection_field(name, entity, &doc), entity.decl.needs.read)
            }
            RootQuery::Node => with_args(
                field(
                    name,
                    "Node",
                    "The object with this ID, of whatever type; null and a NOT_FOUND error when there is none.",
                ),
                [input("id", "ID!", "Global ID.")],
            ),
            RootQuery::Nodes => with_args(
                field(name, "[Node]!", "The objects with these IDs, in the same order; null where there is none."),
                [input("ids", "[ID!]!", "Global IDs, 250 at most.")],
            ),
            RootQuery::Viewer => field(name, "Viewer!", "Who is asking."),
            RootQuery::Made(query) => with_args(
                field(name, query.ty, query.doc),
                query.arguments.iter().map(|argument| match argument.default {
                    Some(default) => with_default(input(argument.name, argument.ty, argument.doc), default),
                    None => input(argument.name, argument.ty, argument.doc),
                }),
            ),
        };
        (name.clone(), meta)
    });
    fields.collect()
}
