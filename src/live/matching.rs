//! From changes to what each group of subscribers is to be sent.

use std::collections::HashMap;
use std::sync::Arc;

use super::drafts::{Draft, Drafter, conversation_of, is_conversation};
use super::index::Index;
use super::roots::Feed;
use super::seat::{Subscriber, Topic};
use super::selection::Group;
use super::view::Move;
use crate::access::Viewer;
use crate::changes::Change;

/// What a batch of changes is for all subscribers, by group.
#[derive(Default)]
pub(super) struct Work {
    groups: HashMap<u64, GroupWork>,
    /// Of the change at hand: the drafts that others of the same group may share.
    shared: HashMap<(u64, Option<Move>), usize>,
}

/// What a batch is for one group.
pub(super) struct GroupWork {
    pub(super) group: Arc<Group>,
    /// In the order of the log.
    pub(super) drafts: Vec<Draft>,
    /// Who gets each.
    pub(super) to: Vec<Vec<(Arc<Subscriber>, Arc<Viewer>)>>,
}

impl Work {
    /// Adds a change.
    pub(super) fn add(&mut self, drafter: Drafter<'_>, index: &Index, change: &Change) {
        self.shared.clear();
        if let Some(conversation) = conversation_of(change) {
            for subscriber in index.of_conversation(change.tenant, conversation) {
                self.offer(subscriber, change, None, |change| match subscriber.selection.root.feed {
                    Feed::Messages => drafter.of_message(change),
                    _ => drafter.of_conversation(change),
                });
            }
        }
        if is_conversation(change) {
            for subscriber in index.of_inbox(change.tenant) {
                let Topic::Inbox(view) = &subscriber.topic else { continue };
                if let Some(what) = view.of_change(change) {
                    self.offer(subscriber, change, Some(what), |change| drafter.of_view(change, what));
                }
            }
        }
        let entity = drafter.model.by_prefix(&change.entity);
        for subscriber in index.of_changes(change.tenant) {
            let sees = |seat: &Group| entity.is_some_and(|entity| seat.plan.seen.contains(&entity.index));
            if sees(&subscriber.seat().group) {
                self.offer(subscriber, change, None, |change| drafter.of_log(change));
            }
        }
    }

    fn offer(
        &mut self,
        subscriber: &Arc<Subscriber>,
        change: &Change,
        what: Option<Move>,
        draft: impl Fn(&Change) -> Option<Draft>,
    ) {
        let seat = subscriber.seat();
        if !seat.is_open() {
            return;
        }
        let (group, viewer) = (Arc::clone(&seat.group), Arc::clone(&seat.viewer));
        let own = match &seat.from {
            None => None,
            Some(from) if !from.is_before(change) => return,
            // Its cursors are its own for a while: they carry what the subscriber's query has seen.
            Some(from) => {
                let mut own = change.clone();
                own.cursor = from.moved_to(change);
                Some(own)
            }
        };
        drop(seat);
        let group_id = group.id;
        let work =
            self.groups.entry(group_id).or_insert_with(|| GroupWork { group, drafts: Vec::new(), to: Vec::new() });
        let known = if own.is_none() { self.shared.get(&(group_id, what)).copied() } else { None };
        let place = match known {
            Some(place) => place,
            None => {
                let Some(draft) = draft(own.as_ref().unwrap_or(change)) else { return };
                work.drafts.push(draft);
                work.to.push(Vec::new());
                let place = work.drafts.len() - 1;
                if own.is_none() {
                    self.shared.insert((group_id, what), place);
                }
                place
            }
        };
        if let Some(to) = work.to.get_mut(place) {
            to.push((Arc::clone(subscriber), viewer));
        }
    }

    /// The work of each group that has any.
    pub(super) fn into_groups(self) -> impl Iterator<Item = GroupWork> {
        self.groups.into_values().filter(|work| !work.drafts.is_empty())
    }
}
