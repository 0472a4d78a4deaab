//! `acquireAiLock`, `renewAiLock` and `releaseAiLock`: one AI worker at a time handles a row.
//!
//! Each is one statement: whoever comes second waits for the first to commit, and then sees what it wrote.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, EntityDecl, InputDecl, VerbDecl};
use entity::kind::Kind;
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use serde_json::json;
use uuid::Uuid;

use super::AiLock;
use super::inputs::{id_of, optional, required};
use crate::processes::CONVERSATIONS;

/// How long a lock holds when nobody says, and at most, in seconds.
const SECONDS: (i32, i32) = (60, 3_600);

const HOLDER: InputDecl = InputDecl {
    name: "lockedBy",
    doc: "Name of the worker, as it alone calls itself.",
    ty: required(Kind::Text),
    need: entity::declare::Input::Required,
};

const HOLDS: InputDecl = optional(
    "seconds",
    Kind::Int,
    "How long the lock holds from now on, from 1 to 3600 seconds; 60 when it is not given.",
);

/// The mutation that takes a lock.
pub(super) static ACQUIRE_AI_LOCK: VerbDecl = VerbDecl {
    mutation: "acquireAiLock",
    doc: "Takes the lock on a row for an AI worker, when nobody holds it or the time of whoever holds it is over; else \
          CONFLICT, whose `details` say who holds it (`lockedBy`) and until when (`expiresAt`). Whoever holds it already \
          goes on holding it.",
    entity: AiLock::decl,
    right: CONVERSATIONS.write(),
    inputs: &[
        InputDecl {
            name: "resourceId",
            doc: "The row: a conversation, or something else that belongs to conversations.",
            ty: required(Kind::AnyId),
            need: entity::declare::Input::Required,
        },
        HOLDER,
        HOLDS,
    ],
    secret: None,
    run: |writer, input| acquire(writer, input).boxed(),
};

/// The mutation that keeps a lock.
pub(super) static RENEW_AI_LOCK: VerbDecl = VerbDecl {
    mutation: "renewAiLock",
    doc: "Goes on holding a lock. When its time was over and another worker has taken it: CONFLICT. One that was released \
          gives NOT_FOUND.",
    entity: AiLock::decl,
    right: CONVERSATIONS.write(),
    inputs: &[id_of("id", "ai_lock", "The lock."), HOLDER, HOLDS],
    secret: None,
    run: |writer, input| renew(writer, input).boxed(),
};

/// The mutation that lets a lock go.
pub(super) static RELEASE_AI_LOCK: VerbDecl = VerbDecl {
    mutation: "releaseAiLock",
    doc: "Lets a lock go; the row may be taken at once. Only its holder can: another worker gives FORBIDDEN. One that is \
          gone already gives NOT_FOUND.",
    entity: AiLock::decl,
    right: CONVERSATIONS.write(),
    inputs: &[id_of("id", "ai_lock", "The lock."), HOLDER],
    secret: None,
    run: |writer, input| release(writer, input).boxed(),
};

