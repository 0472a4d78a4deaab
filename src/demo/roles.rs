//! What the firm's people may do beyond their kind: rows of `roles`,
//! `role_permissions` and `user_roles`. The roles of the kinds of users come
//! with the tenant.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::firm::{Firm, UserRow, founded};
use super::ids::Ids;
use super::row::rows;

rows! {
    /// A role of the firm's own.
    RoleRow in "roles" {
        id: Uuid, name: &'static str, description: &'static str, sort_order: i64, is_default: bool,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// Somebody's role.
    AssignmentRow in "user_roles" {
        id: Uuid, user_id: Uuid, role_id: Uuid, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// What a role allows. Permissions are the database's own rows, found by name.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Grant {
    pub(crate) id: Uuid,
    pub(crate) role_id: Uuid,
    pub(crate) permission: &'static str,
    pub(crate) created_at: DateTime<Utc>,
}

/// All of these rows.
#[derive(Debug)]
pub(crate) struct Roles {
    pub(crate) roles: Vec<RoleRow>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) assignments: Vec<AssignmentRow>,
}

/// The office manager runs the daily business, one agent leads the sales, and
/// the rest of the agents may clear up after themselves.
pub(crate) fn roles(firm: &Firm, users: &[UserRow], ids: &mut Ids) -> Roles {
    let at = founded() + Duration::hours(2);
    let mut all = Roles { roles: Vec::new(), grants: Vec::new(), assignments: Vec::new() };
    let agents = || users.iter().filter(|user| user.role == "AGENT").map(|user| user.id);
    let clerk: Vec<Uuid> = users.iter().filter(|user| user.role == "EMPLOYEE").map(|user| user.id).collect();
    all.add(
        firm.say("Gerencia de oficina", "Office management"),
        firm.say(
            "Lleva el día a día: personal, ajustes y cifras.",
            "Runs the daily business: staff, settings, figures.",
        ),
        &["users.manage_users", "users.write", "settings.write", "analytics.admin", "usage.read", "roles.read"],
        &clerk,
        at,
        ids,
    );
    all.add(
        firm.say("Jefatura de ventas", "Head of sales"),
        firm.say("Decide sobre ventas y campañas.", "Decides on sales and campaigns."),
        &["sales.admin", "crm.admin", "campaigns.write", "inventory.write", "analytics.read"],
        &agents().take(1).collect::<Vec<_>>(),
        at,
        ids,
    );
    all.add(
        firm.say("Limpieza de fichas", "Tidying up"),
        firm.say("Borra contactos e interesados repetidos.", "Deletes contacts and leads that exist twice."),
        &["contacts.delete", "leads.delete"],
        &agents().skip(1).collect::<Vec<_>>(),
        at,
        ids,
    );
    all
}

impl Roles {
    fn add(
        &mut self,
        name: &'static str,
        description: &'static str,
        permissions: &[&'static str],
        users: &[Uuid],
        at: DateTime<Utc>,
        ids: &mut Ids,
    ) {
        let id = ids.at(at);
        // The roles of the kinds of users are the first.
        let sort_order = 11 + self.roles.len() as i64;
        self.roles.push(RoleRow {
            id,
            name,
            description,
            sort_order,
            is_default: false,
            created_at: at,
            updated_at: at,
        });
        self.grants.extend(permissions.iter().map(|permission| Grant {
            id: ids.at(at),
            role_id: id,
            permission,
            created_at: at,
        }));
        self.assignments.extend(users.iter().map(|user_id| AssignmentRow {
            id: ids.at(at),
            user_id: *user_id,
            role_id: id,
            created_at: at,
            updated_at: at,
        }));
    }
}
