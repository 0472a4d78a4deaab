//! The board of a node: all leases it knows of, those who watch them, and the conversation with the other nodes.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::crowd::{Crowd, Present, Status};
use super::rooms::{Place, Room, RoomEvent, RoomView, changes};
use super::wire::{Said, decode, encode};
use crate::bus::{Bus, Heard, Topic};
use crate::clock::SharedClock;

/// How long somebody types unless it is said again.
pub(super) const TYPING: Duration = Duration::from_secs(6);
/// How long somebody is answering after having typed.
pub(super) const ANSWERING: Duration = Duration::from_secs(30);
/// How long somebody is there who says so without a connection.
pub(super) const SAID_PRESENT: Duration = Duration::from_secs(60);
/// How long somebody is still there whose last connection was closed.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// How often a node says again what its clients hold.
pub(super) const AGAIN: Duration = Duration::from_secs(5);
/// How long others believe it.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// How often is looked for what is over.
const ROUND: Duration = Duration::from_millis(250);

/// Knows what is true only now. One per node.
pub struct Signals {
    /// This node, different from every other and from itself before a restart.
    node: Uuid,
    bus: Arc<dyn Bus>,
    clock: SharedClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rooms: HashMap<Place, Room>,
    crowds: HashMap<Uuid, Crowd>,
}

/// Somebody is connected for as long as this exists.
#[derive(Debug)]
pub struct Attendance {
    signals: Arc<Signals>,
    tenant: Uuid,
    user: Uuid,
}

/// Watches a conversation, and has it open meanwhile.
#[derive(Debug)]
pub struct RoomWatch {
    shown: watch::Receiver<RoomView>,
    seen: RoomView,
    waiting: VecDeque<RoomEvent>,
    _open: Open,
    _attendance: Attendance,
}

#[derive(Debug)]
struct Open {
    signals: Arc<Signals>,
    place: Place,
    user: Uuid,
}

/// Watches who is there in a tenant, and is there meanwhile.
#[derive(Debug)]
pub struct CrowdWatch {
    told: broadcast::Receiver<Present>,
    seen: HashMap<Uuid, Status>,
    has_begun: bool,
    attendance: Attendance,
}

impl Signals {
    /// Knows nothing yet.
    pub fn new(node: Uuid, bus: Arc<dyn Bus>, clock: SharedClock) -> Arc<Self> {
        Arc::new(Self { node, bus, clock, state: Mutex::default() })
    }

