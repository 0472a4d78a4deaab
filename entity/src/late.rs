//! Fields that the database holds in another form than the client sees: sealed, kept elsewhere, worked out.
//!
//! A *late* field's answer is made of the stored value when the rows of a statement have arrived, for all rows of that
//! statement at once. An *early* field's stored value is made of the input before it is written. The functions are the
//! program's; the engine hands them what the program lends ([`Late::lent`]) and knows nothing of what they do. A plan
//! without late fields, and an entity without early ones, pay nothing for it.

use std::any::Any;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use async_graphql::Name;
use futures_util::future::{BoxFuture, FutureExt, try_join_all};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::database::DbError;
use crate::declare::{EntityDecl, FieldDecl, ObjectDecl};
use crate::kind::write_text;
use crate::rows::Rows;
use crate::run::Scope;
use crate::sql::Bind;
use crate::write::Writer;

/// Makes the answers of a late field, one for each row, in their order.
///
/// It runs beside the statements that follow in the same transaction and runs none itself. An error ends the whole root
/// field; what is wrong with one row is the answer for that row.
pub type LateFn = for<'a> fn(Late<'a>) -> BoxFuture<'a, Result<Vec<LateAnswer>, DbError>>;

/// What the client sees of one row, or why it sees null.
pub type LateAnswer = Result<Json, LateError>;

/// What a late field is asked for.
pub struct Late<'a> {
    /// The entity.
    pub entity: &'static EntityDecl,
    /// The field.
    pub field: &'static FieldDecl,
    /// Whose rows they are.
    pub tenant: Uuid,
    /// The rows that have a stored value. Null stays null without being asked for.
    pub rows: Vec<LateRow<'a>>,
    services: &'a (dyn Any + Send + Sync),
}

impl<'a> Late<'a> {
    /// What the program lends, the same that verbs get from their writer.
    ///
    /// # Errors
    /// A fault when the program lends something else.
    pub fn lent<T: Any>(&self) -> Result<&'a T, DbError> {
        let missing = || DbError::Fault(format!("the gateway lends no {}", std::any::type_name::<T>()));
        self.services.downcast_ref().ok_or_else(missing)
    }
}

/// One row of a late field.
#[derive(Debug, Clone, Copy)]
pub struct LateRow<'a> {
    /// Its key.
    pub id: Uuid,
    /// The stored value in PostgreSQL's binary format: `bytea` and `text` as they are, `jsonb` behind a byte 1.
    pub stored: &'a [u8],
}

/// Why a row has no answer. A field that may be null is null then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateError {
    /// Stable code, as in `extensions.code`.
    pub code: &'static str,
    /// Sentence for people.
    pub message: Cow<'static, str>,
}

/// Makes the stored value of an input; [`DbError::Refused`] becomes an error of the user.
pub type EarlyFn = for<'a> fn(Early<'a>) -> BoxFuture<'a, Result<Bind, DbError>>;

/// What is to be stored.
pub struct Early<'a> {
    /// Who writes, and through what.
    pub writer: Writer<'a>,
    /// The entity.
    pub entity: &'static EntityDecl,
    /// The field.
    pub field: &'static FieldDecl,
    /// The row, which is being made or changed.
    pub row: Uuid,
    /// What was given, as the field's type reads it; `None` for null.
    pub value: Option<Bind>,
}

/// A late field in a plan.
#[derive(Debug, Clone, Copy)]
pub struct LateColumn {
    /// The entity.
    pub entity: &'static EntityDecl,
    /// The field.
    pub field: &'static FieldDecl,
    /// Makes the answers.
    pub make: LateFn,
    /// Position of the row's key in the statement's row.
    pub id: usize,
    /// Position of the stored value.
    pub stored: usize,
}

/// The answers of a late field, by row of the statement; none for a row without a stored value.
pub type LateAnswers = HashMap<usize, LateAnswer>;

/// What is selected of a late field that is made of objects: the response keys, and the fields behind them.
/// `__typename` has none.
pub type LateSelection = Vec<(Name, Option<&'static str>)>;

/// Makes the answers of all late fields of a statement, for the rows that are shown.
pub(crate) fn load_late<'a>(
    scope: Scope<'a>,
    columns: &'a [LateColumn],
    rows: &'a Rows,
    shown: &'a [Range<usize>],
) -> BoxFuture<'a, Result<Vec<LateAnswers>, DbError>> {
    try_join_all(columns.iter().map(move |column| async move {
        let stored =
            |row| Some((row, LateRow { id: rows.uuid(row, column.id)?, stored: rows.cell(row, column.stored)? }));
        let (places, asked): (Vec<usize>, Vec<LateRow<'a>>) =
            shown.iter().cloned().flatten().filter_map(stored).unzip();
        if asked.is_empty() {
            return Ok(LateAnswers::new());
        }
        let LateColumn { entity, field, make, .. } = *column;
        let late = Late { entity, field, tenant: scope.tenant, rows: asked, services: scope.lender.lent() };
        let answers = make(late).await?;
        if answers.len() != places.len() {
            return Err(DbError::Fault(format!("{}.{} did not answer for each row", entity.name, field.name)));
        }
        Ok(places.into_iter().zip(answers).collect())
    }))
    .boxed()
}

/// Writes an answer, of objects what is selected.
pub(crate) fn write_made(value: &Json, object: Option<(&ObjectDecl, &LateSelection)>, out: &mut String) {
    match (value, object) {
        (Json::Array(items), Some(_)) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_made(item, object, out);
            }
            out.push(']');
        }
        (Json::Object(fields), Some((decl, selection))) => {
            out.push('{');
            for (index, (key, name)) in selection.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                match name {
                    Some(name) => write_made(fields.get(*name).unwrap_or(&Json::Null), None, out),
                    None => write_text(decl.name, out),
                }
            }
            out.push('}');
        }
        (Json::String(text), None) => write_text(text, out),
        (value, _) => out.push_str(&value.to_string()),
    }
}
