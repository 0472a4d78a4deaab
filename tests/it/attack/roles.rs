//! From within: users of each kind try every root field and every mutation, and get what the schema and the database
//! say, and no more.

use std::collections::{BTreeMap, HashSet};

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{ConstDirective, TypeKind, TypeSystemDefinition};
use entity::id::format_id;
use mostrador::graphql::schema::sdl;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::ask::{Answer, ask};
use super::stage::{PREFIXES, Stage, counterpart, model};
use super::types::{Kind, Types};
use super::values::{prefix_of, sample};
use crate::app::TestClient;

/// Everybody who may be signed in; see `attack.people`, and the platform's own.
const KINDS: [&str; 7] = ["ADMIN", "EMPLOYEE", "AGENT", "CLIENT", "USER", "NARROWED", "SUPER_ADMIN"];

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_user_may_do_what_the_schema_and_the_database_say_and_no_more() {
    let stage = Stage::set().await;
    let types = Types::read(&stage.a).await;
    let needed = requirements();
    let (mut wrong, mut figures) = (Vec::new(), Vec::new());
    for kind in KINDS {
        let (client, rights) = somebody(&stage, kind).await;
        let (mut allowed, mut denied) = (0, 0);
        for (place, right) in &needed {
            let (root, field) = place.split_once('.').unwrap();
            if !matches!(root, "Query" | "Mutation") {
                continue;
            }
            let attempts = attempts(&stage, &types, root, field);
            let mut answers = Vec::new();
            for (query, variables) in &attempts {
                let answer = ask(&client, query, variables).await;
                let is_denied = is_denied(&answer, right);
                if is_denied == rights.contains(right) {
                    wrong.push(format!("{kind} {place} needs {right}: {query} {variables}\n{}", answer.text()));
                }
                if is_denied && answer.statements != 0 {
                    wrong.push(format!("{kind} {place}: refused after {} statements", answer.statements));
                }
                if is_denied {
                    denied += 1
                } else {
                    allowed += 1
                }
                if is_denied {
                    answers.push(answer);
                }
            }
            // Whether there is such a row makes no difference.
            if answers.windows(2).any(|two| two[0] != two[1]) {
                wrong.push(format!("{kind} {place}: a refusal depends on the row\n{answers:?}"));
            }
        }
        figures.push(format!("{kind}: {allowed} allowed, {denied} denied"));
    }
    println!("roles: {} root fields and mutations; {}", needed.len(), figures.join("; "));
    let count = wrong.len();
    let told: Vec<String> = wrong.into_iter().take(12).map(|text| text.chars().take(1_500).collect()).collect();
    assert!(count == 0, "{count} wrong:\n{}", told.join("\n\n"));
}

/// Objects, relations and filters below what is allowed need a right as well.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_user_sees_of_each_type_what_the_schema_says() {
    let stage = Stage::set().await;
    let types = Types::read(&stage.a).await;
    let needed = requirements();
    let of_type = |name: &str| needed.get(&format!("{name}.")).cloned();
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for kind in KINDS {
        let (client, rights) = somebody(&stage, kind).await;
        for node in types.nodes() {
            let own = of_type(&node.name).unwrap();
            for field in &node.fields {
                let target = types.in_connection(&field.ty.name).unwrap_or_else(|| types.of(&field.ty.name));
                let Some(right) = of_type(&target.name).filter(|_| target.is_node()) else { continue };
                let inner = if target.name == field.ty.name { "{ id }" } else { "{ totalCount }" };
                let ids = &stage.own[prefix_of(&node.name).as_str()];
                let query = format!(
                    "query Q($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {} {{ {} {inner} }} }} }}",
                    node.name, field.name
                );
                for ids in [ids.clone(), vec![format_id(&prefix_of(&node.name), Uuid::from_u128(1))]] {
                    asked += 1;
                    let answer = ask(&client, &query, &json!({ "ids": ids })).await;
                    let may = rights.contains(&own) && rights.contains(&right);
                    let is_denied = answer.json["errors"][0]["extensions"]["requires"].is_object();
                    if is_denied == may || is_denied && answer.statements != 0 {
                        wrong.push(format!(
                            "{kind} {}.{} needs {own} and {right}\n{}",
                            node.name,
                            field.name,
                            answer.text()
                        ));
                    }
                }
            }
        }
    }
    println!("roles: {asked} relations below objects");
    let count = wrong.len();
    let told: Vec<String> = wrong.into_iter().take(12).map(|text| text.chars().take(1_500).collect()).collect();
    assert!(count == 0, "{count} wrong:\n{}", told.join("\n\n"));
}

async fn somebody(stage: &Stage, kind: &str) -> (TestClient, HashSet<String>) {
    if kind != "SUPER_ADMIN" {
        return (stage.person(kind).await, stage.rights(kind).await);
    }
    let sql = "select tenant_id, id from users where role = 'SUPER_ADMIN' order by id limit 1";
    let ids: Vec<Uuid> = stage.both.rows(sql).await.remove(0).iter().map(|id| id.parse().unwrap()).collect();
    let sql = format!("select process || ':' || action from app.user_rights('{}', '{}')", ids[0], ids[1]);
    let rights = stage.both.rows(&sql).await.into_iter().flatten().collect();
    (stage.both.client_in(ids[0], ids[1], ids[1]), rights)
}

