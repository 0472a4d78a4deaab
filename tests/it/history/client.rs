//! Just enough of HTTP and of graphql-transport-ws, over connections that may end at any moment.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// A guard: a node may be frozen for some seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// The answer to an operation; `None` when there is none that says what happened.
pub(crate) async fn ask(address: &str, token: &str, query: &str, variables: &Value) -> Option<Value> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.ok()?;
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let answer: Value = serde_json::from_slice(&bytes[end + 4..]).ok()?;
        let codes = answer["errors"].as_array().into_iter().flatten();
        let mut codes = codes.filter_map(|error| error["extensions"]["code"].as_str());
        // It may have happened or not.
        let is_vague = codes.any(|code| ["UNAVAILABLE", "TIMEOUT", "INTERNAL", "CONFLICT"].contains(&code));
        (!is_vague).then_some(answer)
    };
    tokio::time::timeout(PATIENCE, exchange).await.ok()?
}

/// A subscription on a connection of its own.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

/// What a socket says next.
pub(crate) enum Said {
    /// The result of an event.
    Next(Value),
    /// The subscription has ended, with these errors.
    Ended(Vec<Value>),
    /// The connection has ended.
    Gone,
}

impl Socket {
    /// Connects and subscribes.
    pub(crate) async fn subscribe(address: &str, token: &str, query: &str, variables: &Value) -> Option<Self> {
        let opening = async {
            let mut request = format!("ws://{address}/graphql").into_client_request().ok()?;
            let protocol = tokio_tungstenite::tungstenite::http::HeaderValue::from_static("graphql-transport-ws");
            request.headers_mut().insert("sec-websocket-protocol", protocol);
            let stream = TcpStream::connect(address).await.ok()?;
            stream.set_nodelay(true).ok()?;
            let (socket, _) = tokio_tungstenite::client_async(request, stream).await.ok()?;
            let mut socket = Self(socket);
            let authorization = format!("Bearer {token}");
            socket.send(&json!({ "type": "connection_init", "payload": { "authorization": authorization } })).await?;
            loop {
                let message = socket.receive().await?;
                match message["type"].as_str()? {
                    "connection_ack" => break,
                    "ping" => socket.send(&json!({ "type": "pong" })).await?,
                    _ => return None,
                }
            }
            let payload = json!({ "query": query, "variables": variables });
            socket.send(&json!({ "type": "subscribe", "id": "1", "payload": payload })).await?;
            Some(socket)
        };
        tokio::time::timeout(PATIENCE, opening).await.ok()?
    }

    /// What comes next. May be dropped halfway.
    pub(crate) async fn next(&mut self) -> Said {
        loop {
            let Some(message) = self.receive().await else { return Said::Gone };
            match message["type"].as_str() {
                Some("next") => return Said::Next(message["payload"].clone()),
                Some("complete") => return Said::Ended(Vec::new()),
                Some("error") => return Said::Ended(message["payload"].as_array().cloned().unwrap_or_default()),
                Some("ping") if self.send(&json!({ "type": "pong" })).await.is_some() => {}
                Some("pong") => {}
                _ => return Said::Gone,
            }
        }
    }

    async fn receive(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await? {
                Ok(Message::Text(text)) => return serde_json::from_str(text.as_str()).ok(),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                _ => return None,
            }
        }
    }

    async fn send(&mut self, message: &Value) -> Option<()> {
        self.0.send(Message::text(message.to_string())).await.ok()
    }
}
