//! S3 over our own HTTP client: the one TLS, the one set of certificate authorities, no further client.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use object_store::ClientOptions;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{
    self, HttpClient, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};

use super::S3Settings;
use crate::https::{self, HttpsClient};

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the store may take to begin its answer, a part of 5 MiB sent included.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Connections to the store that are kept open.
const IDLE_CONNECTIONS: usize = 16;

/// The bucket of these settings.
pub(super) fn store(settings: &S3Settings) -> Result<AmazonS3, String> {
    let calls = https::client(GaiResolver::new(), CONNECT_TIMEOUT, IDLE_CONNECTIONS)
        .map_err(|error| format!("cannot be reached: {error}"))?;
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_http_connector(Connector(calls));
    if let Some(endpoint) = &settings.endpoint {
        builder = builder
            .with_endpoint(endpoint.as_str().trim_end_matches('/'))
            .with_allow_http(endpoint.scheme() == "http")
            .with_virtual_hosted_style_request(false);
    }
    if let Some((id, secret)) = &settings.access_key {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret.expose());
    }
    builder.build().map_err(|error| format!("cannot be used: {error}"))
}

/// Hands out our client, whatever options are asked for.
#[derive(Clone)]
struct Connector(HttpsClient<HttpRequestBody>);

impl client::HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Connector {
    // As `async_trait` writes it.
    fn call<'me, 'call>(
        &'me self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'call>>
    where
        'me: 'call,
        Self: 'call,
    {
        Box::pin(async move {
            match tokio::time::timeout(ANSWER_TIMEOUT, self.0.request(request)).await {
                Ok(Ok(response)) => {
                    let broken = |error: hyper::Error| HttpError::new(HttpErrorKind::Interrupted, error);
                    Ok(response.map(|body| HttpResponseBody::new(body.map_err(broken))))
                }
                Ok(Err(error)) => Err(HttpError::new(kind_of(&error), error)),
                Err(late) => Err(HttpError::new(HttpErrorKind::Timeout, late)),
            }
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Connector")
    }
}

/// Whether it makes sense to ask again.
fn kind_of(error: &legacy::Error) -> HttpErrorKind {
    if error.is_connect() {
        return HttpErrorKind::Connect;
    }
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(hyper) = inner.downcast_ref::<hyper::Error>() {
            return if hyper.is_timeout() { HttpErrorKind::Timeout } else { HttpErrorKind::Interrupted };
        }
        source = inner.source();
    }
    HttpErrorKind::Unknown
}
