//! Performs a verb inside an open transaction.

use std::any::Any;

use serde_json::json;
use uuid::Uuid;

use super::draft::{Draft, takes};
use super::idempotency::{self, Key};
use super::refuse::{linked, refuse};
use super::{Outcome, UserError};
use crate::database::{DbError, Statements};
use crate::declare::{FieldDecl, LinkDecl};
use crate::id::format_id;
use crate::late::{Early, EarlyFn};
use crate::model::{EntityModel, Model, Verb, VerbKind, lower_first, words};
use crate::plan::abilities::read_only;
use crate::sql::{Bind, Sql};

/// Who writes, and through what.
#[derive(Clone, Copy)]
pub struct Writer<'a> {
    /// Runs statements in the transaction.
    pub statements: &'a dyn Statements,
    /// The schema.
    pub model: &'static Model,
    /// The tenant.
    pub tenant: Uuid,
    /// The acting user.
    pub user: Uuid,
    /// ID of the row when one is created; made by the caller's id source.
    pub new_id: Uuid,
    /// What the gateway lends to verbs, see [`Writer::service`].
    pub services: &'a (dyn Any + Send + Sync),
}

impl<'a> Writer<'a> {
    /// What the gateway lends to verbs besides the database, for instance the outbox of mails. The engine hands it on
    /// without knowing its type.
    ///
    /// # Errors
    /// A fault when the gateway lends something else.
    pub fn service<T: Any>(&self) -> Result<&'a T, DbError> {
        let missing = || DbError::Fault(format!("the gateway lends no {}", std::any::type_name::<T>()));
        self.services.downcast_ref().ok_or_else(missing)
    }
}

/// Performs a verb. On user errors nothing is written, and the transaction can still be read from and committed.
///
/// # Errors
/// What the database said, where that is not the user's to put right.
pub async fn perform(writer: Writer<'_>, verb: &Verb, draft: &Draft) -> Result<Outcome, DbError> {
    let Some(key) = &draft.idempotency_key else { return guarded(writer, verb, draft).await };
    match idempotency::take(&writer, key, &verb.name, &draft.fingerprint).await? {
        Key::Used(outcome) => Ok(outcome),
        Key::Fresh => {
            let outcome = guarded(writer, verb, draft).await?;
            idempotency::store(&writer, key, &outcome).await?;
            Ok(outcome)
        }
    }
}

/// Runs the write under a savepoint, so that a refusal leaves the transaction usable.
async fn guarded(writer: Writer<'_>, verb: &Verb, draft: &Draft) -> Result<Outcome, DbError> {
    let entity = writer.model.entity(verb.entity);
    let (savepoint, written) =
        futures_util::future::join(writer.statements.command("savepoint verb"), write(writer, entity, verb, draft))
            .await;
    savepoint?;
    match written {
        Ok(Written::Row(id)) => Ok(Outcome::written(id)),
        Ok(Written::Nothing) => absent(writer, entity, verb, draft).await,
        Ok(Written::Said(outcome)) => {
            if !outcome.errors.is_empty() {
                writer.statements.command("rollback to savepoint verb").await?;
                return Ok(Outcome { secret: None, ..outcome });
            }
            Ok(outcome)
        }
        Err(error @ (DbError::Refused(_) | DbError::Constraint { .. } | DbError::TooLarge)) => {
            writer.statements.command("rollback to savepoint verb").await?;
            let mut error = refuse(writer, entity, verb, draft, error).await?;
            // A path leads into the input: `resolveConversation` is refused for a status that it does not take.
            error.path.retain(|name| takes(writer.model, verb, name));
            Ok(Outcome::refused_for(draft.id, vec![error]))
        }
        Err(other) => Err(other),
    }
}

/// What writing came to.
enum Written {
    Row(Uuid),
    Nothing,
    Said(Outcome),
}

async fn write(
    writer: Writer<'_>,
    entity: &'static EntityModel,
    verb: &Verb,
    draft: &Draft,
) -> Result<Written, DbError> {
    if let VerbKind::Declared(declared) = verb.kind {
        return (declared.run)(writer, &draft.arguments).await.map(Written::Said);
    }
    if draft.values.iter().any(|(column, _)| early_field(entity, column).is_some()) {
        let draft = &stored(writer, entity, draft).await?;
        return Ok(write_row(writer, entity, verb, draft).await?.map_or(Written::Nothing, Written::Row));
    }
    Ok(write_row(writer, entity, verb, draft).await?.map_or(Written::Nothing, Written::Row))
}

/// The early field over a column. Entities that have one are few and have few.
fn early_field(entity: &EntityModel, column: &str) -> Option<(&'static FieldDecl, EarlyFn)> {
    let field = entity.decl.fields.iter().find(|field| field.early.is_some() && field.column == column)?;
    Some((field, field.early?))
}

