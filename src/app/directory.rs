//! Finds users by what people type: the tenant's slug and an address.
//!
//! Works as the role that serves, under row-level security: first the tenant by its slug, then
//! the user inside that tenant.

use std::time::Duration;

use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

use super::connection::id_of;
use super::failure::Failure;
use crate::http::service::Login;
use crate::token::{Bearer, IssuedToken, Tokens};

/// A user who may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The tenant's id.
    pub tenant_id: Uuid,
    /// The user's id.
    pub user_id: Uuid,
}

/// Why a user cannot sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No tenant has this slug.
    Tenant,
    /// The tenant is suspended or closed.
    TenantClosed,
    /// No user of the tenant has this address.
    User,
    /// The user has been switched off.
    UserInactive,
}

impl Missing {
    /// What to tell an operator.
    pub fn sentence(self, tenant: &str, email: &str) -> String {
        match self {
            Self::Tenant => format!("there is no tenant with the slug {tenant:?}"),
            Self::TenantClosed => format!("the tenant {tenant:?} is suspended or closed"),
            Self::User => format!("the tenant {tenant:?} has no user with the address {email:?}"),
            Self::UserInactive => format!("the user {email:?} of {tenant:?} is not active"),
        }
    }
}

/// Finds an active user of an active tenant.
///
/// # Errors
/// The outer error is the database's, the inner one says who is missing.
pub async fn find(client: &mut Client, tenant: &str, email: &str) -> Result<Result<Found, Missing>, Failure> {
    look_up(client, tenant, email).await.map_err(failed)
}

/// The active users of one tenant, administrators first; none when there is no such active tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn logins(client: &mut Client, tenant: &str) -> Result<Vec<Login>, Failure> {
    list(client, tenant).await.map_err(failed)
}

fn failed(error: tokio_postgres::Error) -> Failure {
    Failure::because("could not look up the user", &error)
}

async fn look_up(
    client: &mut Client,
    tenant: &str,
    email: &str,
) -> Result<Result<Found, Missing>, tokio_postgres::Error> {
    let (tx, tenant_id) = match enter(client, tenant).await? {
        Ok(entered) => entered,
        Err(missing) => return Ok(Err(missing)),
    };
    // A superuser's connection bypasses row-level security, so the tenant is named as well.
    let sql = "select id::text, is_active from users \
               where tenant_id = current_setting('app.tenant_id')::uuid \
               and lower(email) = lower($1) and deleted_at is null";
    let Some(user) = tx.query_opt(sql, &[&email]).await? else {
        return Ok(Err(Missing::User));
    };
    if !user.get::<_, bool>("is_active") {
        return Ok(Err(Missing::UserInactive));
    }
    Ok(Ok(Found { tenant_id, user_id: uuid(&user) }))
}

async fn list(client: &mut Client, tenant: &str) -> Result<Vec<Login>, tokio_postgres::Error> {
    let Ok((tx, _)) = enter(client, tenant).await? else {
        return Ok(Vec::new());
    };
    let sql = "select t.name, u.email, u.display_name, u.role \
               from users u join tenants t on t.id = u.tenant_id \
               where u.tenant_id = current_setting('app.tenant_id')::uuid and u.is_active and u.deleted_at is null \
               order by u.role <> 'ADMIN', u.id limit 50";
    let rows = tx.query(sql, &[]).await?;
    let login = |row: &tokio_postgres::Row| Login {
        tenant: tenant.to_owned(),
        tenant_name: row.get(0),
        email: row.get(1),
        name: row.get(2),
        role: row.get(3),
    };
    Ok(rows.iter().map(login).collect())
}

/// A token for a user, in a session of its own that ends with the token and cannot be renewed.
///
/// # Errors
/// When the database does not take the session, or the lifetime does not fit a date.
pub async fn open_session(
    client: &mut Client,
    tokens: &Tokens,
    found: Found,
    lifetime: Duration,
    user_agent: &str,
) -> Result<IssuedToken, Failure> {
    let session = uuid(&client.query_one("select app.uuid_v7()::text", &[]).await.map_err(failed)?);
    let bearer = Bearer {
        user_id: found.user_id,
        tenant_id: found.tenant_id,
        session_id: session,
        home_tenant_id: None,
        csrf_hash: None,
    };
    let issued = tokens.issue(&bearer, lifetime).map_err(|error| Failure::Runtime(error.to_string()))?;
    insert_session(client, &bearer, &issued, user_agent).await.map_err(failed)?;
    Ok(issued)
}

async fn insert_session(
    client: &mut Client,
    bearer: &Bearer,
    issued: &IssuedToken,
    user_agent: &str,
) -> Result<(), tokio_postgres::Error> {
    let tx = client.transaction().await?;
    let Bearer { tenant_id, user_id, session_id, .. } = bearer;
    tx.batch_execute(&format!("set local app.tenant_id = '{tenant_id}'; set local app.user_id = '{user_id}'")).await?;
    // Hashes of nothing anybody knows: the access token is all there is.
    let sql = "insert into sessions (id, user_id, session_token_hash, refresh_token_hash, user_agent, expires_at) \
               values ($1::text::uuid, $2::text::uuid, sha256(gen_random_uuid()::text::bytea), \
                       sha256(gen_random_uuid()::text::bytea), $3, to_timestamp($4::bigint))";
    let end = issued.expires_at.timestamp();
    tx.execute(sql, &[&session_id.to_string(), &user_id.to_string(), &user_agent, &end]).await?;
    let sql = "select app.audit('session.started', 'Session', $1::text::uuid, jsonb_build_object('method', $2::text))";
    tx.execute(sql, &[&session_id.to_string(), &user_agent]).await?;
    tx.commit().await
}

/// Begins a transaction inside the tenant. It is never committed: nothing is written.
async fn enter<'a>(
    client: &'a mut Client,
    tenant: &str,
) -> Result<Result<(Transaction<'a>, Uuid), Missing>, tokio_postgres::Error> {
    let found = client.query_opt("select id::text, status from app.tenant_by_slug($1)", &[&tenant]).await?;
    let Some(found) = found else {
        return Ok(Err(Missing::Tenant));
    };
    let (tenant_id, status) = (uuid(&found), found.get::<_, String>("status"));
    if matches!(status.as_str(), "SUSPENDED" | "CLOSED") {
        return Ok(Err(Missing::TenantClosed));
    }
    let tx = client.transaction().await?;
    // A UUID's text has nothing to quote; SET LOCAL takes no parameters.
    tx.batch_execute(&format!("set local app.tenant_id = '{tenant_id}'")).await?;
    Ok(Ok((tx, tenant_id)))
}

/// The id in the first column.
fn uuid(row: &tokio_postgres::Row) -> Uuid {
    id_of(row).unwrap_or_default()
}
