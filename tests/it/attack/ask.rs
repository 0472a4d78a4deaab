//! One request to both databases, and answers made comparable.
//!
//! The oracle itself is tested in [`super::proof`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::id::split_id;
use mostrador::clock::{Clock as _, SystemClock};
use serde_json::Value;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::stage::{PREFIXES, Stage};
use crate::app::TestClient;

/// What one request came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) json: Value,
    pub(super) statements: u32,
}

/// Asks and normalises: the IDs of new rows, moments of this run and the request's own ID are not the same twice.
pub(super) async fn ask(client: &TestClient, query: &str, variables: &Value) -> Answer {
    let began = began().await;
    let reply = client.measured(query, variables.clone()).await;
    let mut json = reply.json;
    normalize(&mut json, began);
    Answer { json, statements: reply.statements }
}

async fn began() -> DateTime<Utc> {
    static BEGAN: OnceCell<DateTime<Utc>> = OnceCell::const_new();
    *BEGAN.get_or_init(async || SystemClock.now() - chrono::Duration::minutes(10)).await
}

fn normalize(value: &mut Value, began: DateTime<Utc>) {
    match value {
        Value::String(text) => {
            if split_id(text).is_some_and(|(prefix, id)| prefix.is_some() && is_new(id)) {
                *text = "A NEW ID".to_owned();
            } else if is_secret(text) {
                *text = "A SECRET".to_owned();
            } else if let Some(clear) = address(text).or_else(|| path(text)).or_else(|| cursor(text)) {
                *text = clear;
            } else if text.parse::<DateTime<Utc>>().is_ok_and(|moment| moment > began) {
                *text = "A MOMENT".to_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| normalize(item, began)),
        Value::Object(entries) => {
            // Errors and the audit log name the request that they are about; rows have global IDs there.
            let of_row = |id: &str| split_id(id).is_some_and(|(prefix, _)| prefix.is_some());
            if entries.get("requestId").and_then(Value::as_str).is_some_and(|id| !of_row(id)) {
                entries.remove("requestId");
            }
            entries.values_mut().for_each(|item| normalize(item, began));
        }
        _ => {}
    }
}

/// Whether a row was made in this run.
fn is_new(id: Uuid) -> bool {
    let id = id.simple().to_string();
    id.starts_with("01") && id.as_str() > PREFIXES[2]
}

/// An address of a file says in the clear whose and which; the rest is sealed, and not the same twice.
fn address(text: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix("/files/")?).ok()?;
    let (tenant, rest) = bytes.split_at_checked(16)?;
    let (row, _) = rest.split_at_checked(16)?;
    let [tenant, row] = [tenant, row].map(|id| Uuid::from_slice(id).unwrap());
    let row = if is_new(row) { "A NEW ID".to_owned() } else { row.to_string() };
    Some(format!("/files/{tenant}/{row}/A SEAL"))
}

/// A cursor at a new row holds its ID.
fn cursor(text: &str) -> Option<String> {
    let parts: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let id = split_id(parts.as_array()?.last()?.as_str()?)?.1;
    is_new(id).then(|| "A NEW CURSOR".to_owned())
}

/// Where a paper is kept is made of its ID and other things.
fn path(text: &str) -> Option<String> {
    let mut ids = (0..text.len()).filter_map(|at| text.get(at..at + 36));
    let new = ids.find(|id| Uuid::try_parse(id).is_ok_and(is_new))?;
    Some(text.replace(new, "A NEW ID"))
}

/// Secrets are a tenant and 32 random bytes in base64: `<tenant>.<secret>`; those of webhooks and of
/// connections have a word in front.
fn is_secret(text: &str) -> bool {
    let parts = text.split_once('.');
    parts.is_some_and(|(tenant, secret)| Uuid::try_parse(tenant).is_ok() && secret.len() == 43)
        || ["whsec_", "lsec_"].iter().any(|word| text.strip_prefix(word).is_some_and(|secret| secret.len() == 43))
}

impl Answer {
    pub(super) fn text(&self) -> String {
        self.json.to_string()
    }

    /// The answer with something else in the place of an ID that was asked for.
    pub(super) fn without(&self, id: &str) -> (String, u32) {
        (self.text().replace(id, "THE-ID"), self.statements)
    }

    /// Whether the document was executed, not refused as a whole.
    pub(super) fn is_executed(&self) -> bool {
        self.json.get("data").is_some()
    }

    /// Codes of the errors at the top.
    pub(super) fn codes(&self) -> Vec<&str> {
        let errors = self.json["errors"].as_array();
        errors.into_iter().flatten().filter_map(|error| error["extensions"]["code"].as_str()).collect()
    }
}

/// What was found, told at the end and all at once.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) found: Vec<String>,
    pub(super) asked: usize,
    /// A has taken values of B over, so marks prove nothing any more.
    pub(super) is_marked: bool,
}

impl Findings {
    pub(super) fn add(&mut self, what: String) {
        self.found.push(what);
    }

    /// Asks as A in both databases: the answers must not differ, nor hold a mark of B or C that was not asked with.
    pub(super) async fn same(&mut self, stage: &Stage, query: &str, variables: &Value) -> Answer {
        let (client, owned) = (stage.a_alone.clone(), (query.to_owned(), variables.clone()));
        let alone = tokio::spawn(async move { ask(&client, &owned.0, &owned.1).await });
        let (alone, both) = tokio::join!(alone, ask(&stage.a, query, variables));
        let alone = alone.unwrap();
        self.asked += 1;
        if alone != both {
            self.add(format!(
                "another tenant changes the answer ({} and {} statements): {}\n{query}\n{variables}",
                alone.statements,
                both.statements,
                difference(&alone.json, &both.json, "")
            ));
        }
        let (request, text) = (format!("{query}{variables}"), both.text());
        for mark in stage.marks() {
            if !self.is_marked && text.contains(mark) && !request.contains(mark) {
                self.add(format!("the answer holds {mark}\n{query}\n{variables}\n{text}"));
            }
        }
        both
    }

    /// Fails when anything was found.
    pub(super) fn settle(self, what: &str) {
        let count = self.found.len();
        let told: Vec<String> =
            self.found.into_iter().take(500).map(|found| found.chars().take(700).collect()).collect();
        assert!(count == 0, "{what}: {count} findings in {} requests\n\n{}", self.asked, told.join("\n\n"));
    }
}

/// The first difference of two answers.
pub(super) fn difference(one: &Value, other: &Value, path: &str) -> String {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys());
            let none = Value::Null;
            let different = keys.filter(|key| a.get(*key) != b.get(*key)).map(|key| {
                difference(a.get(key).unwrap_or(&none), b.get(key).unwrap_or(&none), &format!("{path}.{key}"))
            });
            different.take(1).collect()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let different = a.iter().zip(b).enumerate().filter(|(_, (a, b))| a != b);
            different.take(1).map(|(index, (a, b))| difference(a, b, &format!("{path}[{index}]"))).collect()
        }
        _ => format!("{path}: {one} and {other}"),
    }
}
