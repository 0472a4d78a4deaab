//! The client that calls providers: a limit on time and on size, no redirects, no cookies, no proxies.

use std::error::Error;
use std::io;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use url::Url;

use super::address::Resolver;
use crate::https::{self, HttpsClient};

/// Largest answer that is read, in bytes; of a longer one the status counts.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long what follows the status may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections to one host that are kept open between calls.
const IDLE_CONNECTIONS: usize = 8;

/// A client for addresses that businesses choose.
#[derive(Clone)]
pub(crate) struct Https {
    client: HttpsClient<Full<Bytes>, Resolver>,
    resolver: Resolver,
    timeout: Duration,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<String>,
    /// Empty when it broke off or was too long.
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The address may not be called; nothing was sent.
    Refused,
    /// No connection came about; nothing was sent.
    Unreachable,
    /// Nobody knows whether it was received.
    Uncertain,
    /// No answer in time; nobody knows whether it was received.
    TimedOut,
}

impl Https {
    /// Trusts the certificate authorities of this system, and waits this long for one answer, connecting included.
    ///
    /// # Errors
    /// A sentence, when the system has none.
    pub(crate) fn new(resolver: Resolver, timeout: Duration) -> Result<Self, String> {
        let client = https::client(resolver, timeout.min(CONNECT_TIMEOUT), IDLE_CONNECTIONS)?;
        Ok(Self { client, resolver, timeout })
    }

    /// Posts a JSON document.
    pub(crate) async fn post(&self, url: &Url, headers: HeaderMap, body: Bytes) -> Result<Answer, NoAnswer> {
        self.call(Method::POST, url, headers, body).await
    }

    /// Gets a JSON document.
    pub(crate) async fn get(&self, url: &Url, headers: HeaderMap) -> Result<Answer, NoAnswer> {
        self.call(Method::GET, url, headers, Bytes::new()).await
    }

    /// Calls with any method; what is sent and what comes back are JSON.
    pub(crate) async fn call(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, NoAnswer> {
        if !self.resolver.allows(url) {
            return Err(NoAnswer::Refused);
        }
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = url.as_str().parse().map_err(|_| NoAnswer::Refused)?;
        *request.headers_mut() = headers;
        let fixed = [
            (header::CONTENT_TYPE, "application/json; charset=utf-8"),
            (header::ACCEPT, "application/json"),
            (header::USER_AGENT, concat!("Mostrador/", env!("CARGO_PKG_VERSION"))),
        ];
        request.headers_mut().extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
        let response = match tokio::time::timeout(self.timeout, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if is_refused(&error) => return Err(NoAnswer::Refused),
            Ok(Err(error)) if error.is_connect() => return Err(NoAnswer::Unreachable),
            Ok(Err(_)) => return Err(NoAnswer::Uncertain),
            Err(_) => return Err(NoAnswer::TimedOut),
        };
        let status = response.status();
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        // Whoever sends a status has decided; what it says besides must not make us ask again.
        let body = Limited::new(response.into_body(), MAX_BODY_BYTES).collect();
        let body = match tokio::time::timeout(self.timeout.min(BODY_TIMEOUT), body).await {
            Ok(Ok(body)) => body.to_bytes(),
            _ => Bytes::new(),
        };
        Ok(Answer { status, retry_after, body })
    }
}

/// Whether the resolver said no.
fn is_refused(error: &hyper_util::client::legacy::Error) -> bool {
    let mut source: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = source {
        let refused = error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::PermissionDenied);
        if refused {
            return true;
        }
        source = error.source();
    }
    false
}
