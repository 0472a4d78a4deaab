//! What the scopes of logistics mean, written down a second time: users, groups, lists and flags, vehicles and requests,
//! and who may see what. Plain sets and loops, nothing of the database.

use std::collections::BTreeSet;

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use uuid::Uuid;

/// The dimensions in which a profile opens or lists something: flag, join table, column, table behind it.
pub(super) const DIMENSIONS: [(&str, &str, &str, &str); 3] = [
    ("all_dealerships", "logistics_profile_dealerships", "dealership_id", "dealerships"),
    ("all_brands", "logistics_profile_brands", "brand_id", "brands"),
    ("all_service_types", "logistics_profile_service_types", "service_type_id", "service_types"),
];
pub(super) const DEALERSHIPS: usize = 0;
pub(super) const BRANDS: usize = 1;
pub(super) const SERVICES: usize = 2;

/// So many dealerships, brands and services, and HST codes.
const COUNTS: [usize; 3] = [5, 4, 4];
const CODES: usize = 4;

#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: Uuid,
    pub(super) is_active: bool,
    pub(super) is_deleted: bool,
    pub(super) dealerships: BTreeSet<usize>,
    pub(super) codes: BTreeSet<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) id: Uuid,
    pub(super) all: [bool; 3],
    pub(super) lists: [BTreeSet<usize>; 3],
    pub(super) codes: BTreeSet<usize>,
}

#[derive(Debug)]
pub(super) struct User {
    pub(super) id: Uuid,
    pub(super) group: Option<usize>,
    pub(super) profile: Option<Profile>,
}

#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: Uuid,
    pub(super) request: usize,
    pub(super) added_by: Option<usize>,
    pub(super) origin: Option<usize>,
    pub(super) destination: Option<usize>,
    pub(super) brand: Option<usize>,
    pub(super) service: Option<usize>,
    pub(super) is_deleted: bool,
}

#[derive(Debug)]
pub(super) struct Request {
    pub(super) id: Uuid,
    pub(super) made_by: Option<usize>,
    pub(super) document: Uuid,
    pub(super) change: Uuid,
}

#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) id: Uuid,
    pub(super) user: Option<usize>,
    pub(super) origin: Option<usize>,
    pub(super) destination: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) id: Uuid,
    pub(super) user: Option<usize>,
    pub(super) code: Option<usize>,
}

/// One business.
#[derive(Debug)]
pub(super) struct Yard {
    pub(super) tenant: Uuid,
    pub(super) users: Vec<User>,
    pub(super) groups: Vec<Group>,
    /// Dealerships, brands, services.
    pub(super) things: [Vec<Uuid>; 3],
    pub(super) codes: Vec<Uuid>,
    pub(super) requests: Vec<Request>,
    pub(super) lines: Vec<Line>,
    pub(super) transfers: Vec<Transfer>,
    pub(super) allocations: Vec<Allocation>,
}

