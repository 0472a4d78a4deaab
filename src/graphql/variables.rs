//! Whether every variable that an operation requires was given, and whether all have values of their types.
//!
//! async-graphql compares the values that are given with the types of the arguments in which they stand, but takes a
//! required variable without a value for one that was left out (specification, section 6.1.2), and anything at all for
//! an object.
//!
//! It does so while it validates the document, anew for every request. A document that was valid once needs only this:
//! the values compared with the types that the operation declares. Whether such a type may stand where the variable
//! does, is a property of the document.

use std::collections::BTreeMap;

use async_graphql::parser::types::OperationDefinition;
use async_graphql::registry::{MetaInputValue, MetaType, MetaTypeName, Registry};
use async_graphql::{ServerError, Value, Variables};

/// The types that variables can have.
pub struct InputTypes(BTreeMap<String, MetaType>);

impl InputTypes {
    /// The input types of a schema.
    pub fn new(registry: Registry) -> Self {
        let is_input = |ty: &MetaType| {
            matches!(ty, MetaType::Scalar { .. } | MetaType::Enum { .. } | MetaType::InputObject { .. })
        };
        Self(registry.types.into_iter().filter(|(_, ty)| is_input(ty)).collect())
    }

    /// Whether all variables that were given have values of the types that the operation declares.
    ///
    /// False also where that is not certain. async-graphql then judges, and says what is wrong.
    pub(super) fn conform(&self, operation: &OperationDefinition, given: &Variables) -> bool {
        operation.variable_definitions.iter().all(|definition| {
            let definition = &definition.node;
            match given.get(&definition.name.node) {
                None => true,
                // One with a default may stand where null may not.
                Some(Value::Null) => definition.var_type.node.nullable && definition.default_value.is_none(),
                Some(value) => self.fits(&definition.var_type.node.to_string(), value),
            }
        })
    }

    /// Whether something else stands where only an object can, which async-graphql does not compare.
    fn lacks_object(&self, ty: &str, value: &Value) -> bool {
        match MetaTypeName::create(ty) {
            MetaTypeName::NonNull(ty) => self.lacks_object(ty, value),
            MetaTypeName::List(item) => match value {
                Value::List(items) => items.iter().any(|value| self.lacks_object(item, value)),
                other => self.lacks_object(item, other),
            },
            MetaTypeName::Named(name) => match (self.0.get(name), value) {
                (_, Value::Null) => false,
                (Some(MetaType::InputObject { input_fields, .. }), Value::Object(entries)) => {
                    entries.iter().any(|(name, value)| {
                        input_fields.get(name.as_str()).is_some_and(|field| self.lacks_object(&field.ty, value))
                    })
                }
                (Some(MetaType::InputObject { .. }), _) => true,
                _ => false,
            },
        }
    }

    fn fits(&self, ty: &str, value: &Value) -> bool {
        match MetaTypeName::create(ty) {
            MetaTypeName::NonNull(ty) => *value != Value::Null && self.fits(ty, value),
            MetaTypeName::List(item) => match value {
                Value::List(items) => items.iter().all(|value| self.fits(item, value)),
                // One value stands for a list of one (specification, section 3.11).
                other => self.fits(item, other),
            },
            MetaTypeName::Named(_) if *value == Value::Null => true,
            MetaTypeName::Named(name) => match (self.0.get(name), value) {
                (Some(MetaType::Scalar { is_valid: Some(is_valid), .. }), value) => is_valid(value),
                (Some(MetaType::Enum { enum_values, .. }), Value::Enum(name)) => {
                    enum_values.contains_key(name.as_str())
                }
                (Some(MetaType::Enum { enum_values, .. }), Value::String(name)) => enum_values.contains_key(name),
                (Some(MetaType::InputObject { input_fields, oneof: false, .. }), Value::Object(entries)) => {
                    let is_required = |field: &MetaInputValue| {
                        MetaTypeName::create(&field.ty).is_non_null() && field.default_value.is_none()
                    };
                    entries.iter().all(|(name, value)| {
                        input_fields.get(name.as_str()).is_some_and(|field| self.fits(&field.ty, value))
                    }) && input_fields
                        .values()
                        .all(|field| !is_required(field) || entries.contains_key(field.name.as_str()))
                }
                _ => false,
            },
        }
    }
}

/// The request errors of an operation's variables, one for each.
pub(super) fn missing(types: &InputTypes, operation: &OperationDefinition, given: &Variables) -> Vec<ServerError> {
    let definitions = operation.variable_definitions.iter();
    definitions
        .filter_map(|definition| {
            let (name, wanted) = (&definition.node.name, &definition.node.var_type.node);
            let why = match given.get(&name.node) {
                None if !wanted.nullable && definition.node.default_value.is_none() => "was not given",
                Some(Value::Null) if !wanted.nullable => "cannot be null",
                Some(value) if types.lacks_object(&wanted.to_string(), value) => "needs an object where it has none",
                _ => return None,
            };
            let message = format!("The variable \"${}\" of type {wanted} {why}.", name.node);
            // Without a code, like all errors of validation.
            Some(ServerError::new(message, Some(name.pos)))
        })
        .collect()
}
