//! From what the board knows to events.

use std::sync::Arc;

use entity::events::{Event, EventType, Value};
use entity::model::Model;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use uuid::Uuid;

use super::super::{SignalAsk, SignalSource};
use super::ROOM;
use super::types::{CONVERSATION_VIEWER, PRESENCE_SIGNAL, TYPING_CHANGED, USER_PRESENCE, VIEWERS_CHANGED};
use crate::signals::{Place, Present, RoomEvent, Signals, Status};

/// The signals of this node, as the source of subscriptions.
#[derive(Debug)]
pub struct Source {
    signals: Arc<Signals>,
    /// Where users stand in the model.
    users: usize,
    /// The prefix of their IDs.
    prefix: &'static str,
}

impl Source {
    /// Over a board.
    #[must_use]
    pub fn new(signals: Arc<Signals>, model: &Model) -> Self {
        let users = model.by_name("User");
        Self {
            signals,
            users: users.map_or(0, |users| users.index),
            prefix: users.map_or("", |users| users.decl.prefix),
        }
    }
}

impl SignalSource for Source {
    fn open(&self, ask: SignalAsk) -> BoxStream<'static, Event> {
        let events = Events { users: self.users, prefix: self.prefix };
        let (tenant, user) = (ask.viewer.tenant, ask.viewer.user);
        match ask.key {
            Some(conversation) if ask.field == ROOM => {
                let watch = self.signals.watch_room(Place { tenant, conversation }, user);
                stream::unfold(watch, move |mut watch| async move {
                    let event = watch.next().await?;
                    Some((events.of_room(&event), watch))
                })
                .boxed()
            }
            _ => {
                let watch = (self.signals.watch_crowd(tenant, user), true);
                stream::unfold(watch, move |(mut watch, is_snapshot)| async move {
                    let news = watch.next().await?;
                    Some((events.of_crowd(&news, is_snapshot), (watch, false)))
                })
                .boxed()
            }
        }
    }
}

/// Makes events.
#[derive(Clone, Copy)]
struct Events {
    users: usize,
    prefix: &'static str,
}

impl Events {
    fn of_room(self, event: &RoomEvent) -> Event {
        match event {
            RoomEvent::Viewers(viewing) => {
                let list = |users: &std::collections::BTreeSet<Uuid>| {
                    Value::Objects(users.iter().map(|user| self.somebody(&CONVERSATION_VIEWER, *user, [])).collect())
                };
                Event { ty: &VIEWERS_CHANGED, values: vec![list(&viewing.viewers), list(&viewing.answering)] }
            }
            RoomEvent::Typing { user, until } => {
                let values = [Value::flag(until.is_some()), until.map_or(Value::Null, Value::time)];
                self.somebody(&TYPING_CHANGED, *user, values)
            }
        }
    }

    fn of_crowd(self, news: &[Present], is_snapshot: bool) -> Event {
        let users = news.iter().map(|Present { user, status }| {
            let word = match status {
                Status::Online => "ONLINE",
                Status::Away => "AWAY",
                Status::Offline => "OFFLINE",
            };
            self.somebody(&USER_PRESENCE, *user, [Value::text(word)])
        });
        Event { ty: &PRESENCE_SIGNAL, values: vec![Value::flag(is_snapshot), Value::Objects(users.collect())] }
    }

    /// An object that begins with a user.
    fn somebody(self, ty: &'static EventType, user: Uuid, more: impl IntoIterator<Item = Value>) -> Event {
        let mut values = vec![Value::id(self.prefix, user), Value::Row(self.users, user)];
        values.extend(more);
        Event { ty, values }
    }
}
