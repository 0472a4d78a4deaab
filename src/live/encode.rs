//! From drafts to documents: rows are loaded in one batch for everybody who sees the same, and each event is written
//! once for them.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use entity::database::DbError;
use entity::events::{Event, EventRows, Wanted};
use entity::run::{Lent, Scope};
use uuid::Uuid;

use super::drafts::Draft;
use super::selection::Group;
use crate::access::Viewer;
use crate::db::{Actor, Counters, Database, Mode, Transaction};

/// Documents by draft and user; one that is the same for all has no user. No document: nothing is to be sent.
pub(super) struct Encoded {
    documents: HashMap<(usize, Option<Uuid>), Bytes>,
    is_personal: Vec<bool>,
}

impl Encoded {
    /// What a user is to be sent of a draft.
    pub(super) fn get(&self, draft: usize, user: Uuid) -> Option<&Bytes> {
        let is_personal = self.is_personal.get(draft).copied().unwrap_or_default();
        self.documents.get(&(draft, is_personal.then_some(user)))
    }
}

/// Reads for subscriptions, and counts how often.
pub(super) struct Loader {
    pub(super) database: Database,
    counters: Arc<Counters>,
    lent: Arc<dyn Any + Send + Sync>,
}

impl Loader {
    pub(super) fn new(database: Database, lent: Arc<dyn Any + Send + Sync>) -> Self {
        Self { database, counters: Arc::default(), lent }
    }

    /// Statements that have run.
    pub(super) fn statements(&self) -> u32 {
        self.counters.statements()
    }

    /// What late fields need. What is read was written down when the subscription began.
    pub(super) fn lent(&self) -> Lent<'_> {
        Lent(self.lent.as_ref())
    }

    /// A snapshot in somebody's name.
    pub(super) fn read(&self, actor: Actor) -> Transaction {
        Transaction::new(self.database.clone(), Mode::Read, actor, Arc::clone(&self.counters))
    }
}

/// What one user, or everybody, needs.
#[derive(Default)]
struct Part {
    drafts: Vec<usize>,
    wanted: Wanted,
    viewer: Option<Arc<Viewer>>,
}

/// Writes drafts for the viewers of each. Rows that are the same for all are loaded once.
pub(super) async fn encode(
    loader: &Loader,
    group: &Group,
    drafts: &[Draft],
    viewers: &[Vec<&Arc<Viewer>>],
) -> Result<Encoded, DbError> {
    let mut parts: HashMap<Option<Uuid>, Part> = HashMap::new();
    let mut personal = vec![false; drafts.len()];
    for (index, (draft, viewers)) in drafts.iter().zip(viewers).enumerate() {
        let Some(wanted) = wanted(group, draft) else { continue };
        personal[index] = draft.owner.is_some_and(|owner| owner.is_personal(group.scope))
            || wanted.lookups().any(|lookup| group.is_personal(lookup));
        if personal[index] {
            for viewer in viewers {
                if draft.owner.is_none_or(|owner| owner.lets(group.scope, viewer.user)) {
                    let part = parts.entry(Some(viewer.user)).or_default();
                    part.viewer = Some(Arc::clone(viewer));
                    part.add(index, &wanted);
                }
            }
        } else {
            parts.entry(None).or_default().add(index, &wanted);
        }
    }
    let mut documents = HashMap::new();
    for (user, part) in parts {
        let rows = load(loader, group, &part).await?;
        for index in part.drafts {
            if let Some(event) = drafts.get(index).and_then(|draft| shown(group, draft, &rows)) {
                let plan = &group.plan;
                let document = plan.events.document(&plan.selection.key, event, &rows);
                documents.insert((index, user), Bytes::from(document));
            }
        }
    }
    Ok(Encoded { documents, is_personal: personal })
}

/// Writes one event for one viewer, without a subject.
pub(super) async fn encode_event(
    loader: &Loader,
    group: &Group,
    event: &Event,
    viewer: &Arc<Viewer>,
) -> Result<Option<Bytes>, DbError> {
    if !group.plan.events.selects(event.ty) {
        return Ok(None);
    }
    let mut part = Part::default();
    group.plan.events.want(event, &mut part.wanted);
    if is_personal(group, event) {
        part.viewer = Some(Arc::clone(viewer));
    }
    let rows = load(loader, group, &part).await?;
    Ok(Some(Bytes::from(group.plan.events.document(&group.plan.selection.key, event, &rows))))
}

/// Whether each user may see something else in an event.
pub(super) fn is_personal(group: &Group, event: &Event) -> bool {
    let mut wanted = Wanted::default();
    group.plan.events.want(event, &mut wanted);
    wanted.lookups().any(|lookup| group.is_personal(lookup))
}

impl Part {
    fn add(&mut self, draft: usize, wanted: &Wanted) {
        self.drafts.push(draft);
        self.wanted.extend(wanted);
    }
}

/// The rows that a draft takes; `None` when nothing of it is selected, or its subject may not be seen at all.
fn wanted(group: &Group, draft: &Draft) -> Option<Wanted> {
    let events = &group.plan.events;
    let is_selected = events.selects(draft.event.ty);
    if !is_selected && !draft.hidden.as_ref().is_some_and(|hidden| events.selects(hidden.ty)) {
        return None;
    }
    let mut wanted = Wanted::default();
    if is_selected {
        events.want(&draft.event, &mut wanted);
    }
    if let Some(subject) = draft.subject {
        wanted.add(subject.lookup(events, &draft.event)?, subject.id);
    }
    Some(wanted)
}

/// The event that is to be sent of a draft.
fn shown<'d>(group: &Group, draft: &'d Draft, rows: &EventRows) -> Option<&'d Event> {
    let events = &group.plan.events;
    let is_visible = draft
        .subject
        .is_none_or(|subject| subject.lookup(events, &draft.event).is_some_and(|lookup| rows.has(lookup, subject.id)));
    let event = if is_visible { Some(&draft.event) } else { draft.hidden.as_ref() };
    event.filter(|event| events.selects(event.ty))
}

async fn load(loader: &Loader, group: &Group, part: &Part) -> Result<EventRows, DbError> {
    if part.wanted.is_empty() {
        return Ok(EventRows::default());
    }
    let actor = part.viewer.as_ref().map_or_else(|| group.actor(), |viewer| viewer.actor.clone());
    let transaction = loader.read(actor);
    let lent = loader.lent();
    let scope = Scope { statements: &transaction, tenant: group.tenant, last: true, lender: &lent };
    let rows = EventRows::load(scope, &group.plan.events, &part.wanted).await;
    transaction.finish();
    rows
}
