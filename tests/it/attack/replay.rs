//! For every mutation: what was there before, and the changes since, are what is there after.
//!
//! A client keeps what it has read, and follows the log. Here it is one that has read everything: after each mutation it
//! takes the changes after its cursor, puts their rows in place of its own, and must then have what a fresh query has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use entity::declare::EntityDecl;
use entity::id::format_id;
use entity::model::VerbKind;
use serde_json::{Map, Value, json};

use super::stage::{A, Stage, model};
use super::types::{Field, Types};
use super::values::Rows;
use super::writes::{Attack, input_of};
use crate::app::TestClient;

/// Most IDs that `nodes` takes.
const AT_ONCE: usize = 250;

/// All that the administrator sees, and the place in the log that belongs to it.
struct Everything {
    cursor: String,
    rows: BTreeMap<String, Value>,
}

/// After how many mutations that wrote something it is all compared.
const BETWEEN: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_and_the_changes_since_are_what_is_there_after_every_mutation() {
    let mut stage = Stage::set().await;
    let types = Types::read(&stage.a).await;
    let own = Rows::read(&types, &stage.a, &stage.own).await;
    let fragments = fragments(&types);
    let mut kept = Everything::read(&stage, &fragments).await.unwrap();
    let (mut done, mut lately, mut findings) = (BTreeSet::new(), Vec::new(), Vec::new());
    let mut names: Vec<_> = model().mutations.iter().map(|(name, verb)| (rank(&verb.kind), name.clone())).collect();
    names.sort();
    let last = names.len() - 1;
    for (index, (_, name)) in names.iter().enumerate() {
        let mutation = types.of("Mutation").field(name).unwrap();
        let (document, inputs) = attempts(&stage, &types, &own, mutation);
        for input in inputs {
            let answer = stage.a.measured(&document, json!({ "input": input })).await.json;
            let errors = answer["data"][name]["errors"].as_array();
            if answer.get("errors").is_none() && errors.is_some_and(Vec::is_empty) {
                done.insert(name.clone());
                lately.push(name.as_str());
                break;
            }
        }
        stage.both.sequencer().take().await.unwrap();
        let followed = kept.follow(&stage.a, &fragments).await;
        let Some(_) = followed else {
            // The mutation has taken from the administrator what it takes to look.
            stage = Stage::set().await;
            kept = Everything::read(&stage, &fragments).await.unwrap();
            lately.clear();
            continue;
        };
        if lately.len() >= BETWEEN || index == last {
            let fresh = kept.caught_up(&stage, &fragments).await;
            findings.extend(differences(&lately, &kept.rows, &fresh.rows));
            (kept, lately) = (fresh, Vec::new());
        }
    }
    println!("replay: {} of {} mutations done and followed", done.len(), names.len());
    assert!(findings.is_empty(), "{} differences:\n{}", findings.len(), findings.join("\n"));
    let not_done: Vec<_> = names.iter().map(|(_, name)| name).filter(|name| !done.contains(*name)).collect();
    assert!(done.len() * 10 > names.len() * 7, "too few could be done; not these: {not_done:?}");
}

/// The mutation's document, and inputs that may succeed: the least, with one row or another, and those with all values of
/// a row.
fn attempts(stage: &Stage, types: &Types, own: &Rows, mutation: &Field) -> (String, Vec<Map<String, Value>>) {
    let attack = Attack::new(stage, types, Rows::none());
    let entity = model().entity(model().mutations[&mutation.name].entity).decl;
    let mut inputs: Vec<_> = (0..3).map(|place| attack.least_with(mutation, place)).collect();
    for row in own.of(entity.name).iter().take(4) {
        inputs.extend(input_of(types, mutation).map(|ty| attack.filled(mutation, ty, row)));
    }
    (attack.document(mutation), inputs)
}

/// What takes rows away comes last.
fn rank(kind: &VerbKind) -> u8 {
    match kind {
        VerbKind::Delete => 1,
        VerbKind::Restore => 2,
        VerbKind::Purge => 3,
        _ => 0,
    }
}

/// Everything plain of every type.
fn fragments(types: &Types) -> String {
    let mut out = String::from("__typename id ");
    for node in types.nodes() {
        let _ = write!(out, "... on {} {{ {} }} ", node.name, types.leaves(node));
    }
    out
}

