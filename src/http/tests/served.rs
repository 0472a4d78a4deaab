//! A fake gateway behind a real port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::TestGateway;
use super::fake::FakeService;
use crate::http::live::connections::LiveConnections;
use crate::http::server::{Drained, serve};
use crate::http::state::HttpParts;

pub(super) struct Served {
    pub(super) address: SocketAddr,
    pub(super) service: Arc<FakeService>,
    pub(super) live: Arc<LiveConnections>,
    stop: Option<oneshot::Sender<()>>,
    ended: Option<JoinHandle<Drained>>,
}

impl Served {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut HttpParts)) -> Self {
        let gateway = TestGateway::with(change);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (router, live) = (gateway.router, Arc::clone(&gateway.live));
        let ended = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            serve(listener, router, &live, shutdown, Duration::from_secs(20)).await
        });
        Self { address, service: gateway.service, live: gateway.live, stop: Some(stop), ended: Some(ended) }
    }

    /// Asks it to stop.
    pub(super) fn stop(mut self) -> JoinHandle<Drained> {
        self.stop.take().unwrap().send(()).unwrap();
        self.ended.take().unwrap()
    }

    pub(super) async fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }
}
