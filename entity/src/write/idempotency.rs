//! Idempotency keys: the first use writes and stores its outcome in the same transaction, later uses read it.
//!
//! A second use that comes while the first is still running waits on the key's row and then sees the outcome.

use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::perform::Writer;
use super::refuse::account_gone;
use super::{Outcome, UserError};
use crate::database::{ConstraintKind, DbError};
use crate::sql::{Bind, Sql};

/// What a key says.
pub enum Key {
    /// It is new; the outcome must be stored.
    Fresh,
    /// It was used; this is what happened then.
    Used(Outcome),
}

fn hash(operation: &str, fingerprint: &str) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(operation.as_bytes());
    hash.update([0]);
    hash.update(fingerprint.as_bytes());
    hash.finalize().to_vec()
}

/// Takes a key, or finds the outcome of its first use.
///
/// # Errors
/// What the database said.
pub async fn take(writer: &Writer<'_>, key: &str, operation: &str, fingerprint: &str) -> Result<Key, DbError> {
    let input_hash = hash(operation, fingerprint);
    let mut sql = Sql::new();
    sql.push("insert into idempotency_keys (tenant_id, user_id, key, operation, input_hash) values (")
        .bind(Bind::Uuid(writer.tenant))
        .push(", ")
        .bind(Bind::Uuid(writer.user))
        .push(", ")
        .bind(Bind::Text(key.to_owned()))
        .push(", ")
        .bind(Bind::Text(operation.to_owned()))
        .push(", ")
        .bind(Bind::Bytes(input_hash.clone()))
        .push(") on conflict do nothing returning 1");
    let taken = writer.statements.rows(sql, false).await.map_err(|error| match error {
        // The keys of a table that refers to nothing but the tenant and the user.
        DbError::Constraint { kind: ConstraintKind::ForeignKey, .. } => DbError::Refused(account_gone()),
        other => other,
    })?;
    if !taken.is_empty() {
        return Ok(Key::Fresh);
    }
    let mut sql = Sql::new();
    sql.push("select outcome::text, input_hash = ").bind(Bind::Bytes(input_hash));
    sql.push(" from idempotency_keys");
    only(writer, key, &mut sql);
    let rows = writer.statements.rows(sql, false).await?;
    let same = !rows.is_empty() && rows.is_true(0, 1);
    if !same {
        let message = "This idempotency key was used before with another input; use a new key for a new intention.";
        let error = UserError::new("IDEMPOTENCY_KEY_REUSED", "idempotencyKey", message);
        return Ok(Key::Used(Outcome::refused(vec![error])));
    }
    let stored = rows.cell(0, 0).and_then(|bytes| serde_json::from_slice::<serde_json::Value>(bytes).ok());
    let stored = stored.ok_or_else(|| DbError::Fault("an idempotency key has no outcome".into()))?;
    let id = stored.get("id").and_then(serde_json::Value::as_str).and_then(|id| Uuid::try_parse(id).ok());
    let errors = stored.get("errors").and_then(serde_json::Value::as_array);
    let errors = errors.into_iter().flatten().map(UserError::from_json).collect();
    Ok(Key::Used(Outcome::refused_for(id, errors)))
}

/// Stores the outcome of the first use.
///
/// # Errors
/// What the database said.
pub async fn store(writer: &Writer<'_>, key: &str, outcome: &Outcome) -> Result<(), DbError> {
    let errors: Vec<_> = outcome.errors.iter().map(UserError::to_json).collect();
    let mut sql = Sql::new();
    sql.push("update idempotency_keys set outcome = ").bind(Bind::Json(json!({ "id": outcome.id, "errors": errors })));
    only(writer, key, &mut sql);
    writer.statements.rows(sql, false).await.map(|_| ())
}

fn only(writer: &Writer<'_>, key: &str, sql: &mut Sql) {
    sql.push(" where tenant_id = ")
        .bind(Bind::Uuid(writer.tenant))
        .push(" and user_id = ")
        .bind(Bind::Uuid(writer.user))
        .push(" and key = ")
        .bind(Bind::Text(key.to_owned()));
}
