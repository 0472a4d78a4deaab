//! Writes refused access to what is sensitive into the audit log, before the refusal is answered.
//!
//! A script that tries doors would fill the log, so only the first refusals of a session in a minute are written down
//! one by one; the rest is counted, and the count is written with a later refusal.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{PathSegment, ServerError, Value};
use chrono::{DateTime, Duration, Utc};
use entity::access::ProcessDecl;
use entity::database::DbError;
use serde_json::json;
use uuid::Uuid;

use crate::access::Viewer;
use crate::db::{Actor, Counters, Mode, Transaction, audit};
use crate::processes;
use crate::request::Services;

/// Refusals of one session that are written down one by one within a minute.
const WRITTEN_PER_MINUTE: u32 = 20;

/// Fields named in one row; an operation may ask for hundreds.
const NAMED_FIELDS: usize = 20;

/// Processes whose refusals are written down, with those below them.
const SENSITIVE: [&ProcessDecl; 4] =
    [&processes::ADMINISTRATION, &processes::FINANCE, &processes::HEALTH, &processes::PLATFORM];

/// What was refused lately, by session.
#[derive(Default)]
pub(super) struct Denials(Mutex<HashMap<Uuid, Minute>>);

/// The refusals of one session within a minute that begins with the first.
struct Minute {
    began_at: DateTime<Utc>,
    actor: Actor,
    written: u32,
    suppressed: u32,
}

/// A row to write.
struct Note {
    actor: Actor,
    action: &'static str,
    details: serde_json::Value,
}

impl Denials {
    /// Writes down what of the refusals of an operation is sensitive. Returns when that is stored; where it cannot be,
    /// the log says so, and the refusal stands all the same.
    pub(super) async fn note<'e>(
        &self,
        services: &Services,
        viewer: &Viewer,
        request_id: &str,
        errors: impl Iterator<Item = &'e ServerError>,
    ) {
        let denied: Vec<_> = errors.filter_map(sensitive).take(NAMED_FIELDS).collect();
        if denied.is_empty() {
            return;
        }
        let details = json!({ "denied": denied, "requestId": request_id });
        let notes = self.take(viewer, services.clock.now(), details);
        for note in notes {
            if let Err(error) = write(services, note).await {
                let (reason, message) = (format!("{error:?}"), "a refusal could not be written to the audit log");
                tracing::error!(target: "mostrador::request", reason, request.id = request_id, "{message}");
            }
        }
    }

    /// Counts a refusal, and says what is to be written.
    fn take(&self, viewer: &Viewer, now: DateTime<Utc>, details: serde_json::Value) -> Vec<Note> {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut notes = Vec::new();
        minutes.retain(|_, minute| {
            let is_over = now - minute.began_at >= Duration::minutes(1);
            if is_over && minute.suppressed > 0 {
                let details = json!({ "count": minute.suppressed, "from": minute.began_at });
                notes.push(Note { actor: minute.actor.clone(), action: "access.suppressed", details });
            }
            !is_over
        });
        let minute = minutes.entry(viewer.session).or_insert_with(|| Minute {
            began_at: now,
            actor: viewer.actor.clone(),
            written: 0,
            suppressed: 0,
        });
        if minute.written < WRITTEN_PER_MINUTE {
            minute.written += 1;
            notes.push(Note { actor: viewer.actor.clone(), action: "access.denied", details });
        } else {
            minute.suppressed += 1;
        }
        notes
    }
}

/// What a refusal was about, when that is sensitive.
fn sensitive(error: &ServerError) -> Option<serde_json::Value> {
    let Some(Value::Object(requires)) = error.extensions.as_ref()?.get("requires") else { return None };
    let Some(Value::String(code)) = requires.get("process") else { return None };
    let process = processes::ALL.into_iter().find(|process| process.code == code)?;
    let is_sensitive = std::iter::successors(Some(process), |process| process.parent)
        .any(|process| SENSITIVE.iter().any(|sensitive| sensitive.code == process.code));
    let path: Vec<String> = error
        .path
        .iter()
        .map(|segment| match segment {
            PathSegment::Field(name) => name.clone(),
            PathSegment::Index(index) => index.to_string(),
        })
        .collect();
    is_sensitive.then(|| json!({ "process": code, "action": requires.get("action"), "field": path.join(".") }))
}

async fn write(services: &Services, note: Note) -> Result<(), DbError> {
    let counters = Arc::new(Counters::default());
    let transaction = Transaction::new(services.database.clone(), Mode::Write, note.actor, counters);
    audit(&transaction, note.action, "Process", None, note.details).await?;
    transaction.commit().await
}
