//! Who works with whom: rows of `user_groups`, `user_settings`, `teams`,
//! `team_members` and `resource_shares`.
//!
//! Told last, over people and records that are there already, so that nothing
//! else changes by it. Neither firm narrows its agents to their own records;
//! with the switch `recordSharing` one sees what these teams and shares do.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::contacts::ContactRow;
use super::firm::{Firm, UserRow, founded};
use super::homes::PropertyRow;
use super::ids::Ids;
use super::leads::LeadRow;
use super::row::rows;
use super::tasks::TaskRow;

rows! {
    /// Users who work with the same dealerships and accounts.
    GroupRow in "user_groups" {
        id: Uuid, name: &'static str, is_active: bool, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// What a user has chosen for assistants.
    UserSettingsRow in "user_settings" {
        id: Uuid, user_id: Uuid, default_model: Option<&'static str>, temperature: Option<f64>, max_tokens: Option<i64>,
        rag_enabled: bool, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A team.
    TeamRow in "teams" {
        id: Uuid, parent_id: Option<Uuid>, name: String, kind: &'static str, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// Somebody's place in a team.
    MemberRow in "team_members" {
        id: Uuid, team_id: Uuid, user_id: Uuid, member_role: &'static str, created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
    /// A record, shown to somebody else.
    ShareRow in "resource_shares" {
        id: Uuid, resource_type: &'static str, resource_id: Uuid, team_id: Option<Uuid>, user_id: Option<Uuid>,
        access: &'static str, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
}

/// All of these rows.
#[derive(Debug)]
pub(crate) struct Teams {
    pub(crate) groups: Vec<GroupRow>,
    pub(crate) settings: Vec<UserSettingsRow>,
    pub(crate) teams: Vec<TeamRow>,
    pub(crate) members: Vec<MemberRow>,
    pub(crate) shares: Vec<ShareRow>,
}

/// The records that can be shared.
pub(crate) struct Records<'a> {
    pub(crate) contacts: &'a mut [ContactRow],
    pub(crate) leads: &'a [LeadRow],
    pub(crate) tasks: &'a [TaskRow],
    pub(crate) properties: &'a [PropertyRow],
}

/// The firm as one big team with a team for each branch, in which the agents
/// take turns; contacts that nobody answers for belong to one of the two.
pub(crate) fn teams(firm: &Firm, users: &mut [UserRow], records: Records<'_>, ids: &mut Ids) -> Teams {
    let at = founded() + Duration::days(1);
    let groups = groups(firm, users, at, ids);
    let settings = settings(users, at, ids);
    let teams = vec![
        team(None, firm.name.clone(), "BROKERAGE", at, ids),
        team(None, format!("{} {}", firm.say("Equipo", "Team"), firm.branches[0].name), "TEAM", at, ids),
        team(None, format!("{} {}", firm.say("Equipo", "Team"), firm.branches[1].name), "TEAM", at, ids),
    ];
    let whole = teams[0].id;
    let teams: Vec<_> =
        teams.into_iter().map(|row| TeamRow { parent_id: (row.id != whole).then_some(whole), ..row }).collect();
    let branch = |number: usize| teams[1 + number % 2].id;

    let mut members = Vec::new();
    let mut agents = Vec::new();
    for user in users.iter().filter(|user| user.is_active) {
        let place = match user.role {
            "ADMIN" => Some((whole, "OWNER")),
            "EMPLOYEE" => Some((whole, "MANAGER")),
            "AGENT" => {
                agents.push(user.id);
                Some((branch(agents.len() - 1), if agents.len() <= 2 { "MANAGER" } else { "MEMBER" }))
            }
            _ => None,
        };
        if let Some((team_id, member_role)) = place {
            members.push(MemberRow {
                id: ids.at(at),
                team_id,
                user_id: user.id,
                member_role,
                created_at: at,
                updated_at: at,
            });
        }
    }
    for (number, contact) in records.contacts.iter_mut().filter(|contact| contact.owner_id.is_none()).enumerate() {
        contact.team_id = Some(branch(number));
    }
    let shares = shares(users, &agents, &[branch(0), branch(1)], &records, ids);
    Teams { groups, settings, teams, members, shares }
}

fn groups(firm: &Firm, users: &mut [UserRow], at: DateTime<Utc>, ids: &mut Ids) -> Vec<GroupRow> {
    let names = [firm.say("Ventas", "Sales"), firm.say("Oficina", "Office")];
    let groups = names.map(|name| GroupRow { id: ids.at(at), name, is_active: true, created_at: at, updated_at: at });
    for user in users {
        user.group_id = match user.role {
            "AGENT" => Some(groups[0].id),
            "ADMIN" | "EMPLOYEE" => Some(groups[1].id),
            _ => None,
        };
    }
    groups.to_vec()
}

fn settings(users: &[UserRow], at: DateTime<Utc>, ids: &mut Ids) -> Vec<UserSettingsRow> {
    let chosen = [(None, Some(0.2), None), (Some("fast"), None, Some(800)), (Some("thorough"), Some(0.7), Some(4_000))];
    let row = |(user, (default_model, temperature, max_tokens)): (&UserRow, _)| UserSettingsRow {
        id: ids.at(at),
        user_id: user.id,
        default_model,
        temperature,
        max_tokens,
        rag_enabled: max_tokens != Some(800),
        created_at: at,
        updated_at: at,
    };
    users.iter().zip(chosen).map(row).collect()
}

fn team(parent_id: Option<Uuid>, name: String, kind: &'static str, at: DateTime<Utc>, ids: &mut Ids) -> TeamRow {
    TeamRow { id: ids.at(at), parent_id, name, kind, created_at: at, updated_at: at }
}

/// Each agent shows something to the next one, and to the other branch; a client sees two homes.
fn shares(
    users: &[UserRow],
    agents: &[Uuid],
    branches: &[Uuid; 2],
    records: &Records<'_>,
    ids: &mut Ids,
) -> Vec<ShareRow> {
    let mut rows = Vec::new();
    let mut add = |kind, resource_id, team_id, user_id, access, since: DateTime<Utc>| {
        let at = since + Duration::hours(1);
        rows.push(ShareRow {
            id: ids.at(at),
            resource_type: kind,
            resource_id,
            team_id,
            user_id,
            access,
            created_at: at,
            updated_at: at,
        });
    };
    for (place, agent) in agents.iter().enumerate() {
        let next = agents[(place + 1) % agents.len()];
        let other = branches[(place + 1) % 2];
        let mut own = records.contacts.iter().filter(|row| row.owner_id == Some(*agent));
        if let Some(row) = own.next() {
            add("CONTACT", row.id, None, Some(next), "READ", row.created_at);
        }
        if let Some(row) = own.next() {
            add("CONTACT", row.id, Some(other), None, if place % 2 == 0 { "READ" } else { "WRITE" }, row.created_at);
        }
        if let Some(row) = records.leads.iter().find(|row| row.assigned_to_id == Some(*agent)) {
            add("LEAD", row.id, None, Some(next), "WRITE", row.created_at);
        }
        if let Some(row) = records.tasks.iter().find(|row| row.owner_id == *agent) {
            add("TASK", row.id, Some(other), None, "READ", row.created_at);
        }
    }
    let client = users.iter().find(|user| user.role == "CLIENT").map(|user| user.id);
    for row in records.properties.iter().filter(|row| row.status == "ACTIVE").take(2) {
        add("PROPERTY", row.id, None, client, "READ", row.created_at);
    }
    rows
}
