//! `createWebhook` and `rotateWebhookSecret`: the two moments at which a webhook's secret is seen.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, SecretDecl, VerbDecl};
use entity::kind::{FieldType, Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, UserError, Writer};
use futures_util::FutureExt;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Webhook;
use super::webhook::WebhookChannel;
use crate::processes::INTEGRATIONS;
use crate::request::Services;
use crate::secrets::{KeyRing, Place};

/// Random bytes of a secret that we make.
const SECRET_BYTES: usize = 32;

/// How long a secret that somebody brings along may be, in characters.
const SECRET_LENGTH: std::ops::RangeInclusive<usize> = 16..=200;

const SECRET_INPUT: InputDecl = InputDecl {
    name: "secret",
    doc: "The secret with which calls are signed, 16 to 200 characters; a random one when it is left out.",
    ty: <Option<String>>::TYPE,
    need: Input::Optional,
};

const SECRET: SecretDecl = SecretDecl {
    name: "secret",
    doc: "The secret with which calls are signed. It is shown this once; null when the idempotency key was used before.",
};

/// The mutation that makes a webhook.
pub(super) static CREATE_WEBHOOK: VerbDecl = VerbDecl {
    mutation: "createWebhook",
    doc: "Sets the address that is called for a channel. Calls are signed with the secret, as docs/outbound-webhooks.md \
          says.",
    entity: Webhook::decl,
    right: INTEGRATIONS.admin(),
    inputs: &[
        InputDecl {
            name: "channel",
            doc: "What the webhook is told about; there is one for each.",
            ty: WebhookChannel::TYPE,
            need: Input::Required,
        },
        InputDecl {
            name: "url",
            doc: "The address; https, and on this machine also http.",
            ty: String::TYPE,
            need: Input::Required,
        },
        InputDecl {
            name: "isActive",
            doc: "Whether it is called; true when it is left out.",
            ty: bool::TYPE,
            need: Input::Optional,
        },
        SECRET_INPUT,
    ],
    secret: Some(SECRET),
    run: |writer, input| create(writer, input).boxed(),
};

/// The mutation that gives a webhook another secret.
pub(super) static ROTATE_WEBHOOK_SECRET: VerbDecl = VerbDecl {
    mutation: "rotateWebhookSecret",
    doc: "Gives a webhook another secret. From now on calls are signed with the new one.",
    entity: Webhook::decl,
    right: INTEGRATIONS.admin(),
    inputs: &[
        InputDecl {
            name: "id",
            doc: "The webhook.",
            ty: FieldType { kind: Kind::Id("webhook"), nullable: false, normalize: None },
            need: Input::Required,
        },
        SECRET_INPUT,
    ],
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
    let (Some(channel), Some(url)) = (input.get("channel"), input.get("url")) else {
        return Err(DbError::Fault("a required input is missing".into()));
    };
    let sealed = seal(&writer.service::<Services>()?.keys, writer.tenant, writer.new_id, &secret)?;
    let mut sql = Sql::new();
    sql.push("insert into webhooks (id, tenant_id, channel, url, is_active, secret) values (");
    sql.bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant));
    sql.push(", ").bind(channel.clone()).push(", ").bind(url.clone());
    sql.push(", ").bind(input.get("isActive").cloned().unwrap_or(Bind::Bool(true)));
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
    sql.push("update webhooks set secret_set_at = clock_timestamp(), secret = ").bind(sealed);
    sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(id));
    sql.push(" returning id");
    if writer.statements.rows(sql, false).await?.is_empty() {
        let error = UserError::new("NOT_FOUND", "id", "There is no webhook with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    Ok(Outcome { secret: Some(Secret(secret.to_string())), ..Outcome::written(id) })
}

/// The secret that somebody brings along, or a new one.
fn secret(input: &Arguments) -> Result<Result<Zeroizing<String>, UserError>, DbError> {
    if let Some(Bind::Text(given)) = input.get("secret") {
        let fits = SECRET_LENGTH.contains(&given.chars().count());
        let wrong = || UserError::new("VALIDATION", "secret", WRONG_LENGTH.as_str());
        return Ok(if fits { Ok(Zeroizing::new(given.clone())) } else { Err(wrong()) });
    }
    let mut bytes = Zeroizing::new([0_u8; SECRET_BYTES]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| DbError::Fault(error.to_string()))?;
    Ok(Ok(Zeroizing::new(format!("whsec_{}", URL_SAFE_NO_PAD.encode(bytes.as_slice())))))
}

/// Where the secret of a webhook is sealed.
pub(super) fn place(tenant: Uuid, webhook: Uuid) -> Place<'static> {
    Place { tenant, table: "webhooks", column: "secret", row: webhook }
}

fn seal(keys: &KeyRing, tenant: Uuid, webhook: Uuid, secret: &str) -> Result<Bind, DbError> {
    let sealed = keys.seal(&place(tenant, webhook), secret.as_bytes());
    sealed.map(|sealed| Bind::Bytes(sealed.into_bytes())).map_err(|error| DbError::Fault(error.to_string()))
}
