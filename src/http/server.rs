//! Accepts connections, and ends them in good order.
//!
//! Our own loop instead of `axum::serve`, because that sets no limit to the time a client may take
//! for the head of a request, and waits for the last connection for ever.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt;

use super::client_address::Peer;
use super::live::connections::LiveConnections;

/// How long a connection may take to send the head of its next request, the time it is idle
/// included. Longer than the 60 s after which most balancers drop an idle connection, so that
/// they do it first and no request meets a closing one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// How often a silent HTTP/2 client is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// How long what was sent may go without confirmation.
const SILENCE: Duration = Duration::from_secs(60);

/// How long to wait after an accept failed, which happens when the process is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How [`serve`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request that had begun was answered.
    Complete,
    /// The time was over; what was still running was cut off.
    CutOff,
}

/// Serves HTTP/1 and cleartext HTTP/2 until `shutdown`, then refuses new connections, lets running
/// requests and the connections that stay open end for up to `grace`, and cuts off the rest.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    live: &LiveConnections,
    shutdown: impl Future<Output = ()>,
    grace: Duration,
) -> Drained {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(PING_INTERVAL).max_concurrent_streams(128);
    let graceful = GracefulShutdown::new();
    // Dropping the sender ends every connection.
    let (alive, ended) = watch::channel(());

    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            biased;
            () = &mut shutdown => break,
            stream = accept(&listener) => stream,
        };
        let (stream, peer) = stream;
        let with_peer = move |mut request: axum::http::Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            request
        };
        let service = TowerToHyperService::new(router.clone().map_request(with_peer));
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        let connection = graceful.watch(connection.into_owned());
        let mut ended = ended.clone();
        tokio::spawn(async move {
            tokio::select! {
                result = connection => {
                    if let Err(error) = result {
                        // Clients break off all the time; whoever looks for one turns debug on.
                        tracing::debug!(%error, "a connection broke off");
                    }
                }
                _ = ended.changed() => {}
            }
        });
    }

    drop(listener);
    // A WebSocket is no request any more; a stream of events is one that ends when it is asked to.
    let ended = futures_util::future::join(graceful.shutdown(), live.close());
    let drained = match tokio::time::timeout(grace, ended).await {
        Ok(_) => Drained::Complete,
        Err(_) => Drained::CutOff,
    };
    live.cut_off();
    drop(alive);
    drained
}

/// The next connection. Failing to accept one is no reason to give up the others.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are written at once; waiting for more to send would only delay them.
                if let Err(error) = stream.set_nodelay(true).and_then(|()| give_up_after(&stream, SILENCE)) {
                    tracing::debug!(%error, "a connection broke off");
                }
                return (stream, peer);
            }
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Lets the system end a connection whose other end has confirmed nothing of what was sent for this long. It would wait
/// a quarter of an hour by itself, which is what a stream of events to a phone in a tunnel would last.
#[cfg(target_os = "linux")]
fn give_up_after(stream: &TcpStream, silence: Duration) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};
    let milliseconds = u32::try_from(silence.as_millis()).unwrap_or(u32::MAX);
    setsockopt(stream, sockopt::TcpUserTimeout, &milliseconds).map_err(io::Error::from)
}

/// Other systems have no such limit.
#[cfg(not(target_os = "linux"))]
fn give_up_after(_: &TcpStream, _: Duration) -> io::Result<()> {
    Ok(())
}

fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests;
