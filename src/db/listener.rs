//! The one connection of a node that listens to notifications of the database, on any number of channels.
//!
//! It says when it begins to hear and when it does not hear any more: what was sent in between is lost, so whoever
//! relies on notifications must not rely on them then. What a node has to say goes out over the same connection, many
//! messages in one transaction: a notification costs a transaction id and a lock that all who notify wait for.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt, poll_fn};
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Client, NoTls};

use super::pool::Database;

/// How often a connection on which nothing is said is asked whether it still lives.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long it may take to answer that.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait before the next attempt to connect: the first time, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// How long after a transaction that notifies the next one may begin; what is said meanwhile goes into that.
const PACE: Duration = Duration::from_millis(2);
/// Most notifications of one transaction.
const BATCH: usize = 1_000;
/// How many notifications may wait to be sent.
const WAITING: usize = 8_192;
/// Longest text of one notification, in bytes; PostgreSQL takes less than 8,000.
pub const LONGEST_NOTICE: usize = 7_500;

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// From now on every message arrives.
    Connected,
    /// A message.
    Message(String),
    /// From now on messages are missed.
    Lost,
}

/// Somebody who is told what is said on a channel. Must not block.
pub trait Hearer: Send + Sync + 'static {
    /// Takes what was heard.
    fn hear(&self, heard: &Heard);
}

/// Why something cannot be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsaid {
    /// There is no connection; nothing waits for the next one.
    Away,
    /// It is longer than [`LONGEST_NOTICE`].
    TooLong,
    /// Too much waits to be sent already.
    Busy,
}

/// Listens and speaks; one per node.
pub struct Listener {
    database: Database,
    hearers: Mutex<Vec<(&'static str, Weak<dyn Hearer>)>>,
    is_connected: AtomicBool,
    outgoing: mpsc::Sender<Notice>,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Notice>>,
}

struct Notice {
    channel: &'static str,
    text: String,
}

impl Listener {
    /// Hears nothing until it runs.
    pub fn new(database: Database) -> Arc<Self> {
        let (outgoing, waiting) = mpsc::channel(WAITING);
        Arc::new(Self {
            database,
            hearers: Mutex::default(),
            is_connected: AtomicBool::new(false),
            outgoing,
            waiting: tokio::sync::Mutex::new(waiting),
        })
    }

    /// Tells somebody, for as long as they exist, what is said on a channel. To be called before [`Listener::run`].
    pub fn add<H: Hearer>(&self, channel: &'static str, hearer: &Arc<H>) {
        let hearer: Weak<dyn Hearer> = Arc::downgrade(hearer) as _;
        self.hearers.lock().unwrap_or_else(PoisonError::into_inner).push((channel, hearer));
    }

    /// Says something on a channel to all nodes, this one included, soon. Nothing tells whether it arrived.
    ///
    /// # Errors
    /// Why it will not be said.
    pub fn say(&self, channel: &'static str, text: String) -> Result<(), Unsaid> {
        if text.len() > LONGEST_NOTICE {
            return Err(Unsaid::TooLong);
        }
        if !self.is_connected.load(Ordering::Acquire) {
            return Err(Unsaid::Away);
        }
        self.outgoing.try_send(Notice { channel, text }).map_err(|_| Unsaid::Busy)
    }