/// The draft with the values as they are stored.
async fn stored(writer: Writer<'_>, entity: &'static EntityModel, draft: &Draft) -> Result<Draft, DbError> {
    let mut draft = draft.clone();
    for (column, value) in &mut draft.values {
        if let Some((field, make)) = early_field(entity, column) {
            let given = std::mem::replace(value, Bind::Bool(false));
            let given = if matches!(given, Bind::Null(_)) { None } else { Some(given) };
            let row = draft.id.unwrap_or(writer.new_id);
            *value = make(Early { writer, entity: entity.decl, field, row, value: given }).await?;
        }
    }
    Ok(draft)
}

async fn write_row(
    writer: Writer<'_>,
    entity: &'static EntityModel,
    verb: &Verb,
    draft: &Draft,
) -> Result<Option<Uuid>, DbError> {
    let table = entity.decl.table;
    let sql = match verb.kind {
        VerbKind::Create => insert(writer, table, draft),
        VerbKind::Link(link, _) => return link_rows(writer, entity, link, draft).await,
        VerbKind::Unlink(link, _) => return unlink_rows(writer, link, draft).await,
        VerbKind::Delete if !entity.decl.soft_delete => {
            let mut sql = Sql::new();
            sql.push("delete from ").push(table).push(" t");
            chosen(writer, entity, verb, draft, &mut sql);
            sql.push(" returning t.id");
            sql
        }
        VerbKind::Purge => {
            let mut sql = Sql::new();
            sql.push("select app.purge('").push(table).push("', '").push(entity.decl.name).push("', ");
            sql.bind(Bind::Uuid(draft.id.unwrap_or_default())).push(", ");
            match draft.expected_version {
                Some(version) => sql.bind(Bind::Int(version)),
                None => sql.push("null"),
            };
            sql.push(")");
            sql
        }
        // Nothing is to change: only look at the row, and lock it, so that the version that was checked stays.
        _ if changes_nothing(verb, draft) => {
            let mut sql = Sql::new();
            sql.push("select t.id from ").push(table).push(" t");
            chosen(writer, entity, verb, draft, &mut sql);
            sql.push(" for no key update");
            sql
        }
        _ => {
            let mut sql = Sql::new();
            sql.push("update ").push(table).push(" t set ");
            assignments(writer, verb, draft, &mut sql);
            chosen(writer, entity, verb, draft, &mut sql);
            sql.push(" returning t.id");
            sql
        }
    };
    Ok(writer.statements.rows(sql, false).await?.uuid_of_first())
}

fn changes_nothing(verb: &Verb, draft: &Draft) -> bool {
    let always = match verb.kind {
        VerbKind::Update => false,
        VerbKind::Action(action) => !action.set.is_empty(),
        _ => true,
    };
    !always && draft.values.is_empty()
}

fn insert(writer: Writer<'_>, table: &str, draft: &Draft) -> Sql {
    let mut sql = Sql::new();
    sql.push("insert into ").push(table).push(" (id, tenant_id");
    for (column, _) in &draft.values {
        sql.push(", ").push(column);
    }
    sql.push(") values (").bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant));
    for (_, value) in &draft.values {
        sql.push(", ").bind(value.clone());
    }
    sql.push(") returning id");
    sql
}

fn assignments(writer: Writer<'_>, verb: &Verb, draft: &Draft, sql: &mut Sql) {
    let mut glue = "";
    if let VerbKind::Action(action) = verb.kind {
        // What an input gives takes the place of what is always set.
        let given = |column: &str| draft.values.iter().any(|(written, _)| *written == column);
        for (column, value) in action.set.iter().filter(|(column, _)| !given(column)) {
            sql.push(glue).push(column).push(" = ").push(value);
            glue = ", ";
        }
    }
    match verb.kind {
        VerbKind::Delete => {
            sql.push("deleted_at = now(), deleted_by_id = ").bind(Bind::Uuid(writer.user));
        }
        VerbKind::Restore => {
            sql.push("deleted_at = null, deleted_by_id = null");
        }
        _ => {
            for (column, value) in &draft.values {
                sql.push(glue).push(column).push(" = ").bind(value.clone());
                glue = ", ";
            }
        }
    }
}

fn chosen(writer: Writer<'_>, entity: &EntityModel, verb: &Verb, draft: &Draft, sql: &mut Sql) {
    sql.push(" where ");
    if !entity.decl.global {
        sql.push("t.tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and ");
    }
    sql.push("t.id = ").bind(Bind::Uuid(draft.id.unwrap_or_default()));
    if entity.decl.soft_delete {
        let restored = matches!(verb.kind, VerbKind::Restore);
        sql.push(if restored { " and t.deleted_at is not null" } else { " and t.deleted_at is null" });
    }
    if let Some(version) = draft.expected_version {
        sql.push(" and t.version = ").bind(Bind::Int(version));
    }
}

