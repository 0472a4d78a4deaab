//! Watchers: clients that connect to any node, drop and resume from the last cursor they have seen.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use entity::id::format_id;
use mostrador::changes::Cursor;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::client::{Said, Socket, ask};
use super::dice::Dice;
use super::stage::Stage;
use super::verdict::{Expected, Item, difference};

const CHANGES: &str =
    "subscription($after: String) { changes(types: [CONTACT, CONVERSATION, MESSAGE, INTERNAL_NOTE], after: $after) {
    __typename ... on Change { cursor kind id clientMessageId } ... on StreamReady { cursor }
    ... on StreamHeartbeat { cursor } ... on StreamGap { cursor } } }";
const CONVERSATION: &str = "subscription($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) {
    __typename ... on MessageAdded { cursor clientMessageId message { id } } ... on MessageChanged { cursor message { id } }
    ... on NoteAdded { cursor note { id } } ... on NoteChanged { cursor note { id } } ... on NoteRemoved { cursor noteId }
    ... on ConversationChanged { cursor conversation { id } } ... on NoLongerVisible { cursor id }
    ... on StreamReady { cursor } ... on StreamHeartbeat { cursor } ... on StreamGap { cursor } } }";
const INBOX: &str = "subscription($after: String) { inboxEvents(after: $after) {
    __typename ... on ConversationEntered { cursor conversation { id } } ... on ConversationChanged { cursor conversation { id } }
    ... on ConversationAssigned { cursor conversation { id } } ... on ConversationLeft { cursor conversationId }
    ... on InboxCountsChanged { cursor } ... on StreamReady { cursor } ... on StreamHeartbeat { cursor }
    ... on StreamGap { cursor } } }";
/// What a watcher that comes later begins with: how much there is, and from where to go on, in one snapshot.
const SNAPSHOT: &str = "query($id: ID!) { eventCursor conversation(id: $id) { messages { totalCount } } }";

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Changes {
        business: usize,
    },
    Conversation {
        business: usize,
        conversation: Uuid,
    },
    Inbox {
        business: usize,
    },
    /// The messages of a conversation that are added after a snapshot that showed so many.
    Added {
        business: usize,
        conversation: Uuid,
        before: usize,
    },
}

/// What a watcher has received.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) subject: Subject,
    items: Vec<Item>,
    /// Cursors that came with more than one event.
    doubled: Vec<String>,
    /// Events whose cursor was before that of the event before.
    backwards: Vec<String>,
    connections: usize,
    gaps: usize,
    refusals: Vec<String>,
}

pub(crate) struct Watcher {
    received: Arc<Mutex<Received>>,
    subject: Subject,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Subject {
    pub(crate) const fn business(self) -> usize {
        match self {
            Self::Changes { business }
            | Self::Conversation { business, .. }
            | Self::Inbox { business }
            | Self::Added { business, .. } => business,
        }
    }

    fn subscription(self, after: &str) -> (&'static str, &'static str, Value) {
        match self {
            Self::Changes { .. } => ("changes", CHANGES, json!({ "after": after })),
            Self::Inbox { .. } => ("inboxEvents", INBOX, json!({ "after": after })),
            Self::Conversation { conversation, .. } | Self::Added { conversation, .. } => {
                let id = format_id("conversation", conversation);
                ("conversationEvents", CONVERSATION, json!({ "id": id, "after": after }))
            }
        }
    }
}

impl Watcher {
    /// Begins to watch behind a cursor.
    pub(crate) fn start(stage: &Arc<Stage>, subject: Subject, after: String, dice: Dice) -> Self {
        let received = Arc::new(Mutex::new(Received::of(subject)));
        let (stop, stopped) = watch::channel(false);
        let run = Run {
            stage: Arc::clone(stage),
            subject,
            after,
            dice,
            seen: HashSet::new(),
            received: Arc::clone(&received),
        };
        Self { received, subject, stop, task: tokio::spawn(run.until(stopped)) }
    }

    pub(crate) const fn subject(&self) -> Subject {
        self.subject
    }

