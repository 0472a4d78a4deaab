//! Loads a viewer: one statement, `app.session_access`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::access::Rights;
use entity::database::{DbError, Statements};
use entity::rows::{DecodeError, Rows};
use entity::sql::{Bind, Sql};
use tables::{sessions, tenant_settings, tenants, users};
use uuid::Uuid;

use super::viewer::{Viewer, rights_of_staff};
use crate::db::{Actor, Counters, Database, Mode, Scope, Transaction};
use crate::processes;
use crate::token::Identity;

/// A row of `app.session_access`.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) user: Uuid,
    pub(super) role: String,
    pub(super) is_usable: bool,
    pub(super) tenant_status: String,
    pub(super) is_platform: bool,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) is_first_login: bool,
    pub(super) password_expires_at: Option<DateTime<Utc>>,
    pub(super) has_record_sharing: bool,
    pub(super) rights: Rights,
}

/// The viewer behind an identity; nobody when the session may not be used now.
pub(super) async fn viewer(
    database: &Database,
    identity: &Identity,
    now: DateTime<Utc>,
) -> Result<Option<Viewer>, DbError> {
    let home = identity.home_tenant_id.unwrap_or(identity.tenant_id);
    let mut sql = Sql::new();
    sql.push("select * from app.session_access(").bind(Bind::Uuid(home));
    sql.push(", ").bind(Bind::Uuid(identity.session_id)).push(")");
    // Sessions are personal, and nobody is signed in before this one was found.
    let actor = Actor::tenant(home, Scope::ALL);
    let transaction = Transaction::new(database.clone(), Mode::Read, actor, Arc::new(Counters::default()));
    let rows = transaction.rows(sql, true).await;
    transaction.finish();
    let rows = rows?;
    if rows.is_empty() {
        return Ok(None);
    }
    let row = read(&rows).map_err(|error| DbError::Fault(format!("app.session_access: {error}")))?;
    Ok(admit(identity, row, now))
}

fn read(rows: &Rows) -> Result<Row, DecodeError> {
    let rights: Option<String> = rows.decode::<users::first_name, _>(0, 9)?;
    let pairs = rights.as_deref().unwrap_or_default().split(' ').filter_map(|right| right.split_once(':'));
    Ok(Row {
        user: rows.decode::<users::id, _>(0, 0)?,
        role: rows.decode::<users::role, _>(0, 1)?,
        is_usable: rows.decode::<sessions::is_active, _>(0, 2)?,
        tenant_status: rows.decode::<tenants::status, _>(0, 3)?,
        is_platform: rows.decode::<tenants::is_platform, _>(0, 4)?,
        expires_at: rows.decode::<sessions::expires_at, _>(0, 5)?,
        is_first_login: rows.decode::<users::is_first_login, _>(0, 6)?,
        password_expires_at: rows.decode::<users::password_expires_at, _>(0, 7)?,
        has_record_sharing: rows.decode::<tenant_settings::record_sharing, _>(0, 8)?,
        rights: Rights::from_pairs(&processes::ALL, pairs),
    })
}

pub(super) fn admit(identity: &Identity, row: Row, now: DateTime<Utc>) -> Option<Viewer> {
    let is_open = matches!(row.tenant_status.as_str(), "TRIAL" | "ACTIVE");
    if !row.is_usable || !is_open || row.expires_at <= now || row.user != identity.user_id {
        return None;
    }
    let (tenant, user) = (identity.tenant_id, identity.user_id);
    let (rights, scope, actor) = match identity.home_tenant_id {
        None => {
            let is_narrowed = row.has_record_sharing && matches!(row.role.as_str(), "AGENT" | "CLIENT");
            let users = row.rights.allows(processes::USERS.manage_users());
            let support = row.rights.allows(processes::SUPPORT.admin());
            let integrations = row.rights.allows(processes::INTEGRATIONS.admin());
            let scope = Scope { records: !is_narrowed, users, support, integrations, ..Scope::NONE };
            (row.rights, scope, Actor::user(tenant, user, scope))
        }
        Some(home) => {
            let is_staff = row.is_platform && row.role == "SUPER_ADMIN" && home != tenant;
            if !is_staff || !row.rights.allows(processes::TENANTS.write()) {
                return None;
            }
            (rights_of_staff(), Scope::ALL, Actor::staff(tenant, user))
        }
    };
    Some(Viewer {
        tenant,
        user,
        session: identity.session_id,
        home_tenant: identity.home_tenant_id,
        role: row.role,
        scope,
        actor: actor.in_session(identity.session_id),
        session_expires_at: row.expires_at,
        rights,
        is_first_login: row.is_first_login,
        password_expires_at: row.password_expires_at,
    })
}
