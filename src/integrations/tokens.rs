//! The tokens of connections: opened to be used, and renewed before they expire.
//!
//! Many may find at the same moment that a token expires: workers of several gateways, a sync. A provider that gives
//! another refresh token with each answer takes only one of them, so the first one takes a lease in the row; the others
//! leave it alone and come again. Nothing is asked of a provider within a transaction.

use std::sync::Arc;
use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, NullOf, Sql};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::oauth::{Grant, GrantClient, OauthError};
use crate::secrets::{KeyRing, Place};
use crate::work::Tenancy;

/// How long before its end a token is renewed by the worker, in seconds.
pub(super) const AHEAD_SECONDS: i32 = 600;
/// A token that lasts no longer than this is renewed before it is used, in seconds.
const MARGIN_SECONDS: i32 = 60;
/// How long who renews has for it, in seconds. More than a provider may take.
const LEASE_SECONDS: i32 = 120;
/// How long a token is left alone that could not be renewed, in seconds.
const PAUSE_SECONDS: i32 = 60;

/// Opens and renews tokens.
#[derive(Clone)]
pub struct TokenKeeper {
    tenancy: Tenancy,
    keys: KeyRing,
    client: Arc<GrantClient>,
}

/// Why a token cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// There is none, or the connection is switched off.
    Off,
    /// Somebody else is renewing it right now.
    Busy,
    /// It could not be renewed, for the reason of this code; that was noted.
    Failed(&'static str),
}

/// What renewing came to.
enum Renewed {
    /// There is another one.
    Yes,
    /// Somebody else has the lease, or there is nothing to renew.
    NotOurs,
    /// It could not be renewed; that was noted.
    Failed(&'static str),
}

impl TokenKeeper {
    /// Renews tokens with these systems.
    #[must_use]
    pub fn new(tenancy: &Tenancy, keys: KeyRing, client: Arc<GrantClient>) -> Self {
        Self { tenancy: tenancy.clone().seeing_all_integrations(), keys, client }
    }

    pub(super) fn tenancy(&self) -> &Tenancy {
        &self.tenancy
    }

    pub(super) fn client(&self) -> &GrantClient {
        &self.client
    }

    /// The access token of a connection, renewed if need be.
    ///
    /// # Errors
    /// What the database said.
    pub async fn token(&self, tenant: Uuid, integration: Uuid) -> Result<Result<Zeroizing<String>, Unusable>, DbError> {
        let mut renewed = false;
        loop {
            let mut sql = Sql::new();
            sql.push("select access_token, coalesce(expires_at <= now() + make_interval(secs => ");
            sql.bind(Bind::Int(MARGIN_SECONDS));
            sql.push("), false) from integrations where is_active and access_token is not null and tenant_id = ");
            sql.bind(Bind::Uuid(tenant)).push(" and id = ").bind(Bind::Uuid(integration));
            let rows = self.tenancy.read(tenant, sql).await?;
            if rows.is_empty() {
                return Ok(Err(Unusable::Off));
            }
            // A token that comes with less than the margin is used as it is.
            if renewed || !rows.is_true(0, 1) {
                let sealed = rows.cell(0, 0).unwrap_or_default();
                return self.open(tenant, integration, "access_token", sealed).map(Ok);
            }
            match self.renew(tenant, integration, MARGIN_SECONDS).await? {
                Renewed::Yes => renewed = true,
                Renewed::NotOurs => return Ok(Err(Unusable::Busy)),
                Renewed::Failed(code) => return Ok(Err(Unusable::Failed(code))),
            }
        }
    }

    /// Renews the tokens of a tenant that expire soon; gives how many there were.
    ///
    /// # Errors
    /// What the database said.
    pub async fn renew_all(&self, tenant: Uuid) -> Result<usize, DbError> {
        let mut sql = Sql::new();
        sql.push("select id from integrations where is_active and refresh_token is not null and tenant_id = ");
        sql.bind(Bind::Uuid(tenant)).push(" and expires_at <= now() + make_interval(secs => ");
        sql.bind(Bind::Int(AHEAD_SECONDS))
            .push(") and coalesce(refresh_at <= now(), true) order by expires_at limit 100");
        let rows = self.tenancy.read(tenant, sql).await?;
        let mut renewed = 0;
        for integration in (0..rows.len()).filter_map(|row| rows.uuid(row, 0)) {
            if matches!(self.renew(tenant, integration, AHEAD_SECONDS).await?, Renewed::Yes) {
                renewed += 1;
            }
        }
        Ok(renewed)
    }

    /// Notes that the system does not take the access token, so that it is renewed before it is used again.
    pub(super) fn refused(tenant: Uuid, integration: Uuid) -> Sql {
        let mut sql = Sql::new();
        sql.push("update integrations set expires_at = now() where refresh_token is not null and tenant_id = ");
        sql.bind(Bind::Uuid(tenant)).push(" and id = ").bind(Bind::Uuid(integration));
        sql
    }

