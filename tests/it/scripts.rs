//! Scripts: stories told in operations, the main kind of test. A new case is a text file.
//!
//! `tests/scripts/<folder>/<story>.graphql` is one story. It plays in a database of its own that holds the world of
//! `world.sql`, over HTTP, and everything that came back stands beside it in `<story>.snap`. How a story is written,
//! with an example, is told in [`script`]; what is masked in a snapshot, in [`snapshot`].
//!
//! - One folder: `cargo test --test it scripts::crm`. One story: `SCRIPT=merge cargo test --test it scripts`, any part
//!   of its path.
//! - `UPDATE_SNAPSHOTS=1` writes the snapshots instead of comparing them. Read the diff as a client would: is this
//!   what you were promised?

mod script;
mod snapshot;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use async_graphql::Value;
use axum::body::Body;
use axum::http::{Request, header};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio_postgres::SimpleQueryMessage;
use tower::ServiceExt;
use uuid::Uuid;

use crate::app::{TestApp, superuser};
use script::{Script, Step, Who};
use snapshot::Masks;

macro_rules! folders {
    ($($folder:ident),+ $(,)?) => {
        const FOLDERS: &[&str] = &[$(stringify!($folder)),+];
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $folder() {
                play_folder(stringify!($folder)).await;
            }
        )+
    };
}

folders!(
    language,
    lists,
    writes,
    identity,
    audit,
    crm,
    inbox,
    campaigns,
    calendar,
    inventory,
    sales,
    properties,
    logistics,
    integrations,
    support,
    analytics,
    health,
    files,
    finance,
    artifacts,
    retrieval,
    assistants,
    usage
);

