//! `retryJob` and `cancelJob`: what administrators do about jobs.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use serde_json::json;

use super::record::Job;
use crate::processes::ADMINISTRATION;

const ID: InputDecl = InputDecl {
    name: "id",
    doc: "The job.",
    ty: FieldType { kind: Kind::Id("job"), nullable: false, normalize: None },
    need: Input::Required,
};

/// The mutation that queues a job again.
pub(super) static RETRY_JOB: VerbDecl = VerbDecl {
    mutation: "retryJob",
    doc: "Queues a job again that was given up or called off; one that waits for its next attempt is begun at once.",
    entity: Job::decl,
    right: ADMINISTRATION.admin(),
    inputs: &[ID],
    secret: None,
    run: |writer, input| retry(writer, input).boxed(),
};

/// The mutation that calls a job off.
pub(super) static CANCEL_JOB: VerbDecl = VerbDecl {
    mutation: "cancelJob",
    doc: "Calls a job off that is not finished. Of one that is running nothing is written any more; what it has done \
          outside of this system by then is done.",
    entity: Job::decl,
    right: ADMINISTRATION.admin(),
    inputs: &[ID],
    secret: None,
    run: |writer, input| cancel(writer, input).boxed(),
};

async fn retry(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let set = "state = 'QUEUED', attempts = 0, run_at = now(), finished_at = null";
    change(writer, input, set, &["QUEUED", "DEAD", "CANCELLED"], "queued again").await
}

async fn cancel(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let set = "state = 'CANCELLED', lease = null, run_at = now(), finished_at = now()";
    change(writer, input, set, &["QUEUED", "RUNNING"], "called off").await
}

async fn change(
    writer: Writer<'_>,
    input: &Arguments,
    set: &str,
    from: &[&str],
    what: &str,
) -> Result<Outcome, DbError> {
    let id = input.id("id");
    let mut sql = Sql::new();
    sql.push("select state from jobs where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    // Against the worker that finishes it at the same moment.
    sql.push(" and id = ").bind(Bind::Uuid(id)).push(" for update");
    let rows = writer.statements.rows(sql, false).await?;
    let Some(state) = (if rows.is_empty() { None } else { rows.text(0, 0) }) else {
        let error = UserError::new("NOT_FOUND", "id", "There is no job with this ID.");
        return Ok(Outcome::refused(vec![error]));
    };
    if !from.contains(&state.as_str()) {
        let mut error =
            UserError::new("INVALID_TRANSITION", "id", format!("This job is {state} and cannot be {what}."));
        error.details = json!({ "from": state, "allowed": from });
        return Ok(Outcome::refused_for(Some(id), vec![error]));
    }
    let mut sql = Sql::new();
    sql.push("update jobs set ").push(set).push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(id)).push(" returning id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(id))
}
