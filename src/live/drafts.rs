//! What changes of the log are as events.
//!
//! A draft is an event before it is known whether its viewer may see the row that it is about.

use std::sync::Arc;

use entity::events::{Event, EventPlan, EventType, ROW, Value};
use entity::model::{EntityModel, Model};
use uuid::Uuid;

use super::policies::{Dependence, Others, Policies};
use super::types::{
    CHANGE, CONVERSATION_ASSIGNED, CONVERSATION_CHANGED, CONVERSATION_ENTERED, CONVERSATION_LEFT, MESSAGE_ADDED,
    MESSAGE_CHANGED, NO_LONGER_VISIBLE, NOTE_ADDED, NOTE_CHANGED, NOTE_REMOVED, STREAM_GAP, STREAM_HEARTBEAT,
    STREAM_READY,
};
use super::view::{Move, Reason};
use crate::changes::{Change, ChangeKind};
use crate::db::Scope;

/// An event that may be sent.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// What is sent to whom the row is visible.
    pub(super) event: Event,
    /// The row that must be visible.
    pub(super) subject: Option<Subject>,
    /// What is sent to whom it is not.
    pub(super) hidden: Option<Event>,
    /// To whom alone it is sent, of a row that is gone and was personal.
    pub(super) owner: Option<Owner>,
    /// The cursor of the change.
    pub(super) cursor: Arc<str>,
}

/// A row that must be visible.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    entity: usize,
    pub(super) id: Uuid,
    /// It was deleted, so it is not among those that are shown.
    has_departed: bool,
}

impl Subject {
    /// The look-up that finds it; `None` when the viewer may not see rows of its type at all.
    pub(super) fn lookup(self, events: &EventPlan, event: &Event) -> Option<usize> {
        if self.has_departed { events.departed(self.entity) } else { events.subject(event, self.entity) }
    }
}

/// Most users whom one row concerns: its own, and another.
const CONCERNED: usize = 3;

/// Whose a row was that is gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner {
    dependence: Dependence,
    others: Others,
    /// Those whom it concerned, as the log kept it.
    users: [Option<Uuid>; CONCERNED],
    /// Whether it was nobody's but of the business.
    is_of_business: bool,
}

impl Owner {
    /// Whether users of this scope did not all see it.
    pub(super) const fn is_personal(self, scope: Scope) -> bool {
        self.dependence.is_personal(scope)
    }

    /// Whether this user saw it.
    pub(super) fn lets(self, scope: Scope, user: Uuid) -> bool {
        !self.is_personal(scope)
            || self.users.contains(&Some(user))
            || self.others.support && scope.support
            || self.others.business && self.is_of_business && scope.integrations
    }

    /// What the log says of a row that is gone.
    fn of(change: &Change, dependence: Dependence, others: Others) -> Self {
        let before = change.before.as_ref().and_then(serde_json::Value::as_object);
        let concerned = before.into_iter().flat_map(serde_json::Map::values);
        let mut users = [None; CONCERNED];
        let found = concerned.filter_map(|value| value.as_str()?.parse().ok());
        users.iter_mut().zip(found).for_each(|(user, id)| *user = Some(id));
        let is_of_business =
            before.and_then(|before| before.get("user_id")).is_some_and(|user| *user == serde_json::Value::Null);
        Self { dependence, others, users, is_of_business }
    }
}

/// Makes drafts.
#[derive(Clone, Copy)]
pub(super) struct Drafter<'d> {
    pub(super) model: &'static Model,
    pub(super) policies: &'d Policies,
}

/// The entities of the inbox, by the prefixes of their IDs.
const CONVERSATION: &str = "conversation";
const MESSAGE: &str = "message";
const NOTE: &str = "internal_note";

/// The conversation that a change is about.
pub(super) fn conversation_of(change: &Change) -> Option<Uuid> {
    match change.entity.as_str() {
        CONVERSATION => Some(change.row),
        MESSAGE | NOTE => change.parent,
        _ => None,
    }
}

/// Whether a change is one of a conversation's own row.
pub(super) fn is_conversation(change: &Change) -> bool {
    change.entity == CONVERSATION
}

fn event(ty: &'static EventType, change: &Change, own: impl IntoIterator<Item = Value>) -> Event {
    let mut values = vec![
        Value::text(&change.cursor.to_string()),
        Value::time(change.committed_at),
        change.user.map_or(Value::Null, |user| Value::id("user", user)),
        Value::maybe_text(change.mutation.as_deref()),
    ];
    values.extend(own);
    Event { ty, values }
}

/// Says that a row is gone or hidden, and nothing else about it.
fn gone(change: &Change, prefix: &str, id: Uuid) -> Event {
    let values = vec![
        Value::text(&change.cursor.to_string()),
        Value::time(change.committed_at),
        Value::Null,
        Value::Null,
        Value::id(prefix, id),
    ];
    Event { ty: &NO_LONGER_VISIBLE, values }
}

