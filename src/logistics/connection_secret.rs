//! `createLogisticsConnection` and `rotateLogisticsConnectionSecret`: the two moments at which a connection's secret is
//! seen.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, Writer};
use futures_util::FutureExt;

use super::inputs::{id_of, optional};
use super::{ExternalSystem, LogisticsConnection};
use crate::processes::INTEGRATIONS;
use crate::request::Services;
use crate::signing_secret::{SHOWN_ONCE, Signed};

/// The secrets of connections.
const SECRETS: Signed = Signed {
    table: "logistics_connections",
    prefix: "lsec_",
    missing: "There is no logistics connection with this ID.",
};

const SECRET_INPUT: InputDecl = optional(
    "secret",
    Kind::Text,
    "The secret with which calls are signed, 16 to 200 characters, when the other side has made it; a random one when it \
     is left out.",
);

/// The mutation that makes a connection.
pub(super) static CREATE_LOGISTICS_CONNECTION: VerbDecl = VerbDecl {
    mutation: "createLogisticsConnection",
    doc: "Connects TMS or SLC: from now on requests are registered there by themselves. Calls are signed with the secret, \
          as docs/logistics-systems.md says.",
    entity: LogisticsConnection::decl,
    right: INTEGRATIONS.admin(),
    inputs: &[
        InputDecl { name: "system", doc: "The system.", ty: ExternalSystem::TYPE, need: Input::Required },
        InputDecl {
            name: "baseUrl",
            doc: "Where it lives: https, and on this machine also http.",
            ty: String::TYPE,
            need: Input::Required,
        },
        optional("keyId", Kind::Text, "As whom we introduce ourselves there, if the system asks."),
        optional("isActive", Kind::Bool, "Whether it is used; true when it is left out."),
        SECRET_INPUT,
    ],
    secret: Some(SHOWN_ONCE),
    run: |writer, input| create(writer, input).boxed(),
};

/// The mutation that gives a connection another secret.
pub(super) static ROTATE_LOGISTICS_CONNECTION_SECRET: VerbDecl = VerbDecl {
    mutation: "rotateLogisticsConnectionSecret",
    doc: "Gives a connection another secret. From now on calls are signed with the new one.",
    entity: LogisticsConnection::decl,
    right: INTEGRATIONS.admin(),
    inputs: &[id_of("id", "logistics_connection", "The connection."), SECRET_INPUT],
    secret: Some(SHOWN_ONCE),
    run: |writer, input| SECRETS.rotate(writer, input).boxed(),
};

async fn create(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let secret = match SECRETS.chosen(input)? {
        Ok(secret) => secret,
        Err(error) => return Ok(Outcome::refused(vec![error])),
    };
    let (Some(system), Some(base_url)) = (input.get("system"), input.get("baseUrl")) else {
        return Err(DbError::Fault("a required input is missing".into()));
    };
    let sealed = SECRETS.sealed(&writer.service::<Services>()?.keys, writer.tenant, writer.new_id, &secret)?;
    let mut sql = Sql::new();
    sql.push("insert into logistics_connections (id, tenant_id, system, base_url, key_id, is_active, secret) values (");
    sql.bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant));
    sql.push(", ").bind(system.clone()).push(", ").bind(base_url.clone()).push(", ");
    sql.bind(input.get("keyId").cloned().unwrap_or(Bind::null(Kind::Text))).push(", ");
    sql.bind(input.get("isActive").cloned().unwrap_or(Bind::Bool(true)));
    sql.push(", ").bind(sealed).push(") returning id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome { secret: Some(Secret(secret.to_string())), ..Outcome::written(writer.new_id) })
}
