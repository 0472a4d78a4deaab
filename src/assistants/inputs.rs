//! Inputs that several verbs take, and what their ways have in common.

use entity::database::DbError;
use entity::declare::{Input, InputDecl};
use entity::kind::{FieldType, Kind};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use uuid::Uuid;

/// A required ID.
pub(super) const fn id_of(name: &'static str, prefix: &'static str, doc: &'static str) -> InputDecl {
    InputDecl { name, doc, ty: required(Kind::Id(prefix)), need: Input::Required }
}

/// A required text.
pub(super) const fn text(name: &'static str, doc: &'static str) -> InputDecl {
    InputDecl { name, doc, ty: required(Kind::Text), need: Input::Required }
}

/// An input that may be left out.
pub(super) const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> InputDecl {
    InputDecl { name, doc, ty: FieldType { kind, nullable: true, normalize: None }, need: Input::Optional }
}

const fn required(kind: Kind) -> FieldType {
    FieldType { kind, nullable: false, normalize: None }
}

/// Nothing was written, for this reason.
pub(super) fn refused(code: &str, field: &str, message: &str) -> Outcome {
    Outcome::refused(vec![UserError::new(code, field, message)])
}

/// The words that begin a statement about one row.
pub(super) fn row<'s>(sql: &'s mut Sql, writer: &Writer<'_>, id: Uuid) -> &'s mut Sql {
    sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id))
}

/// A fault of ours.
pub(super) fn broken(error: entity::rows::DecodeError) -> DbError {
    DbError::Fault(error.to_string())
}
