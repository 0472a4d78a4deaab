//! Which connections stay open: how many there may be, and how they come to an end with this node.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

use super::settings::LiveSettings;
use super::sse::Streams;

/// The connections of this node that stay open.
#[derive(Debug)]
pub struct LiveConnections {
    max: usize,
    max_per_tenant: usize,
    open: Mutex<Open>,
    phase: watch::Sender<Phase>,
    streams: Streams,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_tenant: HashMap<Uuid, usize>,
}

/// What connections are to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Go on.
    Open,
    /// Come to an end in good order.
    Closing,
    /// Be gone.
    CutOff,
}

/// Says when a connection is to end. As long as one exists, so does the connection.
#[derive(Clone, Debug)]
pub(super) struct Ending(watch::Receiver<Phase>);

/// A place among the connections of this node, for somebody who has not said who they are.
#[derive(Debug)]
pub(super) struct Place {
    connections: Arc<LiveConnections>,
}

/// A place among the connections of a tenant.
#[derive(Debug)]
pub(super) struct Seat {
    tenant: Uuid,
    place: Place,
}

impl LiveConnections {
    /// None yet.
    #[must_use]
    pub fn new(settings: &LiveSettings) -> Arc<Self> {
        Arc::new(Self {
            max: settings.max_connections,
            max_per_tenant: settings.max_connections_per_tenant,
            open: Mutex::default(),
            phase: watch::Sender::new(Phase::Open),
            streams: Streams::default(),
        })
    }

    /// A place for one more; `None` when there is none, or this node stops.
    pub(super) fn enter(self: &Arc<Self>) -> Option<(Place, Ending)> {
        let mut open = self.lock();
        if open.all >= self.max || *self.phase.borrow() != Phase::Open {
            return None;
        }
        open.all += 1;
        Some((Place { connections: Arc::clone(self) }, Ending(self.phase.subscribe())))
    }

    /// The streams of events that other requests feed.
    pub(super) fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Asks all connections to end and waits until they have.
    pub async fn close(&self) {
        self.phase.send_if_modified(|phase| {
            let is_open = *phase == Phase::Open;
            if is_open {
                *phase = Phase::Closing;
            }
            is_open
        });
        // Each connection holds a receiver until its end.
        self.phase.closed().await;
    }

    /// Ends at once what has not ended.
    pub fn cut_off(&self) {
        self.phase.send_replace(Phase::CutOff);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ending {
    /// What to do now.
    pub(super) fn phase(&self) -> Phase {
        *self.0.borrow()
    }

    /// Waits for what to do next.
    pub(super) async fn changed(&mut self) -> Phase {
        // A node that has forgotten its connections wants none.
        if self.0.changed().await.is_err() { Phase::CutOff } else { *self.0.borrow_and_update() }
    }
}

impl Place {
    /// Takes a seat among a tenant's; `None` when all are taken, and the place is free again.
    pub(super) fn sit(self, tenant: Uuid) -> Option<Seat> {
        {
            let mut open = self.connections.lock();
            let count = open.by_tenant.entry(tenant).or_default();
            if *count >= self.connections.max_per_tenant {
                return None;
            }
            *count += 1;
        }
        Some(Seat { tenant, place: self })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().all -= 1;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.place.connections.lock();
        if let Entry::Occupied(mut count) = open.by_tenant.entry(self.tenant) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections() -> Arc<LiveConnections> {
        LiveConnections::new(&LiveSettings {
            max_connections: 3,
            max_connections_per_tenant: 2,
            ..LiveSettings::default()
        })
    }

    #[test]
    fn places_are_limited_by_node_and_seats_by_tenant() {
        let connections = connections();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let enter = || connections.enter().map(|(place, _)| place);
        let first = enter().unwrap().sit(one).unwrap();
        let _second = enter().unwrap().sit(one).unwrap();
        assert!(enter().unwrap().sit(one).is_none());
        assert_eq!(connections.count(), 2);
        let _third = enter().unwrap().sit(other).unwrap();
        assert!(enter().is_none());
        drop(first);
        assert!(enter().unwrap().sit(one).is_some());
        assert_eq!(connections.lock().by_tenant.len(), 2);
    }

    #[tokio::test]
    async fn closing_waits_for_the_last_one() {
        let connections = connections();
        let (_place, mut ending) = connections.enter().unwrap();
        let closer = Arc::clone(&connections);
        let closed = tokio::spawn(async move { closer.close().await });
        assert_eq!(ending.changed().await, Phase::Closing);
        assert!(connections.enter().is_none());
        assert!(!closed.is_finished());
        drop(ending);
        closed.await.unwrap();
    }
}