async fn acquire(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let seconds = match seconds(input) {
        Ok(seconds) => seconds,
        Err(outcome) => return Ok(outcome),
    };
    let given = text(input, "resourceId");
    let named = given.rsplit_once('_').and_then(|(prefix, id)| Some((prefix, id.parse::<Uuid>().ok()?)));
    let missing = || refused("NOT_FOUND", "resourceId", "There is no row with this ID.");
    let Some((prefix, id)) = named else { return Ok(missing()) };
    // Of this process alone, because the right to write is one on it.
    let is_of = |entity: &EntityDecl| entity.prefix == prefix && entity.process.code == CONVERSATIONS.code;
    let Some(entity) = writer.model.entities().iter().find(|entity| is_of(entity.decl)) else { return Ok(missing()) };
    let mut sql = Sql::new();
    sql.push("select id from ").push(entity.decl.table).push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(id));
    if writer.statements.rows(sql, false).await?.is_empty() {
        return Ok(missing());
    }
    let kind = prefix.to_ascii_uppercase();
    let mut sql = Sql::new();
    sql.push(
        "insert into ai_locks as held (id, tenant_id, resource_type, resource_id, locked_by, acquired_at, expires_at)",
    );
    sql.push(" values (").bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant)).push(", ");
    sql.bind(Bind::Text(kind.clone()))
        .push(", ")
        .bind(Bind::Uuid(id))
        .push(", ")
        .bind(Bind::Text(text(input, "lockedBy")));
    sql.push(", clock_timestamp(), clock_timestamp() + make_interval(secs => ").bind(Bind::Float(f64::from(seconds)));
    // Who waited here for another transaction compares with what that one has written, by the time it is then.
    sql.push(")) on conflict (tenant_id, resource_type, resource_id) do update set locked_by = excluded.locked_by, ");
    sql.push("acquired_at = case when held.locked_by = excluded.locked_by and held.expires_at > clock_timestamp() ");
    sql.push(
        "then held.acquired_at else clock_timestamp() end, expires_at = clock_timestamp() + make_interval(secs => ",
    );
    sql.bind(Bind::Float(f64::from(seconds)));
    sql.push(") where held.locked_by = excluded.locked_by or held.expires_at <= clock_timestamp() returning id");
    if let Some(id) = writer.statements.rows(sql, false).await?.uuid_of_first() {
        return Ok(Outcome::written(id));
    }
    let mut sql = Sql::new();
    sql.push(
        "select locked_by, to_json(expires_at at time zone 'UTC') #>> '{}' || 'Z' from ai_locks where tenant_id = ",
    );
    sql.bind(Bind::Uuid(writer.tenant)).push(" and resource_type = ").bind(Bind::Text(kind));
    sql.push(" and resource_id = ").bind(Bind::Uuid(id));
    let rows = writer.statements.rows(sql, false).await?;
    Ok(Outcome::refused(vec![UserError {
        details: json!({ "lockedBy": rows.text(0, 0), "expiresAt": rows.text(0, 1) }),
        ..UserError::new("CONFLICT", "resourceId", "Another worker holds this lock.")
    }]))
}

async fn renew(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let seconds = match seconds(input) {
        Ok(seconds) => seconds,
        Err(outcome) => return Ok(outcome),
    };
    let mut sql = Sql::new();
    sql.push("with written as (update ai_locks set expires_at = clock_timestamp() + make_interval(secs => ");
    sql.bind(Bind::Float(f64::from(seconds))).push(")");
    as_holder(writer, input, sql, ("CONFLICT", "This worker does not hold the lock any more.")).await
}

async fn release(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let mut sql = Sql::new();
    sql.push("with written as (delete from ai_locks");
    as_holder(writer, input, sql, ("FORBIDDEN", "Only the worker that holds the lock can release it.")).await
}

/// Writes to a lock in the name of its holder. `sql` is the write up to its condition, `refusal` the code and the message
/// for everybody else.
async fn as_holder(
    writer: Writer<'_>,
    input: &Arguments,
    mut sql: Sql,
    refusal: (&str, &str),
) -> Result<Outcome, DbError> {
    let id = input.id("id");
    sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id));
    sql.push(" and locked_by = ").bind(Bind::Text(text(input, "lockedBy")));
    sql.push(" returning id) select l.id, exists (select from written) from ai_locks l where l.tenant_id = ");
    sql.bind(Bind::Uuid(writer.tenant)).push(" and l.id = ").bind(Bind::Uuid(id));
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        return Ok(refused("NOT_FOUND", "id", "There is no AI lock with this ID."));
    }
    if !rows.is_true(0, 1) {
        return Ok(refused(refusal.0, "id", refusal.1));
    }
    Ok(Outcome::written(id))
}

/// How long the lock is to hold.
fn seconds(input: &Arguments) -> Result<i32, Outcome> {
    match input.get("seconds") {
        None => Ok(SECONDS.0),
        Some(Bind::Int(seconds)) if (1..=SECONDS.1).contains(seconds) => Ok(*seconds),
        Some(_) => Err(refused("VALIDATION", "seconds", "A lock holds from 1 to 3600 seconds.")),
    }
}

/// A required input. Reading it has made sure that it is there.
fn text(input: &Arguments, name: &str) -> String {
    input.text(name).unwrap_or_default().to_owned()
}

fn refused(code: &str, field: &str, message: &str) -> Outcome {
    Outcome::refused(vec![UserError::new(code, field, message)])
}
