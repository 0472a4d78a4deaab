//! From what the database refused to a user error: which field, which row stands in the way, a sentence.
//!
//! Nothing is mapped by hand. The catalogue says which columns a constraint is about, and the comment on the
//! constraint is the sentence.

use serde_json::Value as Json;
use uuid::Uuid;

use super::UserError;
use super::draft::Draft;
use super::perform::Writer;
use crate::database::{ConstraintKind, DbError, Refusal};
use crate::id::format_id;
use crate::kind::{Kind, spoken};
use crate::model::{EntityModel, Model, Verb, VerbKind, camel, lower_first, words};
use crate::sql::{Bind, Sql};

/// Columns, comment and condition of a constraint or unique index, looked up through partitions to their parent.
const CATALOGUE: &str = "
with found as (
  select coalesce(nullif(c.conparentid, 0), c.oid) as oid from pg_constraint c
   where c.connamespace = 'public'::regnamespace and c.conname = {v} order by c.coninhcount limit 1
)
select c.conrelid::regclass::text, coalesce(obj_description(c.oid, 'pg_constraint'), obj_description(c.conindid, 'pg_class'), ''), false,
       (select string_agg(a.attname, ',' order by k.n) from unnest(c.conkey) with ordinality k(attnum, n)
         join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum),
       'true'
  from pg_constraint c join found using (oid)
union all
select i.indrelid::regclass::text, coalesce(obj_description(i.indexrelid, 'pg_class'), ''), i.indexprs is not null,
       (select string_agg(distinct a.attname, ',') from pg_attribute a
         where a.attrelid = i.indrelid and (a.attnum = any(i.indkey)
            or i.indexprs is not null and exists (select from pg_depend d
                 where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
                   and d.refobjid = i.indrelid and d.refobjsubid = a.attnum))),
       coalesce(pg_get_expr(i.indpred, i.indrelid), 'true')
  from pg_class k left join pg_inherits h on h.inhrelid = k.oid join pg_index i on i.indexrelid = coalesce(h.inhparent, k.oid)
 where k.relname = {v} and not exists (select from found)";

struct Violated {
    table: String,
    sentence: String,
    folded: bool,
    columns: Vec<String>,
    /// Further columns that stand in its name.
    named: Vec<String>,
    /// Which rows a partial unique index is about, as SQL over bare column names.
    condition: String,
}

/// Makes a user error of a refusal or a violated constraint.
///
/// # Errors
/// The error itself when it is neither, or what the database said while looking things up.
pub async fn refuse(
    writer: Writer<'_>,
    entity: &'static EntityModel,
    verb: &Verb,
    draft: &Draft,
    error: DbError,
) -> Result<UserError, DbError> {
    match error {
        DbError::Refused(refusal) => Ok(refused(writer.model, entity, refusal)),
        DbError::Constraint { kind: ConstraintKind::NotNull, name } => {
            Ok(UserError::new("VALIDATION", field(entity, &name), "This is required."))
        }
        DbError::Constraint { kind, name } => {
            let Some(violated) = look_up(writer, &name).await? else {
                return Ok(UserError::new("VALIDATION", "", "The values do not fit together."));
            };
            violation(writer, entity, verb, draft, kind, violated).await
        }
        DbError::TooLarge => Ok(too_large(entity, draft)),
        other => Err(other),
    }
}

/// PostgreSQL does not name the column: it is taken to be the one with the largest number, else the longest text.
fn too_large(entity: &EntityModel, draft: &Draft) -> UserError {
    let numbers = draft.values.iter().filter_map(|(column, value)| match value {
        Bind::Decimal(number) => Some((number.abs(), *column)),
        _ => None,
    });
    let texts = draft.values.iter().filter_map(|(column, value)| match value {
        Bind::Text(text) => Some((text.len(), *column)),
        _ => None,
    });
    match (numbers.max(), texts.max()) {
        (Some((_, column)), _) => UserError::new("VALIDATION", field(entity, column), "This number is too large."),
        (None, Some((_, column))) => UserError::new("VALIDATION", field(entity, column), "This text is too long."),
        (None, None) => UserError::new("VALIDATION", "", "A value is too large."),
    }
}

