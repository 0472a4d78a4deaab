//! How long the answer to an introspection would be, found out before any of it is made.
//!
//! Types lead to fields and fields to types, so `types { fields { type { fields { …` grows severalfold with every
//! level, and nobody needs a token to ask for it. No limit of the document alone tells it from what GraphiQL asks, which
//! is deep as well. So the schema is walked as async-graphql would walk it, but only lengths are added up, and the walk
//! ends where the limit is passed: what is refused costs less than what is allowed.

use std::collections::HashMap;
use std::sync::OnceLock;

use async_graphql::parser::types::{FragmentDefinition, Selection, SelectionSet};
use async_graphql::registry::{
    MetaDirective, MetaEnumValue, MetaField, MetaInputValue, MetaType, MetaTypeName, Registry,
};
use async_graphql::{Name, Pos, Positioned, ServerError, Value};
use entity::plan::coded;
use entity::plan::collect::Document;

use super::schema;

/// Most bytes of JSON that an introspection may answer with. What GraphiQL and code generators ask takes 3.8 MB; a test
/// says so when the schema has outgrown this.
const MAX_BYTES: usize = 10 << 20;

/// What each `__schema` and each `__type` costs beside its answer, because async-graphql goes through the whole schema
/// for it.
const ROOT_BYTES: usize = 100_000;

/// Checks the introspection of an operation; directives are not looked at: a field that is skipped counts.
///
/// # Errors
/// `COST_LIMIT` at the field with which the answer became too long.
pub(super) fn check(document: Document<'_>) -> Result<(), ServerError> {
    within(document, MAX_BYTES).map(|_| ())
}

/// The bytes of an operation's introspection, unless they are more than `limit`.
fn within(document: Document<'_>, limit: usize) -> Result<usize, ServerError> {
    let selections = &document.operation.node.selection_set.node;
    let mut walk = Walk { fragments: document.fragments, registry: None, bytes: 0, limit };
    walk.root(document, selections).map_err(|position| {
        let message = format!(
            "The answer to this introspection would be longer than {} MB. Ask for less at a time, for one type by \
             __type(name: …).",
            limit >> 20
        );
        coded("COST_LIMIT", message, Some(position))
    })?;
    Ok(walk.bytes)
}

