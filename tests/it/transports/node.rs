//! A gateway behind a port, and a socket to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use mostrador::http::live::connections::LiveConnections;
use mostrador::http::live::settings::LiveSettings;
use mostrador::http::routes::router;
use mostrador::http::server::{Drained, serve};
use mostrador::http::state::{HttpParts, HttpSettings};
use mostrador::ids::SystemIds;
use mostrador::telemetry::metrics::{Metrics, PoolStatus};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::app::TestApp;

/// Longer than anything here takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gateway that serves, and takes the rounds of its log by itself.
pub(super) struct Node {
    pub(super) app: TestApp,
    pub(super) address: SocketAddr,
    rounds: JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
    ended: Option<JoinHandle<Drained>>,
}

impl Node {
    pub(super) async fn of(app: TestApp) -> Self {
        let live = LiveConnections::new(&LiveSettings::default());
        let router = router(HttpParts {
            service: Arc::new(app.gateway.clone()),
            dev_logins: None,
            webhooks: None,
            files: None,
            metrics: Arc::new(Metrics::new(Box::new(PoolStatus::default)).unwrap()),
            ids: Arc::new(SystemIds),
            live: Arc::clone(&live),
            settings: HttpSettings { secure_cookies: false, ..HttpSettings::default() },
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            serve(listener, router, &live, shutdown, PATIENCE).await
        });
        let sequencer = app.sequencer();
        let rounds = tokio::spawn(async move {
            loop {
                // A database that is away is asked again.
                let _ = sequencer.take().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        Self { app, address, rounds, stop: Some(stop), ended: Some(ended) }
    }

    /// Another one over the same database.
    pub(super) async fn beside(&self) -> Self {
        Self::of(self.app.beside(|_| ()).await).await
    }

    /// Asks it to stop.
    pub(super) fn stop(&mut self) -> JoinHandle<Drained> {
        self.stop.take().unwrap().send(()).unwrap();
        self.ended.take().unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.rounds.abort();
    }
}

/// A socket that speaks the protocol.
pub(super) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// A socket that has not said who it is.
    pub(super) async fn open(node: &Node, headers: &[(&'static str, &str)]) -> Self {
        let mut request = format!("ws://{}/graphql", node.address).into_client_request().unwrap();
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let stream = TcpStream::connect(node.address).await.unwrap();
        Self(tokio_tungstenite::client_async(request, stream).await.unwrap().0)
    }

    pub(super) async fn of(node: &Node, token: &str) -> Self {
        let mut socket = Self::open(node, &[]).await;
        socket.introduce(json!({ "authorization": format!("Bearer {token}") })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    pub(super) async fn introduce(&mut self, payload: Value) {
        self.say(json!({ "type": "connection_init", "payload": payload })).await;
    }

    pub(super) async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub(super) async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// The only answer of an operation.
    pub(super) async fn ask(&mut self, query: &str, variables: Value) -> Value {
        self.subscribe("ask", query, variables).await;
        let mut answer = self.hear().await;
        assert_eq!(answer["id"], "ask");
        if answer["type"] == "next" {
            assert_eq!(self.hear().await, json!({ "id": "ask", "type": "complete" }));
        }
        answer["payload"].take()
    }

    pub(super) async fn hear(&mut self) -> Value {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next event of a kind, and none of an error before it.
    pub(super) async fn event(&mut self, root: &str, kind: &str) -> Value {
        loop {
            let message = self.hear().await;
            assert!(message["type"] == "next" && message["payload"].get("errors").is_none(), "{message:#}");
            let event = &message["payload"]["data"][root];
            if event["__typename"] == kind {
                return event.clone();
            }
        }
    }

    /// The code and reason of the close that follows, whatever comes before it.
    pub(super) async fn closed(&mut self) -> (u16, String) {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap() {
                Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.as_str().to_owned()),
                Some(Ok(Message::Close(None)) | Err(_)) | None => panic!("closed without a reason"),
                Some(Ok(_)) => {}
            }
        }
    }
}