fn refused(model: &Model, entity: &EntityModel, refusal: Refusal) -> UserError {
    // A column that the entity does not show may still be an input of the verb, by the same name.
    let path = match field(entity, &refusal.column) {
        "" => camel(&refusal.column),
        known => known.to_owned(),
    };
    // `id` is about the row that the refused column points to.
    let pointed = match entity.scalar(&path).map(|member| member.ty.kind) {
        Some(Kind::Id(prefix)) => Some(prefix),
        _ => None,
    };
    let details = with_global_ids(model, pointed, refusal.facts);
    UserError { details, ..UserError::new(&refusal.code, &path, refusal.message) }
}

/// Facts with their keys as global IDs: `"locationId": "<uuid>"` becomes `"locationId": "location_…"`. Null for none.
fn with_global_ids(model: &Model, pointed: Option<&'static str>, mut facts: Json) -> Json {
    if let Json::Object(map) = &mut facts {
        if map.is_empty() {
            return Json::Null;
        }
        for (key, value) in map.iter_mut() {
            let named = key.strip_suffix("Id").map(|name| words(name).replace(' ', "_"));
            let named = named.as_deref().and_then(|prefix| model.by_prefix(prefix)).map(|entity| entity.decl.prefix);
            let prefix = if key == "id" { pointed } else { named };
            let id = value.as_str().and_then(|text| Uuid::try_parse(text).ok());
            if let (Some(prefix), Some(id)) = (prefix, id) {
                *value = Json::String(format_id(prefix, id));
            }
        }
    }
    facts
}

/// The GraphQL name of a column; nothing when the entity does not show it.
fn field<'e>(entity: &'e EntityModel, column: &str) -> &'e str {
    entity.by_column(column).map_or("", |member| member.name)
}

async fn look_up(writer: Writer<'_>, name: &str) -> Result<Option<Violated>, DbError> {
    let mut sql = Sql::new();
    for (index, part) in CATALOGUE.split("{v}").enumerate() {
        if index > 0 {
            sql.bind(Bind::Text(name.to_owned()));
        }
        sql.push(part);
    }
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let text = |index| rows.text(0, index).unwrap_or_default();
    let (table, columns) = (text(0), text(3));
    let mut columns: Vec<&str> =
        columns.split(',').filter(|column| !matches!(*column, "" | "tenant_id" | "deleted_at")).collect();
    // A CHECK may read other columns than the one it is about, and an EXCLUDE may hide them in an expression; the name
    // says: `custom_fields_options_check`, `appointments_agent_id_scheduled_at_ends_at_excl`.
    let about = name.strip_prefix(&table).unwrap_or(name);
    columns.sort_by_key(|column| about.find(column).unwrap_or(usize::MAX));
    let named =
        writer.model.by_table(&table).into_iter().flat_map(EntityModel::scalars).filter_map(|member| member.column);
    let named =
        named.filter(|column| about.contains(column) && !columns.contains(column)).map(ToOwned::to_owned).collect();
    Ok(Some(Violated {
        table,
        sentence: text(1),
        folded: rows.is_true(0, 2),
        columns: columns.into_iter().map(ToOwned::to_owned).collect(),
        named,
        condition: text(4),
    }))
}