#[test]
fn every_file_is_a_story_that_is_played_or_its_snapshot() {
    let mut wrong = Vec::new();
    for entry in entries(&root()) {
        let (name, is_folder) = (entry.file_name().unwrap().to_string_lossy().into_owned(), entry.is_dir());
        if !is_folder && name != script::SHARED {
            wrong.push(format!("{name} lies outside of the folders"));
        }
        if is_folder && !FOLDERS.contains(&name.as_str()) {
            wrong.push(format!("the folder {name} is not in the list `folders!`, so nobody plays it"));
        }
        for file in entries(&entry).into_iter().filter(|_| is_folder) {
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("graphql") => {}
                Some("snap") if file.with_extension("graphql").exists() => {}
                Some("snap") => wrong.push(format!("{} has no story: remove it", file.display())),
                _ => wrong.push(format!("{} is neither a story nor a snapshot", file.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

async fn play_folder(folder: &str) {
    let only = std::env::var("SCRIPT").unwrap_or_default();
    let stories = entries(&root().join(folder)).into_iter().filter(|file| {
        file.extension().is_some_and(|extension| extension == "graphql") && file.to_string_lossy().contains(&only)
    });
    let failures: Vec<String> = stream::iter(stories)
        .map(|file| async move { play(&file).await.err().map(|why| format!("{}\n{why}", file.display())) })
        .buffered(3)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n\n"));
}

/// Plays one story and compares what came back with its snapshot.
async fn play(file: &Path) -> Result<(), String> {
    let shared = std::fs::read_to_string(root().join(script::SHARED)).unwrap_or_default();
    let mut script = Script::read(&std::fs::read_to_string(file).unwrap(), &shared)?;
    let app = TestApp::world().await;
    let mut stage = Stage { app, who: None, token: None, masks: Masks::default(), transcript: String::new() };
    for index in 0..script.steps.len() {
        let step = script.step(index)?;
        let begun = stage.transcript.len();
        let saved = stage.step(&step).await.map_err(|why| format!("{}\n{why}", &stage.transcript[begun..]))?;
        script.saved.extend(saved);
    }
    snapshot::compare(&file.with_extension("snap"), &stage.transcript)
}

/// A story that is being played.
struct Stage {
    app: TestApp,
    who: Option<Who>,
    token: Option<String>,
    masks: Masks,
    transcript: String,
}

type Saved = Vec<(String, String)>;

impl Stage {
    async fn step(&mut self, step: &Step) -> Result<Saved, String> {
        let _ = writeln!(self.transcript, "### {}", step.title);
        if let Some(who) = &step.who {
            self.appear(who).await;
        }
        let (met, saved) = match &step.sql {
            Some(sql) => self.sql(sql, &step.save).await,
            None => self.operation(step).await?,
        };
        self.transcript.push('\n');
        let same = met.len() == step.refused.len() && met.iter().all(|code| step.refused.contains(code));
        if same { Ok(saved) } else { Err(format!("expected the errors {:?}, met {met:?}", step.refused)) }
    }

    async fn appear(&mut self, who: &Who) {
        if self.who.as_ref() != Some(who) {
            self.token = match who {
                Who::Nobody => None,
                Who::Stranger => Some(self.app.stranger(Uuid::from_u128(1), Uuid::from_u128(2)).token),
                Who::Someone { name, tenant } => {
                    Some(self.app.sign_in(tenant, &format!("{name}@{tenant}.test")).await.token)
                }
            };
            self.who = Some(who.clone());
        }
    }

    async fn operation(&mut self, step: &Step) -> Result<(Vec<String>, Saved), String> {
        let (status, answer) = self.send(step).await?;
        let shown = self.masks.json(&answer);
        let _ = writeln!(self.transcript, "{status}\n{shown}");
        if !step.body.contains("mutation") {
            // The gateway knows the document by now, and takes a shorter way.
            let again = self.send(step).await?;
            if (status, &shown) != (again.0, &self.masks.json(&again.1)) {
                return Err(format!(
                    "the second time the answer is another one:\n{}\n{}",
                    again.0,
                    self.masks.json(&again.1)
                ));
            }
        }
        let mut saved = Vec::new();
        for (name, path) in &step.save {
            match script::at(&answer, path) {
                Some(value) => saved.push((name.clone(), value)),
                None => return Err(format!("there is nothing at {path} to save")),
            }
        }
        Ok((refusals(&answer), saved))
    }

    async fn send(&self, step: &Step) -> Result<(u16, Value), String> {
        let body = json!({ "query": step.body, "variables": step.variables, "operationName": step.operation });
        let mut request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = self.app.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap();
        // async-graphql's Value keeps the order of fields, which is part of the answer; serde_json's does not.
        let answer = serde_json::from_slice(&body)
            .map_err(|error| format!("{status}, not JSON: {error}\n{}", String::from_utf8_lossy(&body)))?;
        Ok((status, answer))
    }

    /// Runs SQL as the superuser, like somebody with psql.
    async fn sql(&mut self, sql: &str, save: &Saved) -> (Vec<String>, Saved) {
        let client = superuser(&self.app.database_name).await;
        let mut saved = Vec::new();
        match client.simple_query(&script::with_uuids(sql)).await {
            Ok(messages) => {
                for message in messages {
                    match message {
                        SimpleQueryMessage::Row(row) => {
                            for (name, cell) in save {
                                saved.push((
                                    name.clone(),
                                    row.get(cell.parse::<usize>().unwrap()).unwrap_or_default().to_owned(),
                                ));
                            }
                            let cells = (0..row.len()).map(|cell| row.get(cell).unwrap_or("null"));
                            let line = self.masks.text(&cells.collect::<Vec<_>>().join(" | "));
                            let _ = writeln!(self.transcript, "{line}");
                        }
                        SimpleQueryMessage::CommandComplete(count) => {
                            let _ = writeln!(self.transcript, "rows: {count}");
                        }
                        _ => {}
                    }
                }
                (Vec::new(), saved)
            }
            Err(error) => {
                let error = error.as_db_error().unwrap_or_else(|| panic!("{error}"));
                let code = error.constraint().unwrap_or(error.code().code()).to_owned();
                // Of PostgreSQL's own refusals the detail shows the whole row, times included.
                let facts = error.detail().filter(|_| error.code().code() == "MD001");
                let line = [Some(code.as_str()), error.column(), Some(error.message()), facts];
                for part in line.into_iter().flatten().filter(|part| !matches!(*part, "" | "{}")) {
                    let part = self.masks.text(part);
                    let _ = writeln!(self.transcript, "{part}");
                }
                (vec![code], saved)
            }
        }
    }
}

/// The codes of all errors of an answer, each once: those of the operation, and those in the payloads of mutations.
fn refusals(answer: &Value) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    let mut note = |code: Option<&Value>| {
        let code = match code {
            Some(Value::String(code)) => code.clone(),
            Some(Value::Enum(code)) => code.to_string(),
            _ => "without a code".to_owned(),
        };
        if !codes.contains(&code) {
            codes.push(code);
        }
    };
    let Value::Object(answer) = answer else { return Vec::new() };
    for error in list(answer.get("errors")) {
        note(script::field(error, "extensions").and_then(|extensions| script::field(extensions, "code")));
    }
    if let Some(Value::Object(data)) = answer.get("data") {
        for payload in data.values() {
            for error in list(script::field(payload, "errors")) {
                note(script::field(error, "code"));
            }
        }
    }
    codes
}

fn list(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}
