//! Signals that many are told at the same moment are written once for all who see the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use entity::database::DbError;
use entity::events::Event;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::encode::{Loader, encode_event, is_personal};
use super::selection::Group;
use crate::access::Viewer;

/// A group, the user where each sees something else, and the event in full.
type Key = (u64, Option<Uuid>, String);

/// What was written in the last moment.
#[derive(Default)]
pub(super) struct Moments(Mutex<HashMap<Key, Arc<OnceCell<Option<Bytes>>>>>);

impl Moments {
    /// The document of an event for a viewer; `None` when nothing of it is selected.
    pub(super) async fn document(
        &self,
        loader: &Loader,
        group: &Group,
        event: &Event,
        viewer: &Arc<Viewer>,
    ) -> Result<Option<Bytes>, DbError> {
        let user = is_personal(group, event).then_some(viewer.user);
        // Two events that are written alike are one event.
        let key = (group.id, user, format!("{event:?}"));
        let cell = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        cell.get_or_try_init(|| encode_event(loader, group, event, viewer)).await.cloned()
    }

    /// The moment is over.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
