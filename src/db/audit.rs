//! Writing into the audit log what no trigger sees, such as a sign-in or a refusal.

use entity::database::{DbError, Statements};
use entity::sql::{Bind, NullOf, Sql};
use uuid::Uuid;

/// Writes into the audit log, in the transaction of what it is about; who did it follows from its actor.
///
/// # Errors
/// When the database does not take it.
pub async fn audit(
    statements: &dyn Statements,
    action: &str,
    target_type: &str,
    target: Option<Uuid>,
    details: serde_json::Value,
) -> Result<(), DbError> {
    let mut sql = Sql::new();
    sql.push("select app.audit(").bind(Bind::Text(action.to_owned())).push(", ");
    sql.bind(Bind::Text(target_type.to_owned())).push(", ");
    sql.bind(target.map_or(Bind::Null(NullOf::Uuid), Bind::Uuid)).push(", ").bind(Bind::Json(details)).push(")");
    statements.rows(sql, false).await.map(drop)
}
