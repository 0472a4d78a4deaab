//! `cancelLogisticsRequest`: what was not registered is cancelled at once, what was is asked back from its systems.
//!
//! That a system cancels nothing without its codes is a trigger, so that it holds for whoever moves a request; here they
//! can be brought along.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, VerbDecl};
use entity::kind::Kind;
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use uuid::Uuid;

use super::LogisticsRequest;
use super::inputs::{id_of, optional};
use crate::processes::TRANSPORT_REQUESTS;

/// The mutation.
pub(super) static CANCEL_LOGISTICS_REQUEST: VerbDecl = VerbDecl {
    mutation: "cancelLogisticsRequest",
    doc: "Cancels a request. PENDING and ERROR become CANCELLED at once. What is being registered or is registered becomes \
          PENDING_CANCELLATION until TMS and SLC have taken it back: CANCELLED, or REGISTERED again with the reason in \
          `errorMessage` when one of them refuses. They need their client codes, and TMS that of the carrier, on each \
          vehicle.",
    entity: LogisticsRequest::decl,
    right: TRANSPORT_REQUESTS.write(),
    inputs: &[
        id_of("id", "logistics_request", "The request."),
        optional("tmsClientCode", Kind::Text, "Your client code at TMS, for the vehicles that have none."),
        optional("slcClientCode", Kind::Text, "Your client code at SLC, for the vehicles that have none."),
        optional("carrierCode", Kind::Text, "The code of the carrier, for the vehicles that have none."),
    ],
    secret: None,
    run: |writer, input| cancel(writer, input).boxed(),
};

async fn cancel(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("id");
    let Some(status) = status(writer, id).await? else { return Ok(not_found()) };
    fill_in(writer, input, id).await?;
    let becomes = if matches!(status.as_str(), "PENDING" | "ERROR") { "CANCELLED" } else { "PENDING_CANCELLATION" };
    let mut sql = Sql::new();
    sql.push("update logistics_requests set status = ").bind(Bind::Text(becomes.to_owned()));
    sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id));
    sql.push(" returning id");
    Ok(writer.statements.rows(sql, false).await?.uuid_of_first().map_or_else(not_found, Outcome::written))
}

/// The state of a request, locked against workers that move it at the same moment.
pub(super) async fn status(writer: Writer<'_>, request: Uuid) -> Result<Option<String>, DbError> {
    let mut sql = Sql::new();
    sql.push("select status from logistics_requests where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(request)).push(" and deleted_at is null for no key update");
    let rows = writer.statements.rows(sql, false).await?;
    Ok(if rows.is_empty() { None } else { rows.text(0, 0) })
}

pub(super) fn not_found() -> Outcome {
    Outcome::refused(vec![UserError::new("NOT_FOUND", "id", "There is no logistics request with this ID.")])
}

/// Writes the codes to the lines that have none.
async fn fill_in(writer: Writer<'_>, input: &Arguments, request: Uuid) -> Result<(), DbError> {
    let codes =
        [("tms_client_code", "tmsClientCode"), ("slc_client_code", "slcClientCode"), ("carrier_code", "carrierCode")];
    for (column, name) in codes {
        let Some(code) = input.get(name) else { continue };
        let mut sql = Sql::new();
        sql.push("update logistics_request_lines set ").push(column).push(" = ").bind(code.clone());
        sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and request_id = ");
        sql.bind(Bind::Uuid(request)).push(" and deleted_at is null and ").push(column).push(" is null returning id");
        writer.statements.rows(sql, false).await?;
    }
    Ok(())
}