/// Something that can be introspected.
#[derive(Clone, Copy)]
enum Node<'r> {
    Schema,
    /// A type as it stands in a declaration: `[Contact!]!`.
    Type(&'r str),
    Field(&'r MetaField),
    Input(&'r MetaInputValue),
    EnumValue(&'r MetaEnumValue),
    Directive(&'r MetaDirective),
}

/// The answer to one field of a node.
enum Found<'r> {
    Null,
    /// A text, or any other value of so many bytes.
    Text(usize),
    One(Node<'r>),
    Many(Vec<Node<'r>>),
}

struct Walk<'d> {
    fragments: &'d HashMap<Name, Positioned<FragmentDefinition>>,
    /// Looked for at the first field that needs it: most operations have none.
    registry: Option<&'static Registry>,
    bytes: usize,
    limit: usize,
}

impl<'d> Walk<'d> {
    fn add(&mut self, bytes: usize, at: Pos) -> Result<(), Pos> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limit { Err(at) } else { Ok(()) }
    }

    fn fragment(&self, name: &Name) -> Option<&'d SelectionSet> {
        self.fragments.get(name).map(|fragment| &fragment.node.selection_set.node)
    }

    fn root(&mut self, document: Document<'d>, selections: &'d SelectionSet) -> Result<(), Pos> {
        for item in &selections.items {
            let field = match &item.node {
                Selection::Field(field) => &field.node,
                Selection::InlineFragment(fragment) => {
                    self.root(document, &fragment.node.selection_set.node)?;
                    continue;
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(selections) = self.fragment(&spread.node.fragment_name.node) {
                        self.root(document, selections)?;
                    }
                    continue;
                }
            };
            let name = field.name.node.as_str();
            if !matches!(name, "__schema" | "__type") {
                continue;
            }
            let registry = *self.registry.get_or_insert_with(registry);
            self.add(ROOT_BYTES, item.pos)?;
            let node = match document.argument(field, "name") {
                _ if name == "__schema" => Some(Node::Schema),
                Some(Value::String(name)) => registry.types.get(&name).map(|ty| Node::Type(ty.name())),
                _ => None,
            };
            if let Some(node) = node {
                self.selection(registry, &field.selection_set.node, node)?;
            }
        }
        Ok(())
    }

    fn selection(
        &mut self,
        registry: &'static Registry,
        set: &'d SelectionSet,
        node: Node<'static>,
    ) -> Result<(), Pos> {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    // The key in quotes, a colon and a comma.
                    self.add(field.response_key().node.len() + 4, item.pos)?;
                    match node.find(registry, field.name.node.as_str()) {
                        Found::Null => self.add("null".len(), item.pos)?,
                        Found::Text(bytes) => self.add(bytes, item.pos)?,
                        Found::One(node) => {
                            self.add("{}".len(), item.pos)?;
                            self.selection(registry, &field.selection_set.node, node)?;
                        }
                        Found::Many(nodes) => {
                            self.add("[]".len(), item.pos)?;
                            for node in nodes {
                                self.add("{},".len(), item.pos)?;
                                self.selection(registry, &field.selection_set.node, node)?;
                            }
                        }
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.selection(registry, &fragment.node.selection_set.node, node)?;
                }
                // Cycles were refused when the document was measured.
                Selection::FragmentSpread(spread) => {
                    if let Some(selections) = self.fragment(&spread.node.fragment_name.node) {
                        self.selection(registry, selections, node)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Node<'static> {
    fn find(self, registry: &'static Registry, field: &str) -> Found<'static> {
        if field == "__typename" {
            return Found::Text("\"__InputValue\"".len());
        }
        match self {
            Self::Schema => of_schema(registry, field),
            Self::Type(ty) => match MetaTypeName::create(ty) {
                MetaTypeName::Named(name) => {
                    registry.types.get(name).map_or(Found::Null, |ty| of_type(registry, ty, field))
                }
                MetaTypeName::List(inner) | MetaTypeName::NonNull(inner) => match field {
                    "ofType" => Found::One(Self::Type(inner)),
                    "kind" => Found::Text("\"NON_NULL\"".len()),
                    _ => Found::Null,
                },
            },
            Self::Field(meta) => match field {
                "type" => Found::One(Self::Type(&meta.ty)),
                "args" => Found::Many(meta.args.values().map(Self::Input).collect()),
                "deprecationReason" => text(meta.deprecation.reason()),
                _ => of_any(&meta.name, meta.description.as_deref(), field),
            },
            Self::Input(meta) => match field {
                "type" => Found::One(Self::Type(&meta.ty)),
                "defaultValue" => text(meta.default_value.as_deref()),
                "deprecationReason" => text(meta.deprecation.reason()),
                _ => of_any(&meta.name, meta.description.as_deref(), field),
            },
            Self::EnumValue(meta) => match field {
                "deprecationReason" => text(meta.deprecation.reason()),
                _ => of_any(&meta.name, meta.description.as_deref(), field),
            },
            Self::Directive(meta) => match field {
                "args" => Found::Many(meta.args.values().map(Self::Input).collect()),
                "locations" => Found::Text(meta.locations.len() * "\"VARIABLE_DEFINITION\",".len()),
                _ => of_any(&meta.name, meta.description.as_deref(), field),
            },
        }
    }
}

fn of_schema(registry: &'static Registry, field: &str) -> Found<'static> {
    let named = |name: Option<&'static String>| name.map_or(Found::Null, |name| Found::One(Node::Type(name)));
    match field {
        "types" => Found::Many(registry.types.values().map(|ty| Node::Type(ty.name())).collect()),
        "queryType" => named(Some(&registry.query_type)),
        "mutationType" => named(registry.mutation_type.as_ref()),
        "subscriptionType" => named(registry.subscription_type.as_ref()),
        "directives" => Found::Many(registry.directives.values().map(Node::Directive).collect()),
        // Its description, a few lines.
        _ => Found::Text(256),
    }
}

fn of_type(registry: &'static Registry, ty: &'static MetaType, field: &str) -> Found<'static> {
    let description = match ty {
        MetaType::Scalar { description, .. }
        | MetaType::Object { description, .. }
        | MetaType::Interface { description, .. }
        | MetaType::Union { description, .. }
        | MetaType::Enum { description, .. }
        | MetaType::InputObject { description, .. } => description.as_deref(),
    };
    match (field, ty) {
        ("fields", _) => match ty.fields() {
            Some(fields) => Found::Many(fields.values().map(Node::Field).collect()),
            None => Found::Null,
        },
        ("interfaces", MetaType::Object { name, .. }) => {
            let interfaces = registry.implements.get(name).into_iter().flatten();
            Found::Many(interfaces.map(|name| Node::Type(name)).collect())
        }
        ("possibleTypes", MetaType::Interface { possible_types, .. } | MetaType::Union { possible_types, .. }) => {
            Found::Many(possible_types.iter().map(|name| Node::Type(name)).collect())
        }
        ("enumValues", MetaType::Enum { enum_values, .. }) => {
            Found::Many(enum_values.values().map(Node::EnumValue).collect())
        }
        ("inputFields", MetaType::InputObject { input_fields, .. }) => {
            Found::Many(input_fields.values().map(Node::Input).collect())
        }
        ("kind", _) => Found::Text("\"INPUT_OBJECT\"".len()),
        ("specifiedByURL", MetaType::Scalar { specified_by_url, .. }) => text(specified_by_url.as_deref()),
        ("interfaces" | "possibleTypes" | "enumValues" | "inputFields" | "ofType" | "specifiedByURL", _) => Found::Null,
        _ => of_any(ty.name(), description, field),
    }
}

/// What all have, and the truth values.
fn of_any(name: &str, description: Option<&str>, field: &str) -> Found<'static> {
    match field {
        "name" => text(Some(name)),
        "description" => text(description),
        _ => Found::Text("false".len()),
    }
}

fn text(text: Option<&str>) -> Found<'static> {
    let is_escaped = |byte: &u8| matches!(byte, b'"' | b'\\' | b'\n' | b'\t');
    text.map_or(Found::Null, |text| Found::Text(text.len() + text.bytes().filter(|byte| is_escaped(byte)).count() + 2))
}

/// The registry of the schema, with the types of introspection, which no `create_type_info` of ours makes.
fn registry() -> &'static Registry {
    static ENV: OnceLock<async_graphql::SchemaEnv> = OnceLock::new();
    &ENV.get_or_init(schema::env).registry
}

#[cfg(test)]
mod tests;
