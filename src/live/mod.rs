//! Live subscriptions: from the change log to the documents that clients get.
//!
//! A change is read from the log once per node ([`hub`](self)), matched by index with the subscriptions it concerns, and
//! made into an event. Subscriptions that select the same and whose viewers see the same form a group: the rows in an
//! event are loaded once for a group, and the event is written once. What each subscriber gets is a shared document in a
//! bounded buffer. So what the database does depends on what is written, and not on how many watch.
//!
//! | file | subject |
//! |---|---|
//! | `types`, `roots` | what is in the schema, and how to add to it |
//! | `selection` | selections, their plans, and groups of viewers |
//! | `policies` | whether rows depend on who asks: read from the database's own policies |
//! | `drafts`, `view`, `counts` | what a change is as an event |
//! | `encode`, `documents`, `moments` | loading rows and writing documents |
//! | `sync` | the query `changes`, made of the same drafts |
//! | `hub`, `index`, `matching`, `lane`, `count_task`, `rights` | the task that serves all subscriptions |
//! | `seat`, `feed` | one subscription: its buffer, its past, its stream |
//!
//! A subscription is never told less than the log says: where something cannot be kept for it (its buffer is full, the
//! database fails for good), it ends with the cursor behind which it goes on.

mod count_task;
mod counts;
mod documents;
mod drafts;
mod encode;
mod feed;
mod hub;
mod index;
mod lane;
mod matching;
mod moments;
mod policies;
mod rights;
pub mod roots;
mod seat;
mod selection;
pub mod signals;
mod sync;
pub mod types;
mod view;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_graphql::parser::types::Field;
use async_graphql::{Name, PathSegment, Positioned, ServerError, Value};
use bytes::Bytes;
use entity::database::DbError;
use entity::events::Event;
use entity::kind::Kind;
use entity::model::Model;
use entity::plan::collect::Document;
use entity::plan::{PlanError, coded};
use entity::roots::code_and_sentence;
use entity::sql::Bind;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use uuid::Uuid;

use self::feed::{Feed as FeedStream, PAUSES, Start, filter, opening, page};
use self::hub::Hub;
pub use self::policies::{Dependence, Policies};
use self::roots::{Feed, RootField};
use self::seat::{Subscriber, Topic};
pub use self::selection::Operation;
use self::selection::Plan;
pub use self::sync::CHANGE_PAGE;
use self::view::View;
use crate::access::{Access, Viewer};
use crate::changes::{ChangeLog, Cursor, LogError};
use crate::clock::SharedClock;
use crate::db::{Database, audit_reading};
use crate::token::Identity;

const RESYNC_REQUIRED: &str = "What comes behind this cursor is not kept any more: query everything anew.";

/// In whose name a subscription runs: asked again whenever that matters, because tokens are renewed.
pub type Who = Arc<dyn Fn() -> Identity + Send + Sync>;

/// What live subscriptions are made of.
pub struct LiveParts {
    /// The pool.
    pub database: Database,
    /// The log.
    pub log: Arc<ChangeLog>,
    /// Knows what sessions may do.
    pub access: Arc<Access>,
    /// The time.
    pub clock: SharedClock,
    /// The entities.
    pub model: &'static Model,
    /// What late fields need.
    pub lent: Arc<dyn Any + Send + Sync>,
    /// Bounds.
    pub settings: LiveSettings,
}

/// Bounds of subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveSettings {
    /// Events that wait for one subscriber at most.
    pub buffer_events: usize,
    /// Bytes that wait for one subscriber at most. Documents are shared by subscribers who select the same.
    pub buffer_bytes: usize,
    /// How often a subscriber gets a sign of life.
    pub heartbeat: Duration,
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self { buffer_events: 256, buffer_bytes: 1 << 20, heartbeat: Duration::from_secs(20) }
    }
}

/// The subscriptions of a node. Cheap to clone; rests while there are none.
#[derive(Clone)]
pub struct Live {
    hub: Arc<Hub>,
    signals: Arc<OnceLock<Arc<dyn SignalSource>>>,
}

/// What is subscribed to.
pub struct Ask<'a> {
    /// The root field.
    pub root: &'static RootField,
    /// The root field as it stands in the document.
    pub field: &'a Positioned<Field>,
    /// The operation, of which the field is the only one.
    pub operation: Operation<'a>,
    /// Who asks.
    pub viewer: Arc<Viewer>,
    /// Who that is, now and later.
    pub who: Who,
}

/// Gives the events of root fields that do not come from the log. See [`roots`].
pub trait SignalSource: Send + Sync + 'static {
    /// The events of a subscription, from what holds now. Dropping the stream ends it; its end ends the subscription.
    fn open(&self, ask: SignalAsk) -> BoxStream<'static, Event>;
}

/// A subscription to signals. Its viewer may see what it is about.
#[derive(Debug, Clone)]
pub struct SignalAsk {
    /// The root field.
    pub field: &'static str,
    /// Who asks.
    pub viewer: Arc<Viewer>,
    /// The value of the argument that the root field names as its key.
    pub key: Option<Uuid>,
    /// Of what is stored, the position behind which to begin; `None`: at the beginning.
    pub after: Option<i32>,
}