    /// Begins to listen to other nodes and to end what is over, for as long as this value exists. Needs a Tokio
    /// runtime; to be called once.
    pub fn start(self: &Arc<Self>) {
        let mut ears = self.bus.subscribe();
        let signals = Arc::downgrade(self);
        tokio::spawn(async move {
            while let Some(heard) = ears.next().await {
                let Some(signals) = Weak::upgrade(&signals) else { return };
                signals.hear(&heard);
            }
        });
        let signals = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut said_at = Instant::now();
            loop {
                tokio::time::sleep(ROUND).await;
                let Some(signals) = Weak::upgrade(&signals) else { return };
                signals.forget_what_is_over();
                if said_at.elapsed() >= AGAIN {
                    said_at = Instant::now();
                    signals.say(&signals.held_here());
                }
            }
        });
    }

    /// A user types in a conversation, or has stopped: sent the answer or dropped it.
    pub fn set_typing(&self, place: Place, user: Uuid, is_typing: bool) {
        let lease = |lease| if is_typing { lease } else { Duration::ZERO };
        self.learn_and_say(&[
            Said::Typing { place, user, lease: lease(TYPING) },
            Said::Answering { place, user, lease: lease(ANSWERING) },
        ]);
    }

    /// A user chooses how to be there. Without a connection that lasts for a minute.
    pub fn set_status(&self, tenant: Uuid, user: Uuid, status: Status) {
        // Later than what this node knows, whatever the clocks of others say.
        let known = self.lock().crowd(tenant).chosen_at(user);
        let at = known.map_or(i64::MIN, |known| known.saturating_add(1)).max(self.clock.now().timestamp_millis());
        self.learn_and_say(&[
            Said::Chosen { tenant, user, status, at },
            Said::Present { tenant, user, lease: SAID_PRESENT },
        ]);
    }

    /// Whether a user has a conversation open on this node.
    pub fn is_open_here(&self, place: Place, user: Uuid) -> bool {
        self.lock().rooms.get(&place).is_some_and(|room| room.is_open_here(user))
    }

    /// A user is connected for as long as the result exists.
    pub fn attend(self: &Arc<Self>, tenant: Uuid, user: Uuid) -> Attendance {
        let is_first = self.lock().crowd(tenant).enter(user, Instant::now());
        if is_first {
            self.say(&[Said::Present { tenant, user, lease: LEASE }]);
        }
        Attendance { signals: Arc::clone(self), tenant, user }
    }

    /// A user opens a conversation and watches it.
    pub fn watch_room(self: &Arc<Self>, place: Place, user: Uuid) -> RoomWatch {
        let (is_first, mut shown) = {
            let mut state = self.lock();
            let room = state.room(place);
            let is_first = room.enter(user);
            room.refresh(Instant::now());
            (is_first, room.show())
        };
        if is_first {
            self.say(&[Said::Viewing { place, user, lease: LEASE }]);
        }
        let seen = shown.borrow_and_update().clone();
        // One sees oneself, so the first event is always there.
        let waiting = changes(&RoomView::default(), &seen).into();
        let open = Open { signals: Arc::clone(self), place, user };
        RoomWatch { shown, seen, waiting, _open: open, _attendance: self.attend(place.tenant, user) }
    }

    /// A user watches who is there.
    pub fn watch_crowd(self: &Arc<Self>, tenant: Uuid, user: Uuid) -> CrowdWatch {
        let attendance = self.attend(tenant, user);
        let (seen, told) = self.lock().crowd(tenant).watch();
        CrowdWatch { told, seen, has_begun: false, attendance }
    }

    fn learn_and_say(&self, all: &[Said]) {
        self.learn(self.node, all);
        self.say(all);
    }

    /// What cannot be said now is said again in a moment, or over by then.
    fn say(&self, all: &[Said]) {
        for message in encode(self.node, all) {
            if let Err(unsaid) = self.bus.publish(Topic::Signals, message) {
                tracing::debug!(%unsaid, "signals were not sent to other nodes");
                return;
            }
        }
    }

    fn hear(&self, heard: &Heard) {
        match heard {
            Heard::Connected => {
                self.say(&[Said::Hello]);
                self.say(&self.held_here());
            }
            Heard::Message(Topic::Signals, message) => {
                if let Some((node, all)) = decode(message)
                    && node != self.node
                {
                    self.learn(node, &all);
                }
            }
            Heard::Message(..) | Heard::Lost => {}
        }
    }

    fn learn(&self, node: Uuid, all: &[Said]) {
        let now = (Instant::now(), self.clock.now());
        let mut is_greeted = false;
        let mut state = self.lock();
        for said in all {
            match *said {
                Said::Hello => is_greeted = true,
                Said::Typing { place, user, lease } => {
                    state.room(place).typing(user, now, lease.min(TYPING));
                }
                Said::Answering { place, user, lease } => {
                    state.room(place).answering(user, now.0, lease.min(ANSWERING));
                }
                Said::Viewing { place, user, lease } => {
                    state.room(place).viewing(user, node, now.0, lease.min(LEASE));
                }
                Said::Present { tenant, user, lease } => {
                    state.crowd(tenant).present(user, node, now.0, lease.min(SAID_PRESENT));
                }
                Said::Chosen { tenant, user, status, at } => state.crowd(tenant).choose(user, status, at, now.0),
            }
            if let Said::Typing { place, .. } | Said::Answering { place, .. } | Said::Viewing { place, .. } = said {
                state.room(*place).refresh(now.0);
            }
        }
        drop(state);
        if is_greeted {
            self.say(&self.held_here());
            self.say(&self.passing());
        }
    }

    fn held_here(&self) -> Vec<Said> {
        let state = self.lock();
        let rooms = state.rooms.iter().flat_map(|(place, room)| room.held_here(*place, LEASE));
        let crowds = state.crowds.iter().flat_map(|(tenant, crowd)| crowd.held_here(*tenant, LEASE));
        rooms.chain(crowds).collect()
    }

    fn passing(&self) -> Vec<Said> {
        let now = Instant::now();
        self.lock().rooms.iter().flat_map(|(place, room)| room.passing(*place, now)).collect()
    }

    fn forget_what_is_over(&self) {
        let now = Instant::now();
        let mut state = self.lock();
        state.rooms.retain(|_, room| room.end_what_is_over(now));
        state.crowds.retain(|_, crowd| crowd.refresh(now));
    }

    /// Whether nothing holds and nobody watches.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        let state = self.lock();
        state.rooms.is_empty() && state.crowds.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn room(&mut self, place: Place) -> &mut Room {
        self.rooms.entry(place).or_default()
    }

    fn crowd(&mut self, tenant: Uuid) -> &mut Crowd {
        self.crowds.entry(tenant).or_insert_with(Crowd::new)
    }
}

