//! `createWebhook` and `rotateWebhookSecret`: the two moments at which a webhook's secret is seen.

use entity::Entity;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind, Scalar};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, Secret, Writer};
use futures_util::FutureExt;

use super::Webhook;
use super::webhook::WebhookChannel;
use crate::processes::INTEGRATIONS;
use crate::request::Services;
use crate::signing_secret::{SHOWN_ONCE, Signed};

/// The secrets of webhooks.
pub(super) const SECRETS: Signed =
    Signed { table: "webhooks", prefix: "whsec_", missing: "There is no webhook with this ID." };

const SECRET_INPUT: InputDecl = InputDecl {
    name: "secret",
    doc: "The secret with which calls are signed, 16 to 200 characters; a random one when it is left out.",
    ty: <Option<String>>::TYPE,
    need: Input::Optional,
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
    secret: Some(SHOWN_ONCE),
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
    secret: Some(SHOWN_ONCE),
    run: |writer, input| SECRETS.rotate(writer, input).boxed(),
};

async fn create(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let secret = match SECRETS.chosen(input)? {
        Ok(secret) => secret,
        Err(error) => return Ok(Outcome::refused(vec![error])),
    };
    let (Some(channel), Some(url)) = (input.get("channel"), input.get("url")) else {
        return Err(DbError::Fault("a required input is missing".into()));
    };
    let sealed = SECRETS.sealed(&writer.service::<Services>()?.keys, writer.tenant, writer.new_id, &secret)?;
    let mut sql = Sql::new();
    sql.push("insert into webhooks (id, tenant_id, channel, url, is_active, secret) values (");
    sql.bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant));
    sql.push(", ").bind(channel.clone()).push(", ").bind(url.clone());
    sql.push(", ").bind(input.get("isActive").cloned().unwrap_or(Bind::Bool(true)));
    sql.push(", ").bind(sealed).push(") returning id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome { secret: Some(Secret(secret.to_string())), ..Outcome::written(writer.new_id) })
}
