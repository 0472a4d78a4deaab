//! What is exchanged with other systems: contacts, under the names that their fields have there.

use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, NullOf, Sql};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The fields that are exchanged: as the API names them, and their columns.
const FIELDS: [(&str, &str); 6] = [
    ("firstName", "first_name"),
    ("lastName", "last_name"),
    ("displayName", "display_name"),
    ("email", "email"),
    ("phone", "phone"),
    ("address", "address"),
];

/// The longest value that is taken, in characters.
const MAX_TEXT: usize = 500;

/// The names of the fields in the other system.
#[derive(Clone, Debug)]
pub(super) struct Mapping([String; FIELDS.len()]);

impl Mapping {
    /// As the settings say it; a field that they do not name has the same name there.
    pub(super) fn of(settings: Option<&Value>) -> Self {
        Self(FIELDS.map(|(field, _)| {
            let named = settings.and_then(|settings| settings.get(field)).and_then(Value::as_str);
            named.unwrap_or(field).to_owned()
        }))
    }

    /// The values of an item, in the order of [`FIELDS`]; none for what it lacks.
    fn read(&self, item: &Value) -> [Option<String>; FIELDS.len()] {
        self.0.each_ref().map(|name| {
            let text = item.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())?;
            (text.chars().count() <= MAX_TEXT && !text.contains('\0')).then(|| text.to_owned())
        })
    }
}

/// Takes an item from the other system: changes the contact with its e-mail address or phone number, or makes one. Says
/// whether it was taken; one that is not leaves nothing behind.
///
/// # Errors
/// What the database said that is not the item's fault.
pub(super) async fn take(
    statements: &dyn Statements,
    tenant: Uuid,
    mapping: &Mapping,
    item: &Value,
) -> Result<bool, DbError> {
    let values = mapping.read(item);
    let (email, phone) = (&values[3], &values[4]);
    if email.is_none() && phone.is_none() {
        // Nothing by which it could be known again.
        return Ok(false);
    }
    statements.command("savepoint item").await?;
    match write(statements, tenant, &values).await {
        Ok(()) => Ok(true),
        Err(DbError::Refused(_) | DbError::Constraint { .. } | DbError::TooLarge) => {
            statements.command("rollback to savepoint item").await?;
            Ok(false)
        }
        Err(other) => Err(other),
    }
}

async fn write(
    statements: &dyn Statements,
    tenant: Uuid,
    values: &[Option<String>; FIELDS.len()],
) -> Result<(), DbError> {
    let text = |value: &Option<String>| value.clone().map_or(Bind::Null(NullOf::Text), Bind::Text);
    let mut find = Sql::new();
    find.push("select id from contacts where deleted_at is null and tenant_id = ").bind(Bind::Uuid(tenant));
    find.push(" and (lower(email) = lower(").bind(text(&values[3])).push(") or phone = ").bind(text(&values[4]));
    find.push(") order by lower(email) = lower(")
        .bind(text(&values[3]))
        .push(") desc nulls last, id limit 1 for update");
    let found = statements.rows(find, false).await?.uuid_of_first();
    let given: Vec<_> =
        FIELDS.iter().zip(values).filter_map(|((_, column), value)| Some((*column, value.clone()?))).collect();
    let mut sql = Sql::new();
    match found {
        Some(contact) => {
            let mut glue = "update contacts set ";
            for (column, value) in given {
                sql.push(glue).push(column).push(" = ").bind(Bind::Text(value));
                glue = ", ";
            }
            sql.push(" where tenant_id = ").bind(Bind::Uuid(tenant)).push(" and id = ").bind(Bind::Uuid(contact));
        }
        None => {
            sql.push("insert into contacts (tenant_id");
            for (column, _) in &given {
                sql.push(", ").push(column);
            }
            sql.push(") values (").bind(Bind::Uuid(tenant));
            for (_, value) in given {
                sql.push(", ").bind(Bind::Text(value));
            }
            sql.push(")");
        }
    }
    statements.rows(sql, false).await.map(drop)
}

/// Where a push has come: contacts are given in the order in which they were changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Microseconds since 1970.
    pub(super) moment: i64,
    pub(super) contact: Uuid,
}

/// Reads the contacts that were changed after a place, some time ago: what was written a moment ago may be joined by an
/// earlier change that is not committed yet.
pub(super) fn changed_after(tenant: Uuid, place: &Place, limit: i32) -> Sql {
    let mut sql = Sql::new();
    sql.push("select id, app.microseconds(updated_at), ");
    for (index, (_, column)) in FIELDS.iter().enumerate() {
        sql.push(if index > 0 { ", " } else { "" }).push(column);
    }
    sql.push(" from contacts where deleted_at is null and tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and updated_at < now() - interval '10 seconds' and (app.microseconds(updated_at), id) > (");
    sql.bind(Bind::BigInt(place.moment)).push(", ").bind(Bind::Uuid(place.contact));
    sql.push(") order by updated_at, id limit ").bind(Bind::Int(limit));
    sql
}

/// Those contacts as items for the other system, and the place behind them.
pub(super) fn give(rows: &Rows, mapping: &Mapping) -> (Vec<Value>, Option<Place>) {
    let item = |row: usize| {
        let mut item = Map::new();
        for (index, name) in mapping.0.iter().enumerate() {
            let value = rows.text(row, index + 2).map_or(Value::Null, Value::String);
            item.insert(name.clone(), value);
        }
        Value::Object(item)
    };
    let last = rows.len().checked_sub(1);
    let place = last.and_then(|row| Some(Place { moment: rows.int8(row, 1)?, contact: rows.uuid(row, 0)? }));
    ((0..rows.len()).map(item).collect(), place)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_read_under_their_names_there() {
        let mapping = Mapping::of(Some(&json!({ "email": "email_address", "firstName": "given" })));
        let item = json!({
            "email_address": " marta@example.test ", "given": "Marta", "email": "no", "phone": "", "address": 7,
            "displayName": "x".repeat(MAX_TEXT + 1)
        });
        let values = mapping.read(&item);
        let values = values.each_ref().map(Option::as_deref);
        assert_eq!(values, [Some("Marta"), None, None, Some("marta@example.test"), None, None]);
        assert_eq!(Mapping::of(None).read(&json!({ "lastName": "Vila" }))[1].as_deref(), Some("Vila"));
    }
}