async fn violation(
    writer: Writer<'_>,
    entity: &'static EntityModel,
    verb: &Verb,
    draft: &Draft,
    kind: ConstraintKind,
    violated: Violated,
) -> Result<UserError, DbError> {
    let own = violated.table == entity.decl.table;
    // Of several columns, the one that the client has just sent is the one to point at.
    let pointed = violated
        .columns
        .iter()
        .chain(violated.named.iter().filter(|_| kind == ConstraintKind::Exclusion))
        .find(|column| {
            draft.values.iter().any(|(written, _)| written == column)
                || draft.arguments.get(field(entity, column)).is_some()
        })
        .or(violated.columns.first())
        .map_or("", |column| field(entity, column));
    let pointed = if own { pointed } else { "" };
    let said = |default: String| if violated.sentence.is_empty() { default } else { violated.sentence.clone() };
    Ok(match kind {
        ConstraintKind::Unique | ConstraintKind::Exclusion => {
            let existing = if own && kind == ConstraintKind::Unique {
                existing(writer, entity, draft, &violated).await?
            } else {
                None
            };
            let default = if kind == ConstraintKind::Unique {
                format!("Another {} already has this {}.", words(entity.decl.name), words(pointed))
            } else {
                "It overlaps with another one.".to_owned()
            };
            UserError { existing_id: existing, ..UserError::new("CONFLICT", pointed, said(default)) }
        }
        ConstraintKind::ForeignKey if matches!(verb.kind, VerbKind::Link(..)) => {
            let target = linked(writer.model, verb).unwrap_or(entity);
            let path = format!("{}Id", lower_first(target.decl.name));
            UserError::new("NOT_FOUND", &path, format!("There is no {} with this ID.", words(target.decl.name)))
        }
        // Only the tenant itself: a token outlives its business.
        ConstraintKind::ForeignKey if violated.columns.is_empty() => return Err(DbError::Refused(account_gone())),
        ConstraintKind::ForeignKey if own => {
            let target = entity.scalars().find(|member| member.name == pointed);
            let target = match target.map(|member| member.ty.kind) {
                Some(Kind::Id(prefix)) => spoken(prefix),
                _ => "row".to_owned(),
            };
            UserError::new("NOT_FOUND", pointed, format!("There is no {target} with this ID."))
        }
        ConstraintKind::ForeignKey | ConstraintKind::Restrict => {
            let user =
                writer.model.by_table(&violated.table).map_or_else(|| "row".to_owned(), |other| words(other.decl.name));
            let message = format!("This {} is still used by a {user}.", words(entity.decl.name));
            UserError::new("CONFLICT", "", message)
        }
        ConstraintKind::Check | ConstraintKind::NotNull => {
            UserError::new("VALIDATION", pointed, said("This value does not fit.".to_owned()))
        }
    })
}

/// What a valid token of a user or tenant is told that no longer exists.
pub(super) fn account_gone() -> Refusal {
    Refusal {
        code: "UNAUTHENTICATED".into(),
        column: String::new(),
        message: "This account no longer exists.".into(),
        facts: Json::Null,
    }
}

/// The entity at the other end of a link that is added or removed.
pub(super) fn linked(model: &'static Model, verb: &Verb) -> Option<&'static EntityModel> {
    match verb.kind {
        VerbKind::Link(_, target) | VerbKind::Unlink(_, target) => Some(model.entity(target)),
        _ => None,
    }
}

/// The row that already has the unique values.
async fn existing(
    writer: Writer<'_>,
    entity: &EntityModel,
    draft: &Draft,
    violated: &Violated,
) -> Result<Option<String>, DbError> {
    let table = entity.decl.table;
    let mut sql = Sql::new();
    sql.push("select o.id from ").push(table).push(" o where o.tenant_id = ").bind(Bind::Uuid(writer.tenant));
    // Only a row that the index knows stands in the way: not a deleted contact, not an archived conversation.
    sql.push(" and (").push(&violated.condition).push(")");
    if let Some(id) = draft.id {
        sql.push(" and o.id <> ").bind(Bind::Uuid(id));
    }
    for column in &violated.columns {
        let (open, close) = if violated.folded { ("lower(", "::text)") } else { ("", "") };
        sql.push(" and ").push(open).push("o.").push(column).push(close).push(" = ").push(open);
        match (draft.values.iter().find(|(written, _)| written == column), draft.id) {
            (Some((_, value)), _) => {
                sql.bind(value.clone());
            }
            (None, Some(id)) => {
                sql.push("(select t.")
                    .push(column)
                    .push(" from ")
                    .push(table)
                    .push(" t where t.tenant_id = o.tenant_id and t.id = ");
                sql.bind(Bind::Uuid(id)).push(")");
            }
            (None, None) => return Ok(None),
        }
        sql.push(close);
    }
    sql.push(" limit 1");
    let found = writer.statements.rows(sql, false).await?.uuid_of_first();
    Ok(found.map(|id| format_id(entity.decl.prefix, id)))
}
