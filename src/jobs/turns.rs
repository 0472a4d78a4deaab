//! Whose turn it is: places for running jobs, shared fairly between tenants.
//!
//! The next place goes to the tenant that has the fewest jobs running here, and among those to the one that was served
//! longest ago. No tenant has more than half of the places, so that a new one finds a place at once, or when the next
//! short job ends.

use std::collections::HashMap;

use tokio::time::{Duration, Instant};
use uuid::Uuid;

/// Most jobs of one tenant that are taken with one statement.
const MOST_AT_ONCE: usize = 8;

/// How many times longer than it took to find nothing a tenant is not looked at again.
const PATIENCE: u32 = 10;

/// The places, and who waits for one.
pub(super) struct Turns {
    places: usize,
    running: HashMap<Uuid, usize>,
    /// Tenants with something due, as far as we know, and when each was served last.
    due: HashMap<Uuid, u64>,
    /// When each tenant was served last, counted in turns; only of tenants that are due or running.
    served: HashMap<Uuid, u64>,
    /// Tenants whose due jobs nobody may take now, because they wait in their lanes or are of kinds of another version:
    /// until when they are left alone. To find that out again and again is expensive when there are many.
    barren: HashMap<Uuid, Instant>,
    turn: u64,
}

/// A tenant's turn: so many of its jobs may be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) tenant: Uuid,
    pub(super) most: usize,
}

impl Turns {
    pub(super) fn new(places: usize) -> Self {
        let (running, due, served, barren) = Default::default();
        Self { places: places.max(1), running, due, served, barren, turn: 0 }
    }

    /// Most jobs of one tenant.
    fn share(&self) -> usize {
        self.places.div_ceil(2)
    }

    fn running_of(&self, tenant: Uuid) -> usize {
        self.running.get(&tenant).copied().unwrap_or(0)
    }

    /// Free places.
    pub(super) fn free(&self) -> usize {
        self.places.saturating_sub(self.running.values().sum())
    }

    /// These tenants have something due.
    pub(super) fn wait(&mut self, tenants: impl IntoIterator<Item = Uuid>) {
        let now = Instant::now();
        self.barren.retain(|_, until| *until > now);
        for tenant in tenants {
            if self.barren.contains_key(&tenant) {
                continue;
            }
            let served = self.served.get(&tenant).copied().unwrap_or(0);
            self.due.entry(tenant).or_insert(served);
        }
        let (due, running) = (&self.due, &self.running);
        self.served.retain(|tenant, _| due.contains_key(tenant) || running.contains_key(tenant));
    }

    /// Whose turn it is; `None` when nobody waits who may have a place.
    pub(super) fn next(&mut self) -> Option<Turn> {
        let (free, share) = (self.free(), self.share());
        if free == 0 {
            return None;
        }
        let waiting = self.due.iter().filter(|(tenant, _)| self.running_of(**tenant) < share);
        let (&tenant, _) = waiting.min_by_key(|(tenant, served)| (self.running_of(**tenant), **served, **tenant))?;
        let fair = (free / self.due.len()).clamp(1, MOST_AT_ONCE);
        let most = fair.min(share - self.running_of(tenant)).min(free);
        self.turn += 1;
        self.served.insert(tenant, self.turn);
        self.due.insert(tenant, self.turn);
        Some(Turn { tenant, most })
    }

    /// A turn was taken, which took so long: so many jobs have begun. Fewer than it might have been means that nothing more
    /// is due.
    pub(super) fn took(&mut self, turn: Turn, begun: usize, cost: Duration) {
        if begun == 0 {
            self.barren.insert(turn.tenant, Instant::now() + cost * PATIENCE);
        }
        if begun > 0 {
            *self.running.entry(turn.tenant).or_default() += begun;
        }
        if begun < turn.most {
            self.due.remove(&turn.tenant);
        }
    }

    /// A job of this tenant has ended.
    pub(super) fn ended(&mut self, tenant: Uuid) {
        // Its lane may go on.
        self.barren.remove(&tenant);
        if let Some(count) = self.running.get_mut(&tenant) {
            *count -= 1;
            if *count == 0 {
                self.running.remove(&tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: Uuid = Uuid::from_u128(1);
    const CALM: Uuid = Uuid::from_u128(2);
    const THIRD: Uuid = Uuid::from_u128(3);

    /// Serves turns as long as there are any, each in full.
    fn serve(turns: &mut Turns) -> Vec<(Uuid, usize)> {
        let mut served = Vec::new();
        while let Some(turn) = turns.next() {
            turns.took(turn, turn.most, Duration::ZERO);
            served.push((turn.tenant, turn.most));
        }
        served
    }

    #[test]
    fn a_tenant_alone_gets_half_of_the_places() {
        let mut turns = Turns::new(32);
        turns.wait([BUSY]);
        assert_eq!(serve(&mut turns), [(BUSY, 8), (BUSY, 8)]);
        assert_eq!(turns.free(), 16);
    }

    #[test]
    fn whoever_comes_late_is_next() {
        let mut turns = Turns::new(4);
        turns.wait([BUSY, CALM]);
        assert_eq!(serve(&mut turns), [(BUSY, 2), (CALM, 1), (CALM, 1)]);
        turns.wait([THIRD]);
        assert_eq!(turns.next(), None);
        turns.ended(BUSY);
        assert_eq!(serve(&mut turns), [(THIRD, 1)]);
    }

    #[test]
    fn places_of_one_worker_go_round() {
        let mut turns = Turns::new(1);
        turns.wait([BUSY, CALM, THIRD]);
        let mut served = Vec::new();
        for _ in 0..6 {
            served.extend(serve(&mut turns));
            turns.ended(served.last().unwrap().0);
        }
        let tenants: Vec<_> = served.into_iter().map(|(tenant, _)| tenant).collect();
        assert_eq!(tenants, [BUSY, CALM, THIRD, BUSY, CALM, THIRD]);
    }

    #[test]
    fn who_has_nothing_left_waits_no_more() {
        let mut turns = Turns::new(8);
        turns.wait([BUSY]);
        let turn = turns.next().unwrap();
        turns.took(turn, turn.most - 1, Duration::ZERO);
        assert!(turns.due.is_empty());
        assert_eq!(turns.next(), None);
        for _ in 1..turn.most {
            turns.ended(BUSY);
        }
        assert_eq!(turns.free(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_nothing_to_take_is_left_alone_for_as_long_as_looking_cost() {
        let mut turns = Turns::new(8);
        let cost = Duration::from_millis(30);
        turns.wait([BUSY, CALM]);
        let turn = turns.next().unwrap();
        turns.took(turn, 0, cost);
        turns.wait([BUSY, CALM]);
        assert_eq!(serve(&mut turns), [(CALM, 8 / 2)]);
        tokio::time::advance(cost * (PATIENCE - 1)).await;
        turns.wait([BUSY]);
        assert_eq!(turns.next(), None);
        tokio::time::advance(cost).await;
        turns.wait([BUSY]);
        assert_eq!(turns.next().unwrap().tenant, BUSY);
    }
}
