//! The engine answers like a plain executor.
//!
//! [`crowd`] makes two tenants with random rows in every table, [`world`] reads one into memory, [`generate`] makes
//! random operations from the model, and [`execute`] resolves them field by field as the GraphQL specification tells
//! it. The engine's answer must be the same, the order of keys included. Cursors are compared by the row they stand
//! for; what they do is tested in `paging.rs`.
//!
//! `CASES=5000 SEED=1 cargo test --test it oracle` looks further than the default; proptest shows the shortest
//! operation that fails.

pub(crate) mod arguments;
pub(crate) mod condition;
pub(crate) mod crowd;
mod execute;
pub(crate) mod generate;
pub(crate) mod rng;
pub(crate) mod world;

use std::collections::HashMap;

use async_graphql::Value;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::Selection;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::json;
use uuid::Uuid;

use crate::app::{TestApp, TestClient};
use crowd::{FEW, MANY};
use execute::{Expected, execute};
use generate::{Operation, Style, operation};
use world::World;

/// A tenant of the crowd with a client and what it should see.
pub(crate) struct Stage {
    pub(crate) client: TestClient,
    pub(crate) world: World,
    user: Uuid,
}

impl Stage {
    pub(crate) async fn of(app: &TestApp, tenant: Uuid) -> Self {
        let first =
            format!("select id from users where tenant_id = '{tenant}' and deleted_at is null order by id limit 1");
        let user = app.cell(&first).await.parse().unwrap();
        // The session first, as it is a row of the world.
        let client = app.signed_in(tenant, user).await;
        Self { client, world: World::of(&app.database_name, tenant, user).await, user }
    }

    /// The engine's answer in a form that can be compared, the paths of its errors, and how many statements it took.
    pub(crate) async fn answer(&self, query: &str, variables: &HashMap<String, Value>) -> Answered {
        let reply = self.client.answer_text(query, json!(variables)).await;
        // A document that is known already is answered by a shorter way.
        let again = self.client.answer_text(query, json!(variables)).await;
        assert_eq!(
            (&again.text, again.statements),
            (&reply.text, reply.statements),
            "the second answer differs\n{query}"
        );
        let document: Value =
            serde_json::from_str(&reply.text).unwrap_or_else(|error| panic!("{query}\n{error}\n{}", reply.text));
        let data = world::entry(&document, "data").cloned().unwrap_or_else(|| panic!("{query}\n{document}"));
        let mut not_found = Vec::new();
        for error in world::entry(&document, "errors").map_or(&[][..], condition::items) {
            let code = world::entry(error, "extensions").and_then(|extensions| world::entry(extensions, "code"));
            assert_eq!(code, Some(&Value::String("NOT_FOUND".to_owned())), "{query}\n{document}");
            let path = condition::items(world::entry(error, "path").unwrap());
            let path =
                path.iter().map(|step| if let Value::String(key) = step { key.clone() } else { step.to_string() });
            not_found.push(path.collect::<Vec<_>>().join("."));
        }
        Answered { data: without_cursors(data), not_found, statements: reply.statements as usize }
    }

    pub(crate) fn expected(&self, operation: &Operation) -> Expected {
        execute(&self.world, self.user, &operation.query, &operation.variables)
    }
}

/// What the engine answered.
pub(crate) struct Answered {
    pub(crate) data: Value,
    pub(crate) not_found: Vec<String>,
    pub(crate) statements: usize,
}

/// A literal of a document as a value.
pub(crate) fn parsed(literal: &str) -> Value {
    let document = parse_query(format!("{{ a(b: {literal}) }}")).unwrap();
    let operation = document.operations.iter().next().unwrap().1;
    let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else {
        panic!("{literal}");
    };
    field.node.arguments[0].1.node.clone().into_const().unwrap()
}

