//! Credentials of a business at its providers: which are set, and `setTenantCredentials`.
//!
//! The values are sealed and come out of no API. That the credentials and the time they were set at change together is
//! a CHECK, so a row that was written by hand cannot claim something else.

use chrono::{DateTime, Utc};
use entity::Entity as _;
use entity::database::DbError;
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::Scalar;
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use entity::{Ref, entity};
use futures_util::FutureExt;

use super::credentials::{Purpose, place};
use crate::identity::Tenant;
use crate::processes::INTEGRATIONS;
use crate::request::Services;
use crate::values::SecretState;

/// Which credentials the business has given for its providers. They are stored encrypted and never shown.
#[entity(table = tenant_credentials, process = INTEGRATIONS, child_only, no_create, no_update, no_delete)]
pub struct TenantCredentials {
    /// Whether there are credentials for WhatsApp. They themselves are never shown.
    #[field(sql = "case when {t}.whatsapp_set_at is null then 'NOT_SET' else 'SET' end", no_filter, no_order)]
    pub whatsapp_credentials: SecretState,
    /// Whether there are credentials for phone calls. They themselves are never shown.
    #[field(sql = "case when {t}.calls_set_at is null then 'NOT_SET' else 'SET' end", no_filter, no_order)]
    pub calls_credentials: SecretState,
    /// Whether there are credentials for the other channels. They themselves are never shown.
    #[field(sql = "case when {t}.conversations_set_at is null then 'NOT_SET' else 'SET' end", no_filter, no_order)]
    pub conversations_credentials: SecretState,
    /// When the credentials for WhatsApp were set; null when there are none.
    #[field(read_only)]
    pub whatsapp_set_at: Option<DateTime<Utc>>,
    /// When the present credentials for WhatsApp were tried out, see `testTenantCredentials`; null for never.
    #[field(read_only)]
    pub whatsapp_tested_at: Option<DateTime<Utc>>,
    /// Why they did not work, as a code such as `TOKEN_REFUSED`; null when they did, or were not tried out.
    #[field(read_only)]
    pub whatsapp_test_failure: Option<String>,
    /// When the credentials for phone calls were set; null when there are none.
    #[field(read_only)]
    pub calls_set_at: Option<DateTime<Utc>>,
    /// When the present credentials for phone calls were tried out, see `testTenantCredentials`; null for never.
    #[field(read_only)]
    pub calls_tested_at: Option<DateTime<Utc>>,
    /// Why they did not work, as a code such as `TOKEN_REFUSED`; null when they did, or were not tried out.
    #[field(read_only)]
    pub calls_test_failure: Option<String>,
    /// When the credentials for the other channels were set; null when there are none.
    #[field(read_only)]
    pub conversations_set_at: Option<DateTime<Utc>>,
    /// When the present credentials for the other channels were tried out, see `testTenantCredentials`; null for never.
    #[field(read_only)]
    pub conversations_tested_at: Option<DateTime<Utc>>,
    /// Why they did not work, as a code such as `TOKEN_REFUSED`; null when they did, or were not tried out.
    #[field(read_only)]
    pub conversations_test_failure: Option<String>,
    /// Rises whenever one of them is encrypted with another key.
    #[field(read_only)]
    pub encryption_version: i32,
    /// The business.
    #[belongs_to(
        read_only,
        one,
        inverse = "credentials",
        doc = "Which credentials the business has given for its providers."
    )]
    pub tenant: Ref<Tenant>,
}

/// The mutation.
pub(super) static SET_TENANT_CREDENTIALS: VerbDecl = VerbDecl {
    mutation: "setTenantCredentials",
    doc: "Sets credentials for the providers of the business. What is left out stays as it is, null takes it away. \
          The values are stored encrypted and cannot be read back.",
    entity: TenantCredentials::decl,
    right: INTEGRATIONS.admin(),
    inputs: &[
        InputDecl {
            name: "whatsappCredentials",
            doc: "For WhatsApp: `{ appSecret, verifyToken, accessToken, phoneNumberId, businessAccountId, apiBaseUrl }`, \
                  the last one only for another address than WhatsApp's own.",
            ty: <Option<serde_json::Value>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "callsCredentials",
            doc: "For phone calls: an object as the provider wants it.",
            ty: <Option<serde_json::Value>>::TYPE,
            need: Input::Optional,
        },
        InputDecl {
            name: "conversationsCredentials",
            doc: "For all other channels: `{ signingSecret }`, at least 16 characters, with which inbound messages are \
                  signed.",
            ty: <Option<serde_json::Value>>::TYPE,
            need: Input::Optional,
        },
    ],
    secret: None,
    run: |writer, input| set(writer, input).boxed(),
};

async fn set(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let mut accepted = Vec::new();
    let mut errors = Vec::new();
    for purpose in Purpose::ALL {
        match input.0.iter().find(|(name, _)| *name == purpose.input()).map(|(_, value)| value) {
            Some(Bind::Json(value)) => match purpose.accept(value) {
                Ok(clear) => accepted.push((purpose, Some(clear))),
                Err(message) => errors.push(UserError::new("VALIDATION", purpose.input(), message)),
            },
            Some(Bind::Null(_)) => accepted.push((purpose, None)),
            _ => {}
        }
    }
    if !errors.is_empty() {
        return Ok(Outcome::refused(errors));
    }
    // The row came with the tenant; its id is a part of what is sealed.
    let mut sql = Sql::new();
    sql.push("insert into tenant_credentials (id, tenant_id) values (").bind(Bind::Uuid(writer.new_id));
    sql.push(", ").bind(Bind::Uuid(writer.tenant));
    sql.push(") on conflict (tenant_id) do update set tenant_id = excluded.tenant_id returning id");
    let row = writer.statements.rows(sql, false).await?.uuid_of_first();
    let row = row.ok_or_else(|| DbError::Fault("a tenant has no row for its credentials".into()))?;
    if accepted.is_empty() {
        return Ok(Outcome::written(row));
    }
    let keys = &writer.service::<Services>()?.keys;
    let mut sql = Sql::new();
    let mut glue = "update tenant_credentials set ";
    for (purpose, clear) in accepted {
        sql.push(glue).push(purpose.column());
        match clear {
            Some(clear) => {
                let sealed = keys.seal(&place(writer.tenant, row, purpose), &clear);
                let sealed = sealed.map_err(|error| DbError::Fault(error.to_string()))?;
                sql.push(" = ").bind(Bind::Bytes(sealed.into_bytes())).push(", ").push(purpose.set_at_column());
                sql.push(" = clock_timestamp()");
            }
            None => {
                sql.push(" = null, ").push(purpose.set_at_column()).push(" = null");
            }
        }
        glue = ", ";
    }
    sql.push(" where tenant_id = ").bind(Bind::Uuid(writer.tenant)).push(" and id = ").bind(Bind::Uuid(row));
    sql.push(" returning id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(row))
}
