//! The diaries of the agents: who meets whom, when, and never two at once.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};

use super::clock::next_slot;
use super::script::Meeting;

/// An appointment somebody agreed to.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// Place in the list of contacts.
    pub(crate) person: usize,
    /// Place in the list of agents.
    pub(crate) agent: usize,
    pub(crate) at: DateTime<Utc>,
    pub(crate) booked: DateTime<Utc>,
    pub(crate) meeting: Meeting,
    pub(crate) title: String,
}

/// The hours that are taken. Every visit blocks an hour.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    taken: BTreeSet<(usize, DateTime<Utc>)>,
}

impl Diary {
    /// Blocks the first free hour of this agent from `from` on.
    pub(crate) fn reserve(&mut self, agent: usize, from: DateTime<Utc>) -> DateTime<Utc> {
        let mut at = next_slot(from);
        let half = Duration::minutes(30);
        while [at - half, at, at + half].iter().any(|start| self.taken.contains(&(agent, *start))) {
            at = next_slot(at + half);
        }
        self.taken.insert((agent, at));
        at
    }
}