    /// Listens until the pool is closed, on a connection of its own that is opened again whenever it ends.
    pub async fn run(&self) {
        let mut waiting = self.waiting.lock().await;
        let mut pause = PAUSES.0;
        while !self.database.is_closed() {
            if let Ok((client, mut connection)) = self.database.config().connect(NoTls).await {
                let messages = poll_fn(move |context| connection.poll_message(context));
                let reason = self.follow(&client, messages, &mut waiting).await;
                if self.is_connected.swap(false, Ordering::AcqRel) {
                    self.tell(None, &Heard::Lost);
                    pause = PAUSES.0;
                    tracing::warn!(reason, "lost the connection that listens; opening another one");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Hands on what one connection says, and gives it what is to be said; returns why it ended.
    async fn follow(
        &self,
        client: &Client,
        messages: impl Stream<Item = Result<AsyncMessage, tokio_postgres::Error>> + Send,
        waiting: &mut mpsc::Receiver<Notice>,
    ) -> &'static str {
        let mut messages = pin!(messages);
        // The connection does nothing unless its messages are asked for, so that is done beside everything else.
        // A notification need not survive a crash of the server: nobody who hears it does.
        let mut command = "set role mostrador_api; set synchronous_commit = off".to_owned();
        for channel in self.channels() {
            command.push_str("; listen ");
            command.push_str(channel);
        }
        let mut work = pin!(tokio::time::timeout(PATIENCE, client.batch_execute(&command)));
        loop {
            tokio::select! {
                biased;
                message = messages.next() => if let Some(reason) = self.take(message) { return reason },
                done = &mut work => match done {
                    Ok(Ok(())) => break,
                    _ => return "it could not begin to listen",
                },
            }
        }
        self.is_connected.store(true, Ordering::Release);
        self.tell(None, &Heard::Connected);
        let mut speech = pin!(speak(client, waiting));
        let mut heart = pin!(beat(client));
        loop {
            tokio::select! {
                biased;
                message = messages.next() => if let Some(reason) = self.take(message) { return reason },
                reason = &mut speech => return reason,
                reason = &mut heart => return reason,
            }
        }
    }

    /// Takes what came next; gives the reason when nothing more will come.
    fn take(&self, message: Option<Result<AsyncMessage, tokio_postgres::Error>>) -> Option<&'static str> {
        match message {
            Some(Ok(AsyncMessage::Notification(notification))) => {
                self.tell(Some(notification.channel()), &Heard::Message(notification.payload().to_owned()));
                None
            }
            Some(Ok(_)) => None,
            Some(Err(_)) | None => Some("it was closed"),
        }
    }

    /// Tells those of a channel, or of all.
    fn tell(&self, channel: Option<&str>, heard: &Heard) {
        let hearers: Vec<_> = {
            let mut hearers = self.hearers.lock().unwrap_or_else(PoisonError::into_inner);
            hearers.retain(|(_, hearer)| hearer.strong_count() > 0);
            let of_channel = hearers.iter().filter(|(of, _)| channel.is_none_or(|channel| channel == *of));
            of_channel.filter_map(|(_, hearer)| hearer.upgrade()).collect()
        };
        for hearer in hearers {
            hearer.hear(heard);
        }
    }

    fn channels(&self) -> Vec<&'static str> {
        let hearers = self.hearers.lock().unwrap_or_else(PoisonError::into_inner);
        let living = hearers.iter().filter(|(_, hearer)| hearer.strong_count() > 0);
        let mut channels: Vec<_> = living.map(|(channel, _)| *channel).collect();
        channels.sort_unstable();
        channels.dedup();
        channels
    }
}

/// Sends what waits, transaction by transaction; returns why it cannot any more.
async fn speak(client: &Client, waiting: &mut mpsc::Receiver<Notice>) -> &'static str {
    const SAY: &str =
        "select pg_notify(channel, message) from unnest($1::text[], $2::text[]) as said (channel, message)";
    let Ok(statement) = client.prepare(SAY).await else { return "it could not begin to speak" };
    let mut batch = Vec::new();
    loop {
        if waiting.recv_many(&mut batch, BATCH).await == 0 {
            // Only a listener that is gone closes the channel.
            return "nobody speaks any more";
        }
        let (channels, texts): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|Notice { channel, text }| (channel, text)).unzip();
        match tokio::time::timeout(PATIENCE, client.execute(&statement, &[&channels, &texts])).await {
            Ok(Ok(_)) => {}
            // The one that listens must know that something was missed, whatever the reason.
            _ => return "it could not speak",
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Asks again and again whether the connection lives; returns when it does not.
async fn beat(client: &Client) -> &'static str {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        match tokio::time::timeout(PATIENCE, client.simple_query("")).await {
            Ok(Ok(_)) => {}
            _ => return "it does not answer any more",
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Listener").field("is_connected", &self.is_connected).finish_non_exhaustive()
    }
}
