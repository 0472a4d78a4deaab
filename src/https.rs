//! The HTTPS client that all calls to others are made with: HTTP/1.1, the certificate authorities of this system, no
//! redirects, no cookies, no proxies. Each room adds its own limits: whom it calls, how long it waits, how much it reads.

use std::sync::Arc;
use std::time::Duration;

use axum::body::HttpBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};

/// How long a connection that nobody uses is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A client that finds addresses with `R`: by default as this system does.
pub type HttpsClient<B, R = GaiResolver> = Client<HttpsConnector<HttpConnector<R>>, B>;

/// A client that waits this long for a connection and keeps so many unused ones to each host. It also speaks plain HTTP:
/// the caller, or the resolver, says where that is enough.
///
/// # Errors
/// A sentence, when the certificate authorities of this system cannot be read.
pub fn client<B, R>(
    resolver: R,
    connect_timeout: Duration,
    idle_connections: usize,
) -> Result<HttpsClient<B, R>, String>
where
    B: HttpBody + Send,
    B::Data: Send,
    HttpsConnector<HttpConnector<R>>: Connect + Clone,
{
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(connect_timeout));
    tcp.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider)
        .map_err(|error| format!("the system's certificate authorities cannot be read: {error}"))?
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(idle_connections)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_timer(TokioTimer::new())
        .build(connector))
}
