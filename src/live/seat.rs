//! A subscriber's seat: what waits to be read, up to a bound, and where the subscriber stands.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use uuid::Uuid;

use super::counts::Counts;
use super::documents::{self, error};
use super::selection::{Group, Selection};
use super::types::STREAM_GAP;
use super::view::View;
use super::{Who, drafts};
use crate::access::Viewer;
use crate::changes::Cursor;

/// One subscription.
pub(super) struct Subscriber {
    pub(super) id: u64,
    pub(super) topic: Topic,
    /// The row that it is about, of an entity of this name, where it has to stay visible.
    pub(super) about: Option<(&'static str, Uuid)>,
    pub(super) selection: Arc<Selection>,
    pub(super) who: Who,
    seat: Mutex<Seat>,
}

/// What a subscription is about.
#[derive(Debug)]
pub(super) enum Topic {
    /// A conversation.
    Conversation(Uuid),
    /// A view of the inbox.
    Inbox(View),
    /// The log.
    Changes,
    /// Not the log.
    Signals,
}

/// What of a subscription changes.
pub(super) struct Seat {
    pub(super) viewer: Arc<Viewer>,
    pub(super) group: Arc<Group>,
    /// Where it began, while the hub is not past it: what is before was sent, or seen by the client's query.
    pub(super) from: Option<Cursor>,
    /// The counts that were told last.
    pub(super) counts: Option<Counts>,
    /// Everything up to here waits here or was read.
    cursor: Arc<str>,
    queue: VecDeque<Bytes>,
    bytes: usize,
    end: End,
    waker: Option<Waker>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It goes on.
    No,
    /// What waits is still read, the replay included.
    Full,
    /// What waits here is read, and nothing else.
    Cut,
}

/// How much may wait for one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) events: usize,
    pub(super) bytes: usize,
}

impl Subscriber {
    pub(super) fn new(id: u64, topic: Topic, group: Arc<Group>, viewer: Arc<Viewer>, who: Who) -> Self {
        let selection = Arc::clone(&group.plan.selection);
        let seat = Seat {
            viewer,
            group,
            from: None,
            counts: None,
            cursor: Arc::from(""),
            queue: VecDeque::new(),
            bytes: 0,
            end: End::No,
            waker: None,
        };
        Self { id, topic, about: None, selection, who, seat: Mutex::new(seat) }
    }

    /// The same, about a row.
    pub(super) fn about(mut self, about: Option<(&'static str, Uuid)>) -> Self {
        self.about = about;
        self
    }

    pub(super) fn seat(&self) -> MutexGuard<'_, Seat> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a document behind which everything up to `cursor` was sent. When there is no room, the subscription ends with
    /// the notice of a gap.
    pub(super) fn push(&self, document: Bytes, cursor: &Arc<str>, bound: Bound) {
        let mut seat = self.seat();
        if seat.end != End::No {
            return;
        }
        if seat.queue.len() >= bound.events || seat.bytes + document.len() > bound.bytes {
            return seat.skip();
        }
        seat.bytes += document.len();
        seat.queue.push_back(document);
        seat.cursor = Arc::clone(cursor);
        seat.wake();
    }

    /// Ends the subscription with the notice of a gap: what comes next is not kept for it.
    pub(super) fn skip(&self) {
        let mut seat = self.seat();
        if seat.end == End::No {
            seat.skip();
        }
    }

    /// Ends the subscription with a last document, whatever still waits.
    pub(super) fn cut(&self, last: Bytes) {
        let mut seat = self.seat();
        if seat.end != End::Cut {
            seat.queue.clear();
            seat.queue.push_back(last);
            seat.end = End::Cut;
            seat.wake();
        }
    }

    /// Ends the subscription; the client learns why from its own error.
    pub(super) fn fail(&self, code: &str, message: &str) {
        self.cut(documents::of_error(&self.selection.key, &error(code, message)));
    }

    /// Nothing more will come; gives what waits no more.
    pub(super) fn close(&self) -> Option<Bytes> {
        let mut seat = self.seat();
        if seat.end == End::No {
            seat.end = End::Full;
        }
        None
    }

    /// Whether nothing is read any more but what waits here.
    pub(super) fn is_cut(&self, context: &Context<'_>) -> bool {
        let mut seat = self.seat();
        seat.waker = Some(context.waker().clone());
        seat.end == End::Cut
    }

    /// The next document; `None` behind the last one.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut seat = self.seat();
        if let Some(document) = seat.queue.pop_front() {
            seat.bytes = seat.bytes.saturating_sub(document.len());
            if seat.queue.is_empty() {
                // Idle subscriptions are many, and hold no room that they do not use.
                seat.queue = VecDeque::new();
            }
            return Poll::Ready(Some(document));
        }
        if seat.end != End::No {
            return Poll::Ready(None);
        }
        seat.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Seat {
    /// The replay has come to here.
    pub(super) fn begin(&mut self, cursor: Arc<str>) {
        // What the hub has sent meanwhile is behind it.
        if self.cursor.is_empty() {
            self.cursor = cursor;
        }
    }

    /// Everything up to here waits here or was read; nothing while the past is read.
    pub(super) fn place(&self) -> Option<Arc<str>> {
        (!self.cursor.is_empty()).then(|| Arc::clone(&self.cursor))
    }

    /// Whether it still takes part.
    pub(super) fn is_open(&self) -> bool {
        self.end == End::No
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn skip(&mut self) {
        let gap = self.gap();
        self.queue.push_back(gap);
        self.end = End::Full;
        self.wake();
    }

    fn gap(&self) -> Bytes {
        let plan = &self.group.plan;
        let key = &plan.selection.key;
        if plan.events.selects(&STREAM_GAP) {
            return documents::of_event(&self.group, &drafts::gap(&self.cursor));
        }
        let mut error =
            error("STREAM_GAP", "You have read too slowly. Subscribe again behind the cursor of this error.");
        error["extensions"]["cursor"] = self.cursor.as_ref().into();
        documents::of_error(key, &error)
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Subscriber").field("id", &self.id).field("topic", &self.topic).finish_non_exhaustive()
    }
}
