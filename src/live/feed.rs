//! The stream of one subscription: first what the subscriber reads of the past by itself, then what the hub sends.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use entity::database::DbError;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, Stream};
use uuid::Uuid;

use super::drafts::{Draft, ready};
use super::encode::encode;
use super::hub::Hub;
use super::roots::Feed as Source;
use super::seat::{Subscriber, Topic};
use super::types::STREAM_READY;
use super::{RESYNC_REQUIRED, documents};
use crate::changes::{Change, ChangeFilter, Cursor, LogError, Page};

/// Changes of one page of the past.
const PAGE: u32 = 200;
/// How long to wait before the database is asked again, at first and at most.
pub(super) const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// The documents of a subscription. Dropping it ends the subscription.
pub(super) struct Feed {
    hub: Arc<Hub>,
    tenant: Uuid,
    subscriber: Arc<Subscriber>,
    /// What comes before anything that the hub sends.
    opening: Option<BoxStream<'static, Bytes>>,
}

impl Feed {
    pub(super) fn new(
        hub: Arc<Hub>,
        tenant: Uuid,
        subscriber: Arc<Subscriber>,
        opening: BoxStream<'static, Bytes>,
    ) -> Self {
        Self { hub, tenant, subscriber, opening: Some(opening) }
    }
}

impl Stream for Feed {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.opening.is_some() && self.subscriber.is_cut(context) {
            self.opening = None;
        }
        if let Some(opening) = &mut self.opening {
            match opening.poll_next_unpin(context) {
                Poll::Ready(Some(document)) => return Poll::Ready(Some(document)),
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => self.opening = None,
            }
        }
        self.subscriber.poll(context)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.hub.leave(self.tenant, &self.subscriber);
    }
}

/// Which changes of the log a subscription is about.
pub(super) fn filter(hub: &Hub, subscriber: &Subscriber) -> ChangeFilter {
    let named = |prefixes: &[&str]| Some(prefixes.iter().map(|prefix| (*prefix).to_owned()).collect());
    match &subscriber.topic {
        Topic::Conversation(id) => {
            let entities = match subscriber.selection.root.feed {
                Source::Messages => named(&["message"]),
                _ => named(&["conversation", "message", "internal_note"]),
            };
            ChangeFilter { entities, parent: Some(*id) }
        }
        Topic::Inbox(_) => ChangeFilter { entities: named(&["conversation"]), parent: None },
        Topic::Changes => {
            let seen = subscriber.seat().group.plan.seen.clone();
            let is_all = seen.len() == hub.model.entities().len();
            let prefixes = seen.into_iter().map(|index| hub.model.entity(index).decl.prefix.to_owned());
            ChangeFilter { entities: (!is_all).then(|| prefixes.collect()), parent: None }
        }
        // Nothing of the log.
        Topic::Signals => ChangeFilter { entities: Some(Vec::new()), parent: None },
    }
}

/// Reads a page of the past in the subscriber's name.
pub(super) async fn page(
    hub: &Hub,
    subscriber: &Subscriber,
    filter: &ChangeFilter,
    from: &Cursor,
) -> Result<Page, LogError> {
    let viewer = Arc::clone(&subscriber.seat().viewer);
    let transaction = hub.loader.read(viewer.actor.clone());
    let page = hub.log.after(&transaction, (viewer.tenant, true), from, filter, PAGE).await;
    transaction.finish();
    page
}

/// The past of a subscription, up to where the hub takes over.
struct Opening {
    hub: Arc<Hub>,
    tenant: Uuid,
    subscriber: Arc<Subscriber>,
    filter: ChangeFilter,
    waiting: VecDeque<Bytes>,
    replayed: usize,
    stage: Stage,
}

enum Stage {
    /// Begins here, with what the hub sends.
    Now(Cursor),
    /// A page was read that was not written yet.
    Read(Page),
    /// Behind this cursor there is more of the past.
    More(Cursor),
    /// The hub sends what comes behind the second cursor; what comes between the two is still of the past.
    Joined(Cursor, Cursor),
    /// Over.
    Done,
}

/// Where a subscription begins.
pub(super) enum Start {
    /// At this place of the hub's, which the subscriber has joined.
    At(Cursor),
    /// With the past, of which this is the first page.
    Behind(Page),
}

/// What a subscriber is sent before what the hub sends.
pub(super) fn opening(
    hub: Arc<Hub>,
    tenant: Uuid,
    subscriber: Arc<Subscriber>,
    filter: ChangeFilter,
    start: Start,
) -> BoxStream<'static, Bytes> {
    let stage = match start {
        Start::At(place) => Stage::Now(place),
        Start::Behind(page) => Stage::Read(page),
    };
    let opening = Opening { hub, tenant, subscriber, filter, waiting: VecDeque::new(), replayed: 0, stage };
    stream::unfold(opening, |mut opening| async move {
        let document = opening.next().await?;
        Some((document, opening))
    })
    .boxed()
}

