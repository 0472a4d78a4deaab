//! Which fields of an object are selected: fragments, type conditions, `@skip`, `@include`, and merging of fields
//! with the same response key, as the GraphQL specification's CollectFields says (section 6.3.2).

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value, Variables};
use async_graphql_value::Value as AstValue;

use super::PlanError;

/// A response key with all the fields that are merged under it.
pub type Collected<'a> = Vec<(&'a Name, Vec<&'a Positioned<Field>>)>;

/// The parts of a request that selections refer to.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    /// Named fragments.
    pub fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// Values of variables.
    pub variables: &'a Variables,
    /// The operation, for the defaults of its variables.
    pub operation: &'a Positioned<OperationDefinition>,
}

impl<'a> Document<'a> {
    /// Collects the fields of the selection sets that apply to a type; `abstracts` are the interfaces and unions it
    /// belongs to, on which fragments may be written as well.
    ///
    /// # Errors
    /// An unknown fragment, which validation has already refused.
    pub fn collect(
        &self,
        type_name: &str,
        abstracts: Option<&[&str]>,
        sets: &[&'a SelectionSet],
    ) -> Result<Collected<'a>, PlanError> {
        let mut out = Vec::new();
        for set in sets {
            self.collect_into(type_name, abstracts, set, &mut out)?;
        }
        Ok(out)
    }

    fn collect_into(
        &self,
        type_name: &str,
        abstracts: Option<&[&str]>,
        set: &'a SelectionSet,
        out: &mut Collected<'a>,
    ) -> Result<(), PlanError> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    if self.skipped(&field.node.directives) {
                        continue;
                    }
                    let key = &field.node.response_key().node;
                    match out.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, fields)) => fields.push(field),
                        None => out.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let condition =
                        fragment.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    if !self.skipped(&fragment.node.directives) && applies(condition, type_name, abstracts) {
                        self.collect_into(type_name, abstracts, &fragment.node.selection_set.node, out)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if self.skipped(&spread.node.directives) {
                        continue;
                    }
                    let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) else {
                        return Err(PlanError::input(format!(
                            "There is no fragment called {}.",
                            spread.node.fragment_name.node
                        )));
                    };
                    if applies(Some(fragment.node.type_condition.node.on.node.as_str()), type_name, abstracts) {
                        self.collect_into(type_name, abstracts, &fragment.node.selection_set.node, out)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether `@skip` or `@include` leave the selection out.
    fn skipped(&self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let wanted = match directive.node.name.node.as_str() {
                "skip" => true,
                "include" => false,
                _ => return false,
            };
            directive
                .node
                .get_argument("if")
                .and_then(|value| self.resolve(&value.node))
                .is_some_and(|value| value == Value::Boolean(wanted))
        })
    }

    /// The value of an argument, if it was given.
    #[must_use]
    pub fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        field.get_argument(name).and_then(|value| self.resolve(&value.node))
    }

    /// A literal with its variables filled in; `None` when it is a variable without a value.
    #[must_use]
    pub fn resolve(&self, value: &AstValue) -> Option<Value> {
        Some(match value {
            AstValue::Variable(name) => return self.variable(name),
            AstValue::Null => Value::Null,
            AstValue::Number(number) => Value::Number(number.clone()),
            AstValue::String(text) => Value::String(text.clone()),
            AstValue::Boolean(flag) => Value::Boolean(*flag),
            AstValue::Binary(bytes) => Value::Binary(bytes.clone()),
            AstValue::Enum(name) => Value::Enum(name.clone()),
            AstValue::List(items) => {
                Value::List(items.iter().map(|item| self.resolve(item).unwrap_or(Value::Null)).collect())
            }
            AstValue::Object(entries) => Value::Object(
                entries.iter().filter_map(|(key, value)| Some((key.clone(), self.resolve(value)?))).collect(),
            ),
        })
    }

    fn variable(&self, name: &Name) -> Option<Value> {
        if let Some(value) = self.variables.get(name) {
            return Some(value.clone());
        }
        let definition =
            self.operation.node.variable_definitions.iter().find(|definition| definition.node.name.node == *name)?;
        definition.node.default_value.as_ref().map(|value| value.node.clone())
    }
}

fn applies(condition: Option<&str>, type_name: &str, abstracts: Option<&[&str]>) -> bool {
    condition.is_none_or(|condition| {
        condition == type_name || abstracts.is_some_and(|abstracts| abstracts.contains(&condition))
    })
}

/// The selection sets of merged fields.
#[must_use]
pub fn selection_sets<'a>(fields: &[&'a Positioned<Field>]) -> Vec<&'a SelectionSet> {
    fields.iter().map(|field| &field.node.selection_set.node).collect()
}