/// All rows of A, whoever may see them.
async fn ids(stage: &Stage) -> Vec<String> {
    let mut ids = Vec::new();
    // These are views of rows that are logged themselves.
    let logged =
        |decl: &EntityDecl| !decl.global && !["contact_timeline", "property_performance"].contains(&decl.table);
    for decl in model().entities().iter().map(|entity| entity.decl).filter(|decl| logged(decl)) {
        let found = stage.both.rows(&format!("select id from {} where tenant_id = '{A}'", decl.table)).await;
        ids.extend(found.into_iter().flatten().map(|id| format_id(decl.prefix, id.parse().unwrap())));
    }
    ids
}

/// Whether changes of a row tell all there is to tell. What becomes visible because the viewer joins a team is not told
/// row by row, as the schema says; that are the replies of teams.
fn is_followed(row: &Value) -> bool {
    !row.is_null() && row["__typename"] != "TimelineEntry" && row["scope"] != "TEAM"
}

impl Everything {
    /// `None` when the client is not answered any more.
    async fn read(stage: &Stage, fragments: &str) -> Option<Self> {
        let query = format!("query Q($ids: [ID!]!) {{ eventCursor nodes(ids: $ids) {{ {fragments} }} }}");
        let (mut cursor, mut rows) = (None, BTreeMap::new());
        for ids in ids(stage).await.chunks(AT_ONCE) {
            let answer = stage.a.measured(&query, json!({ "ids": ids })).await.json;
            let found = answer["data"]["nodes"].as_array()?;
            cursor.get_or_insert_with(|| answer["data"]["eventCursor"].as_str().unwrap().to_owned());
            for row in found.iter().filter(|row| row.get("deletedAt").is_none_or(Value::is_null) && is_followed(row)) {
                rows.insert(row["id"].as_str().unwrap().to_owned(), row.clone());
            }
        }
        Some(Self { cursor: cursor?, rows })
    }

    /// What a fresh query has at a moment up to which the changes have been taken. When others write in between, it is
    /// read again; but some reading is itself noted in the audit log, and of that it takes the client's word for what was
    /// noted since.
    async fn caught_up(&mut self, stage: &Stage, fragments: &str) -> Self {
        for _ in 0..20 {
            let mut fresh = Self::read(stage, fragments).await.unwrap();
            stage.both.sequencer().take().await.unwrap();
            let changed = self.follow(&stage.a, fragments).await.unwrap();
            if changed.iter().all(|id| id.starts_with("audit_log_")) {
                for id in changed {
                    let noted = self.rows.get(&id).map(|row| (id.clone(), row.clone()));
                    fresh.rows.extend(noted.filter(|_| !fresh.rows.contains_key(&id)));
                }
                return fresh;
            }
        }
        panic!("the log does not come to rest");
    }

    /// Takes the changes since and says of which rows; `None` when the client is not answered any more.
    async fn follow(&mut self, client: &TestClient, fragments: &str) -> Option<BTreeSet<String>> {
        let query = format!(
            "query Q($after: String!) {{ changes(after: $after, first: 100) {{ \
             nodes {{ kind id node {{ {fragments} }} }} endCursor hasMore }} }}"
        );
        let mut changed = BTreeSet::new();
        loop {
            let answer = client.measured(&query, json!({ "after": self.cursor })).await.json;
            let page = answer["data"].get("changes")?;
            for change in page["nodes"].as_array()? {
                let id = change["id"].as_str()?.to_owned();
                changed.insert(id.clone());
                match change["kind"].as_str()? {
                    "DELETED" | "NO_LONGER_VISIBLE" => self.rows.remove(&id),
                    _ if is_followed(&change["node"]) => self.rows.insert(id, change["node"].clone()),
                    _ => self.rows.remove(&id),
                };
            }
            self.cursor = page["endCursor"].as_str()?.to_owned();
            if page["hasMore"] == json!(false) {
                return Some(changed);
            }
        }
    }
}

/// What the client has otherwise than a fresh query.
fn differences(mutations: &[&str], kept: &BTreeMap<String, Value>, fresh: &BTreeMap<String, Value>) -> Vec<String> {
    let ids: BTreeSet<_> = kept.keys().chain(fresh.keys()).collect();
    let mut out = Vec::new();
    for id in ids {
        match (kept.get(id), fresh.get(id)) {
            (Some(kept), Some(fresh)) => {
                for (field, value) in fresh.as_object().into_iter().flatten() {
                    if kept[field] != *value {
                        out.push(format!("{id}.{field} is {value}, the client has {}", kept[field]));
                    }
                }
            }
            (Some(_), None) => out.push(format!("{id} is gone, the client still has it")),
            (None, Some(_)) => out.push(format!("{id} is there, the client does not know it")),
            (None, None) => {}
        }
    }
    if !out.is_empty() {
        out.push(format!("after one of {mutations:?}"));
    }
    out
}