fn subject_of(entity: &EntityModel, id: Uuid) -> Subject {
    Subject { entity: entity.index, id, has_departed: false }
}

/// The names of the fields over the columns that have changed. A relation is named by its key and by itself; relations
/// through other tables, and what is computed from them, are logged by their own names.
pub(super) fn fields_of(entity: &EntityModel, columns: &[String]) -> Vec<&'static str> {
    use entity::model::Member;
    let mut names = Vec::new();
    for (name, member) in &entity.members {
        let is_named = match member {
            Member::Scalar(scalar) => match scalar.column {
                Some(column) => columns.iter().any(|known| known == column),
                None => columns.iter().any(|known| is_spelled(known, name)),
            },
            Member::One(one) => one.there == "id" && columns.iter().any(|known| known == one.here),
            Member::Many(_) => columns.iter().any(|known| is_spelled(known, name)),
            Member::Union(_) => false,
        };
        if is_named {
            names.push(*name);
        }
    }
    names
}

/// Whether a column's name is that of a field.
fn is_spelled(column: &str, field: &str) -> bool {
    let letters = field.chars().flat_map(|letter| {
        let is_capital = letter.is_ascii_uppercase();
        is_capital.then_some('_').into_iter().chain([letter.to_ascii_lowercase()])
    });
    column.chars().eq(letters)
}

