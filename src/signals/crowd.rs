//! One tenant: who is there.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::Instant;
use uuid::Uuid;

use super::wire::Said;

/// How many changes a watcher may be behind before it is given what differs now instead.
const BUFFER: usize = 256;

/// How somebody is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not connected, or wants to look so.
    #[default]
    Offline,
    /// Connected, and at work.
    Online,
    /// Connected, and not at work.
    Away,
}

impl Status {
    pub(super) fn of(number: u8) -> Option<Self> {
        [Self::Offline, Self::Online, Self::Away].into_iter().find(|status| *status as u8 == number)
    }
}

/// A user and how they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Present {
    /// Who.
    pub user: Uuid,
    /// How.
    pub status: Status,
}

/// The people of a tenant.
#[derive(Debug)]
pub(super) struct Crowd {
    people: HashMap<Uuid, Person>,
    told: broadcast::Sender<Present>,
}

#[derive(Debug, Default)]
struct Person {
    /// How often connected here.
    local: usize,
    /// Of each node, this one after the last connection is closed included.
    leases: HashMap<Uuid, Instant>,
    /// What they have chosen, and when.
    chosen: Option<(Status, i64)>,
    /// What watchers know.
    told: Status,
}

impl Crowd {
    pub(super) fn new() -> Self {
        Self { people: HashMap::new(), told: broadcast::Sender::new(BUFFER) }
    }

    /// A user connects here; says whether it is the first time.
    pub(super) fn enter(&mut self, user: Uuid, now: Instant) -> bool {
        let person = self.people.entry(user).or_default();
        person.local += 1;
        let is_first = person.local == 1;
        self.refresh_one(user, now);
        is_first
    }

    /// A connection is closed; says whether it was the last one here. The user stays for the grace, because most come
    /// back at once.
    pub(super) fn leave(&mut self, user: Uuid, node: Uuid, now: Instant, grace: Duration) -> bool {
        let Some(person) = self.people.get_mut(&user) else { return false };
        person.local = person.local.saturating_sub(1);
        let is_last = person.local == 0;
        if is_last {
            person.leases.insert(node, now + grace);
        }
        is_last
    }

    /// A user is connected to a node for so long.
    pub(super) fn present(&mut self, user: Uuid, node: Uuid, now: Instant, lease: Duration) {
        let person = self.people.entry(user).or_default();
        person.leases.insert(node, now + lease);
        self.refresh_one(user, now);
    }

    /// A user has chosen a status. The choice lasts as long as they are connected.
    pub(super) fn choose(&mut self, user: Uuid, status: Status, at: i64, now: Instant) {
        let person = self.people.entry(user).or_default();
        if person.chosen.is_none_or(|(_, known)| known < at) {
            person.chosen = Some((status, at));
        }
        self.refresh_one(user, now);
    }

    /// When a user has chosen a status, if they are known to have.
    pub(super) fn chosen_at(&self, user: Uuid) -> Option<i64> {
        self.people.get(&user)?.chosen.map(|(_, at)| at)
    }

    /// Tells what is over; says whether anybody is left or watches.
    pub(super) fn refresh(&mut self, now: Instant) -> bool {
        let told = &self.told;
        self.people.retain(|user, person| person.refresh(*user, now, told));
        !self.people.is_empty() || self.told.receiver_count() > 0
    }

    fn refresh_one(&mut self, user: Uuid, now: Instant) {
        // Forgetting is left to the next round: what was chosen a moment before connecting stays.
        if let Some(person) = self.people.get_mut(&user) {
            person.refresh(user, now, &self.told);
        }
    }

    /// Who is there, and what changes from now on.
    pub(super) fn watch(&self) -> (HashMap<Uuid, Status>, broadcast::Receiver<Present>) {
        (self.now(), self.told.subscribe())
    }

    /// Who is there.
    pub(super) fn now(&self) -> HashMap<Uuid, Status> {
        let there = self.people.iter().filter(|(_, person)| person.told != Status::Offline);
        there.map(|(user, person)| (*user, person.told)).collect()
    }

    /// What holds because of this node's clients.
    pub(super) fn held_here(&self, tenant: Uuid, lease: Duration) -> Vec<Said> {
        let mut all = Vec::new();
        for (user, person) in self.people.iter().filter(|(_, person)| person.local > 0) {
            all.push(Said::Present { tenant, user: *user, lease });
            all.extend(person.chosen.map(|(status, at)| Said::Chosen { tenant, user: *user, status, at }));
        }
        all
    }
}

impl Person {
    /// Tells how they are there when it changed; says whether there is anything to remember of them.
    fn refresh(&mut self, user: Uuid, now: Instant, told: &broadcast::Sender<Present>) -> bool {
        self.leases.retain(|_, until| *until > now);
        let is_there = self.local > 0 || !self.leases.is_empty();
        let status = match self.chosen {
            _ if !is_there => Status::Offline,
            Some((status, _)) => status,
            None => Status::Online,
        };
        if status != self.told {
            self.told = status;
            // Nobody may watch.
            let _ = told.send(Present { user, status });
        }
        is_there
    }
}
