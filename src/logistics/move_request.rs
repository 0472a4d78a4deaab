//! The moves of a request that a person makes. Each begins in one state and ends in another, so that none does the work of
//! another one: taking up again what failed must not pass for validating it. Cancelling is a verb of its own.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, InputDecl, VerbDecl};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use serde_json::json;

use super::LogisticsRequest;
use super::inputs::id_of;
use crate::processes::TRANSPORT_REQUESTS;

const INPUTS: &[InputDecl] = &[id_of("id", "logistics_request", "The request.")];

struct Move {
    from: &'static str,
    to: &'static str,
    /// What is said in every other state.
    otherwise: &'static str,
}

macro_rules! moves {
    ($($(#[doc = $sentence:literal])+ $name:ident = $mutation:literal, $right:expr, $doc:literal, $from:literal => $to:literal, $otherwise:literal;)+) => {
        $(
            $(#[doc = $sentence])+
            pub(super) static $name: VerbDecl = VerbDecl {
                mutation: $mutation,
                doc: $doc,
                entity: LogisticsRequest::decl,
                right: $right,
                inputs: INPUTS,
                secret: None,
                run: |writer, input| {
                    go(writer, input, &Move { from: $from, to: $to, otherwise: $otherwise }).boxed()
                },
            };
        )+
    };
}

moves! {
    /// `validateLogisticsRequest`.
    VALIDATE = "validateLogisticsRequest", TRANSPORT_REQUESTS.admin(),
        "Validates a transport that waits for it (KOVP2), which becomes PENDING with all its vehicles.",
        "PENDING_VALIDATION" => "PENDING", "Only a request that waits for validation can be validated.";
    /// `rejectLogisticsRequest`.
    REJECT = "rejectLogisticsRequest", TRANSPORT_REQUESTS.admin(),
        "Does not validate a transport that waits for it (KOVP2), which becomes VALIDATION_CANCELLED for good.",
        "PENDING_VALIDATION" => "VALIDATION_CANCELLED", "Only a request that waits for validation can be rejected.";
    /// `startLogisticsRequest`.
    START = "startLogisticsRequest", TRANSPORT_REQUESTS.write(),
        "Takes up a PENDING request by hand, which becomes IN_PROGRESS until those who do it have registered it.",
        "PENDING" => "IN_PROGRESS", "Only a pending request can be taken up.";
    /// `completeLogisticsRequest`.
    COMPLETE = "completeLogisticsRequest", TRANSPORT_REQUESTS.write(),
        "Notes that a request IN_PROGRESS was registered by hand with those who do it; it is REGISTERED then.",
        "IN_PROGRESS" => "REGISTERED", "Only a request that was taken up can be registered.";
    /// `failLogisticsRequest`.
    FAIL = "failLogisticsRequest", TRANSPORT_REQUESTS.write(),
        "Notes that a request IN_PROGRESS could not be registered, which makes it ERROR.",
        "IN_PROGRESS" => "ERROR", "Only a request that was taken up can fail.";
    /// `retryLogisticsRequest`.
    RETRY = "retryLogisticsRequest", TRANSPORT_REQUESTS.write(),
        "Makes a request that ended in ERROR wait again, so that it can be taken up once more.",
        "ERROR" => "PENDING", "Only a request that failed can be tried again.";
}

async fn go(writer: Writer<'_>, input: &Arguments, wanted: &Move) -> Result<Outcome, DbError> {
    let id = input.id("id");
    let mut sql = Sql::new();
    sql.push("update logistics_requests set status = '").push(wanted.to).push("' where tenant_id = ");
    sql.bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id));
    sql.push(" and deleted_at is null and status = '").push(wanted.from).push("' returning id");
    if let Some(moved) = writer.statements.rows(sql, false).await?.uuid_of_first() {
        return Ok(Outcome::written(moved));
    }
    let mut sql = Sql::new();
    sql.push("select status from logistics_requests where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(id)).push(" and deleted_at is null");
    let rows = writer.statements.rows(sql, false).await?;
    let found = if rows.is_empty() { None } else { rows.text(0, 0) };
    let Some(found) = found else {
        let error = UserError::new("NOT_FOUND", "id", "There is no logistics request with this ID.");
        return Ok(Outcome::refused(vec![error]));
    };
    let error = UserError {
        details: json!({ "from": found, "to": wanted.to }),
        ..UserError::new("INVALID_TRANSITION", "id", wanted.otherwise)
    };
    Ok(Outcome::refused_for(Some(id), vec![error]))
}