pub(super) struct Dice(TestRng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.0.next_u64() % count as u64) as usize
    }

    fn perhaps(&mut self, per_cent: usize, count: usize) -> Option<usize> {
        (count > 0 && self.below(100) < per_cent).then(|| self.below(count))
    }

    fn some_of(&mut self, per_cent: usize, count: usize) -> BTreeSet<usize> {
        (0..count).filter(|_| self.below(100) < per_cent).collect()
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

impl Yard {
    /// A random yard; the same seed gives the same one.
    pub(super) fn random(tenant: Uuid, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let things = COUNTS.map(|count| (0..count).map(|_| dice.id()).collect::<Vec<_>>());
        let codes: Vec<_> = (0..CODES).map(|_| dice.id()).collect();
        let groups: Vec<_> = (0..3)
            .map(|_| Group {
                id: dice.id(),
                is_active: dice.below(4) > 0,
                is_deleted: dice.below(6) == 0,
                dealerships: dice.some_of(35, COUNTS[DEALERSHIPS]),
                codes: dice.some_of(30, CODES),
            })
            .collect();
        let users: Vec<_> = (0..7)
            .map(|number| User {
                id: dice.id(),
                group: dice.perhaps(60, groups.len()),
                // The last one has none.
                profile: (number < 6).then(|| Profile {
                    id: dice.id(),
                    all: [(); 3].map(|()| dice.below(10) < 4),
                    lists: COUNTS.map(|count| dice.some_of(45, count)),
                    codes: dice.some_of(30, CODES),
                }),
            })
            .collect();
        let requests: Vec<_> = (0..16)
            .map(|_| Request {
                id: dice.id(),
                made_by: dice.perhaps(80, users.len()),
                document: dice.id(),
                change: dice.id(),
            })
            .collect();
        let mut lines = Vec::new();
        for (request, made) in requests.iter().enumerate() {
            for _ in 0..dice.below(4) {
                let origin = dice.perhaps(70, COUNTS[DEALERSHIPS]);
                lines.push(Line {
                    id: dice.id(),
                    request,
                    added_by: dice.perhaps(20, users.len()).or(made.made_by),
                    origin,
                    destination: dice.perhaps(70, COUNTS[DEALERSHIPS]).filter(|end| Some(*end) != origin),
                    brand: dice.perhaps(85, COUNTS[BRANDS]),
                    service: dice.perhaps(75, COUNTS[SERVICES]),
                    is_deleted: dice.below(8) == 0,
                });
            }
        }
        let transfers = (0..12)
            .map(|_| {
                let origin = dice.perhaps(80, COUNTS[DEALERSHIPS]);
                Transfer {
                    id: dice.id(),
                    user: dice.perhaps(70, users.len()),
                    origin,
                    destination: dice.perhaps(80, COUNTS[DEALERSHIPS]).filter(|end| Some(*end) != origin),
                }
            })
            .collect();
        let allocations = (0..10)
            .map(|_| Allocation { id: dice.id(), user: dice.perhaps(70, users.len()), code: dice.perhaps(90, CODES) })
            .collect();
        Self { tenant, users, groups, things, codes, requests, lines, transfers, allocations }
    }

    /// The group whose lists count for a user.
    fn group(&self, user: usize) -> Option<&Group> {
        let group = &self.groups[self.users[user].group?];
        (group.is_active && !group.is_deleted).then_some(group)
    }

    fn is_open(&self, user: usize, dimension: usize) -> bool {
        self.users[user].profile.as_ref().is_some_and(|profile| profile.all[dimension])
    }

    fn sees_everything(&self, user: usize) -> bool {
        (0..3).all(|dimension| self.is_open(user, dimension))
    }

    fn has_in_scope(&self, user: usize, dimension: usize, thing: Option<usize>) -> bool {
        let listed = |thing: usize| {
            self.users[user].profile.as_ref().is_some_and(|profile| profile.lists[dimension].contains(&thing))
                || dimension == DEALERSHIPS && self.group(user).is_some_and(|group| group.dealerships.contains(&thing))
        };
        self.is_open(user, dimension) || thing.is_some_and(listed)
    }

    pub(super) fn sees_line(&self, user: usize, line: usize) -> bool {
        let line = &self.lines[line];
        let is_own = self.requests[line.request].made_by == Some(user) || line.added_by == Some(user);
        let has_dealership =
            self.has_in_scope(user, DEALERSHIPS, line.origin) || self.has_in_scope(user, DEALERSHIPS, line.destination);
        is_own
            || has_dealership
                && self.has_in_scope(user, BRANDS, line.brand)
                && self.has_in_scope(user, SERVICES, line.service)
    }

    pub(super) fn sees_request(&self, user: usize, request: usize) -> bool {
        let is_seen = |line: usize| {
            self.lines[line].request == request && !self.lines[line].is_deleted && self.sees_line(user, line)
        };
        self.sees_everything(user) || self.requests[request].made_by == Some(user) || (0..self.lines.len()).any(is_seen)
    }

    pub(super) fn sees_transfer(&self, user: usize, transfer: usize) -> bool {
        let transfer = &self.transfers[transfer];
        transfer.user == Some(user)
            || self.has_in_scope(user, DEALERSHIPS, transfer.origin)
            || self.has_in_scope(user, DEALERSHIPS, transfer.destination)
    }

    pub(super) fn sees_allocation(&self, user: usize, allocation: usize) -> bool {
        let allocation = &self.allocations[allocation];
        let listed = |code: usize| {
            self.users[user].profile.as_ref().is_some_and(|profile| profile.codes.contains(&code))
                || self.group(user).is_some_and(|group| group.codes.contains(&code))
        };
        self.sees_everything(user) || allocation.user == Some(user) || allocation.code.is_some_and(listed)
    }

    /// What a user sees of a table.
    pub(super) fn seen(&self, user: usize, table: &str) -> BTreeSet<Uuid> {
        let requests = (0..self.requests.len()).filter(|request| self.sees_request(user, *request));
        match table {
            "logistics_requests" => requests.map(|request| self.requests[request].id).collect(),
            "logistics_request_documents" => requests.map(|request| self.requests[request].document).collect(),
            "logistics_status_changes" => requests.map(|request| self.requests[request].change).collect(),
            "logistics_request_lines" => {
                let lines = (0..self.lines.len()).filter(|line| self.sees_line(user, *line));
                lines.map(|line| self.lines[line].id).collect()
            }
            "ownership_transfers" => {
                let transfers = (0..self.transfers.len()).filter(|transfer| self.sees_transfer(user, *transfer));
                transfers.map(|transfer| self.transfers[transfer].id).collect()
            }
            _ => {
                let all = 0..self.allocations.len();
                let allocations = all.filter(|allocation| self.sees_allocation(user, *allocation));
                allocations.map(|allocation| self.allocations[allocation].id).collect()
            }
        }
    }

    /// Changes something about who sees what, and gives the SQL that does the same.
    pub(super) fn change(&mut self, dice: &mut Dice) -> String {
        let tenant = self.tenant;
        let user = dice.below(self.users.len());
        let id = self.users[user].id;
        match dice.below(7) {
            0 => {
                let group = dice.perhaps(70, self.groups.len()).filter(|group| !self.groups[*group].is_deleted);
                self.users[user].group = group;
                let group = null(group.map(|group| self.groups[group].id));
                format!("update users set group_id = {group} where id = '{id}'")
            }
            1 => {
                let group = dice.below(self.groups.len());
                let group = &mut self.groups[group];
                group.is_active = !group.is_active;
                format!("update user_groups set is_active = {} where id = '{}'", group.is_active, group.id)
            }
            2 => {
                let group = dice.below(self.groups.len());
                let group = &mut self.groups[group];
                // A deleted group cannot be chosen any more.
                if group.is_deleted {
                    return String::new();
                }
                let dealership = dice.below(COUNTS[DEALERSHIPS]);
                let is_new = toggle(&mut group.dealerships, dealership);
                let dealership = self.things[DEALERSHIPS][dealership];
                link(is_new, tenant, ("user_group_dealerships", "group_id", "dealership_id"), (group.id, dealership))
            }
            3 => {
                let line = dice.below(self.lines.len());
                let brand = dice.below(COUNTS[BRANDS]);
                self.lines[line].brand = Some(brand);
                let (id, brand) = (self.lines[line].id, self.things[BRANDS][brand]);
                format!(
                    "set session_replication_role = replica;
                     update logistics_request_lines set brand_id = '{brand}' where id = '{id}';
                     reset session_replication_role"
                )
            }
            choice => {
                let Some(profile) = &mut self.users[user].profile else { return String::new() };
                let dimension = dice.below(3);
                let (flag, table, column, _) = DIMENSIONS[dimension];
                if choice == 4 {
                    profile.all[dimension] = !profile.all[dimension];
                    let value = profile.all[dimension];
                    return format!("update logistics_profiles set {flag} = {value} where id = '{}'", profile.id);
                }
                let thing = dice.below(COUNTS[dimension]);
                let is_new = toggle(&mut profile.lists[dimension], thing);
                let thing = self.things[dimension][thing];
                link(is_new, tenant, (table, "profile_id", column), (profile.id, thing))
            }
        }
    }
}

pub(super) fn null(id: Option<Uuid>) -> String {
    id.map_or("null".to_owned(), |id| format!("'{id}'"))
}

/// Puts it in or takes it out; says whether it is in.
fn toggle(set: &mut BTreeSet<usize>, item: usize) -> bool {
    let is_new = set.insert(item);
    if !is_new {
        set.remove(&item);
    }
    is_new
}

pub(super) fn link(
    is_new: bool,
    tenant: Uuid,
    (table, here, there): (&str, &str, &str),
    (left, right): (Uuid, Uuid),
) -> String {
    if is_new {
        format!("insert into {table} (tenant_id, {here}, {there}) values ('{tenant}', '{left}', '{right}')")
    } else {
        format!("delete from {table} where tenant_id = '{tenant}' and {here} = '{left}' and {there} = '{right}'")
    }
}