impl Drafter<'_> {
    fn draft(&self, change: &Change, event: Event, subject: Option<Subject>, hidden: Option<Event>) -> Draft {
        Draft { event, subject, hidden, owner: None, cursor: change.cursor.to_string().into() }
    }

    fn entity(&self, prefix: &str) -> Option<&'static EntityModel> {
        self.model.by_prefix(prefix)
    }

    /// As an event of the conversation that it is about.
    pub(super) fn of_conversation(&self, change: &Change) -> Option<Draft> {
        let entity = self.entity(&change.entity)?;
        let row = || Value::Row(entity.index, change.row);
        let fields = || Value::texts(fields_of(entity, &change.columns));
        let subject = Some(subject_of(entity, change.row));
        let gone = || gone(change, entity.decl.prefix, change.row);
        // That something has gone is told to who sees the conversation; where that is gone, to who saw it.
        let around = change.parent.and_then(|parent| Some(subject_of(self.entity(CONVERSATION)?, parent)));
        Some(match (change.entity.as_str(), change.kind) {
            (MESSAGE, ChangeKind::Insert) => {
                let client = change.client_message_id.map_or(Value::Null, |id| Value::text(&id.to_string()));
                self.draft(change, event(&MESSAGE_ADDED, change, [client, row()]), subject, None)
            }
            // It came from another conversation.
            (MESSAGE, ChangeKind::Update) if change.columns.iter().any(|column| column == "conversation_id") => {
                self.draft(change, event(&MESSAGE_ADDED, change, [Value::Null, row()]), subject, None)
            }
            (MESSAGE, ChangeKind::Update) => {
                let changed = event(&MESSAGE_CHANGED, change, [fields(), row()]);
                self.draft(change, changed, subject, Some(gone()))
            }
            (NOTE, ChangeKind::Insert) => self.draft(change, event(&NOTE_ADDED, change, [row()]), subject, None),
            (NOTE, ChangeKind::Update) => {
                let changed = event(&NOTE_CHANGED, change, [fields(), row()]);
                self.draft(change, changed, subject, Some(gone()))
            }
            (NOTE, ChangeKind::Delete) => {
                let id = Value::id(entity.decl.prefix, change.row);
                self.draft(change, event(&NOTE_REMOVED, change, [id]), around, None)
            }
            (CONVERSATION, ChangeKind::Insert | ChangeKind::Update) => {
                let changed = event(&CONVERSATION_CHANGED, change, [fields(), row()]);
                self.draft(change, changed, subject, Some(gone()))
            }
            (MESSAGE, ChangeKind::Delete) => self.draft(change, gone(), around, None),
            (CONVERSATION, ChangeKind::Delete) => self.draft(change, gone(), None, None),
            _ => return None,
        })
    }

    /// As a message that was added.
    pub(super) fn of_message(&self, change: &Change) -> Option<Draft> {
        let entity = self.entity(&change.entity)?;
        let is_new = change.kind == ChangeKind::Insert
            || change.kind == ChangeKind::Update && change.columns.iter().any(|column| column == "conversation_id");
        if change.entity != MESSAGE || !is_new {
            return None;
        }
        let event = Event { ty: &ROW, values: vec![Value::Row(entity.index, change.row)] };
        Some(self.draft(change, event, Some(subject_of(entity, change.row)), None))
    }

    /// As what has happened to a view of the inbox.
    pub(super) fn of_view(&self, change: &Change, what: Move) -> Option<Draft> {
        let entity = self.entity(CONVERSATION)?;
        let row = || Value::Row(entity.index, change.row);
        let subject = Some(subject_of(entity, change.row));
        let left = |reason: Reason| {
            let mut left = gone(change, CONVERSATION, change.row);
            left.ty = &CONVERSATION_LEFT;
            left.values.push(Value::text(reason.word()));
            left
        };
        let hidden = || Some(left(Reason::NoLongerVisible));
        Some(match what {
            Move::Entered => self.draft(change, event(&CONVERSATION_ENTERED, change, [row()]), subject, None),
            Move::Changed => {
                let fields = Value::texts(fields_of(entity, &change.columns));
                self.draft(change, event(&CONVERSATION_CHANGED, change, [fields, row()]), subject, hidden())
            }
            Move::Assigned { previous } => {
                let previous = previous.map_or(Value::Null, |user| Value::id("user", user));
                self.draft(change, event(&CONVERSATION_ASSIGNED, change, [previous, row()]), subject, hidden())
            }
            Move::Left(Reason::Deleted) => self.draft(change, left(Reason::Deleted), None, None),
            Move::Left(reason) => {
                let mut event = left(reason);
                event.values[2] = change.user.map_or(Value::Null, |user| Value::id("user", user));
                event.values[3] = Value::maybe_text(change.mutation.as_deref());
                self.draft(change, event, subject, hidden())
            }
        })
    }

    /// As a change of the whole log.
    pub(super) fn of_log(&self, change: &Change) -> Option<Draft> {
        let entity = self.entity(&change.entity)?;
        let row = subject_of(entity, change.row);
        let of = |kind: &str| self.change(change, entity, kind, true);
        // That somebody who has never seen a row hears nothing of it, follows from what may have hidden it.
        let may_hide = || {
            let columns = change.columns.iter().map(String::as_str);
            self.policies.may_hide(entity.decl.table, columns)
        };
        let deleted = || self.change(change, entity, "DELETED", false);
        Some(match change.kind {
            ChangeKind::Insert => self.draft(change, of("CREATED"), Some(row), None),
            ChangeKind::Update => {
                let hidden = may_hide().then(|| self.change(change, entity, "NO_LONGER_VISIBLE", false));
                self.draft(change, of("UPDATED"), Some(row), hidden)
            }
            // It is still there, and who would see it is told.
            ChangeKind::Delete if change.columns.iter().any(|column| column == "deleted_at") => {
                self.draft(change, deleted(), Some(Subject { has_departed: true, ..row }), None)
            }
            // It has been gone before.
            ChangeKind::Delete if !change.columns.is_empty() => return None,
            ChangeKind::Delete => {
                let dependence = self.policies.of_table(entity.decl.table);
                let others = self.policies.others_of_table(entity.decl.table);
                if others.logistics {
                    // Who had it in scope cannot be said any more. All hear that this ID is gone, and nothing else.
                    let mut bare = change.clone();
                    (bare.user, bare.mutation, bare.client_message_id) = (None, None, None);
                    return Some(self.draft(change, self.change(&bare, entity, "DELETED", false), None, None));
                }
                // Whose it was says the log, where it was anybody's.
                let is_owned = dependence.always || dependence.users;
                let owner = is_owned.then(|| Owner::of(change, dependence, others));
                Draft { owner, ..self.draft(change, deleted(), None, None) }
            }
        })
    }

    /// A `Change`; `is_there` says whether there is an object to show.
    fn change(&self, change: &Change, entity: &EntityModel, kind: &str, is_there: bool) -> Event {
        let is_hidden = kind == "NO_LONGER_VISIBLE";
        let known = |value: Value| if is_hidden { Value::Null } else { value };
        let fields = if is_hidden { Vec::new() } else { fields_of(entity, &change.columns) };
        let values = vec![
            Value::text(&change.cursor.to_string()),
            Value::time(change.committed_at),
            Value::text(kind),
            Value::text(&entity.decl.prefix.to_ascii_uppercase()),
            Value::id(entity.decl.prefix, change.row),
            Value::texts(fields),
            known(change.user.map_or(Value::Null, |user| Value::id("user", user))),
            known(Value::maybe_text(change.mutation.as_deref())),
            known(change.client_message_id.map_or(Value::Null, |id| Value::text(&id.to_string()))),
            if is_there { Value::Row(entity.index, change.row) } else { Value::Null },
        ];
        Event { ty: &CHANGE, values }
    }
}

/// The past has been sent.
pub(super) fn ready(cursor: &str, replayed: usize) -> Event {
    let replayed = i64::try_from(replayed).unwrap_or(i64::MAX);
    Event { ty: &STREAM_READY, values: vec![Value::text(cursor), Value::number(replayed)] }
}

/// A sign of life.
pub(super) fn heartbeat(cursor: &str, at: chrono::DateTime<chrono::Utc>) -> Event {
    Event { ty: &STREAM_HEARTBEAT, values: vec![Value::text(cursor), Value::time(at)] }
}

/// The buffer was full.
pub(super) fn gap(cursor: &str) -> Event {
    Event { ty: &STREAM_GAP, values: vec![Value::text(cursor)] }
}
