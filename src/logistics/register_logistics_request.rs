//! `registerLogisticsRequest`: for a request that was made before its systems were connected, or that they did not take.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, VerbDecl};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use serde_json::json;

use super::LogisticsRequest;
use super::cancel_logistics_request::{not_found, status};
use super::inputs::id_of;
use crate::processes::TRANSPORT_REQUESTS;

/// The mutation.
pub(super) static REGISTER_LOGISTICS_REQUEST: VerbDecl = VerbDecl {
    mutation: "registerLogisticsRequest",
    doc: "Registers a request with TMS and SLC: one that is PENDING because they were not connected when it was made, or \
          one that ended in ERROR. What they have taken already is not asked for again.",
    entity: LogisticsRequest::decl,
    right: TRANSPORT_REQUESTS.write(),
    inputs: &[id_of("id", "logistics_request", "The request.")],
    secret: None,
    run: |writer, input| register(writer, input).boxed(),
};

async fn register(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("id");
    let Some(status) = status(writer, id).await? else { return Ok(not_found()) };
    if !matches!(status.as_str(), "PENDING" | "ERROR") {
        let message = format!("A request that is {status} is not registered again.");
        let mut error = UserError::new("INVALID_TRANSITION", "id", message);
        error.details = json!({ "from": status, "allowed": ["PENDING", "ERROR"] });
        return Ok(Outcome::refused_for(Some(id), vec![error]));
    }
    let mut sql = Sql::new();
    sql.push("select app.is_logistics_connected(tenant_id, type) from logistics_requests where tenant_id = ");
    sql.bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id));
    let rows = writer.statements.rows(sql, false).await?;
    if rows.is_empty() || !rows.is_true(0, 0) {
        let message = "Its systems are not connected: connect TMS for transports and SLC for services.";
        return Ok(Outcome::refused_for(Some(id), vec![UserError::new("VALIDATION", "id", message)]));
    }
    let mut sql = Sql::new();
    if status == "PENDING" {
        sql.push("select app.queue_registration(").bind(Bind::Uuid(writer.tenant)).push(", ");
        sql.bind(Bind::Uuid(id)).push(")");
    } else {
        // A trigger queues the job.
        sql.push("update logistics_requests set status = 'PENDING' where tenant_id = ").bind(Bind::Uuid(writer.tenant));
        sql.push(" and id = ").bind(Bind::Uuid(id)).push(" returning id");
    }
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(id))
}
