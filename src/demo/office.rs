//! A firm with everything that was settled about it before its days are told:
//! who works there, whom it knows, what it offers, which deals it makes.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::contacts::Person;
use super::deals::Deal;
use super::firm::{Firm, LocationRow, UserRow};
use super::offer::Offer;
use super::tags::TagRow;
use super::templates::TemplateRow;

/// What the generators of daily business read.
#[derive(Debug)]
pub(crate) struct Office<'a> {
    pub(crate) firm: &'a Firm,
    pub(crate) today: DateTime<Utc>,
    pub(crate) users: &'a [UserRow],
    /// Those of the users who talk to customers.
    pub(crate) agents: Vec<&'a UserRow>,
    pub(crate) locations: &'a [LocationRow],
    pub(crate) templates: &'a [TemplateRow],
    pub(crate) tags: &'a [TagRow],
    /// Cars or homes, in the order of the plan's listings.
    pub(crate) offers: &'a [Offer],
    pub(crate) deals: &'a [Deal],
    pub(crate) people: &'a [Person],
    /// For each person the deal they opened, as a place in `deals`.
    pub(crate) bought: &'a [Option<usize>],
}

impl Office<'_> {
    /// The agent who answers for this person.
    pub(crate) fn agent_of(&self, person: &Person) -> Uuid {
        self.agents[person.agent].id
    }

    /// The deal that the person in this place opened.
    pub(crate) fn deal_of(&self, place: usize) -> Option<&Deal> {
        self.bought[place].map(|deal| &self.deals[deal])
    }
}