/// Puts the values of the sort keys in the place of a cursor. Before them stands the fingerprint of the ordering.
fn without_cursors(value: Value) -> Value {
    match value {
        Value::String(text) => {
            let plain = URL_SAFE_NO_PAD.decode(&text).ok();
            let parts: Option<Vec<Value>> = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
            parts.map_or(Value::String(text), |parts| Value::List(parts.into_iter().skip(1).collect()))
        }
        Value::List(items) => Value::List(items.into_iter().map(without_cursors).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, without_cursors(value))).collect())
        }
        other => other,
    }
}

/// Checks a property of random tapes, `CASES` of them, from `SEED`: the same ones each time unless these say otherwise.
pub(crate) fn for_tapes(cases: u32, property: impl AsyncFn(&[u16]) -> Result<(), String>) {
    let asked = |name: &str| std::env::var(name).ok().and_then(|number| number.parse().ok());
    let (cases, seed) = (asked("CASES").unwrap_or(cases), asked("SEED").unwrap_or(7) as u8);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let runtime = tokio::runtime::Handle::current();
    let outcome = runner.run(&vec(any::<u16>(), 0..700), |tape| {
        let outcome = tokio::task::block_in_place(|| runtime.block_on(property(&tape)));
        outcome.map_err(TestCaseError::fail)
    });
    if let Err(error) = outcome {
        panic!("SEED={seed}: {error}");
    }
}

/// An operation as somebody wrote it.
fn written(query: &str) -> Operation {
    Operation { query: query.to_owned(), variables: HashMap::new(), bound: usize::MAX }
}

async fn agrees(stage: &Stage, operation: &Operation) -> Result<(), String> {
    let told = |what: &str| format!("{what}\n{}\nvariables {:?}\n", operation.query, operation.variables);
    let expected = stage.expected(operation);
    let answered = stage.answer(&operation.query, &operation.variables).await;
    // As text, because two maps are equal whatever the order of their keys.
    let (is, should) = (answered.data.to_string(), expected.data.to_string());
    if is != should {
        let same = is.bytes().zip(should.bytes()).take_while(|(is, should)| is == should).count();
        let around = |text: &str| {
            String::from_utf8_lossy(&text.as_bytes()[same.saturating_sub(120)..(same + 160).min(text.len())])
                .into_owned()
        };
        return Err(told(&format!("the engine answers\n… {}\ninstead of\n… {}", around(&is), around(&should))));
    }
    if answered.not_found != expected.not_found {
        return Err(told(&format!("NOT_FOUND at {:?} instead of {:?}", answered.not_found, expected.not_found)));
    }
    let statements = expected.statements;
    if answered.statements != statements.len() || statements.len() > operation.bound {
        let bound = operation.bound;
        return Err(told(&format!(
            "{} statements, not those of {statements:?}, and {bound} at most",
            answered.statements
        )));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_answers_like_a_plain_executor() {
    let app = crowd::crowd().await;
    let stages = [Stage::of(&app, FEW).await, Stage::of(&app, MANY).await];
    for_tapes(250, async |tape| {
        for stage in &stages {
            agrees(stage, &operation(&stage.world, tape, Style::Full)).await?;
        }
        Ok(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fragment_on_a_union_applies_to_the_objects_of_its_types() {
    let stage = Stage::of(&crowd::crowd().await, MANY).await;
    let query = "{ messages { nodes { sender { ...S ... on MessageSender { __typename } } } } }
                 fragment S on MessageSender { ... on User { id } ... on Contact { id displayName } }";
    agrees(&stage, &written(query)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_no_rows_tells_whether_there_are_any() {
    let stage = Stage::of(&crowd::crowd().await, MANY).await;
    let query = "{ tasks(first: 0) { pageInfo { hasNextPage hasPreviousPage endCursor } nodes { id } totalCount }
                   contacts { nodes { tasks(last: 0) { pageInfo { hasNextPage hasPreviousPage } } } } }";
    agrees(&stage, &written(query)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_any_type_is_json_whatever_stands_in_the_row() {
    let stage = Stage::of(&crowd::crowd().await, MANY).await;
    // Kinds of the crowd's locks are words with quotes and line breaks.
    agrees(&stage, &written("{ aiLocks(first: 250) { nodes { resourceId } } }")).await.unwrap();
}
