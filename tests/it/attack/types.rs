//! The schema as a client sees it: by introspection.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::app::TestClient;

/// All types by name.
pub(super) struct Types(BTreeMap<String, Type>);

/// One type.
pub(super) struct Type {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Fields of an object, in order.
    pub(super) fields: Vec<Field>,
    /// Fields of an input object.
    pub(super) inputs: Vec<Input>,
    /// Values of an enum.
    pub(super) values: Vec<String>,
    /// Objects that a union or interface can be.
    possible: Vec<String>,
    interfaces: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Enum,
    Object,
    Input,
    Abstract,
}

/// A field of an object.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) args: Vec<Input>,
    pub(super) ty: Ref,
}

/// An argument, or a field of an input object.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) ty: Ref,
}

/// The use of a type: `[ID!]!`.
#[derive(Debug, Clone)]
pub(super) struct Ref {
    /// The type without its wrappers.
    pub(super) name: String,
    /// As it is written.
    pub(super) text: String,
    pub(super) is_list: bool,
}

impl Ref {
    pub(super) fn is_required(&self) -> bool {
        self.text.ends_with('!')
    }
}

const QUERY: &str = "{ __schema { types { kind name interfaces { name } possibleTypes { name }
    fields(includeDeprecated: true) { name type { ...T } args { name type { ...T } } }
    inputFields { name type { ...T } } enumValues(includeDeprecated: true) { name } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

impl Types {
    pub(super) async fn read(client: &TestClient) -> Self {
        let answer = client.data(QUERY, json!({})).await;
        let types = list(&answer["__schema"]["types"]).map(read_type);
        Self(types.filter(|ty| !ty.name.starts_with("__")).map(|ty| (ty.name.clone(), ty)).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&Type> {
        self.0.get(name)
    }

    pub(super) fn of(&self, name: &str) -> &Type {
        self.0.get(name).unwrap_or_else(|| panic!("there is no type {name}"))
    }

    /// Objects with an ID: the entities.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Type> {
        self.0.values().filter(|ty| ty.is_node())
    }

    /// The root query of a list of this type.
    pub(super) fn list_of(&self, node: &str) -> Option<&Field> {
        let connection = format!("{node}Connection");
        self.of("Query").fields.iter().find(|field| field.ty.name == connection)
    }

    /// The root query of one object of this type.
    pub(super) fn by_id_of(&self, node: &str) -> Option<&Field> {
        let fields = &self.of("Query").fields;
        fields.iter().find(|field| field.ty.name == node && field.args.iter().any(|arg| arg.name == "id"))
    }

    /// The entity in a connection.
    pub(super) fn in_connection(&self, ty: &str) -> Option<&Type> {
        self.get(ty.strip_suffix("Connection")?).filter(|ty| ty.is_node())
    }

    /// Everything of an object, and of what it leads to as many steps as `depth` says.
    pub(super) fn selection(&self, ty: &Type, depth: usize) -> String {
        let mut out = String::new();
        for field in &ty.fields {
            if let Some(selected) = self.field(field, depth) {
                out.push_str(&selected);
                out.push(' ');
            }
        }
        out
    }

    fn field(&self, field: &Field, depth: usize) -> Option<String> {
        let ty = self.of(&field.ty.name);
        let name = &field.name;
        match ty.kind {
            Kind::Scalar | Kind::Enum => Some(name.clone()),
            Kind::Abstract => {
                let parts = ty.possible.iter().map(|possible| format!("... on {possible} {{ id }} "));
                Some(format!("{name} {{ __typename {} }}", parts.collect::<String>()))
            }
            Kind::Object if ty.is_node() => {
                (depth > 0).then(|| format!("{name} {{ {} }}", self.selection(ty, depth - 1)))
            }
            Kind::Object => match self.in_connection(&ty.name) {
                Some(node) => (depth > 0).then(|| {
                    let inner = self.selection(node, depth - 1);
                    let info = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
                    format!(
                        "{name}(first: 4) {{ totalCount {info} edges {{ cursor node {{ id }} }} nodes {{ {inner} }} }}"
                    )
                }),
                None => Some(format!("{name} {{ {} }}", self.selection(ty, depth))),
            },
            Kind::Input => None,
        }
    }

    /// The plain values of an object.
    pub(super) fn leaves(&self, ty: &Type) -> String {
        let is_leaf = |field: &&Field| matches!(self.of(&field.ty.name).kind, Kind::Scalar | Kind::Enum);
        ty.fields.iter().filter(is_leaf).map(|field| format!("{} ", field.name)).collect()
    }
}

impl Type {
    pub(super) fn is_node(&self) -> bool {
        self.interfaces.iter().any(|interface| interface == "Node")
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub(super) fn possible(&self) -> &[String] {
        &self.possible
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn read_type(value: &Value) -> Type {
    let kind = match value["kind"].as_str().unwrap() {
        "SCALAR" => Kind::Scalar,
        "ENUM" => Kind::Enum,
        "OBJECT" => Kind::Object,
        "INPUT_OBJECT" => Kind::Input,
        _ => Kind::Abstract,
    };
    let input = |input: &Value| Input { name: text(&input["name"]), ty: read_ref(&input["type"]) };
    let field = |field: &Value| Field {
        name: text(&field["name"]),
        args: list(&field["args"]).map(input).collect(),
        ty: read_ref(&field["type"]),
    };
    let names = |key: &str| list(&value[key]).map(|item| text(&item["name"])).collect();
    Type {
        name: text(&value["name"]),
        kind,
        fields: list(&value["fields"]).map(field).collect(),
        inputs: list(&value["inputFields"]).map(input).collect(),
        values: names("enumValues"),
        possible: names("possibleTypes"),
        interfaces: names("interfaces"),
    }
}

fn read_ref(value: &Value) -> Ref {
    let inner = || read_ref(&value["ofType"]);
    match value["kind"].as_str().unwrap() {
        "NON_NULL" => Ref { text: format!("{}!", inner().text), ..inner() },
        "LIST" => Ref { text: format!("[{}]", inner().text), is_list: true, ..inner() },
        _ => Ref { name: text(&value["name"]), text: text(&value["name"]), is_list: false },
    }
}
