use async_graphql::Variables;
use async_graphql::parser::parse_query;
use futures_util::FutureExt;
use proptest::prelude::*;

use super::*;

/// What graphql-js writes with all its options, and so GraphiQL and code generators.
const STANDARD: &str = include_str!("standard.graphql");

fn measured(query: &str, variables: serde_json::Value, limit: usize) -> Result<usize, ServerError> {
    let document = parse_query(query).unwrap();
    let (_, operation) = document.operations.iter().next().unwrap();
    let variables = Variables::from_json(variables);
    within(Document { fragments: &document.fragments, variables: &variables, operation }, limit)
}

fn answered(query: &str) -> String {
    static SCHEMA: OnceLock<schema::Schema> = OnceLock::new();
    let response = SCHEMA.get_or_init(schema::build).execute(query).now_or_never().unwrap();
    assert_eq!(response.errors, []);
    serde_json::to_string(&response.data).unwrap()
}

#[test]
fn what_tools_ask_is_well_below_the_limit_and_measured_as_long_as_it_is() {
    let measured = measured(STANDARD, serde_json::Value::Null, MAX_BYTES).unwrap() - ROOT_BYTES;
    let answered = answered(STANDARD).len();
    assert!(answered <= measured && measured < answered + answered / 4, "{measured} for {answered}");
    assert!(measured < MAX_BYTES / 2, "{measured} bytes: raise the limit, the schema has grown");
}

#[test]
fn what_is_no_introspection_costs_nothing() {
    let query = "{ __typename contacts { nodes { id } } ...F } fragment F on Query { viewer { id } }";
    assert_eq!(measured(query, serde_json::Value::Null, 0).unwrap(), 0);
}

#[test]
fn the_name_of_a_type_may_stand_in_a_variable() {
    let literal = measured("{ __type(name: \"Contact\") { fields { name } } }", serde_json::Value::Null, MAX_BYTES);
    let variable = "query Q($t: String!) { __type(name: $t) { fields { name } } }";
    let by_default = "query Q($t: String! = \"Contact\") { __type(name: $t) { fields { name } } }";
    let literal = literal.unwrap();
    assert!(literal > ROOT_BYTES + 300);
    assert_eq!(measured(variable, serde_json::json!({ "t": "Contact" }), MAX_BYTES).unwrap(), literal);
    assert_eq!(measured(by_default, serde_json::Value::Null, MAX_BYTES).unwrap(), literal);
    assert_eq!(measured(variable, serde_json::json!({ "t": "Nothing" }), MAX_BYTES).unwrap(), ROOT_BYTES);
}

#[test]
fn the_field_is_named_with_which_the_answer_became_too_long() {
    let error = measured("{ __schema {\n types { name } } }", serde_json::Value::Null, ROOT_BYTES + 100).unwrap_err();
    assert_eq!((error.locations[0].line, error.locations[0].column), (2, 10));
}

/// Selections of a type that lead back to types, over every way there is.
fn selections() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("name".to_owned()),
        Just("kind".to_owned()),
        Just("description".to_owned()),
        Just("__typename".to_owned()),
        Just("specifiedByURL".to_owned()),
        Just("isOneOf".to_owned()),
        Just("enumValues { name isDeprecated deprecationReason }".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let inner = prop::collection::vec(inner, 1..3).prop_map(|items| {
            // No two may answer to one key.
            items.iter().enumerate().map(|(number, item)| format!("k{number}: {item} ")).collect::<String>()
        });
        prop_oneof![
            inner.clone().prop_map(|inner| format!("fields {{ name type {{ {inner} }} }}")),
            inner.clone().prop_map(|inner| format!("fields {{ args {{ defaultValue type {{ {inner} }} }} }}")),
            inner.clone().prop_map(|inner| format!("inputFields {{ description type {{ {inner} }} }}")),
            inner.clone().prop_map(|inner| format!("interfaces {{ {inner} }}")),
            inner.clone().prop_map(|inner| format!("possibleTypes {{ {inner} }}")),
            inner.prop_map(|inner| format!("ofType {{ {inner} }}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_answer_is_longer_than_measured(selection in selections()) {
        for root in ["__type(name: \"Contact\")", "__type(name: \"__Type\")", "__type(name: \"Node\")"] {
            let query = format!("{{ {root} {{ {selection} }} }}");
            if let Ok(measured) = measured(&query, serde_json::Value::Null, ROOT_BYTES + 300_000) {
                let answered = answered(&query).len();
                prop_assert!(answered <= measured, "{query}: {measured} for {answered}");
            }
        }
    }
}
