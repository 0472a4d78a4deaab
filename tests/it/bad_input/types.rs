//! Values of the wrong type, for every argument and every input there is.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, Type, TypeKind, TypeSystemDefinition};
use axum::http::StatusCode;
use entity::kind::Kind;
use entity::plan::filter::OPERATORS;
use entity::roots::Schema;
use mostrador::graphql::schema::{Mostrador, sdl};
use serde_json::{Map, Value, json};

use super::Hostile;
use crate::samples::{inputs, least};

#[tokio::test(flavor = "multi_thread")]
async fn an_argument_of_the_wrong_json_type_is_refused_at_every_root_field() {
    let hostile = Hostile::new().await;
    let document = parse_schema(sdl()).unwrap();
    let mut tried = 0;
    for definition in &document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let root = definition.node.name.node.as_str();
        let keyword = match root {
            "Query" => "query",
            "Mutation" => "mutation",
            _ => continue,
        };
        let TypeKind::Object(object) = &definition.node.kind else { panic!("{root} is an object") };
        for field in &object.fields {
            let field = &field.node;
            for argument in &field.arguments {
                let argument = &argument.node;
                let (name, ty) = (&argument.name.node, &argument.ty.node);
                let others: String = field
                    .arguments
                    .iter()
                    .filter(|other| other.node.name.node != *name && !other.node.ty.node.nullable)
                    .map(|other| format!(", {}: \"x\"", other.node.name.node))
                    .collect();
                let query =
                    format!("{keyword} Q($x: {ty}) {{ {}({name}: $x{others}) {{ __typename }} }}", field.name.node);
                let mut values = vec![wrong_for(ty)];
                if !ty.nullable {
                    values.push(Value::Null);
                }
                for value in values {
                    let answer = hostile.ask(&query, json!({ "x": value })).await;
                    assert!(!answer.code().is_empty(), "{query} with {value}: {answer:#?}");
                    assert!(
                        answer.json["data"][field.name.node.as_str()].is_null(),
                        "{query} with {value}: {answer:#?}"
                    );
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 300, "only {tried} arguments were tried");
}

/// JSON that no coercion turns into this type.
fn wrong_for(ty: &Type) -> Value {
    match &ty.base {
        BaseType::List(inner) => wrong_for(inner),
        BaseType::Named(name) => match name.as_str() {
            "Int" | "Boolean" => json!("wrong"),
            "ID" | "String" => json!({ "nope": 1 }),
            _ => json!("wrong"),
        },
    }
}

/// Values that a reader of this kind must refuse.
fn misfits(kind: Kind) -> Vec<Value> {
    match kind {
        Kind::Id(_) => vec![
            json!(true),
            json!({}),
            json!(["x"]),
            json!("x"),
            json!(1.5),
            json!("nobody_00000000000000000000000000"),
        ],
        Kind::Uuid => vec![json!(true), json!({}), json!("x"), json!(1.5), json!("user_00000000000000000000000000")],
        Kind::List(of) => {
            misfits(*of).into_iter().filter(|value| !value.is_array()).map(|value| json!([value])).collect()
        }
        Kind::Text | Kind::AnyId => vec![json!(5), json!(true), json!({}), json!([1])],
        Kind::Int => {
            vec![json!("5"), json!(1.5), json!(true), json!({}), json!([]), json!(2_147_483_648_i64), json!(-1e10)]
        }
        Kind::BigInt => vec![json!("5.5"), json!(true), json!({}), json!("9223372036854775808"), json!(1e30)],
        Kind::Decimal => vec![
            json!(true),
            json!({}),
            json!("abc"),
            json!("1,5"),
            json!("NaN"),
            json!("Infinity"),
            json!("1e999"),
            json!(""),
        ],
        Kind::Float => vec![json!("5"), json!(true), json!({})],
        Kind::Bool => vec![json!("true"), json!(1), json!({}), json!([])],
        Kind::DateTime => vec![
            json!(5),
            json!("yesterday"),
            json!("2026-02-30T00:00:00Z"),
            json!("2026-01-01"),
            json!({}),
            json!("2026-01-01T00:00:00"),
            json!("infinity"),
            json!("99999-01-01T00:00:00Z"),
        ],
        Kind::Date => {
            vec![json!(5), json!("today"), json!("2026-02-30"), json!("2026-1-1"), json!({}), json!("0000-01-01")]
        }
        Kind::Json => Vec::new(),
        Kind::Currency => vec![json!("EURO"), json!("eur"), json!(5), json!({}), json!("")],
        Kind::Choice(_) => vec![json!("NOPE"), json!(5), json!({}), json!([]), json!("")],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_of_the_wrong_type_is_refused_in_every_mutation() {
    let hostile = Hostile::new().await;
    let model = Mostrador::model();
    let nobody = |prefix: &str| json!(entity::id::format_id(prefix, uuid::Uuid::from_u128(7)));
    for (name, verb) in &model.mutations {
        let query = format!(
            "mutation M($input: {}Input!) {{ {name}(input: $input) {{ errors {{ code message path }} }} }}",
            name[..1].to_uppercase() + &name[1..]
        );
        for field in inputs(model, verb) {
            let mut values = misfits(field.ty.kind);
            if field.required {
                values.push(Value::Null);
            }
            for value in values {
                let mut input = least(model, verb, &nobody);
                input.insert(field.name.clone(), value.clone());
                let answer = hostile.ask_as_one_who_may(verb, &query, json!({ "input": input })).await;
                let user_errors = answer.json["data"][name]["errors"].as_array();
                let about = user_errors
                    .is_some_and(|errors| errors.iter().any(|error| error["path"][0] == field.name.as_str()));
                let refused = answer.status == StatusCode::BAD_REQUEST && answer.json.get("data").is_none();
                assert!(refused || about, "{name}.{} took {value}: {answer:#?}", field.name);
            }
        }
        let mut input = least(model, verb, &nobody);
        input.insert("nothingOfTheKind".into(), json!(1));
        let answer = hostile.ask_as_one_who_may(verb, &query, json!({ "input": input })).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name} took an unknown field: {answer:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_of_the_wrong_type_is_refused_in_every_mutation_of_accounts() {
    let hostile = Hostile::new().await;
    let document = parse_schema(sdl()).unwrap();
    let kind = |wanted: &str| {
        document.definitions.iter().find_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) if ty.node.name.node == wanted => Some(&ty.node.kind),
            _ => None,
        })
    };
    let Some(TypeKind::Object(root)) = kind("Mutation") else { panic!("Mutation is an object") };
    let of_accounts = |name: &str| !Mostrador::model().mutations.contains_key(name);
    let mut tried = 0;
    for mutation in root.fields.iter().map(|field| &field.node).filter(|field| of_accounts(&field.name.node)) {
        let name = mutation.name.node.as_str();
        let [argument] = mutation.arguments.as_slice() else { panic!("{name} takes one input") };
        let ty = &argument.node.ty.node;
        let BaseType::Named(input) = &ty.base else { panic!("{name} takes one object") };
        let Some(TypeKind::InputObject(input)) = kind(input) else { panic!("{name} takes one object") };
        let query =
            format!("mutation M($input: {ty}) {{ {name}(input: $input) {{ errors {{ code message path }} }} }}");
        let fields: Vec<_> = input.fields.iter().map(|field| &field.node).collect();
        let good = |ty: &Type| match ty.to_string().trim_end_matches('!') {
            "Boolean" => json!(false),
            "ID" | "String" => json!("probe"),
            other => match kind(other) {
                Some(TypeKind::Enum(values)) => json!(values.values[0].node.value.node),
                _ => panic!("{name} has an input of the type {other}"),
            },
        };
        let required = fields.iter().filter(|field| !field.ty.node.nullable);
        let least: Map<String, Value> =
            required.map(|field| (field.name.node.to_string(), good(&field.ty.node))).collect();
        let mut inputs = vec![json!(null), json!("x"), json!(1), json!([[]])];
        let mut unknown = least.clone();
        unknown.insert("nothingOfTheKind".into(), json!(1));
        inputs.push(unknown.into());
        for field in fields {
            let (field, ty) = (field.name.node.as_str(), &field.ty.node);
            let mut values = vec![json!({ "nope": 1 }), json!([["x"]]), json!(1.5)];
            match ty.to_string().trim_end_matches('!') {
                "Boolean" => values.extend([json!("true"), json!(1)]),
                "String" => values.extend([json!(5), json!(true)]),
                "ID" => values.push(json!(true)),
                _ => values.extend([json!("NOPE"), json!("")]),
            }
            if !ty.nullable {
                values.push(Value::Null);
                let mut without = least.clone();
                without.remove(field);
                inputs.push(without.into());
            }
            for value in values {
                let mut input = least.clone();
                input.insert(field.to_owned(), value);
                inputs.push(input.into());
            }
        }
        for input in inputs {
            // To a stranger, whose token is none, as to somebody who is signed in: most of these need no session.
            for token in [hostile.token.as_str(), "none"] {
                let body = json!({ "query": query, "variables": { "input": input } }).to_string();
                let answer = hostile.post_as(token, body).await;
                assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name} took {input}: {answer:#?}");
                assert_eq!(answer.code(), "GRAPHQL_VALIDATION_FAILED", "{name} took {input}: {answer:#?}");
                assert!(answer.json.get("data").is_none(), "{name} took {input}: {answer:#?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "only {tried} inputs were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_value_of_the_wrong_type_is_refused_for_every_field_and_operator() {
    let hostile = Hostile::new().await;
    let model = Mostrador::model();
    for entity in model.entities().iter().filter(|entity| !entity.decl.child_only) {
        let list = entity.decl.plural;
        let query =
            format!("query Q($f: {}Filter) {{ {list}(filter: $f, first: 1) {{ nodes {{ id }} }} }}", entity.decl.name);
        for member in
            entity.scalars().filter(|member| member.filter && !matches!(member.ty.kind, Kind::Json | Kind::List(_)))
        {
            let Some(wrong) = misfits(member.ty.kind).into_iter().find(|value| value.is_object()) else { continue };
            for operator in OPERATORS.iter().filter(|operator| (operator.exists)(member.ty.kind)) {
                for value in [wrong.clone(), json!([wrong]), json!([[]])] {
                    let filter = json!({ member.name: { operator.name: value } });
                    let answer = hostile.ask(&query, json!({ "f": filter })).await;
                    assert!(!answer.code().is_empty(), "{list}: {filter}: {answer:#?}");
                }
            }
            let answer = hostile.ask(&query, json!({ "f": { member.name: { "isNull": "maybe" } } })).await;
            assert!(!answer.code().is_empty(), "{list}.{}: {answer:#?}", member.name);
        }
    }
}
