//! The client that calls services of models: a limit on time, no redirects, no cookies, no proxies. Unlike the addresses
//! that businesses choose, this one is the operator's, so it may be on this machine and without TLS.

use std::fmt;
use std::time::Duration;

use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use url::Url;

use super::{ApiKey, ModelError};
use crate::https::{self, HttpsClient};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that are kept open between calls.
const IDLE_CONNECTIONS: usize = 8;

/// A client of one service.
#[derive(Clone)]
pub(super) struct Https {
    client: HttpsClient<Full<Bytes>>,
    authorization: Option<HeaderValue>,
    timeout: Duration,
}

impl Https {
    /// Trusts the certificate authorities of this system, and waits this long for the beginning of an answer and for each
    /// further piece.
    pub(super) fn new(key: Option<&ApiKey>, timeout: Duration) -> Result<Self, String> {
        let client = https::client(GaiResolver::new(), timeout.min(CONNECT_TIMEOUT), IDLE_CONNECTIONS)?;
        let authorization = match key {
            None => None,
            Some(key) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
                    .map_err(|_| "MODEL_API_KEY cannot stand in a header".to_owned())?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        Ok(Self { client, authorization, timeout })
    }

    /// Posts a JSON document and waits for the beginning of the answer, which is one that went well.
    pub(super) async fn post(
        &self,
        url: &Url,
        accept: &'static str,
        body: Bytes,
    ) -> Result<Response<Incoming>, ModelError> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url.as_str().parse().map_err(|_| ModelError::Unreachable)?;
        let fixed = [
            (header::CONTENT_TYPE, "application/json"),
            (header::ACCEPT, accept),
            (header::USER_AGENT, concat!("Mostrador/", env!("CARGO_PKG_VERSION"))),
        ];
        request.headers_mut().extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
        }
        let response = match tokio::time::timeout(self.timeout, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() => return Err(ModelError::Unreachable),
            Ok(Err(_)) => return Err(ModelError::CutOff),
            Err(_) => return Err(ModelError::TimedOut),
        };
        match refusal(&response) {
            None => Ok(response),
            Some(error) => Err(error),
        }
    }

    /// The next piece of an answer; `None` at its end.
    pub(super) async fn next(&self, body: &mut Incoming) -> Result<Option<Bytes>, ModelError> {
        loop {
            match tokio::time::timeout(self.timeout, body.frame()).await {
                Err(_) => return Err(ModelError::TimedOut),
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(ModelError::CutOff),
                // Trailers say nothing.
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// A whole answer of at most this many bytes.
    pub(super) async fn whole(&self, body: Incoming, most: usize) -> Result<Bytes, ModelError> {
        match tokio::time::timeout(self.timeout, Limited::new(body, most).collect()).await {
            Err(_) => Err(ModelError::TimedOut),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(ModelError::Malformed),
            Ok(Err(_)) => Err(ModelError::CutOff),
            Ok(Ok(body)) => Ok(body.to_bytes()),
        }
    }
}

/// What a status other than success means. What the service writes besides may quote what it was asked, so it is not read.
fn refusal<B>(response: &Response<B>) -> Option<ModelError> {
    let status = response.status();
    if status.is_success() {
        return None;
    }
    Some(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ModelError::Credentials,
        StatusCode::NOT_FOUND => ModelError::UnknownModel,
        StatusCode::TOO_MANY_REQUESTS => ModelError::Busy { after: retry_after(response) },
        StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT | StatusCode::TOO_EARLY => ModelError::Unavailable,
        status if status.is_client_error() => ModelError::Rejected,
        // An API does not move by itself, so a redirect is as wrong as a failure.
        _ => ModelError::Unavailable,
    })
}

/// Only seconds: services of models send nothing else.
fn retry_after<B>(response: &Response<B>) -> Option<Duration> {
    let seconds: u64 = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(3600)))
}

impl fmt::Debug for Https {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Https").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
