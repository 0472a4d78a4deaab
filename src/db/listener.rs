//! A connection that listens to notifications of the database.
//!
//! It says when it begins to hear and when it does not hear any more: what was sent in between is lost, so whoever
//! relies on notifications must not rely on them then.

use std::pin::pin;
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt, poll_fn};
use tokio_postgres::{AsyncMessage, Client, NoTls};

use super::pool::Database;

/// How often a connection on which nothing is said is asked whether it still lives.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long it may take to answer that.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait before the next attempt to connect: the first time, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

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

impl Database {
    /// Listens to a channel until the pool is closed, on a connection of its own that is opened again whenever it ends.
    pub async fn listen(&self, channel: &'static str, mut hear: impl FnMut(Heard) + Send) {
        let mut pause = PAUSES.0;
        while !self.is_closed() {
            if let Ok((client, mut connection)) = self.config().connect(NoTls).await {
                let messages = poll_fn(move |context| connection.poll_message(context));
                let mut connected = false;
                let reason = follow(&client, channel, messages, |heard| {
                    connected |= heard == Heard::Connected;
                    hear(heard);
                })
                .await;
                if connected {
                    hear(Heard::Lost);
                    pause = PAUSES.0;
                    tracing::warn!(channel, reason, "lost the connection that listens; opening another one");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}

/// Hands on what one connection says; returns why it ended.
async fn follow(
    client: &Client,
    channel: &str,
    messages: impl Stream<Item = Result<AsyncMessage, tokio_postgres::Error>> + Send,
    mut hear: impl FnMut(Heard) + Send,
) -> &'static str {
    let mut messages = pin!(messages);
    // The connection does nothing unless its messages are asked for, so that is done beside everything else.
    let command = format!("set role mostrador_api; listen {channel}");
    let mut work = pin!(tokio::time::timeout(PATIENCE, client.batch_execute(&command)));
    loop {
        tokio::select! {
            biased;
            message = messages.next() => if let Some(reason) = take(message, &mut hear) { return reason },
            done = &mut work => match done {
                Ok(Ok(())) => break,
                _ => return "it could not begin to listen",
            },
        }
    }
    hear(Heard::Connected);
    loop {
        let mut beat = pin!(async {
            tokio::time::sleep(HEARTBEAT).await;
            tokio::time::timeout(PATIENCE, client.simple_query("")).await
        });
        loop {
            tokio::select! {
                biased;
                message = messages.next() => if let Some(reason) = take(message, &mut hear) { return reason },
                alive = &mut beat => match alive {
                    Ok(Ok(_)) => break,
                    _ => return "it does not answer any more",
                },
            }
        }
    }
}

/// Takes what came next; gives the reason when nothing more will come.
fn take(
    message: Option<Result<AsyncMessage, tokio_postgres::Error>>,
    hear: &mut impl FnMut(Heard),
) -> Option<&'static str> {
    match message {
        Some(Ok(AsyncMessage::Notification(notification))) => {
            hear(Heard::Message(notification.payload().to_owned()));
            None
        }
        Some(Ok(_)) => None,
        Some(Err(_)) | None => Some("it was closed"),
    }
}
