//! Who subscribes to what, so that a change finds its subscribers without looking at all of them.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::seat::{Subscriber, Topic};

/// All subscribers of a node.
#[derive(Default)]
pub(super) struct Index {
    all: HashMap<u64, Arc<Subscriber>>,
    conversations: HashMap<(Uuid, Uuid), Vec<Arc<Subscriber>>>,
    inboxes: HashMap<Uuid, Vec<Arc<Subscriber>>>,
    changes: HashMap<Uuid, Vec<Arc<Subscriber>>>,
}

impl Index {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Subscriber>> {
        self.all.values()
    }

    /// Those of a conversation.
    pub(super) fn of_conversation(&self, tenant: Uuid, conversation: Uuid) -> &[Arc<Subscriber>] {
        self.conversations.get(&(tenant, conversation)).map_or(&[], Vec::as_slice)
    }

    /// Those of a tenant's inbox.
    pub(super) fn of_inbox(&self, tenant: Uuid) -> &[Arc<Subscriber>] {
        self.inboxes.get(&tenant).map_or(&[], Vec::as_slice)
    }

    /// Those of a tenant's log.
    pub(super) fn of_changes(&self, tenant: Uuid) -> &[Arc<Subscriber>] {
        self.changes.get(&tenant).map_or(&[], Vec::as_slice)
    }

    /// Adds a subscriber of a tenant; from now on it is found.
    pub(super) fn add(&mut self, tenant: Uuid, subscriber: &Arc<Subscriber>) {
        self.all.insert(subscriber.id, Arc::clone(subscriber));
        match &subscriber.topic {
            Topic::Conversation(id) => {
                self.conversations.entry((tenant, *id)).or_default().push(Arc::clone(subscriber));
            }
            Topic::Inbox(_) => self.inboxes.entry(tenant).or_default().push(Arc::clone(subscriber)),
            Topic::Changes => self.changes.entry(tenant).or_default().push(Arc::clone(subscriber)),
            Topic::Signals => {}
        }
    }

    /// Removes a subscriber.
    pub(super) fn remove(&mut self, tenant: Uuid, subscriber: &Subscriber) {
        self.all.remove(&subscriber.id);
        match &subscriber.topic {
            Topic::Conversation(id) => remove(&mut self.conversations, &(tenant, *id), subscriber.id),
            Topic::Inbox(_) => remove(&mut self.inboxes, &tenant, subscriber.id),
            Topic::Changes => remove(&mut self.changes, &tenant, subscriber.id),
            Topic::Signals => {}
        }
    }
}

fn remove<K: std::hash::Hash + Eq>(index: &mut HashMap<K, Vec<Arc<Subscriber>>>, key: &K, id: u64) {
    let Some(known) = index.get_mut(key) else { return };
    if let Some(at) = known.iter().position(|subscriber| subscriber.id == id) {
        known.swap_remove(at);
    }
    if known.is_empty() {
        index.remove(key);
    }
}
