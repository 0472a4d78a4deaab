//! Writing into the audit log that somebody reads what is sensitive.

use std::collections::BTreeMap;
use std::sync::Arc;

use entity::database::DbError;
use entity::declare::EntityDecl;
use serde_json::json;
use uuid::Uuid;

use super::{Actor, Counters, Database, Mode, Transaction, audit};

/// What reading is called, by the process of what is read. An entity of another process is not read at all.
const ACTIONS: &[(&str, &str)] = &[("HEALTH", "health.read")];

/// Writes down that a user reads rows of these entities, in a transaction of its own: reads are made in snapshots that
/// cannot be written to. One row for each process, such as `health.read`, about the user whose data it is. `details` say
/// by what; the types are added.
///
/// Call it before what was read is given away, and give nothing away when it fails.
///
/// # Errors
/// When the database does not take it.
pub async fn audit_reading(
    database: Database,
    (actor, user): (Actor, Uuid),
    sensitive: &[&'static EntityDecl],
    details: &serde_json::Map<String, serde_json::Value>,
) -> Result<(), DbError> {
    let mut by_process: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entity in sensitive {
        let types = by_process.entry(entity.process.code).or_default();
        if !types.contains(&entity.name) {
            types.push(entity.name);
        }
    }
    if by_process.is_empty() {
        return Ok(());
    }
    let transaction = Transaction::new(database, Mode::Write, actor, Arc::new(Counters::default()));
    for (process, mut types) in by_process {
        types.sort_unstable();
        let mut details = details.clone();
        details.insert("types".to_owned(), json!(types));
        let Some((_, action)) = ACTIONS.iter().find(|(known, _)| *known == process) else {
            return Err(DbError::Fault(format!("reading of {process} has no name in the audit log")));
        };
        audit(&transaction, action, "User", Some(user), serde_json::Value::Object(details)).await?;
    }
    transaction.commit().await
}
