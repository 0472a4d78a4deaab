//! `createLogisticsConnection` and `rotateLogisticsConnectionSecret`: the two moments at which a connection's secret is
//! seen.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, SecretDecl, VerbDecl};
use entity::kind::{Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, UserError, Writer};
use futures_util::FutureExt;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::inputs::{id_of, optional};
use super::{ExternalSystem, LogisticsConnection};
use crate::processes::INTEGRATIONS;
use crate::request::Services;
use crate::secrets::{KeyRing, Place};

/// Random bytes of a secret that we make.
const SECRET_BYTES: usize = 32;

/// How long a secret that the other side has made may be, in characters.
const SECRET_LENGTH: std::ops::RangeInclusive<usize> = 16..=200;

const SECRET_INPUT: InputDecl = optional(
    "secret",
    Kind::Text,
    "The secret with which calls are signed, 16 to 200 characters, when the other side has made it; a random one when it \
     is left out.",
);

const SECRET: SecretDecl = SecretDecl {
    name: "secret",
    doc: "The secret with which calls are signed. It is shown this once; null when the idempotency key was used before.",
};

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
    secret: Some(SECRET),
    run: |writer, input| create(writer, input).boxed(),
};

/// The mutation that gives a connection another secret.
pub(super) static ROTATE_LOGISTICS_CONNECTION_SECRET: VerbDecl = VerbDecl {
    mutation: "rotateLogisticsConnectionSecret",
    doc: "Gives a connection another secret. From now on calls are signed with the new one.",
    entity: LogisticsConnection::decl,
    right: INTEGRATIONS.admin(),
    inputs: &[id_of("id", "logistics_connection", "The connection."), SECRET_INPUT],
    secret: Some(SECRET),
    run: |writer, input| rotate(writer, input).boxed(),
};

static WRONG_LENGTH: LazyLock<String> =
    LazyLock::new(|| format!("A secret has {} to {} characters.", SECRET_LENGTH.start(), SECRET_LENGTH.end()));

async fn create(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let secret = match secret(input)? {
        Ok(secret) => secret,
        Err(error) => return Ok(Outcome::refused(vec![error])),
    };
    let (Some(system), Some(base_url)) = (input.get("system"), input.get("baseUrl")) else {
        return Err(DbError::Fault("a required input is missing".into()));
    };
    let sealed = seal(&writer.service::<Services>()?.keys, writer.tenant, writer.new_id, &secret)?;
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

async fn rotate(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let secret = match secret(input)? {
        Ok(secret) => secret,
        Err(error) => return Ok(Outcome::refused(vec![error])),
    };
    let id = input.id("id");
    let sealed = seal(&writer.service::<Services>()?.keys, writer.tenant, id, &secret)?;
    let mut sql = Sql::new();
    sql.push("update logistics_connections set secret_set_at = clock_timestamp(), secret = ").bind(sealed);
    sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id));
    sql.push(" returning id");
    if writer.statements.rows(sql, false).await?.is_empty() {
        let error = UserError::new("NOT_FOUND", "id", "There is no logistics connection with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    Ok(Outcome { secret: Some(Secret(secret.to_string())), ..Outcome::written(id) })
}

/// The secret that the other side has made, or a new one.
fn secret(input: &Arguments) -> Result<Result<Zeroizing<String>, UserError>, DbError> {
    if let Some(Bind::Text(given)) = input.get("secret") {
        let fits = SECRET_LENGTH.contains(&given.chars().count());
        let wrong = || UserError::new("VALIDATION", "secret", WRONG_LENGTH.as_str());
        return Ok(if fits { Ok(Zeroizing::new(given.clone())) } else { Err(wrong()) });
    }
    let mut bytes = Zeroizing::new([0_u8; SECRET_BYTES]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| DbError::Fault(error.to_string()))?;
    Ok(Ok(Zeroizing::new(format!("lsec_{}", URL_SAFE_NO_PAD.encode(bytes.as_slice())))))
}

fn seal(keys: &KeyRing, tenant: Uuid, row: Uuid, secret: &str) -> Result<Bind, DbError> {
    let place = Place { tenant, table: "logistics_connections", column: "secret", row };
    let sealed = keys.seal(&place, secret.as_bytes());
    sealed.map(|sealed| Bind::Bytes(sealed.into_bytes())).map_err(|error| DbError::Fault(error.to_string()))
}
