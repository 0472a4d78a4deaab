//! Whether every variable that an operation requires was given.
//!
//! async-graphql compares the values that are given with the types of the arguments in which they stand, but takes a
//! required variable without a value for one that was left out (specification, section 6.1.2).

use async_graphql::parser::types::OperationDefinition;
use async_graphql::{ServerError, Value, Variables};

/// The request errors of an operation's variables, one for each.
pub(super) fn missing(operation: &OperationDefinition, given: &Variables) -> Vec<ServerError> {
    let definitions = operation.variable_definitions.iter().filter(|definition| !definition.node.var_type.node.nullable);
    definitions
        .filter_map(|definition| {
            let (name, wanted) = (&definition.node.name, &definition.node.var_type.node);
            let why = match given.get(&name.node) {
                None if definition.node.default_value.is_none() => "was not given",
                Some(Value::Null) => "cannot be null",
                _ => return None,
            };
            let message = format!("The variable \"${}\" of type {wanted} {why}.", name.node);
            // Without a code, like all errors of validation.
            Some(ServerError::new(message, Some(name.pos)))
        })
        .collect()
}
