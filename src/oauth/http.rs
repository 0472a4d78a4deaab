//! The HTTPS client that speaks to providers: a limit on time and on size, no redirects, no cookies, no proxies.

use std::time::Duration;

use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::connect::dns::GaiResolver;
use url::Url;

use super::OauthError;
use super::provider::is_trustworthy;
use crate::https::{self, HttpsClient};

/// Largest answer, in bytes. Discovery documents and key sets have a few thousand.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// Connections to one host that are kept open between calls.
const IDLE_CONNECTIONS: usize = 2;

/// A client for the addresses of configured providers.
#[derive(Clone)]
pub(super) struct Https {
    client: HttpsClient<Full<Bytes>>,
    timeout: Duration,
}

/// An answer, whatever its status.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl Https {
    /// Trusts the certificate authorities of this system, and waits this long for one answer, connecting included.
    ///
    /// # Errors
    /// A sentence, when the system has none.
    pub(super) fn new(timeout: Duration) -> Result<Self, String> {
        // `send` decides where http is enough.
        let client = https::client(GaiResolver::new(), timeout, IDLE_CONNECTIONS)?;
        Ok(Self { client, timeout })
    }

    /// Reads a JSON document.
    pub(super) async fn get(&self, url: &Url) -> Result<Answer, OauthError> {
        self.send(request(Method::GET, url)?, Bytes::new()).await
    }

    /// Posts a form, with an `Authorization` header when there is one.
    pub(super) async fn post_form(
        &self,
        url: &Url,
        form: String,
        authorization: Option<HeaderValue>,
    ) -> Result<Answer, OauthError> {
        let mut request = request(Method::POST, url)?
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        self.send(request, form.into()).await
    }

    /// Calls with an access token; what is posted is JSON.
    pub(super) async fn call(
        &self,
        method: Method,
        url: &Url,
        authorization: HeaderValue,
        idempotency_key: Option<&str>,
        body: Bytes,
    ) -> Result<Answer, OauthError> {
        let mut request = request(method, url)?.header(header::AUTHORIZATION, authorization);
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        }
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        self.send(request, body).await
    }

    async fn send(&self, request: axum::http::request::Builder, body: Bytes) -> Result<Answer, OauthError> {
        let request = request.body(Full::new(body)).map_err(|_| OauthError::NotProven("an address is not one"))?;
        let exchange = async {
            let response =
                self.client.request(request).await.map_err(|_| OauthError::Unavailable("it cannot be reached"))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), MAX_BODY_BYTES)
                .collect()
                .await
                .map_err(|_| OauthError::Unavailable("its answer broke off or is too large"))?
                .to_bytes();
            Ok(Answer { status, body })
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(OauthError::Unavailable("it does not answer in time")),
        }
    }
}

impl Answer {
    /// The JSON of an answer that went well.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, OauthError> {
        if self.status != StatusCode::OK {
            return Err(OauthError::Unavailable("it answers with an error"));
        }
        serde_json::from_slice(&self.body).map_err(|_| OauthError::Unavailable("its answer cannot be read"))
    }
}

fn request(method: Method, url: &Url) -> Result<axum::http::request::Builder, OauthError> {
    if !is_trustworthy(url) {
        return Err(OauthError::NotProven("an address is neither https nor on this machine"));
    }
    Ok(Request::builder().method(method).uri(url.as_str()).header(header::ACCEPT, "application/json"))
}
