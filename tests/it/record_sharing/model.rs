//! What record sharing means, written down a second time: a handful of users, teams inside teams, records and shares,
//! and who may see and change what. Plain sets and loops, nothing of the database.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use uuid::Uuid;

/// Kinds of records: word in `resource_shares`, table, column of the owner.
pub(super) const KINDS: [(&str, &str, &str); 4] = [
    ("CONTACT", "contacts", "owner_id"),
    ("LEAD", "leads", "assigned_to_id"),
    ("TASK", "tasks", "owner_id"),
    ("PROPERTY", "properties", "owner_id"),
];
pub(super) const CONTACT: usize = 0;
pub(super) const LEAD: usize = 1;
pub(super) const TASK: usize = 2;
pub(super) const PROPERTY: usize = 3;

#[derive(Debug)]
pub(super) struct Team {
    pub(super) id: Uuid,
    pub(super) parent: Option<usize>,
    pub(super) deleted: bool,
}

#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: Uuid,
    pub(super) kind: usize,
    pub(super) owner: Option<usize>,
    /// Contacts alone have one.
    pub(super) team: Option<usize>,
    /// Of a lead or task: the contact it is for, as an index into the records.
    pub(super) contact: Option<usize>,
    /// Of a task: the property it is about.
    pub(super) property: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Recipient {
    User(usize),
    Team(usize),
}

#[derive(Debug)]
pub(super) struct Share {
    pub(super) record: usize,
    pub(super) with: Recipient,
    pub(super) write: bool,
}

/// One business.
#[derive(Debug)]
pub(super) struct Office {
    pub(super) tenant: Uuid,
    pub(super) users: Vec<Uuid>,
    pub(super) teams: Vec<Team>,
    /// Team and user.
    pub(super) members: BTreeSet<(usize, usize)>,
    pub(super) records: Vec<Record>,
    pub(super) shares: Vec<Share>,
}

struct Dice(TestRng);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        (self.0.next_u64() % count as u64) as usize
    }

    fn perhaps(&mut self, per_cent: usize, count: usize) -> Option<usize> {
        (count > 0 && self.below(100) < per_cent).then(|| self.below(count))
    }

    fn id(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        uuid::Builder::from_bytes(bytes)
            .with_version(uuid::Version::SortRand)
            .with_variant(uuid::Variant::RFC4122)
            .into_uuid()
    }
}

impl Office {
    /// A random office; the same seed gives the same one.
    pub(super) fn random(tenant: Uuid, seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut dice = Dice(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let users: Vec<Uuid> = (0..6).map(|_| dice.id()).collect();
        let mut teams = Vec::new();
        for number in 0..5 {
            // Inside an earlier one, so that there is no circle.
            teams.push(Team { id: dice.id(), parent: dice.perhaps(70, number), deleted: dice.below(8) == 0 });
        }
        let members = (0..7).map(|_| (dice.below(teams.len()), dice.below(users.len()))).collect();
        let mut records: Vec<Record> = Vec::new();
        for (kind, count) in [(CONTACT, 12), (PROPERTY, 7), (LEAD, 9), (TASK, 9)] {
            for _ in 0..count {
                let some = |of: usize| -> Vec<usize> {
                    records.iter().enumerate().filter(|(_, record)| record.kind == of).map(|(index, _)| index).collect()
                };
                let (contacts, properties) = (some(CONTACT), some(PROPERTY));
                let contact = match kind {
                    LEAD => Some(contacts[dice.below(contacts.len())]),
                    TASK => dice.perhaps(60, contacts.len()).map(|index| contacts[index]),
                    _ => None,
                };
                let property = (kind == TASK).then(|| dice.perhaps(50, properties.len())).flatten();
                let property = property.map(|index| properties[index]);
                let owner = dice.perhaps(80, users.len());
                let team = (kind == CONTACT).then(|| dice.perhaps(25, teams.len())).flatten();
                records.push(Record { id: dice.id(), kind, owner, team, contact, property });
            }
        }
        let mut shares: Vec<Share> = Vec::new();
        for _ in 0..14 {
            let with = if dice.below(2) == 0 {
                Recipient::User(dice.below(users.len()))
            } else {
                Recipient::Team(dice.below(teams.len()))
            };
            let share = Share { record: dice.below(records.len()), with, write: dice.below(2) == 0 };
            // One share for each record and recipient.
            let same = |other: &Share| {
                other.record == share.record && format!("{:?}", other.with) == format!("{:?}", share.with)
            };
            if !shares.iter().any(same) {
                shares.push(share);
            }
        }
        Self { tenant, users, teams, members, records, shares }
    }

    /// The living teams of a user.
    fn direct_teams(&self, user: usize) -> BTreeSet<usize> {
        let teams = self.members.iter().filter(|(_, member)| *member == user).map(|(team, _)| *team);
        teams.filter(|team| !self.teams[*team].deleted).collect()
    }

    /// Their teams and, over living ones, all inside them.
    fn my_teams(&self, user: usize) -> BTreeSet<usize> {
        let mut mine = self.direct_teams(user);
        loop {
            let inside = (0..self.teams.len()).filter(|team| {
                !self.teams[*team].deleted && self.teams[*team].parent.is_some_and(|parent| mine.contains(&parent))
            });
            let before = mine.len();
            let inside: Vec<_> = inside.collect();
            mine.extend(inside);
            if mine.len() == before {
                return mine;
            }
        }
    }

    /// Their teams and, over living ones, all that these are inside of.
    fn teams_around(&self, user: usize) -> BTreeSet<usize> {
        let mut around = BTreeSet::new();
        for team in self.direct_teams(user) {
            let mut next = Some(team);
            while let Some(team) = next.filter(|team| !self.teams[*team].deleted) {
                around.insert(team);
                next = self.teams[team].parent;
            }
        }
        around
    }

    /// Users whose records a user sees as if they were the user's own.
    pub(super) fn circle(&self, user: usize) -> BTreeSet<usize> {
        let teams = self.my_teams(user);
        let members = self.members.iter().filter(|(team, _)| teams.contains(team)).map(|(_, member)| *member);
        members.chain([user]).collect()
    }

    pub(super) fn is_own(&self, user: usize, record: usize) -> bool {
        let record = &self.records[record];
        record.owner.is_some_and(|owner| self.circle(user).contains(&owner))
            || record.team.is_some_and(|team| self.my_teams(user).contains(&team))
    }

    fn is_shared(&self, user: usize, record: usize, to_write: bool) -> bool {
        let around = self.teams_around(user);
        self.shares.iter().any(|share| {
            share.record == record
                && (share.write || !to_write)
                && match share.with {
                    Recipient::User(receiver) => receiver == user,
                    Recipient::Team(team) => around.contains(&team),
                }
        })
    }

    /// Whether a user who is narrowed sees the record.
    pub(super) fn sees(&self, user: usize, record: usize) -> bool {
        self.is_own(user, record) || self.is_shared(user, record, false)
    }

    /// Whether a user who is narrowed may change the record.
    pub(super) fn changes(&self, user: usize, record: usize) -> bool {
        self.is_own(user, record) || self.is_shared(user, record, true)
    }

    /// The indexes of the records of a kind.
    pub(super) fn of_kind(&self, kind: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.records.len()).filter(move |index| self.records[*index].kind == kind)
    }