/// What `@requires` says in the schema: `Query.contacts` → `CONTACTS:READ`, of a type under `Contact.`.
fn requirements() -> BTreeMap<String, String> {
    let document = parse_schema(sdl()).unwrap();
    let mut found = BTreeMap::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(ty) = definition else { continue };
        let name = ty.node.name.node.to_string();
        if let Some(right) = right_of(&ty.node.directives) {
            found.insert(format!("{name}."), right);
        }
        let TypeKind::Object(object) = ty.node.kind else { continue };
        for field in object.fields {
            if let Some(right) = right_of(&field.node.directives) {
                found.insert(format!("{name}.{}", field.node.name.node), right);
            }
        }
    }
    found
}

fn right_of(directives: &[Positioned<ConstDirective>]) -> Option<String> {
    let requires = directives.iter().find(|directive| directive.node.name.node == "requires")?;
    let argument = |name: &str| {
        let (_, value) = requires.node.arguments.iter().find(|(key, _)| key.node == name)?;
        value.node.clone().into_json().ok()?.as_str().map(ToOwned::to_owned)
    };
    Some(format!("{}:{}", argument("process")?, argument("action")?))
}

fn is_denied(answer: &Answer, right: &str) -> bool {
    let errors = answer.json["errors"].as_array();
    errors.into_iter().flatten().any(|error| {
        let needed = &error["extensions"]["requires"];
        let named = format!("{}:{}", needed["process"].as_str().unwrap_or(""), needed["action"].as_str().unwrap_or(""));
        named == right && error["path"].as_array().is_some_and(|path| path.len() == 1)
    })
}

/// A request with an ID of an own row, one of B, and one of nobody. Mutations that may run find no row to change.
fn attempts(stage: &Stage, types: &Types, root: &str, field: &str) -> Vec<(String, Value)> {
    let declared = types.of(root).field(field).unwrap();
    if root == "Query" {
        let Some(arg) = declared.args.iter().find(|arg| arg.name == "id") else {
            return vec![(format!("{{ {field}(first: 2) {{ totalCount nodes {{ id }} }} }}"), json!({}))];
        };
        let query = format!("query Q($id: {}) {{ {field}(id: $id) {{ id }} }}", arg.ty.text);
        let own = &stage.own[prefix_of(&declared.ty.name).as_str()][0];
        let ids = [own.clone(), counterpart(own, PREFIXES[1]), counterpart(own, PREFIXES[2])];
        return ids.into_iter().map(|id| (query.clone(), json!({ "id": id }))).collect();
    }
    let Some(arg) = declared.args.iter().find(|arg| arg.name == "input") else {
        return vec![(format!("mutation {{ {field} {{ errors {{ code }} }} }}"), json!({}))];
    };
    let query = format!("mutation M($input: {}) {{ {field}(input: $input) {{ errors {{ code }} }} }}", arg.ty.text);
    let prefix = model().mutations.get(field).map_or("user", |verb| model().entity(verb.entity).decl.prefix);
    let inputs = &types.of(&arg.ty.name).inputs;
    let with = |id: &str| {
        let required = inputs.iter().filter(|input| input.ty.is_required());
        let values = required.map(|input| {
            let value = match (input.ty.name.as_str(), types.of(&input.ty.name).kind) {
                ("ID", _) if input.name == "id" => json!(id),
                ("ID", _) => json!("019cd0d0-d0d0-7000-8000-00000000dead"),
                (_, Kind::Enum | Kind::Scalar) => sample(types, &input.name, &input.ty),
                _ => Value::Null,
            };
            (input.name.clone(), if input.ty.is_list && input.ty.name == "ID" { json!([value]) } else { value })
        });
        json!({ "input": values.collect::<Map<String, Value>>() })
    };
    let own = format_id(prefix, Uuid::from_u128(1));
    let takes_id = inputs.iter().any(|input| input.name == "id");
    let ids = match (takes_id, stage.own[prefix].first()) {
        // The own row last, and with a version that does not fit, so that nothing is written.
        (true, Some(row)) => vec![counterpart(row, PREFIXES[2]), counterpart(row, PREFIXES[1]), row.clone()],
        _ => vec![own],
    };
    let is_versioned = inputs.iter().any(|input| input.name == "expectedVersion");
    let mut attempts: Vec<(String, Value)> = Vec::new();
    for (place, id) in ids.iter().enumerate() {
        let mut variables = with(id);
        if is_versioned {
            variables["input"]["expectedVersion"] = json!(987_654);
        }
        // What could be written to an own row is not tried.
        if place < 2 || is_versioned {
            attempts.push((query.clone(), variables));
        }
    }
    attempts
}
