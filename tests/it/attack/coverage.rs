//! What there is in the schema, and what of it the documents that were sent have used.
//!
//! Nothing reports to be covered: each document is parsed and walked with its variables, as a server would.

use std::collections::BTreeSet;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{Name, Value as Const};
use serde_json::Value;

use super::types::{Input, Kind, Ref, Types};

/// Things of the schema by name: `Contact.displayName`, `Contact.leads(filter)`, `ContactFilter.email`,
/// `ContactOrderField.EMAIL`.
pub(super) struct Coverage<'t> {
    types: &'t Types,
    all: BTreeSet<String>,
    covered: BTreeSet<String>,
}

impl<'t> Coverage<'t> {
    /// What can be read.
    pub(super) fn of_queries(types: &'t Types) -> Self {
        let mut coverage = Self { types, all: BTreeSet::new(), covered: BTreeSet::new() };
        let mut seen = BTreeSet::new();
        coverage.add_type("Query", &mut seen);
        coverage
    }

    /// What can be written: mutations, their inputs and payloads, and nothing that can be read as well.
    pub(super) fn of_mutations(types: &'t Types) -> Self {
        let read = Self::of_queries(types);
        let mut coverage = Self { types, all: BTreeSet::new(), covered: BTreeSet::new() };
        let mut seen = BTreeSet::new();
        coverage.add_type("Mutation", &mut seen);
        coverage.all.retain(|item| !read.all.contains(item));
        coverage
    }

    fn add_type(&mut self, name: &str, seen: &mut BTreeSet<String>) {
        if !seen.insert(name.to_owned()) {
            return;
        }
        let ty = self.types.of(name);
        for field in &ty.fields {
            self.all.insert(format!("{name}.{}", field.name));
            for arg in &field.args {
                self.all.insert(format!("{name}.{}({})", field.name, arg.name));
                self.add_type(&arg.ty.name, seen);
            }
            self.add_type(&field.ty.name, seen);
        }
        for input in &ty.inputs {
            self.all.insert(format!("{name}.{}", input.name));
            self.add_type(&input.ty.name, seen);
        }
        if name.ends_with("OrderField") {
            self.all.extend(ty.values.iter().map(|value| format!("{name}.{value}")));
        }
        for possible in ty.possible() {
            self.add_type(possible, seen);
        }
    }

    /// A document has been executed.
    pub(super) fn note(&mut self, query: &str, variables: &Value) {
        let document = parse_query(query).unwrap_or_else(|error| panic!("{error}: {query}"));
        for (_, operation) in document.operations.iter() {
            let root = if operation.node.ty == OperationType::Mutation { "Mutation" } else { "Query" };
            self.selections(&document, root, &operation.node.selection_set.node, variables);
        }
    }

    fn selections(&mut self, document: &ExecutableDocument, ty: &str, set: &SelectionSet, variables: &Value) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let name = field.node.name.node.as_str();
                    let Some(declared) = self.types.get(ty).and_then(|ty| ty.field(name)) else { continue };
                    self.covered.insert(format!("{ty}.{name}"));
                    for (key, value) in &field.node.arguments {
                        self.covered.insert(format!("{ty}.{name}({})", key.node));
                        let Some(arg) = declared.args.iter().find(|arg| arg.name == key.node.as_str()) else {
                            continue;
                        };
                        let value = value.node.clone().into_const_with(|name| variable(variables, &name)).unwrap();
                        self.value(&arg.ty, &value);
                    }
                    self.selections(document, &declared.ty.name, &field.node.selection_set.node, variables);
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref().map_or(ty, |on| on.node.on.node.as_str()).to_owned();
                    self.selections(document, &on, &fragment.node.selection_set.node, variables);
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &document.fragments[&spread.node.fragment_name.node].node;
                    let on = fragment.type_condition.node.on.node.to_string();
                    self.selections(document, &on, &fragment.selection_set.node, variables);
                }
            }
        }
    }

    fn value(&mut self, ty: &Ref, value: &Const) {
        let declared = self.types.of(&ty.name);
        match (value, declared.kind) {
            (Const::List(items), _) => items.iter().for_each(|item| self.value(ty, item)),
            (Const::Object(entries), Kind::Input) => {
                for Input { name, ty: inner } in &declared.inputs {
                    if let Some(value) = entries.get(name.as_str()) {
                        self.covered.insert(format!("{}.{name}", ty.name));
                        self.value(inner, value);
                    }
                }
            }
            (Const::Enum(name), Kind::Enum) => {
                self.covered.insert(format!("{}.{name}", ty.name));
            }
            (Const::String(name), Kind::Enum) => {
                self.covered.insert(format!("{}.{name}", ty.name));
            }
            _ => {}
        }
    }

    /// How much is covered, in numbers for people.
    pub(super) fn figure(&self) -> String {
        format!("{} of {}", self.all.intersection(&self.covered).count(), self.all.len())
    }

    /// What is not.
    pub(super) fn missing(&self) -> Vec<&str> {
        self.all.difference(&self.covered).map(String::as_str).collect()
    }
}

fn variable(variables: &Value, name: &Name) -> Result<Const, String> {
    let value = variables.get(name.as_str()).cloned().unwrap_or_default();
    Const::from_json(value).map_err(|error| error.to_string())
}
