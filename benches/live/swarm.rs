//! Those who watch: many sockets that do nothing but read, and note when which event came.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::Outcome;

/// How many sockets are opened at the same time.
const AT_A_TIME: usize = 32;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An event that came to one of them.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) number: usize,
    pub(crate) at: Instant,
}

/// Sockets that are open until this is dropped.
pub(crate) struct Swarm {
    tasks: JoinSet<()>,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    arrived: mpsc::UnboundedSender<Arrival>,
    /// The last text that was an event.
    pub(crate) sample: Arc<std::sync::Mutex<String>>,
}

/// What each of them says.
#[derive(Clone)]
pub(crate) enum Greeting {
    /// Nothing: all get everything.
    Bare,
    /// A subscription to a conversation.
    Watch { token: Arc<str>, conversation: Arc<str> },
}

impl Swarm {
    pub(crate) fn new() -> Self {
        let (arrived, arrivals) = mpsc::unbounded_channel();
        Self { tasks: JoinSet::new(), arrivals, arrived, sample: Arc::default() }
    }

    /// Opens a socket for each greeting; returns when all are listened to.
    pub(crate) async fn open(&mut self, address: SocketAddr, greetings: Vec<Greeting>) -> Outcome<()> {
        let turns = Arc::new(Semaphore::new(AT_A_TIME));
        let mut opening = JoinSet::new();
        for greeting in greetings {
            let turn = Arc::clone(&turns).acquire_owned().await?;
            opening.spawn(async move {
                let socket = tokio::time::timeout(PATIENCE, open(address, &greeting)).await??;
                drop(turn);
                Outcome::Ok(socket)
            });
        }
        while let Some(socket) = opening.join_next().await {
            self.tasks.spawn(watch(socket??, self.arrived.clone(), Arc::clone(&self.sample)));
        }
        Ok(())
    }

    /// How many are open.
    pub(crate) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Waits until an event has come to so many; gives the times it took each since then.
    pub(crate) async fn latencies(&mut self, number: usize, since: Instant, count: usize) -> Outcome<Vec<Duration>> {
        let mut latencies = Vec::with_capacity(count);
        let collect = async {
            while latencies.len() < count {
                let Some(arrival) = self.arrivals.recv().await else { break };
                if arrival.number == number {
                    latencies.push(arrival.at.saturating_duration_since(since));
                }
            }
        };
        if tokio::time::timeout(PATIENCE, collect).await.is_err() {
            return Err(format!("event {number} came to {} watchers of {count}", latencies.len()).into());
        }
        latencies.sort_unstable();
        Ok(latencies)
    }

    /// The events that have come and nobody has asked for.
    pub(crate) fn pending(&mut self) -> usize {
        let mut count = 0;
        while self.arrivals.try_recv().is_ok() {
            count += 1;
        }
        count
    }
}

async fn open(address: SocketAddr, greeting: &Greeting) -> Outcome<WebSocketStream<TcpStream>> {
    let mut request = format!("ws://{address}/graphql").into_client_request()?;
    if matches!(greeting, Greeting::Watch { .. }) {
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
    }
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(2048).write_buffer_size(0);
    let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    match greeting {
        Greeting::Bare => {
            socket.send(Message::text("hello")).await?;
            expect(&mut socket, "hello").await?;
        }
        Greeting::Watch { token, conversation } => {
            let payload = json!({ "authorization": format!("Bearer {token}") });
            let init = json!({ "type": "connection_init", "payload": payload });
            socket.send(Message::text(init.to_string())).await?;
            expect(&mut socket, "connection_ack").await?;
            let query = "subscription Watch($id: ID!) {
                conversationEvents(conversationId: $id) {
                    __typename
                    ... on MessageAdded {
                        cursor committedAt userId clientMessageId
                        message { id content contentType senderType deliveryStatus createdAt }
                    }
                    ... on StreamReady { cursor replayed }
                }
            }";
            let payload = json!({ "query": query, "variables": { "id": &**conversation } });
            let subscribe = json!({ "type": "subscribe", "id": "1", "payload": payload });
            socket.send(Message::text(subscribe.to_string())).await?;
            expect(&mut socket, "StreamReady").await?;
        }
    }
    Ok(socket)
}

async fn expect(socket: &mut WebSocketStream<TcpStream>, wanted: &str) -> Outcome<()> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) if text.contains(wanted) => return Ok(()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => return Err(format!("{wanted} was expected, not {other:?}").into()),
        }
    }
}

async fn watch(
    mut socket: WebSocketStream<TcpStream>,
    arrived: mpsc::UnboundedSender<Arrival>,
    sample: Arc<std::sync::Mutex<String>>,
) {
    // Reading answers pings as well.
    while let Some(Ok(message)) = socket.next().await {
        let at = Instant::now();
        let Message::Text(text) = message else { continue };
        let Some(number) = number_of(&text) else { continue };
        if let Ok(mut sample) = sample.try_lock()
            && sample.is_empty()
        {
            sample.push_str(&text);
        }
        if arrived.send(Arrival { number, at }).is_err() {
            return;
        }
    }
}

/// The number in the content of a message.
pub(crate) fn number_of(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("\"event ")?;
    rest.split_once(';')?.0.parse().ok()
}
