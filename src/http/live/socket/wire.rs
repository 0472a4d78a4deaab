//! A socket as messages: what comes in is read one by one, what goes out is collected and then flushed.

use std::borrow::Cow;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use serde_json::json;
use tokio::time::{Instant, timeout};

use super::super::close::{self, Close};
use super::super::message::{self, ClientMessage};
use super::super::rate::Rate;
use crate::http::state::HttpState;
use crate::telemetry::live::Transport;

/// How long a client may take to answer the end of its socket.
const LAST_WORD: Duration = Duration::from_secs(2);

/// A socket.
pub(super) struct Wire {
    socket: WebSocket,
    state: HttpState,
    rate: Rate,
    /// Something was sent that is not flushed.
    is_dirty: bool,
    heard_at: Instant,
    received: u32,
    sent: u32,
}

/// Why a socket ends.
#[derive(Debug)]
pub(super) enum Ended {
    /// The client is to be told.
    Close(Close, Cow<'static, str>),
    /// There is nobody to tell; the label says why.
    Gone(&'static str),
}

/// Something that came in.
pub(super) enum Incoming {
    /// A message of the protocol.
    Message(ClientMessage),
    /// A sign of life.
    Alive,
}

impl Ended {
    pub(super) fn close(close: Close, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Close(close, reason.into())
    }

    /// This node stops. The client is told how long to wait before it connects anew; told at random, so that they do
    /// not all come back at once.
    pub(super) fn restart(state: &HttpState) -> Self {
        Self::close(Close::Restart, reconnect(state).to_string())
    }
}

/// What a client is told when this node stops.
pub(super) fn reconnect(state: &HttpState) -> serde_json::Value {
    json!({ "code": "RECONNECT", "delayMs": crate::http::live::reconnect_delay(state).as_millis() as u64 })
}

impl Wire {
    pub(super) fn new(socket: WebSocket, state: &HttpState) -> Self {
        let live = &state.settings().live;
        let now = Instant::now();
        Self {
            socket,
            rate: Rate::new(live.max_messages_per_second, live.burst(), now),
            state: state.clone(),
            is_dirty: false,
            heard_at: now,
            received: 0,
            sent: 0,
        }
    }

    /// When the client was last heard of.
    pub(super) fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// Begins to wait for the client anew.
    pub(super) fn excuse_silence(&mut self) {
        self.heard_at = Instant::now();
    }

    /// How many messages have come in.
    pub(super) fn received(&self) -> u32 {
        self.received
    }

    /// How many messages have gone out.
    pub(super) fn sent(&self) -> u32 {
        self.sent
    }

    /// Whether something waits to be flushed.
    pub(super) fn is_dirty(&self) -> bool {
        self.is_dirty
    }

    /// The next message.
    pub(super) async fn receive(&mut self) -> Result<ClientMessage, Ended> {
        loop {
            if let Incoming::Message(message) = std::future::poll_fn(|context| self.poll_incoming(context)).await? {
                return Ok(message);
            }
        }
    }

    /// The next thing that comes in.
    pub(super) fn poll_incoming(&mut self, context: &mut Context<'_>) -> Poll<Result<Incoming, Ended>> {
        let frame = match self.socket.poll_next_unpin(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(frame) => frame,
        };
        self.heard_at = Instant::now();
        Poll::Ready(self.read(frame))
    }

    fn read(&mut self, frame: Option<Result<Message, axum::Error>>) -> Result<Incoming, Ended> {
        let frame = match frame {
            None => return Err(Ended::Gone("broken")),
            Some(Err(error)) => return Err(broken(error)),
            Some(Ok(frame)) => frame,
        };
        self.received = self.received.saturating_add(1);
        self.state.metrics().live().received(Transport::WebSocket);
        if !self.rate.take(self.heard_at) {
            return Err(Ended::close(Close::TooManyMessages, "Too many messages"));
        }
        match frame {
            Message::Text(text) => match message::parse(&text) {
                Ok(message) => Ok(Incoming::Message(message)),
                Err(problem) => Err(Ended::close(Close::BadRequest, problem)),
            },
            Message::Binary(_) => Err(Ended::close(Close::BadRequest, "Messages must be texts")),
            // Reading a ping has put the answer to it on its way.
            Message::Ping(_) => {
                self.is_dirty = true;
                Ok(Incoming::Alive)
            }
            Message::Pong(_) => Ok(Incoming::Alive),
            Message::Close(_) => Err(Ended::Gone("client_closed")),
        }
    }

    /// Sends a message with the next flush.
    pub(super) async fn send(&mut self, text: Vec<u8>) -> Result<(), Ended> {
        // Ours are UTF-8; a subscription's that is not would end its socket, and no other.
        let text = String::from_utf8(text).map_err(|_| Ended::close(Close::Internal, "Something went wrong"))?;
        self.send_text(text).await
    }

    /// Sends a message with the next flush.
    pub(super) async fn send_text(&mut self, text: String) -> Result<(), Ended> {
        self.sent = self.sent.saturating_add(1);
        self.state.metrics().live().sent(Transport::WebSocket);
        self.put(Message::Text(Utf8Bytes::from(text))).await
    }

    /// Asks the client's software, not the client, whether it is there.
    pub(super) async fn ping(&mut self) -> Result<(), Ended> {
        self.put(Message::Ping(Bytes::new())).await
    }

    async fn put(&mut self, message: Message) -> Result<(), Ended> {
        self.is_dirty = true;
        let limit = self.state.settings().live.ping_interval;
        match timeout(limit, self.socket.feed(message)).await {
            Ok(sent) => sent.map_err(broken),
            Err(_) => Err(Ended::Gone("too_slow")),
        }
    }

    /// Hands everything over to the network.
    pub(super) async fn flush(&mut self) -> Result<(), Ended> {
        let limit = self.state.settings().live.ping_interval;
        match timeout(limit, self.socket.flush()).await {
            Ok(flushed) => {
                self.is_dirty = false;
                flushed.map_err(broken)
            }
            Err(_) => Err(Ended::Gone("too_slow")),
        }
    }

    /// Ends the socket, and tells the client why where it can be told. Gives the reason's label.
    pub(super) async fn end(&mut self, ended: Ended) -> &'static str {
        let (close, reason) = match ended {
            Ended::Gone(reason) => {
                if reason == "client_closed" {
                    // The answer to a close is on its way when the close was read.
                    let _ = timeout(LAST_WORD, self.socket.flush()).await;
                }
                return reason;
            }
            Ended::Close(close, reason) => (close, close::reason(reason)),
        };
        let frame = CloseFrame { code: close.code(), reason: Utf8Bytes::from(reason.into_owned()) };
        let farewell = async {
            self.socket.send(Message::Close(Some(frame))).await?;
            // Whoever hangs up while something is unread resets the connection, and the reset overtakes the reason.
            while let Some(frame) = self.socket.next().await {
                frame?;
            }
            Ok::<_, axum::Error>(())
        };
        // Nothing is left to be done about a client that does not listen.
        let _ = timeout(LAST_WORD, farewell.boxed()).await;
        close.as_str()
    }
}

/// What an error of the socket means.
fn broken(error: axum::Error) -> Ended {
    let error = error.into_inner();
    let text = error.to_string();
    tracing::debug!(error = text, "a socket broke");
    // The library's own type is not ours to name: axum chooses its version.
    if text.contains("too long") || text.contains("too big") {
        return Ended::close(Close::TooLarge, "The message is larger than the limit");
    }
    if text.contains("UTF-8") || text.contains("utf-8") {
        return Ended::close(Close::BadRequest, "Messages must be texts");
    }
    Ended::Gone("broken")
}
