//! The server to compare with: every socket gets every text that is posted.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::{get, post};
use tokio::sync::broadcast;

use crate::Outcome;

/// Serves until it is killed.
pub(crate) fn serve(listen: SocketAddr) -> Outcome<()> {
    let (events, _) = broadcast::channel(64);
    let router = Router::new()
        .route("/readyz", get(|| async { "ready" }))
        .route("/graphql", get(watch))
        .route("/event", post(publish))
        .with_state(events);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen).await?;
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn publish(State(events): State<broadcast::Sender<Utf8Bytes>>, text: String) -> String {
    events.send(text.into()).map_or_else(|_| "nobody".to_owned(), |watchers| watchers.to_string())
}

async fn watch(State(events): State<broadcast::Sender<Utf8Bytes>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| send(socket, events.subscribe()))
}

async fn send(mut socket: WebSocket, mut events: broadcast::Receiver<Utf8Bytes>) {
    loop {
        tokio::select! {
            event = events.recv() => {
                let Ok(text) = event else { return };
                if socket.send(Message::Text(text)).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => match message {
                // Whatever is said is repeated, so that a client knows it is listened to.
                Some(Ok(message @ Message::Text(_))) => {
                    if socket.send(message).await.is_err() {
                        return;
                    }
                }
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}