    /// SQL for a superuser that makes this office inside of an existing tenant, without anything else in it.
    pub(super) fn sql(&self) -> String {
        let tenant = self.tenant;
        let mut sql = String::new();
        let null = |id: Option<Uuid>| id.map_or("null".to_owned(), |id| format!("'{id}'"));
        let mut add = |line: String| writeln!(sql, "{line};").unwrap();
        for (number, user) in self.users.iter().enumerate() {
            add(format!(
                "insert into users (id, tenant_id, email, role, is_first_login) values ('{user}', '{tenant}', '{number}@office.test', 'AGENT', false)"
            ));
        }
        for (number, team) in self.teams.iter().enumerate() {
            let parent = null(team.parent.map(|parent| self.teams[parent].id));
            add(format!(
                "insert into teams (id, tenant_id, name, parent_id) values ('{}', '{tenant}', 'Team {number}', {parent})",
                team.id
            ));
        }
        for (team, user) in &self.members {
            add(format!(
                "insert into team_members (tenant_id, team_id, user_id) values ('{tenant}', '{}', '{}')",
                self.teams[*team].id, self.users[*user]
            ));
        }
        for (number, record) in self.records.iter().enumerate() {
            let (id, owner) = (record.id, null(record.owner.map(|owner| self.users[owner])));
            let team = null(record.team.map(|team| self.teams[team].id));
            let contact = null(record.contact.map(|contact| self.records[contact].id));
            let property = null(record.property.map(|property| self.records[property].id));
            add(match record.kind {
                CONTACT => format!(
                    "insert into contacts (id, tenant_id, display_name, owner_id, team_id) values ('{id}', '{tenant}', 'Contact {number}', {owner}, {team})"
                ),
                LEAD => format!(
                    "insert into leads (id, tenant_id, contact_id, source, assigned_to_id) values ('{id}', '{tenant}', {contact}, 'OTHER', {owner})"
                ),
                TASK => format!(
                    "insert into tasks (id, tenant_id, title, owner_id, contact_id, property_id) values ('{id}', '{tenant}', 'Task {number}', {owner}, {contact}, {property})"
                ),
                _ => format!(
                    "insert into properties (id, tenant_id, title, property_type, price, owner_id) values ('{id}', '{tenant}', 'Property {number}', 'HOUSE', 1, {owner})"
                ),
            });
        }
        for share in &self.shares {
            let (column, receiver) = match share.with {
                Recipient::User(user) => ("user_id", self.users[user]),
                Recipient::Team(team) => ("team_id", self.teams[team].id),
            };
            let record = &self.records[share.record];
            add(format!(
                "insert into resource_shares (tenant_id, resource_type, resource_id, access, {column}) values ('{tenant}', '{}', '{}', '{}', '{receiver}')",
                KINDS[record.kind].0,
                record.id,
                if share.write { "WRITE" } else { "READ" }
            ));
        }
        // Only now: nobody is put into a deleted team, and nothing shared with it.
        for team in self.teams.iter().filter(|team| team.deleted) {
            add(format!("update teams set deleted_at = now() where id = '{}'", team.id));
        }
        sql
    }
}
