//! The TMS and the SLC of a business: where they live, and the secret with which calls to them are signed.

use std::fmt;
use std::sync::LazyLock;

use entity::Entity;
use entity::database::{DbError, Statements};
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::Scalar;
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::tokens;
use super::{Integration, IntegrationProvider};
use crate::processes::INTEGRATIONS;
use crate::request::Services;
use crate::secrets::KeyRing;

/// How long a secret may be, in characters.
const SECRET_LENGTH: std::ops::RangeInclusive<usize> = 16..=200;

static WRONG_LENGTH: LazyLock<String> =
    LazyLock::new(|| format!("A secret has {} to {} characters.", SECRET_LENGTH.start(), SECRET_LENGTH.end()));

/// What calls to a system of the business need.
pub struct SystemAccess {
    /// The connection.
    pub integration: Uuid,
    /// Where the system lives, without a slash at the end; https, or http on this machine.
    pub base_url: String,
    /// The secret with which calls are signed.
    pub secret: Zeroizing<String>,
}

/// The TMS or the SLC of the tenant in whose name the statements run; none when it is not connected, or switched off.
///
/// # Errors
/// What the database said, and a fault when what is stored does not open.
pub async fn system_access(
    statements: &dyn Statements,
    keys: &KeyRing,
    tenant: Uuid,
    provider: IntegrationProvider,
) -> Result<Option<SystemAccess>, DbError> {
    let mut sql = Sql::new();
    sql.push("select integration_id, base_url, access_token from app.system_integration(");
    sql.bind(Bind::Text(provider.word().to_owned())).push(")");
    let rows = statements.rows(sql, false).await?;
    let Some(integration) = rows.uuid_of_first() else { return Ok(None) };
    let base_url = rows.text(0, 1).unwrap_or_default();
    let secret = tokens::open(keys, tenant, integration, "access_token", rows.cell(0, 2).unwrap_or_default())?;
    Ok(Some(SystemAccess { integration, base_url: base_url.trim_end_matches('/').to_owned(), secret }))
}

impl fmt::Debug for SystemAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SystemAccess").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// The mutation that connects the TMS or the SLC.
pub(super) static CONNECT_SYSTEM: VerbDecl = VerbDecl {
    mutation: "connectSystem",
    doc: "Connects the TMS or the SLC of the business, or changes where it lives and how calls to it are signed.",
    entity: Integration::decl,
    right: INTEGRATIONS.admin(),
    inputs: &[
        InputDecl {
            name: "provider",
            doc: "TMS or SLC. Other systems are connected with `startIntegration`.",
            ty: IntegrationProvider::TYPE,
            need: Input::Required,
        },
        InputDecl {
            name: "baseUrl",
            doc: "Where the system lives: an https:// address without a user and a query; on this machine also http.",
            ty: String::TYPE,
            need: Input::Required,
        },
        InputDecl {
            name: "secret",
            doc: "The secret with which calls are signed, 16 to 200 characters. It is stored encrypted and cannot be read \
                  back.",
            ty: String::TYPE,
            need: Input::Required,
        },
    ],
    secret: None,
    run: |writer, input| connect(writer, input).boxed(),
};

async fn connect(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let text = |name| match input.get(name) {
        Some(Bind::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let (provider, base_url, secret) = (text("provider"), text("baseUrl"), Zeroizing::new(text("secret")));
    let refused = |field, message: &str| Ok(Outcome::refused(vec![UserError::new("VALIDATION", field, message)]));
    if !matches!(provider.as_str(), "TMS" | "SLC") {
        return refused("provider", "Only TMS and SLC are connected with a secret.");
    }
    if !SECRET_LENGTH.contains(&secret.chars().count()) {
        return refused("secret", &WRONG_LENGTH);
    }
    // The row's id is a part of what is sealed, so it comes first.
    let mut sql = Sql::new();
    sql.push("insert into integrations (id, tenant_id, provider, base_url, is_active) values (");
    sql.bind(Bind::Uuid(writer.new_id)).push(", ").bind(Bind::Uuid(writer.tenant));
    sql.push(", ").bind(Bind::Text(provider)).push(", ").bind(Bind::Text(base_url));
    sql.push(
        ", false) on conflict (tenant_id, user_id, provider) do update set base_url = excluded.base_url returning id",
    );
    let row = writer.statements.rows(sql, false).await?.uuid_of_first();
    let row = row.ok_or_else(|| DbError::Fault("a connection was written without an id".into()))?;
    let keys = &writer.service::<Services>()?.keys;
    let mut sql = Sql::new();
    sql.push("update integrations set access_token = ");
    sql.bind(tokens::seal(keys, writer.tenant, row, "access_token", &secret)?);
    sql.push(", connected_at = clock_timestamp(), is_active = true where tenant_id = ").bind(Bind::Uuid(writer.tenant));
    sql.push(" and id = ").bind(Bind::Uuid(row)).push(" returning id");
    writer.statements.rows(sql, false).await?;
    Ok(Outcome::written(row))
}