impl Live {
    /// Without any subscription.
    #[must_use]
    pub fn new(parts: LiveParts) -> Self {
        Self { hub: Arc::new(Hub::new(parts)), signals: Arc::default() }
    }

    /// Says where signals come from. Only the first call counts.
    pub fn hear(&self, source: Arc<dyn SignalSource>) {
        // A second source is a mistake of whoever puts the parts together; the first one stays.
        let _ = self.signals.set(source);
    }

    /// How many subscriptions there are.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.hub.subscriptions()
    }

    /// How many statements subscriptions have taken, those that read the log and find out rights aside.
    #[must_use]
    pub fn loads(&self) -> u32 {
        self.hub.loader.statements()
    }

    /// Begins a subscription.
    ///
    /// # Errors
    /// What is refused: arguments, rights, a cursor behind which the log is not kept any more.
    pub async fn subscribe(&self, ask: Ask<'_>) -> Result<BoxStream<'static, Bytes>, ServerError> {
        let (pos, key) = (ask.field.pos, ask.field.node.response_key().node.clone());
        self.begin(ask, &key).await.map_err(|error| placed(error, &key, pos))
    }

    async fn begin(&self, ask: Ask<'_>, key: &Name) -> Result<BoxStream<'static, Bytes>, ServerError> {
        let hub = &self.hub;
        let pos = ask.field.pos;
        let fault = |error: DbError| {
            let (code, message) = code_and_sentence(&error);
            ServerError { source: Some(Arc::new(error.clone())), ..coded(code, message, Some(pos)) }
        };
        let policies = hub.policies().await.map_err(fault)?;
        let selection = hub.shelf.selection(ask.root, key, ask.operation);
        let plan = hub.shelf.plan(&selection, ask.viewer.rights(hub.clock.now()), policies)?;
        let arguments = Arguments { field: ask.field, document: document(&ask.operation) };
        let topic = self.topic(&ask, arguments).map_err(|why| why.at(pos))?;
        let is_signals = matches!(ask.root.feed, Feed::Signals(_) | Feed::Stored(_));
        let after = if is_signals { None } else { arguments.after().map_err(|why| why.at(pos))? };
        if let (Some(id), Some(about)) = (arguments.key(ask.root), ask.root.about) {
            let id = self.read_id(about, id).map_err(|why| why.at(pos))?;
            self.must_see(&plan, about, id, &ask.viewer).await.map_err(fault)?.map_err(|why| why.at(pos))?;
        }
        let sensitive = plan.events.sensitive();
        if !sensitive.is_empty() {
            let who = (ask.viewer.actor.clone(), ask.viewer.user);
            let by = [("subscription".to_owned(), ask.root.name.into())].into_iter().collect();
            audit_reading(hub.loader.database.clone(), who, &sensitive, &by).await.map_err(fault)?;
        }
        let tenant = ask.viewer.tenant;
        let group = hub.shelf.group(&plan, &ask.viewer);
        let viewer = Arc::clone(&ask.viewer);
        let subscriber = Subscriber::new(hub.new_id(), topic, group, Arc::clone(&viewer), ask.who.clone());
        if is_signals {
            let key = match (arguments.key(ask.root), ask.root.about) {
                (Some(id), Some(about)) => Some(self.read_id(about, id).map_err(|why| why.at(pos))?),
                _ => None,
            };
            let subscriber = Arc::new(subscriber.about(ask.root.about.zip(key)));
            let after = arguments.position().map_err(|why| why.at(pos))?;
            let asked = SignalAsk { field: ask.root.name, viewer, key, after };
            let is_stored = matches!(ask.root.feed, Feed::Stored(_));
            return self.signals(asked, is_stored, subscriber).await.map_err(|why| why.at(pos));
        }
        let subscriber = Arc::new(subscriber);
        let filter = filter(hub, &subscriber);
        let start = match &after {
            // Now is now, and not when the client first reads.
            None => Start::At(hub.join(tenant, &subscriber, None).await),
            Some(from) => {
                let first = page(hub, &subscriber, &filter, from).await;
                Start::Behind(first.map_err(|error| match error {
                    LogError::ResyncRequired => coded("RESYNC_REQUIRED", RESYNC_REQUIRED, Some(pos)),
                    LogError::Invalid => invalid_cursor().at(pos),
                    LogError::Database(error) => fault(error),
                })?)
            }
        };
        let opening = opening(Arc::clone(hub), tenant, Arc::clone(&subscriber), filter, start);
        Ok(FeedStream::new(Arc::clone(hub), tenant, subscriber, opening).boxed())
    }

    fn topic(&self, ask: &Ask<'_>, arguments: Arguments<'_>) -> Result<Topic, PlanError> {
        Ok(match ask.root.feed {
            Feed::Conversation | Feed::Messages => {
                Topic::Conversation(self.read_id("Conversation", arguments.get("conversationId").unwrap_or_default())?)
            }
            Feed::Inbox => Topic::Inbox(View::read(arguments.get("filter").as_ref(), ask.viewer.user)?),
            Feed::Changes => Topic::Changes,
            Feed::Signals(_) | Feed::Stored(_) => Topic::Signals,
        })
    }

    fn read_id(&self, entity: &str, value: Value) -> Result<Uuid, PlanError> {
        let prefix = self.hub.model.by_name(entity).map(|entity| entity.decl.prefix).unwrap_or_default();
        match Kind::Id(prefix).read(&value) {
            Ok(Bind::Uuid(id)) => Ok(id),
            Ok(_) => Err(PlanError::new("INVALID_ID", "An ID is needed.")),
            Err(message) => Err(PlanError::new("INVALID_ID", message)),
        }
    }

    /// What a subscription is about must be visible when it begins.
    async fn must_see(
        &self,
        plan: &Plan,
        about: &str,
        id: Uuid,
        viewer: &Arc<Viewer>,
    ) -> Result<Result<(), PlanError>, DbError> {
        let is_seen = self.hub.sees(plan, about, id, viewer).await?;
        Ok(if is_seen { Ok(()) } else { Err(PlanError::new("NOT_FOUND", rights::no_such(about))) })
    }

    async fn signals(
        &self,
        ask: SignalAsk,
        is_stored: bool,
        subscriber: Arc<Subscriber>,
    ) -> Result<BoxStream<'static, Bytes>, PlanError> {
        let Some(source) = self.signals.get() else {
            return Err(PlanError::new("UNAVAILABLE", "This node knows of no signals."));
        };
        let hub = Arc::clone(&self.hub);
        let tenant = ask.viewer.tenant;
        let events = source.open(ask);
        // Only so that its rights are checked as those of all others.
        hub.join(tenant, &subscriber, None).await;
        let (writer, reader) = (Arc::clone(&hub), Arc::clone(&subscriber));
        let documents = events.filter_map(move |event| {
            let (hub, subscriber) = (Arc::clone(&writer), Arc::clone(&reader));
            async move {
                let mut pause = PAUSES.0;
                loop {
                    let (group, viewer) = {
                        let seat = subscriber.seat();
                        (Arc::clone(&seat.group), Arc::clone(&seat.viewer))
                    };
                    match hub.moments.document(&hub.loader, &group, &event, &viewer).await {
                        Ok(document) => return document,
                        // What is true only now is not sent later: without the database it is left out.
                        Err(_) if !is_stored => return None,
                        Err(DbError::Unavailable(_) | DbError::TimedOut | DbError::Conflict) => {}
                        Err(error) => {
                            let (code, message) = code_and_sentence(&error);
                            subscriber.fail(code, message);
                            return None;
                        }
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSES.1);
                }
            }
        });
        let ended = Arc::clone(&subscriber);
        let documents =
            documents.chain(futures_util::stream::once(async move { ended.close() }).filter_map(std::future::ready));
        Ok(FeedStream::new(hub, tenant, subscriber, documents.boxed()).boxed())
    }
}