    /// Waits until it has received so many, and a moment longer.
    pub(crate) async fn finish(self, expected: usize, patience: Duration) -> Received {
        let deadline = Instant::now() + patience;
        while self.received.lock().unwrap().items.len() < expected
            && Instant::now() < deadline
            && !self.task.is_finished()
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.stop.send_replace(true);
        self.task.await.unwrap();
        Arc::into_inner(self.received).unwrap().into_inner().unwrap()
    }
}

/// Watchers that come in the middle of it all, with a snapshot of their own.
pub(crate) fn start_late(stage: &Arc<Stage>, dice: &mut Dice) -> JoinHandle<Vec<Watcher>> {
    let (stage, mut dice) = (Arc::clone(stage), dice.fork());
    tokio::spawn(async move {
        let mut watchers = Vec::new();
        while watchers.len() < 6 {
            tokio::time::sleep(dice.millis(1_000, 5_000)).await;
            let business = dice.below(stage.businesses.len());
            let place = &stage.businesses[business];
            let conversation = *dice.one_of(&place.conversations);
            let variables = json!({ "id": format_id("conversation", conversation) });
            let addresses = stage.addresses();
            let Some(answer) = ask(dice.one_of::<String>(&addresses), &place.token, SNAPSHOT, &variables).await else {
                continue;
            };
            let before = answer["data"]["conversation"]["messages"]["totalCount"].as_u64();
            let before = usize::try_from(before.unwrap_or_else(|| panic!("{answer:#}"))).unwrap();
            let after = answer["data"]["eventCursor"].as_str().unwrap().to_owned();
            let subject = Subject::Added { business, conversation, before };
            watchers.push(Watcher::start(&stage, subject, after, dice.fork()));
        }
        watchers
    })
}

struct Run {
    stage: Arc<Stage>,
    subject: Subject,
    after: String,
    dice: Dice,
    seen: HashSet<String>,
    received: Arc<Mutex<Received>>,
}

impl Run {
    async fn until(mut self, mut stopped: watch::Receiver<bool>) {
        let addresses = self.stage.addresses();
        while !*stopped.borrow() {
            let address = self.dice.one_of::<String>(&addresses).clone();
            let token = self.stage.businesses[self.subject.business()].token.clone();
            let (field, query, variables) = self.subject.subscription(&self.after);
            let Some(mut socket) = Socket::subscribe(&address, &token, query, &variables).await else {
                tokio::time::sleep(self.dice.millis(50, 300)).await;
                continue;
            };
            self.received.lock().unwrap().connections += 1;
            // Most drop soon, some stay; some fall asleep in between.
            let life =
                if self.dice.once_in(3) { self.dice.millis(5_000, 20_000) } else { self.dice.millis(100, 3_000) };
            let end = tokio::time::Instant::now() + life;
            loop {
                if self.dice.once_in(500) {
                    tokio::time::sleep(self.dice.millis(500, 3_000)).await;
                }
                let said = tokio::select! {
                    said = socket.next() => said,
                    () = tokio::time::sleep_until(end) => break,
                    _ = stopped.changed() => break,
                };
                match said {
                    Said::Next(payload) => self.take(field, &payload),
                    Said::Ended(errors) => {
                        let decisions = errors.iter().filter(|error| !is_passing(error)).map(ToString::to_string);
                        self.received.lock().unwrap().refusals.extend(decisions);
                        tokio::time::sleep(self.dice.millis(20, 200)).await;
                        break;
                    }
                    Said::Gone => break,
                }
            }
        }
    }

    fn take(&mut self, field: &str, payload: &Value) {
        let mut received = self.received.lock().unwrap();
        let event = &payload["data"][field];
        let (Some(cursor), Some(what)) = (event["cursor"].as_str(), event["__typename"].as_str()) else {
            // A subscription that cannot begin says so in a result, and completes; the watcher comes again.
            if !payload["errors"].as_array().is_some_and(|errors| errors.iter().all(is_passing)) {
                received.refusals.push(payload.to_string());
            }
            return;
        };
        let place = |text: &str| {
            text.parse::<Cursor>().unwrap_or_else(|_| panic!("{text:?} is no cursor: {payload}")).position()
        };
        if place(cursor) < place(&self.after) {
            received.backwards.push(what.to_owned());
        }
        cursor.clone_into(&mut self.after);
        received.gaps += usize::from(what == "StreamGap");
        if what.starts_with("Stream") || what == "InboxCountsChanged" {
            return;
        }
        if !self.seen.insert(cursor.to_owned()) {
            received.doubled.push(cursor.to_owned());
        }
        let what = event["kind"].as_str().unwrap_or(what);
        let places = ["/id", "/message/id", "/note/id", "/noteId", "/conversation/id", "/conversationId"].into_iter();
        let id = places.filter_map(|place| event.pointer(place)).find_map(Value::as_str).unwrap_or_default();
        let client = event["clientMessageId"].as_str().map(str::to_owned);
        if !matches!(self.subject, Subject::Added { .. }) || what == "MessageAdded" {
            received.items.push(Item { what: what.to_owned(), id: id.to_owned(), client });
        }
    }
}

/// Whether the same may be asked again in a moment: PostgreSQL is restarted now and then.
fn is_passing(error: &Value) -> bool {
    ["UNAVAILABLE", "TIMEOUT", "INTERNAL"].contains(&error["extensions"]["code"].as_str().unwrap_or_default())
}

impl Received {
    pub(crate) fn of(subject: Subject) -> Self {
        let (items, doubled, backwards, refusals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { subject, items, doubled, backwards, connections: 0, gaps: 0, refusals }
    }

    /// As received by somebody else than a [`Watcher`].
    pub(crate) fn push(&mut self, item: Item) {
        self.items.push(item);
    }

    /// What is wrong with it.
    pub(crate) fn judge(&self, expected: &Expected) -> Result<(), String> {
        let mut wrong: Vec<String> = Vec::new();
        wrong.extend(self.refusals.first().map(|first| format!("{} refusals, as {first}", self.refusals.len())));
        wrong
            .extend(self.doubled.first().map(|first| format!("{} cursors came twice, as {first}", self.doubled.len())));
        wrong.extend(self.backwards.first().map(|first| format!("{} went back, as {first}", self.backwards.len())));
        wrong.extend(difference(expected, &self.items));
        if wrong.is_empty() { Ok(()) } else { Err(format!("{:?}: {}", self.subject, wrong.join("; "))) }
    }
}

impl fmt::Display for Received {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (events, connections, gaps) = (self.items.len(), self.connections, self.gaps);
        write!(formatter, "{:?}: {events} events over {connections} connections, {gaps} gaps", self.subject)
    }
}
