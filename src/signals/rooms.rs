//! One conversation: who types in it, who answers, who has it open.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::wire::Said;

/// A conversation of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The tenant.
    pub tenant: Uuid,
    /// The conversation, whether it exists or not.
    pub conversation: Uuid,
}

/// Something that changed in a conversation, or what holds at the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomEvent {
    /// Who has the conversation open, and who of all is answering; at the beginning and whenever one of both changes.
    Viewers(Viewing),
    /// A user types, until then unless it is said again; or types no more.
    Typing {
        /// Who.
        user: Uuid,
        /// Until when, when they do.
        until: Option<DateTime<Utc>>,
    },
}

/// Who is at a conversation, ordered by ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Viewing {
    /// Who has it open.
    pub viewers: BTreeSet<Uuid>,
    /// Who types or has typed lately.
    pub answering: BTreeSet<Uuid>,
}

/// All that holds in a conversation at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RoomView {
    pub(super) viewing: Viewing,
    pub(super) typing: BTreeMap<Uuid, DateTime<Utc>>,
}

/// The leases of a conversation.
#[derive(Debug, Default)]
pub(super) struct Room {
    typing: HashMap<Uuid, (Instant, DateTime<Utc>)>,
    answering: HashMap<Uuid, Instant>,
    /// Of other nodes, by user and node.
    remote: HashMap<(Uuid, Uuid), Instant>,
    /// How often each user has it open here.
    local: HashMap<Uuid, usize>,
    shown: watch::Sender<RoomView>,
}

impl Room {
    /// A user types; a lease of nothing ends it.
    pub(super) fn typing(&mut self, user: Uuid, now: (Instant, DateTime<Utc>), lease: Duration) {
        if lease.is_zero() {
            self.typing.remove(&user);
        } else {
            self.typing.insert(user, (now.0 + lease, now.1 + lease));
        }
    }

    /// A user answers; a lease of nothing ends it.
    pub(super) fn answering(&mut self, user: Uuid, now: Instant, lease: Duration) {
        if lease.is_zero() {
            self.answering.remove(&user);
        } else {
            self.answering.insert(user, now + lease);
        }
    }

    /// A user has it open on another node.
    pub(super) fn viewing(&mut self, user: Uuid, node: Uuid, now: Instant, lease: Duration) {
        if lease.is_zero() {
            self.remote.remove(&(user, node));
        } else {
            self.remote.insert((user, node), now + lease);
        }
    }

    /// A user opens it here; says whether it is the first time.
    pub(super) fn enter(&mut self, user: Uuid) -> bool {
        let count = self.local.entry(user).or_default();
        *count += 1;
        *count == 1
    }

    /// A user closes it here; says whether it was open only once.
    pub(super) fn leave(&mut self, user: Uuid) -> bool {
        let Some(count) = self.local.get_mut(&user) else { return false };
        *count -= 1;
        let is_last = *count == 0;
        if is_last {
            self.local.remove(&user);
        }
        is_last
    }

    /// Whether a user has it open here.
    pub(super) fn is_open_here(&self, user: Uuid) -> bool {
        self.local.contains_key(&user)
    }

    /// Forgets what is over and shows what holds.
    pub(super) fn refresh(&mut self, now: Instant) {
        self.typing.retain(|_, (until, _)| *until > now);
        self.answering.retain(|_, until| *until > now);
        self.remote.retain(|_, until| *until > now);
        let viewers = self.local.keys().chain(self.remote.keys().map(|(user, _)| user)).copied().collect();
        let answering = self.answering.keys().chain(self.typing.keys()).copied().collect();
        let typing = self.typing.iter().map(|(user, (_, until))| (*user, *until)).collect();
        let view = RoomView { viewing: Viewing { viewers, answering }, typing };
        self.shown.send_if_modified(|shown| {
            let is_new = *shown != view;
            *shown = view;
            is_new
        });
    }

    /// Forgets what is over and shows what is left; says whether anything holds or anybody watches.
    pub(super) fn end_what_is_over(&mut self, now: Instant) -> bool {
        let is_over = |until: &Instant| *until <= now;
        let typing = self.typing.values().map(|(until, _)| until);
        if typing.chain(self.answering.values()).chain(self.remote.values()).any(is_over) {
            self.refresh(now);
        }
        self.shown.receiver_count() > 0 || *self.shown.borrow() != RoomView::default()
    }

    /// Shows what holds, from now on.
    pub(super) fn show(&self) -> watch::Receiver<RoomView> {
        self.shown.subscribe()
    }

    /// What holds because of this node's clients: those who have it open.
    pub(super) fn held_here(&self, place: Place, lease: Duration) -> impl Iterator<Item = Said> {
        self.local.keys().map(move |user| Said::Viewing { place, user: *user, lease })
    }

    /// What others cannot know if they were not there when it was said.
    pub(super) fn passing(&self, place: Place, now: Instant) -> Vec<Said> {
        let typing =
            self.typing.iter().map(|(user, (until, _))| Said::Typing { place, user: *user, lease: *until - now });
        let answering =
            self.answering.iter().map(|(user, until)| Said::Answering { place, user: *user, lease: *until - now });
        typing.chain(answering).collect()
    }
}

/// What changed between two moments.
pub(super) fn changes(before: &RoomView, after: &RoomView) -> Vec<RoomEvent> {
    let mut events = Vec::new();
    if before.viewing != after.viewing {
        events.push(RoomEvent::Viewers(after.viewing.clone()));
    }
    for (user, until) in &after.typing {
        if before.typing.get(user) != Some(until) {
            events.push(RoomEvent::Typing { user: *user, until: Some(*until) });
        }
    }
    for user in before.typing.keys().filter(|user| !after.typing.contains_key(user)) {
        events.push(RoomEvent::Typing { user: *user, until: None });
    }
    events
}