/// The arguments of the root field.
#[derive(Clone, Copy)]
struct Arguments<'a> {
    field: &'a Positioned<Field>,
    document: Document<'a>,
}

impl Arguments<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.document.argument(&self.field.node, name).filter(|value| *value != Value::Null)
    }

    fn after(&self) -> Result<Option<Cursor>, PlanError> {
        match self.get("after") {
            None => Ok(None),
            Some(Value::String(text)) => text.parse().map(Some).map_err(|_| invalid_cursor()),
            Some(_) => Err(invalid_cursor()),
        }
    }

    /// The position behind which to begin.
    fn position(&self) -> Result<Option<i32>, PlanError> {
        let wrong = || PlanError::new("VALIDATION", "A position is a whole number that is not negative.");
        match self.get("after") {
            None => Ok(None),
            Some(Value::Number(number)) => {
                let position =
                    number.as_i64().and_then(|number| i32::try_from(number).ok()).filter(|after| *after >= 0);
                position.map(Some).ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }

    /// The ID of what the subscription is about.
    fn key(&self, root: &RootField) -> Option<Value> {
        match root.feed {
            Feed::Conversation | Feed::Messages => self.get("conversationId"),
            Feed::Signals(Some(argument)) | Feed::Stored(argument) => self.get(argument),
            _ => None,
        }
    }
}

fn document<'a>(operation: &Operation<'a>) -> Document<'a> {
    Document { fragments: operation.fragments, variables: operation.variables, operation: operation.operation }
}

fn invalid_cursor() -> PlanError {
    PlanError::cursor("This is not a cursor of the log: give that of an event, or an `eventCursor`.")
}

/// Gives an error the place of the root field, unless it names one below it.
fn placed(mut error: ServerError, key: &Name, pos: async_graphql::Pos) -> ServerError {
    if error.path.is_empty() {
        error.path.push(PathSegment::Field(key.to_string()));
    }
    if error.locations.is_empty() {
        error.locations.push(pos);
    }
    error
}

impl fmt::Debug for Live {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Live").field("subscriptions", &self.subscriptions()).finish_non_exhaustive()
    }
}