    async fn renew(&self, tenant: Uuid, integration: Uuid, ahead: i32) -> Result<Renewed, DbError> {
        let Some((provider, refresh_token)) = self.take(tenant, integration, ahead).await? else {
            return Ok(Renewed::NotOurs);
        };
        let outcome = match self.client.grantor(&provider) {
            Some(grantor) => self.client.refresh(grantor, &refresh_token).await,
            None => Err(OauthError::NotProven("the provider is not configured")),
        };
        match outcome {
            Ok(grant) => {
                let sql = self.keep(tenant, integration, &grant)?;
                self.tenancy.write(tenant, |transaction| transaction.rows(sql, false)).await?;
                Ok(Renewed::Yes)
            }
            Err(error) => {
                tracing::warn!(target: "mostrador::integrations", %tenant, %integration, provider, reason = %error, "a token could not be renewed");
                let code = code_of(error);
                let sql = failed(tenant, integration, code);
                self.tenancy.write(tenant, |transaction| transaction.rows(sql, false)).await?;
                Ok(Renewed::Failed(code))
            }
        }
    }

    /// Takes the lease; `None` when somebody else has it, or there is nothing to renew any more.
    async fn take(
        &self,
        tenant: Uuid,
        integration: Uuid,
        ahead: i32,
    ) -> Result<Option<(String, Zeroizing<String>)>, DbError> {
        let mut sql = Sql::new();
        sql.push("update integrations set refresh_at = now() + make_interval(secs => ").bind(Bind::Int(LEASE_SECONDS));
        sql.push(") where is_active and refresh_token is not null and tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(" and id = ").bind(Bind::Uuid(integration)).push(" and expires_at <= now() + make_interval(secs => ");
        sql.bind(Bind::Int(ahead));
        sql.push(") and coalesce(refresh_at <= now(), true) returning provider, refresh_token");
        let rows: Rows = self.tenancy.write(tenant, |transaction| transaction.rows(sql, false)).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let sealed = rows.cell(0, 1).unwrap_or_default();
        let token = self.open(tenant, integration, "refresh_token", sealed)?;
        Ok(Some((rows.text(0, 0).unwrap_or_default(), token)))
    }

    fn keep(&self, tenant: Uuid, integration: Uuid, grant: &Grant) -> Result<Sql, DbError> {
        let mut sql = Sql::new();
        sql.push("update integrations set access_token = ");
        sql.bind(seal(&self.keys, tenant, integration, "access_token", &grant.access_token)?);
        if let Some(token) = &grant.refresh_token {
            sql.push(", refresh_token = ").bind(seal(&self.keys, tenant, integration, "refresh_token", token)?);
        }
        sql.push(", expires_at = now() + make_interval(secs => ").bind(lasts(grant));
        sql.push("), refresh_at = null, consecutive_failures = 0 where is_active and tenant_id = ");
        sql.bind(Bind::Uuid(tenant)).push(" and id = ").bind(Bind::Uuid(integration)).push(" returning id");
        Ok(sql)
    }

    fn open(&self, tenant: Uuid, row: Uuid, column: &str, sealed: &[u8]) -> Result<Zeroizing<String>, DbError> {
        open(&self.keys, tenant, row, column, sealed)
    }
}

/// Opens a stored token.
pub(super) fn open(
    keys: &KeyRing,
    tenant: Uuid,
    row: Uuid,
    column: &str,
    sealed: &[u8],
) -> Result<Zeroizing<String>, DbError> {
    let broken = |reason: String| DbError::Fault(format!("integrations.{column} of {row}: {reason}"));
    let place = Place { tenant, table: "integrations", column, row };
    let clear = keys.open(&place, sealed).map_err(|error| broken(error.to_string()))?;
    clear.expose_text().map(|text| Zeroizing::new(text.to_owned())).ok_or_else(|| broken("not a text".to_owned()))
}

/// Seals a token.
pub(super) fn seal(keys: &KeyRing, tenant: Uuid, row: Uuid, column: &str, token: &str) -> Result<Bind, DbError> {
    let place = Place { tenant, table: "integrations", column, row };
    let sealed = keys.seal(&place, token.as_bytes());
    sealed.map(|sealed| Bind::Bytes(sealed.into_bytes())).map_err(|error| DbError::Fault(error.to_string()))
}

/// How long an access token lasts, in seconds, null for ever.
pub(super) fn lasts(grant: &Grant) -> Bind {
    let seconds = |lasts: Duration| Bind::Float(lasts.as_secs_f64());
    grant.lasts.map_or(Bind::Null(NullOf::Float), seconds)
}

/// Notes one more failure in a row; the third switches the connection off, which the database does.
pub(super) fn failed(tenant: Uuid, integration: Uuid, code: &str) -> Sql {
    let mut sql = Sql::new();
    sql.push("update integrations set consecutive_failures = consecutive_failures + 1, last_failure = ");
    sql.bind(Bind::Text(code.to_owned())).push(", refresh_at = now() + make_interval(secs => ");
    sql.bind(Bind::Int(PAUSE_SECONDS)).push(") where is_active and tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and id = ").bind(Bind::Uuid(integration)).push(" returning id");
    sql
}

/// The code of a failure, as it is kept and shown.
pub(super) fn code_of(error: OauthError) -> &'static str {
    match error {
        OauthError::Unavailable(_) => "UNAVAILABLE",
        OauthError::CodeRefused => "CODE_REFUSED",
        OauthError::NotProven(_) => "NOT_CONFIGURED",
    }
}

impl std::fmt::Debug for TokenKeeper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("TokenKeeper(…)")
    }
}
