//! Where a business reaches a system, and with what it signs.

use entity::database::DbError;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use url::Url;
use uuid::Uuid;

use super::System;
use crate::secrets::{Clear, KeyRing, Place};
use crate::work::Tenancy;

/// What is needed to call a system in the name of a business.
pub struct Account {
    /// Where it lives; paths are appended.
    pub base_url: Url,
    /// As whom we introduce ourselves.
    pub key_id: Option<String>,
    /// What calls are signed with.
    pub secret: Clear,
}

/// Knows the accounts of businesses.
pub trait Accounts: Send + Sync {
    /// The account of a business with a system; none when it is not connected.
    fn account(&self, tenant: Uuid, system: System) -> BoxFuture<'_, Result<Option<Account>, DbError>>;
}

/// The accounts in `logistics_connections`.
pub struct Connections {
    tenancy: Tenancy,
    keys: KeyRing,
}

impl Connections {
    /// Opens the secrets with these keys.
    pub fn new(tenancy: Tenancy, keys: KeyRing) -> Self {
        Self { tenancy, keys }
    }

    async fn find(&self, tenant: Uuid, system: System) -> Result<Option<Account>, DbError> {
        let mut sql = Sql::new();
        sql.push("select c.id, c.base_url, c.key_id, c.secret from logistics_connections c where c.tenant_id = ");
        sql.bind(Bind::Uuid(tenant)).push(" and c.is_active and c.system = ");
        sql.bind(Bind::Text(system.name().to_owned()));
        let rows = self.tenancy.read(tenant, sql).await?;
        let Some(row) = rows.uuid_of_first() else { return Ok(None) };
        let broken = |what: &str| DbError::Fault(format!("the connection to {} of a business: {what}", system.name()));
        let base_url = rows.text(0, 1).and_then(|text| Url::parse(&text).ok()).ok_or_else(|| broken("its address"))?;
        let sealed = rows.cell(0, 3).ok_or_else(|| broken("it has no secret"))?;
        let place = Place { tenant, table: "logistics_connections", column: "secret", row };
        let secret = self.keys.open(&place, sealed).map_err(|error| broken(&error.to_string()))?;
        Ok(Some(Account { base_url, key_id: rows.text(0, 2), secret }))
    }
}

impl Accounts for Connections {
    fn account(&self, tenant: Uuid, system: System) -> BoxFuture<'_, Result<Option<Account>, DbError>> {
        self.find(tenant, system).boxed()
    }
}
