//! Fetches the web pages that people want to have indexed. They choose the address, so only those of the public internet
//! are called, redirects included.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use axum::http::{HeaderValue, Request, StatusCode, Uri, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::client::legacy::Error as ClientError;
use url::Url;

use crate::https::{self, HttpsClient};
use crate::outbound::Resolver;

/// Largest page that is read, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// How often a page may say that it is elsewhere.
const MAX_REDIRECTS: usize = 4;

/// How long all of it may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Fetches pages.
#[derive(Clone)]
pub struct PageClient {
    client: HttpsClient<Empty<Bytes>, Resolver>,
    resolver: Resolver,
}

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPage {
    /// The address may not be called.
    Refused,
    /// There is nothing at this address for us, as the server says.
    Missing,
    /// The page is too long.
    TooLong,
    /// It may come later.
    Unavailable,
}

impl PageClient {
    /// Trusts the certificate authorities of this system. Private addresses are called when the operator says so.
    ///
    /// # Errors
    /// A sentence, when the system has none.
    pub fn new(is_private_allowed: bool) -> Result<Self, String> {
        let resolver = Resolver { is_private_allowed };
        Ok(Self { client: https::client(resolver, CONNECT_TIMEOUT, 0)?, resolver })
    }

    /// Fetches a page.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn fetch(&self, address: &str) -> Result<Page, NoPage> {
        match tokio::time::timeout(TIMEOUT, self.follow(address)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(NoPage::Unavailable),
        }
    }

    async fn follow(&self, address: &str) -> Result<Page, NoPage> {
        let mut url = Url::parse(address).map_err(|_| NoPage::Refused)?;
        for _ in 0..=MAX_REDIRECTS {
            if !self.resolver.allows(&url) {
                return Err(NoPage::Refused);
            }
            url.set_fragment(None);
            let uri: Uri = url.as_str().parse().map_err(|_| NoPage::Refused)?;
            let mut request = Request::new(Empty::new());
            *request.uri_mut() = uri;
            let fixed = [
                (header::ACCEPT, "text/html, text/markdown, text/plain, text/csv, application/pdf;q=0.9"),
                (header::USER_AGENT, concat!("Mostrador/", env!("CARGO_PKG_VERSION"))),
            ];
            request.headers_mut().extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
            let response = self.client.request(request).await.map_err(|error| why(&error))?;
            let status = response.status();
            let text_of = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            if status.is_redirection() {
                let next = text_of(header::LOCATION).and_then(|next| url.join(&next).ok());
                url = next.ok_or(NoPage::Missing)?;
                continue;
            }
            if status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
            {
                return Err(NoPage::Unavailable);
            }
            if status != StatusCode::OK {
                return Err(NoPage::Missing);
            }
            let content_type = text_of(header::CONTENT_TYPE).unwrap_or_else(|| "text/html".to_owned());
            return match Limited::new(response.into_body(), MAX_BYTES).collect().await {
                Ok(body) => Ok(Page { content_type, body: body.to_bytes() }),
                Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(NoPage::TooLong),
                Err(_) => Err(NoPage::Unavailable),
            };
        }
        Err(NoPage::Missing)
    }
}

/// Whether the resolver said no, or the network.
fn why(error: &ClientError) -> NoPage {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::PermissionDenied) {
            return NoPage::Refused;
        }
        source = cause.source();
    }
    NoPage::Unavailable
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers each connection with the next of these, and says where it listens.
    async fn server(answers: Vec<String>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        address
    }

    fn answer(head: &str, body: &str) -> String {
        format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn a_page_is_fetched_from_where_it_says_it_is() {
        let answers =
            vec![answer("302 Found\r\nLocation: /there", ""), answer("200 OK\r\nContent-Type: text/plain", "hola")];
        let page = PageClient::new(true).unwrap().fetch(&server(answers).await).await.unwrap();
        assert_eq!((page.content_type.as_str(), &page.body[..]), ("text/plain", &b"hola"[..]));
    }

    #[tokio::test]
    async fn what_is_not_public_is_not_called() {
        let address = server(vec![]).await;
        for address in [address.as_str(), "https://127.0.0.1/", "https://localhost:1/", "https://169.254.169.254/x"] {
            assert_eq!(PageClient::new(false).unwrap().fetch(address).await.unwrap_err(), NoPage::Refused, "{address}");
        }
    }

    #[tokio::test]
    async fn a_redirect_to_another_protocol_is_refused() {
        let answers = vec![answer("302 Found\r\nLocation: file:///etc/passwd", "")];
        let outcome = PageClient::new(true).unwrap().fetch(&server(answers).await).await;
        assert_eq!(outcome.unwrap_err(), NoPage::Refused);
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_there() {
        let client = PageClient::new(true).unwrap();
        let of = |head: &str| vec![answer(head, "")];
        assert_eq!(client.fetch(&server(of("404 Not Found")).await).await.unwrap_err(), NoPage::Missing);
        assert_eq!(client.fetch(&server(of("503 Busy")).await).await.unwrap_err(), NoPage::Unavailable);
        let rounds = vec![answer("302 Found\r\nLocation: /again", ""); MAX_REDIRECTS + 1];
        assert_eq!(client.fetch(&server(rounds).await).await.unwrap_err(), NoPage::Missing);
    }
}
