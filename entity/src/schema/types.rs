//! Short forms for async-graphql's registry records.

use async_graphql::registry::{MetaEnumValue, MetaField, MetaInputValue, MetaType, Registry};
use indexmap::{IndexMap, IndexSet};

pub(crate) fn field(name: &str, ty: impl Into<String>, doc: &str) -> MetaField {
    let mut field = MetaField::new(name, ty);
    field.description = Some(doc.to_owned());
    field
}

pub(super) fn with_args(mut field: MetaField, args: impl IntoIterator<Item = MetaInputValue>) -> MetaField {
    field.args = args.into_iter().map(|arg| (arg.name.clone(), arg)).collect();
    field
}

pub(super) fn input(name: &str, ty: impl Into<String>, doc: &str) -> MetaInputValue {
    let mut value = MetaInputValue::new(name, ty);
    value.description = Some(doc.to_owned());
    value
}

pub(super) fn with_default(mut value: MetaInputValue, default: &str) -> MetaInputValue {
    value.default_value = Some(default.to_owned());
    value
}

pub(crate) fn object(registry: &mut Registry, name: &str, doc: &str, fields: impl IntoIterator<Item = MetaField>) {
    let fields: IndexMap<String, MetaField> = fields.into_iter().map(|field| (field.name.clone(), field)).collect();
    let ty = MetaType::Object {
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
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    };
    registry.types.insert(name.to_owned(), ty);
}

pub(super) fn input_object(
    registry: &mut Registry,
    name: &str,
    doc: &str,
    fields: impl IntoIterator<Item = MetaInputValue>,
) {
    let ty = MetaType::InputObject {
        name: name.to_owned(),
        description: Some(doc.to_owned()),
        input_fields: fields.into_iter().map(|field| (field.name.clone(), field)).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        oneof: false,
        directive_invocations: Vec::new(),
    };
    registry.types.insert(name.to_owned(), ty);
}

pub(super) fn choice<'a>(
    registry: &mut Registry,
    name: &str,
    doc: &str,
    values: impl IntoIterator<Item = (&'a str, &'a str)>,
) {
    let enum_values = values
        .into_iter()
        .map(|(value, doc)| {
            let mut meta = MetaEnumValue::new(value);
            meta.description = (!doc.is_empty()).then(|| doc.to_owned());
            (value.to_owned(), meta)
        })
        .collect();
    let ty = MetaType::Enum {
        name: name.to_owned(),
        description: Some(doc.to_owned()),
        enum_values,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    };
    registry.types.insert(name.to_owned(), ty);
}

pub(super) fn interface(
    registry: &mut Registry,
    name: &str,
    doc: &str,
    fields: impl IntoIterator<Item = MetaField>,
    possible: IndexSet<String>,
) {
    let ty = MetaType::Interface {
        name: name.to_owned(),
        description: Some(doc.to_owned()),
        fields: fields.into_iter().map(|field| (field.name.clone(), field)).collect(),
        possible_types: possible,
        extends: false,
        keys: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    };
    registry.types.insert(name.to_owned(), ty);
}

pub(crate) fn union(registry: &mut Registry, name: &str, doc: &str, possible: IndexSet<String>) {
    let ty = MetaType::Union {
        name: name.to_owned(),
        description: Some(doc.to_owned()),
        possible_types: possible,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: None,
        directive_invocations: Vec::new(),
    };
    registry.types.insert(name.to_owned(), ty);
}

/// `Contact` or `Contact!`.
pub(super) fn nullable(name: &str, nullable: bool) -> String {
    if nullable { name.to_owned() } else { format!("{name}!") }
}