impl Opening {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(document) = self.waiting.pop_front() {
                return Some(document);
            }
            self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
                Stage::Now(place) => self.ready(&place),
                Stage::Read(page) => self.past(page).await,
                Stage::More(from) => match self.read(&from).await {
                    Some(page) => self.past(page).await,
                    None => Stage::Done,
                },
                Stage::Joined(from, until) => self.between(from, until).await,
                Stage::Done => return None,
            };
        }
    }

    /// Writes a page of the past; joins behind the last one.
    async fn past(&mut self, page: Page) -> Stage {
        self.write(&page.changes).await;
        if page.has_more {
            return Stage::More(page.end);
        }
        let place = self.hub.join(self.tenant, &self.subscriber, Some(&page.end)).await;
        if page.end.position() >= place.position() { self.ready(&page.end) } else { Stage::Joined(page.end, place) }
    }

    /// What was committed while the past was read, and before the hub took over.
    async fn between(&mut self, from: Cursor, until: Cursor) -> Stage {
        let Some(mut page) = self.read(&from).await else { return Stage::Done };
        page.changes.retain(|change| (change.round.id, change.seq) <= until.position());
        self.write(&page.changes).await;
        if page.has_more && page.end.position() < until.position() {
            return Stage::Joined(page.end, until);
        }
        let last = page.changes.last().map_or(from, |change| change.cursor.clone());
        self.ready(if last.is_plain() { &until } else { &last })
    }

    fn ready(&mut self, place: &Cursor) -> Stage {
        let cursor: Arc<str> = place.to_string().into();
        let mut seat = self.subscriber.seat();
        if seat.group.plan.events.selects(&STREAM_READY) {
            self.waiting.push_back(documents::of_event(&seat.group, &ready(&cursor, self.replayed)));
        }
        seat.begin(cursor);
        Stage::Done
    }

    /// Reads a page, as soon as the database answers. `None` when there is no more to be had.
    async fn read(&mut self, from: &Cursor) -> Option<Page> {
        let mut pause = PAUSES.0;
        loop {
            match page(&self.hub, &self.subscriber, &self.filter, from).await {
                Ok(page) => return Some(page),
                Err(LogError::Database(DbError::Unavailable(_) | DbError::TimedOut | DbError::Conflict)) => {}
                Err(LogError::ResyncRequired) => {
                    self.subscriber.fail("RESYNC_REQUIRED", RESYNC_REQUIRED);
                    return None;
                }
                Err(LogError::Invalid) => {
                    self.subscriber.fail("INVALID_CURSOR", "This is not a cursor of the log.");
                    return None;
                }
                Err(LogError::Database(error)) => {
                    self.fail(&error);
                    return None;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    async fn write(&mut self, changes: &[Change]) {
        let drafts = self.drafts(changes).await;
        if drafts.is_empty() {
            return;
        }
        let mut pause = PAUSES.0;
        loop {
            // With the rights of now: they may have changed while the past was read.
            let (group, viewer) = {
                let seat = self.subscriber.seat();
                (Arc::clone(&seat.group), Arc::clone(&seat.viewer))
            };
            let viewers = vec![vec![&viewer]; drafts.len()];
            match encode(&self.hub.loader, &group, &drafts, &viewers).await {
                Ok(encoded) => {
                    let documents = (0..drafts.len()).filter_map(|draft| encoded.get(draft, viewer.user).cloned());
                    self.waiting.extend(documents);
                    self.replayed += self.waiting.len();
                    return;
                }
                Err(DbError::Unavailable(_) | DbError::TimedOut | DbError::Conflict) => {}
                Err(error) => return self.fail(&error),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    async fn drafts(&self, changes: &[Change]) -> Vec<Draft> {
        // The policies are known since the subscription began.
        let Ok(policies) = self.hub.policies().await else { return Vec::new() };
        let drafter = self.hub.drafter(policies);
        let draft = |change: &Change| match (&self.subscriber.topic, self.subscriber.selection.root.feed) {
            (Topic::Conversation(_), Source::Messages) => drafter.of_message(change),
            (Topic::Conversation(_), _) => drafter.of_conversation(change),
            (Topic::Inbox(view), _) => view.of_change(change).and_then(|what| drafter.of_view(change, what)),
            (Topic::Changes, _) => drafter.of_log(change),
            (Topic::Signals, _) => None,
        };
        changes.iter().filter_map(draft).collect()
    }

    fn fail(&self, error: &DbError) {
        let (code, message) = entity::roots::code_and_sentence(error);
        tracing::error!(target: "mostrador::live", code, reason = ?error, "the past could not be loaded");
        self.subscriber.fail(code, message);
    }
}
