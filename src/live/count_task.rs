//! Tells the counts of inboxes: to newcomers at once, after changes a moment later, because changes come in bursts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use uuid::Uuid;

use super::counts::{Counts, Tally, statement};
use super::documents;
use super::hub::Hub;
use super::seat::Subscriber;
use super::types::INBOX_COUNTS_CHANGED;
use crate::db::{Actor, Scope};

/// Shortest time from one count of a tenant to the next.
const PAUSE: Duration = Duration::from_millis(500);

/// When each tenant was counted.
#[derive(Default)]
pub(super) struct CountsDue {
    counted_at: HashMap<Uuid, Instant>,
}

/// For whom one statement counts: everybody of a scope, or one user.
type Whose = (bool, bool, Option<Uuid>);

impl CountsDue {
    /// When something is to be counted that waits now.
    pub(super) fn next(&self, hub: &Hub) -> Option<Instant> {
        let state = hub.lock();
        let now = Instant::now();
        state.stirred.iter().map(|tenant| self.due(*tenant).unwrap_or(now)).min()
    }

    /// When a tenant may be counted again; `None` for at once.
    fn due(&self, tenant: Uuid) -> Option<Instant> {
        self.counted_at.get(&tenant).map(|at| *at + PAUSE)
    }

    /// Counts what is due, and tells whoever sees other numbers than before.
    pub(super) async fn tell(&mut self, hub: &Hub) {
        let now = Instant::now();
        self.counted_at.retain(|_, at| now < *at + PAUSE);
        let mut tenants: HashSet<Uuid> = HashSet::new();
        {
            let mut state = hub.lock();
            tenants.extend(state.newcomers.drain());
            state.stirred.retain(|tenant| {
                let is_due = self.due(*tenant).is_none_or(|due| due <= now);
                if is_due {
                    tenants.insert(*tenant);
                }
                !is_due
            });
        }
        for tenant in tenants {
            let subscribers: Vec<_> = hub
                .lock()
                .index
                .of_inbox(tenant)
                .iter()
                .filter(|subscriber| {
                    let seat = subscriber.seat();
                    seat.is_open() && seat.group.plan.events.selects(&INBOX_COUNTS_CHANGED)
                })
                .cloned()
                .collect();
            if subscribers.is_empty() {
                continue;
            }
            self.counted_at.insert(tenant, Instant::now());
            if !tell(hub, tenant, &subscribers).await {
                // The database will be asked again.
                hub.lock().stirred.insert(tenant);
            }
        }
    }
}

async fn tell(hub: &Hub, tenant: Uuid, subscribers: &[Arc<Subscriber>]) -> bool {
    let Ok(policies) = hub.policies().await else { return false };
    let dependence = policies.of_statement(statement(tenant).text());
    let mut parts: HashMap<Whose, (Actor, Vec<&Arc<Subscriber>>)> = HashMap::new();
    for subscriber in subscribers {
        let viewer = Arc::clone(&subscriber.seat().viewer);
        let Scope { records, users, .. } = viewer.scope;
        let is_personal = viewer.is_acting_staff() || dependence.is_personal(viewer.scope);
        let whose = (records, users, is_personal.then_some(viewer.user));
        let actor = || if is_personal { viewer.actor.clone() } else { Actor::tenant(tenant, viewer.scope) };
        parts.entry(whose).or_insert_with(|| (actor(), Vec::new())).1.push(subscriber);
    }
    let mut is_told = true;
    for (actor, subscribers) in parts.into_values() {
        match Tally::read(&hub.loader, actor, tenant).await {
            Ok(tally) => is_told &= tell_part(hub, &tally, &subscribers),
            Err(error) => {
                tracing::warn!(target: "mostrador::live", reason = ?error, "conversations could not be counted");
                is_told = false;
            }
        }
    }
    is_told
}

/// Says whether all of them were told.
fn tell_part(hub: &Hub, tally: &Tally, subscribers: &[&Arc<Subscriber>]) -> bool {
    let Some(place) = hub.lock().place.clone() else { return true };
    let mut is_told = true;
    let cursor: Arc<str> = place.to_string().into();
    let mut written: HashMap<(u64, Counts), Bytes> = HashMap::new();
    for subscriber in subscribers {
        let mut seat = subscriber.seat();
        let counts = tally.of_user(seat.viewer.user);
        if seat.counts == Some(counts) {
            continue;
        }
        if !seat.group.lane.is_clear() {
            is_told = false;
            continue;
        }
        let (document, cursor) = match (&seat.from, seat.place()) {
            (None, _) => {
                let document = written
                    .entry((seat.group.id, counts))
                    .or_insert_with(|| documents::of_event(&seat.group, &counts.event(&cursor)));
                (document.clone(), Arc::clone(&cursor))
            }
            // A cursor behind those of its past that are sent already would send them again.
            (Some(_), Some(own)) => (documents::of_event(&seat.group, &counts.event(&own)), own),
            (Some(_), None) => {
                is_told = false;
                continue;
            }
        };
        seat.counts = Some(counts);
        drop(seat);
        subscriber.push(document, &cursor, hub.bound());
    }
    is_told
}