async fn link_rows(
    writer: Writer<'_>,
    entity: &EntityModel,
    link: &LinkDecl,
    draft: &Draft,
) -> Result<Option<Uuid>, DbError> {
    let (here, there) = (draft.id.unwrap_or_default(), draft.linked.unwrap_or_default());
    let mut sql = Sql::new();
    sql.push("insert into ").push(link.table).push(" (tenant_id, ").push(link.here).push(", ").push(link.there);
    sql.push(") select t.tenant_id, t.id, ").bind(Bind::Uuid(there));
    sql.push(" from ").push(entity.decl.table).push(" t where t.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and t.id = ").bind(Bind::Uuid(here));
    if entity.decl.soft_delete {
        sql.push(" and t.deleted_at is null");
    }
    // A link that is already there is what was asked for; the update is a no-op that makes RETURNING see it.
    sql.push(" on conflict (tenant_id, ").push(link.here).push(", ").push(link.there).push(") do update set ");
    sql.push(link.here).push(" = excluded.").push(link.here).push(" returning ").push(link.here);
    Ok(writer.statements.rows(sql, false).await?.uuid_of_first())
}

async fn unlink_rows(writer: Writer<'_>, link: &LinkDecl, draft: &Draft) -> Result<Option<Uuid>, DbError> {
    let mut sql = Sql::new();
    sql.push("delete from ").push(link.table).push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and ").push(link.here).push(" = ").bind(Bind::Uuid(draft.id.unwrap_or_default()));
    sql.push(" and ").push(link.there).push(" = ").bind(Bind::Uuid(draft.linked.unwrap_or_default()));
    sql.push(" returning ").push(link.here);
    Ok(writer.statements.rows(sql, false).await?.uuid_of_first())
}

/// No row was written: find out whether it is missing, deleted, or newer than the client has seen.
async fn absent(
    writer: Writer<'_>,
    entity: &'static EntityModel,
    verb: &Verb,
    draft: &Draft,
) -> Result<Outcome, DbError> {
    let id = draft.id.unwrap_or_default();
    let (name, shown) = (words(entity.decl.name), format_id(entity.decl.prefix, id));
    let mut sql = Sql::new();
    sql.push("select t.id, ");
    sql.push(if entity.decl.append_only { "0" } else { "t.version" });
    sql.push(if entity.decl.soft_delete { ", t.deleted_at is not null" } else { ", false" });
    sql.push(" from ").push(entity.decl.table).push(" t where ");
    if !entity.decl.global {
        sql.push("t.tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and ");
    }
    sql.push("t.id = ").bind(Bind::Uuid(id));
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        let message = format!("There is no {name} with the ID {shown}.");
        return Ok(Outcome::refused(vec![UserError::new("NOT_FOUND", "id", message)]));
    }
    let version = rows.cell(0, 1).and_then(|bytes| bytes.try_into().ok()).map_or(0, i32::from_be_bytes);
    let deleted = rows.is_true(0, 2);
    // It is there, and as the client has seen it: what hides it from writing is a row rule.
    let is_current = draft.expected_version.is_none_or(|seen| seen == version);
    let error = match verb.kind {
        VerbKind::Restore if !deleted => UserError::new("VALIDATION", "id", format!("This {name} is not deleted.")),
        VerbKind::Purge if !deleted => {
            let message = format!("This {name} is not deleted; only what was deleted can be removed for good.");
            UserError::new("VALIDATION", "id", message)
        }
        VerbKind::Restore | VerbKind::Purge if !is_current => version_conflict(&name, version),
        VerbKind::Restore | VerbKind::Purge => UserError::new("FORBIDDEN", "id", read_only(&name)),
        _ if deleted => UserError::new("NOT_FOUND", "id", format!("The {name} {shown} was deleted; restore it first.")),
        VerbKind::Unlink(..) => {
            let other = linked(writer.model, verb).map_or("", |other| other.decl.name);
            let message = format!("This {name} does not have this {}.", words(other));
            UserError::new("NOT_FOUND", &format!("{}Id", lower_first(other)), message)
        }
        _ if is_current => UserError::new("FORBIDDEN", "id", read_only(&name)),
        _ => version_conflict(&name, version),
    };
    Ok(Outcome::refused_for(Some(id), vec![error]))
}

fn version_conflict(name: &str, version: i32) -> UserError {
    let message = format!("Someone else has changed this {name} in the meantime.");
    UserError {
        details: json!({ "currentVersion": version }),
        ..UserError::new("CONFLICT", "expectedVersion", message)
    }
}
