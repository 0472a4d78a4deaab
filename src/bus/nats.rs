//! The bus over a NATS server.
//!
//! The surprising thing: that the client is connected does not mean that it hears. It is only when a question sent to
//! ourselves comes back on this connection that our subscriptions are known to stand; it is asked again every few
//! seconds, so that a server which has fallen silent is noticed.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, Message, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::choice::NatsUrl;
use super::ears::{Ears, Mouth};
use super::{Bus, Topic, Unsaid, fits};

/// How often we ask ourselves whether we hear.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long the question may take to come back.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait before the next attempt to connect: the first time, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// How many messages may wait to be sent.
const WAITING: usize = 8_192;

/// Carries messages over NATS.
#[derive(Debug)]
pub struct NatsBus {
    mouth: Arc<Mouth>,
    outgoing: mpsc::Sender<(String, Bytes)>,
    prefix: String,
    task: JoinHandle<()>,
}

impl NatsBus {
    /// Connects, sooner or later, and stays so for as long as this value exists. Needs a Tokio runtime.
    ///
    /// The id is this node's, different from every other's.
    pub fn new(url: &NatsUrl, node: Uuid) -> Arc<Self> {
        let mouth = Arc::new(Mouth::new());
        let (outgoing, waiting) = mpsc::channel(WAITING);
        let task = tokio::spawn(run(url.clone(), node, Arc::clone(&mouth), waiting));
        Arc::new(Self { mouth, outgoing, prefix: url.prefix().to_owned(), task })
    }
}

impl Bus for NatsBus {
    fn publish(&self, topic: Topic, message: Bytes) -> Result<(), Unsaid> {
        fits(&message)?;
        if !self.mouth.is_connected() {
            return Err(Unsaid::Away);
        }
        let subject = format!("{}.{}", self.prefix, topic.name());
        self.outgoing.try_send((subject, message)).map_err(|_| Unsaid::Busy)
    }

    fn subscribe(&self) -> Ears {
        self.mouth.ears()
    }

    fn is_connected(&self) -> bool {
        self.mouth.is_connected()
    }
}

impl Drop for NatsBus {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(url: NatsUrl, node: Uuid, mouth: Arc<Mouth>, waiting: mpsc::Receiver<(String, Bytes)>) {
    let (tell, events) = mpsc::unbounded_channel();
    let options = ConnectOptions::new()
        .name("mostrador")
        .retry_on_initial_connect()
        .max_reconnects(None)
        .connection_timeout(HEARTBEAT)
        .ping_interval(HEARTBEAT)
        .reconnect_delay_callback(|attempt| {
            let factor = u32::try_from(attempt).unwrap_or(u32::MAX).min(16);
            PAUSES.0.saturating_mul(1_u32 << factor.saturating_sub(1)).min(PAUSES.1)
        })
        .event_callback(move |event| {
            // The receiver is gone only together with all of this.
            let _ = tell.send(event);
            std::future::ready(())
        });
    let client = match options.connect(url.server()).await {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(%error, "the bus cannot be used");
            return;
        }
    };
    let echo = format!("{}-echo.{}", url.prefix(), node.simple());
    let heard = client.subscribe(format!("{}.*", url.prefix())).await;
    let echoes = client.subscribe(echo.clone()).await;
    let (Ok(heard), Ok(echoes)) = (heard, echoes) else {
        tracing::error!("the bus cannot be subscribed to");
        return;
    };
    let (ask, questions) = mpsc::channel(1);
    let line = Line { mouth, echo, ask, asked: 0, asked_at: None };
    // Publishing waits while the server is away, which must not keep us from hearing that.
    tokio::select! {
        () = line.hear(heard, echoes, events) => {}
        () = speak(client, waiting, questions) => {}
    }
}

/// Publishes what is to be said; ends with the bus.
async fn speak(
    client: Client,
    mut waiting: mpsc::Receiver<(String, Bytes)>,
    mut questions: mpsc::Receiver<(String, Bytes)>,
) {
    loop {
        let next = tokio::select! {
            next = questions.recv() => next,
            next = waiting.recv() => next,
        };
        let Some((subject, message)) = next else { return };
        if let Err(error) = client.publish(subject, message).await {
            tracing::warn!(%error, "the bus did not take a message");
        }
    }
}

/// What is known of the connection.
struct Line {
    mouth: Arc<Mouth>,
    echo: String,
    ask: mpsc::Sender<(String, Bytes)>,
    /// The number of the last question.
    asked: u64,
    /// When it was asked, until it is answered.
    asked_at: Option<Instant>,
}

impl Line {
    async fn hear(mut self, mut heard: Subscriber, mut echoes: Subscriber, mut events: mpsc::UnboundedReceiver<Event>) {
        let mut beat = tokio::time::interval(HEARTBEAT);
        loop {
            tokio::select! {
                biased;
                Some(event) = events.recv() => match event {
                    Event::Disconnected | Event::Closed => self.lost("it was closed"),
                    // Some messages were dropped.
                    Event::SlowConsumer(_) => {
                        self.lost("it was too fast for us");
                        self.ask();
                    }
                    Event::Connected => self.ask(),
                    Event::LameDuckMode | Event::Draining | Event::ServerError(_) | Event::ClientError(_) => {}
                },
                Some(message) = echoes.next() => {
                    if message.payload.as_ref() == self.asked.to_be_bytes() {
                        self.asked_at = None;
                        self.mouth.connected(true);
                    }
                }
                message = heard.next() => match message {
                    Some(message) => self.take(message),
                    None => return,
                },
                _ = beat.tick() => match self.asked_at {
                    Some(at) if at.elapsed() >= PATIENCE => {
                        self.lost("it does not answer any more");
                        self.ask();
                    }
                    Some(_) => {}
                    None => self.ask(),
                },
            }
        }
    }

    /// Sends a new question; answers to earlier ones count no more.
    fn ask(&mut self) {
        self.asked += 1;
        self.asked_at = Some(Instant::now());
        // When one is still waiting to be sent, this one counts as not answered, and another follows.
        let _ = self.ask.try_send((self.echo.clone(), Bytes::copy_from_slice(&self.asked.to_be_bytes())));
    }

    fn lost(&self, reason: &'static str) {
        if self.mouth.is_connected() {
            tracing::warn!(reason, "lost the connection of the bus; opening another one");
        }
        self.mouth.connected(false);
    }

    fn take(&self, message: Message) {
        let topic = message.subject.as_str().rsplit('.').next().and_then(Topic::of);
        if let Some(topic) = topic {
            self.mouth.message(topic, message.payload);
        }
    }
}