impl RoomWatch {
    /// What holds at the beginning, one event after the other, and then what changes. Only the latest of what a slow
    /// watcher has missed; `None` when the node ends.
    pub async fn next(&mut self) -> Option<RoomEvent> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            self.shown.changed().await.ok()?;
            let view = self.shown.borrow_and_update().clone();
            self.waiting = changes(&self.seen, &view).into();
            self.seen = view;
        }
    }
}

impl CrowdWatch {
    /// Everybody who is there at the beginning, and then those whose status has changed. Only the latest of what a slow
    /// watcher has missed; `None` when the node ends.
    pub async fn next(&mut self) -> Option<Vec<Present>> {
        if !self.has_begun {
            self.has_begun = true;
            return Some(sorted(&self.seen));
        }
        loop {
            let mut news = HashMap::new();
            match self.told.recv().await {
                Ok(first) => {
                    news.insert(first.user, first.status);
                    // What came at the same time is told together.
                    loop {
                        match self.told.try_recv() {
                            Ok(next) => _ = news.insert(next.user, next.status),
                            Err(TryRecvError::Lagged(_)) => news = self.missed(),
                            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                        }
                    }
                }
                Err(RecvError::Lagged(_)) => news = self.missed(),
                Err(RecvError::Closed) => return None,
            }
            news.retain(|user, status| self.seen.get(user).copied().unwrap_or_default() != *status);
            for (user, status) in &news {
                match status {
                    Status::Offline => _ = self.seen.remove(user),
                    status => _ = self.seen.insert(*user, *status),
                }
            }
            if !news.is_empty() {
                return Some(sorted(&news));
            }
        }
    }

    /// Everybody whom the watcher knows or should know, as they are now.
    fn missed(&self) -> HashMap<Uuid, Status> {
        let Attendance { signals, tenant, .. } = &self.attendance;
        let mut all: HashMap<_, _> = self.seen.keys().map(|user| (*user, Status::Offline)).collect();
        all.extend(signals.lock().crowd(*tenant).now());
        all
    }
}

fn sorted(all: &HashMap<Uuid, Status>) -> Vec<Present> {
    let mut all: Vec<_> = all.iter().map(|(user, status)| Present { user: *user, status: *status }).collect();
    all.sort_unstable_by_key(|present| present.user);
    all
}

impl Drop for Attendance {
    fn drop(&mut self) {
        let Self { signals, tenant, user } = self;
        let is_last = signals.lock().crowd(*tenant).leave(*user, signals.node, Instant::now(), GRACE);
        if is_last {
            signals.say(&[Said::Present { tenant: *tenant, user: *user, lease: GRACE }]);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Self { signals, place, user } = self;
        let is_last = {
            let mut state = signals.lock();
            let room = state.room(*place);
            let is_last = room.leave(*user);
            room.refresh(Instant::now());
            is_last
        };
        if is_last {
            signals.say(&[Said::Viewing { place: *place, user: *user, lease: Duration::ZERO }]);
        }
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signals").field("node", &self.node).finish_non_exhaustive()
    }
}
