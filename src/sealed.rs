//! Fields that the database keeps sealed: what declarations name as `late` and `early`.
//!
//! A value is sealed for its row (see [`crate::secrets`]), so it opens nowhere else. Whoever adds such a column lists it
//! in [`crate::secrets::columns`], for `mostrador rotate-keys`.

use entity::database::{DbError, Refusal};
use entity::declare::{EntityDecl, FieldDecl};
use entity::late::{Early, EarlyFn, Late, LateAnswer, LateFn};
use entity::sql::{Bind, NullOf};
use futures_util::FutureExt;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::request::Services;
use crate::secrets::{Clear, KeyRing, Place};

/// Longest value before it is sealed, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// How many characters of a number are shown.
const SHOWN: usize = 4;

/// Reads sealed JSON back.
pub const OPEN_JSON: LateFn = |late| {
    async move {
        opened(&late, |clear| {
            serde_json::from_slice(clear.expose()).map_err(|_| DbError::Fault("a sealed value is no JSON".to_owned()))
        })
    }
    .boxed()
};

/// Shows the end of a sealed number, its last four characters.
pub const OPEN_LAST_FOUR: LateFn = |late| {
    async move {
        opened(&late, |clear| {
            let text = clear.expose_text().ok_or_else(|| DbError::Fault("a sealed value is no text".to_owned()))?;
            Ok(Json::String(last_four(text)))
        })
    }
    .boxed()
};

/// Seals JSON.
pub const SEAL_JSON: EarlyFn = |early| {
    async move {
        match &early.value {
            Some(Bind::Json(value)) => seal(&early, value.to_string().as_bytes()),
            Some(_) => Err(misplaced(early.entity, early.field)),
            None => Ok(Bind::Null(NullOf::Bytes)),
        }
    }
    .boxed()
};

/// Seals a text that says something.
pub const SEAL_TEXT: EarlyFn = |early| {
    async move {
        match &early.value {
            Some(Bind::Text(text)) if text.trim().is_empty() => Err(refused(early.field, "This must not be empty.")),
            Some(Bind::Text(text)) => seal(&early, text.trim().as_bytes()),
            Some(_) => Err(misplaced(early.entity, early.field)),
            None => Ok(Bind::Null(NullOf::Bytes)),
        }
    }
    .boxed()
};

/// Seals JSON for a row, outside of the standard mutations.
///
/// # Errors
/// A refusal of what is too long, and a fault when it cannot be sealed.
pub fn sealed_json(keys: &KeyRing, place: &Place<'_>, field: &'static str, value: &Json) -> Result<Bind, DbError> {
    sealed(keys, place, field, value.to_string().as_bytes())
}

/// All rows that were asked for. One that does not open is a fault: a key is missing, or somebody wrote to the row.
fn opened(late: &Late<'_>, read: impl Fn(&Clear) -> Result<Json, DbError>) -> Result<Vec<LateAnswer>, DbError> {
    let keys = &late.lent::<Services>()?.keys;
    let one = |row: &entity::late::LateRow<'_>| {
        let place = place(late.entity, late.field, late.tenant, row.id);
        let clear = keys
            .open(&place, row.stored)
            .map_err(|error| DbError::Fault(format!("{}.{} of {}: {error}", place.table, place.column, place.row)))?;
        Ok(Ok(read(&clear)?))
    };
    late.rows.iter().map(one).collect()
}

fn seal(early: &Early<'_>, clear: &[u8]) -> Result<Bind, DbError> {
    let keys = &early.writer.service::<Services>()?.keys;
    sealed(keys, &place(early.entity, early.field, early.writer.tenant, early.row), early.field.column, clear)
}

fn sealed(keys: &KeyRing, place: &Place<'_>, column: &'static str, clear: &[u8]) -> Result<Bind, DbError> {
    if clear.len() > MAX_BYTES {
        return Err(refusal(column, "This is too long; 64 KiB are the most."));
    }
    let sealed = keys.seal(place, clear).map_err(|error| DbError::Fault(format!("{}: {error}", place.column)))?;
    Ok(Bind::Bytes(sealed.into_bytes()))
}

fn place(entity: &EntityDecl, field: &FieldDecl, tenant: Uuid, row: Uuid) -> Place<'static> {
    Place { tenant, table: entity.table, column: field.column, row }
}

fn refused(field: &FieldDecl, message: &str) -> DbError {
    refusal(field.column, message)
}

fn refusal(column: &str, message: &str) -> DbError {
    DbError::Refused(Refusal {
        code: "VALIDATION".to_owned(),
        column: column.to_owned(),
        message: message.to_owned(),
        facts: Json::Null,
    })
}

/// A declaration that seals what is of another type.
fn misplaced(entity: &EntityDecl, field: &FieldDecl) -> DbError {
    DbError::Fault(format!("{}.{} is sealed as what it is not", entity.name, field.name))
}

fn last_four(text: &str) -> String {
    let length = text.chars().count();
    text.chars().skip(length.saturating_sub(SHOWN)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_number_only_the_end_is_shown() {
        assert_eq!(last_four("ES7921000813610123456789"), "6789");
        assert_eq!(last_four("12"), "12");
        assert_eq!(last_four("ñandú"), "andú");
    }
}
