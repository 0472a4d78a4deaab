//! Every operator on every field of every entity that can be filtered by, and every sort key of every list, over the
//! crowd: what the engine finds is what plain Rust finds.

use async_graphql::Value;
use entity::kind::Kind;
use entity::model::{EntityModel, ManyMember, Member, ScalarMember};
use entity::plan::order::enum_name;
use serde_json::json;

use crate::oracle::arguments::{LIST_CONDITIONS, attribute_conditions, operand, operators};
use crate::oracle::condition::{in_order, items, matches, sort_keys};
use crate::oracle::crowd::{MANY, WORDS, crowd, model};
use crate::oracle::rng::Tape;
use crate::oracle::world::{Row, entry, fold, shown};
use crate::oracle::{Stage, parsed};

/// Operations in one request.
const BATCH: usize = 25;

/// Where the rows of an entity are listed: at the root, or below all rows of another entity.
enum List {
    Root(&'static str),
    Below(&'static EntityModel, &'static ManyMember),
}

impl List {
    fn of(entity: &EntityModel) -> Option<Self> {
        if !entity.decl.child_only {
            return Some(Self::Root(entity.decl.plural));
        }
        model().entities().iter().find_map(|owner| {
            owner.members.values().find_map(|member| match member {
                Member::Many(many) if many.target == entity.index => Some(Self::Below(owner, many)),
                _ => None,
            })
        })
    }
}

/// A list with arguments, and which rows it should show.
struct Case {
    arguments: String,
    expected: Vec<String>,
}

/// The IDs that a list shows.
fn ids(connection: &Value) -> Vec<String> {
    let nodes = items(entry(connection, "nodes").unwrap());
    nodes
        .iter()
        .map(|node| if let Some(Value::String(id)) = entry(node, "id") { id.clone() } else { panic!("{node}") })
        .collect()
}

/// Runs cases over an entity and tells which ones came out otherwise.
async fn check(stage: &Stage, entity: &EntityModel, cases: Vec<Case>, wrong: &mut Vec<String>) {
    let Some(list) = List::of(entity) else { return };
    let deleted = if entity.decl.soft_delete { ", includeDeleted: true" } else { "" };
    for cases in cases.chunks(BATCH) {
        let body = |name: &str| {
            let fields = cases.iter().enumerate().map(|(index, case)| {
                format!("c{index}: {name}({}{deleted}, first: 250) {{ nodes {{ id }} }}", case.arguments)
            });
            fields.collect::<Vec<_>>().join("\n")
        };
        let query = match &list {
            List::Root(name) => format!("{{ {} }}", body(name)),
            List::Below(owner, many) => {
                let deleted = if owner.decl.soft_delete { ", includeDeleted: true" } else { "" };
                format!("{{ {}(first: 250{deleted}) {{ nodes {{ {} }} }} }}", owner.decl.plural, body(many.name))
            }
        };
        let reply = stage.client.answer_text(&query, json!({})).await;
        let answer: Value = serde_json::from_str(&reply.text).unwrap();
        assert!(entry(&answer, "errors").is_none(), "{query}\n{answer}");
        let data = entry(&answer, "data").unwrap();
        for (index, case) in cases.iter().enumerate() {
            let key = format!("c{index}");
            let mut found: Vec<String> = match &list {
                List::Root(_) => ids(entry(data, &key).unwrap()),
                List::Below(owner, _) => {
                    let owners = items(entry(entry(data, owner.decl.plural).unwrap(), "nodes").unwrap());
                    owners.iter().flat_map(|owner| ids(entry(owner, &key).unwrap())).collect()
                }
            };
            let mut expected = case.expected.clone();
            if matches!(list, List::Below(..)) {
                // One page for each parent: only which rows there are can be compared.
                found.sort();
                expected.sort();
            }
            if found != expected {
                let name = entity.decl.name;
                wrong.push(format!(
                    "{name}: {} gives {} rows instead of {}",
                    case.arguments,
                    found.len(),
                    expected.len()
                ));
            }
        }
    }
}

fn id_of(entity: &EntityModel, row: &Row) -> String {
    match shown(Kind::Id(entity.decl.prefix), row.cell("id")) {
        Value::String(id) => id,
        other => panic!("{other}"),
    }
}

fn filtered(stage: &Stage, entity: &'static EntityModel, filter: String) -> Case {
    let value = parsed(&filter);
    let rows = stage.world.rows(entity).iter().filter(|row| matches(&stage.world, entity, row, &value));
    let (mut rows, usual): (Vec<_>, _) = (rows.collect(), sort_keys(entity, None));
    rows.sort_by(|a, b| in_order(&usual, a, b));
    let expected = rows.into_iter().map(|row| id_of(entity, row)).collect();
    Case { expected, arguments: format!("filter: {filter}") }
}

/// The filters on one scalar: each operator with two values.
fn scalar_filters(stage: &Stage, entity: &EntityModel, member: &ScalarMember) -> Vec<String> {
    let name = member.name;
    if matches!(member.ty.kind, Kind::Json) {
        // Each operator with some key and some value; all of them on every JSON field would be most of the test.
        return attribute_conditions().iter().step_by(6).map(|condition| format!("{{{name}: {condition}}}")).collect();
    }
    if matches!(member.ty.kind, Kind::List(_)) {
        return LIST_CONDITIONS.iter().map(|condition| format!("{{{name}: {condition}}}")).collect();
    }
    let mut filters = Vec::new();
    for operator in operators(member.ty.kind) {
        for choice in 0..2 {
            let choices = [choice, choice * 3 + 1, choice * 5 + 2, choice];
            let value = operand(&stage.world, entity, member, operator, &mut Tape::new(&choices));
            filters.push(format!("{{{name}: {{{operator}: {value}}}}}"));
        }
    }
    filters
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operator_finds_what_plain_rust_finds() {
    let stage = Stage::of(&crowd().await, MANY).await;
    let (mut wrong, mut run) = (Vec::new(), 0);
    for entity in model().entities() {
        let filters =
            entity.scalars().filter(|member| member.filter).flat_map(|member| scalar_filters(&stage, entity, member));
        let cases: Vec<Case> = filters.map(|filter| filtered(&stage, entity, filter)).collect();
        run += cases.len();
        check(&stage, entity, cases, &mut wrong).await;
    }
    assert!(wrong.is_empty(), "{} of {run} filters:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_relation_finds_what_plain_rust_finds() {
    let stage = Stage::of(&crowd().await, MANY).await;
    let mut wrong = Vec::new();
    for entity in model().entities() {
        let mut filters = Vec::new();
        for (name, member) in &entity.members {
            match member {
                Member::One(one) if !model().entity(one.target).decl.global => {
                    filters.extend([format!("{{{name}: {{}}}}"), format!("{{not: {{{name}: {{}}}}}}")]);
                    filters.push(format!("{{{name}: {{createdAt: {{gt: \"2026-02-01T00:00:00Z\"}}}}}}"));
                }
                Member::Many(_) => {
                    for quantifier in ["some", "none", "every"] {
                        filters.push(format!("{{{name}: {{{quantifier}: {{}}}}}}"));
                        let inner = "{createdAt: {gt: \"2026-02-01T00:00:00Z\"}}";
                        filters.push(format!("{{{name}: {{{quantifier}: {inner}}}}}"));
                    }
                }
                _ => {}
            }
        }
        let cases = filters.into_iter().map(|filter| filtered(&stage, entity, filter)).collect();
        check(&stage, entity, cases, &mut wrong).await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sort_key_orders_as_plain_rust_does() {
    let stage = Stage::of(&crowd().await, MANY).await;
    let mut wrong = Vec::new();
    for entity in model().entities() {
        let mut cases = Vec::new();
        for member in entity.scalars().filter(|member| member.order) {
            for rest in ["", ", direction: DESC", ", nulls: FIRST", ", direction: DESC, nulls: FIRST"] {
                let order = format!("[{{field: {}{rest}}}]", enum_name(member.name));
                let keys = sort_keys(entity, Some(&parsed(&order)));
                let mut rows: Vec<_> = stage.world.rows(entity).iter().collect();
                rows.sort_by(|a, b| in_order(&keys, a, b));
                let expected = rows.into_iter().map(|row| id_of(entity, row)).collect();
                cases.push(Case { arguments: format!("orderBy: {order}"), expected });
            }
        }
        check(&stage, entity, cases, &mut wrong).await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_is_folded_in_rust_as_in_the_database() {
    let app = crowd().await;
    for word in WORDS.iter().chain(&["ÁÉÑÚ"]) {
        let sql = format!("select app.fold('{}')", word.replace('\'', "''"));
        assert_eq!(app.cell(&sql).await, fold(word), "{word}");
    }
}
