//! What is asked of GraphQL from outside: run one operation, keep one running, and say whether that is possible now.
//!
//! The HTTP layer sees this and no schema, no Diesel and no pool; its tests stand a fake behind it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

pub use super::live_caller::{LiveCaller, Renewal, Renewed, is_same_person};
pub use crate::request::{Caller, Cookies, cookie_names};
pub use crate::token::Identity;

/// Runs GraphQL operations.
pub trait GraphqlService: Send + Sync + 'static {
    /// Runs one operation. Never panics on purpose; every failure is an [`Answer`].
    ///
    /// The future may be dropped at any await point when the client leaves or the request times
    /// out; nothing of the request may outlive it on a connection.
    fn execute(&self, call: Call) -> BoxFuture<'static, Answer>;

    /// Whether a call asks for a subscription, so that it is for [`subscribe`](Self::subscribe) and not for
    /// [`execute`](Self::execute). Also false for what cannot be understood: executing it says why.
    fn is_subscription(&self, call: &Call) -> bool;

    /// Says who is behind the credentials of a connection that stays open: the token, or the cookie with its proof, is
    /// valid and its session lives.
    ///
    /// # Errors
    /// The answer for the client; nobody is refused like somebody with a wrong token.
    fn identify(&self, credentials: Credentials) -> BoxFuture<'static, Result<Identified, Answer>>;

    /// Begins a subscription in the name of whom the caller stands for, now and after each renewal.
    ///
    /// Dropping the future, or later the stream, ends it at once. The stream may be left unread for any time: it holds
    /// what it has up to its own bound and then says so by its last document.
    ///
    /// # Errors
    /// The answer for the client when nothing began: refused documents, missing rights.
    fn subscribe(&self, call: Call, caller: LiveCaller) -> BoxFuture<'static, Result<Subscribed, Answer>>;

    /// Whether operations can be answered now. The reason of a failure is shown to strangers by
    /// `/readyz`, so it holds no address and no secret.
    fn ready(&self) -> BoxFuture<'static, Result<(), String>>;
}

/// One well-formed GraphQL request.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The document's text.
    pub query: String,
    /// Which operation of the document to run; `None` when it holds only one.
    pub operation_name: Option<String>,
    /// The variables; `None` stands for no variables.
    pub variables: Option<serde_json::Map<String, serde_json::Value>>,
    /// The protocol extensions of the request.
    pub extensions: Option<serde_json::Map<String, serde_json::Value>>,
    /// True for GET: anything but a query must be answered with [`AnswerKind::MutationOverGet`].
    pub queries_only: bool,
    /// The bearer token as sent, not yet verified.
    pub bearer: Option<String>,
    /// Who is at the other end, cookies included.
    pub caller: Caller,
    /// Names the request in logs and in the `requestId` of every error.
    pub request_id: RequestId,
}

/// What proves who opens a connection that stays, or who renews its token.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The bearer token as sent, not yet verified. It wins over cookies.
    pub bearer: Option<String>,
    /// Who is at the other end, cookies included.
    pub caller: Caller,
    /// Names the request in logs and in the `requestId` of every error.
    pub request_id: RequestId,
}

/// Who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identified {
    /// Who, in which session and tenant.
    pub identity: Identity,
    /// How long the token works from now on, by the gateway's clock.
    pub expires_in: Duration,
}

/// A subscription that has begun.
pub struct Subscribed {
    /// Complete JSON documents of GraphQL responses, one per event; the end of the stream completes the subscription.
    pub events: BoxStream<'static, Bytes>,
    /// What logs and metrics may know of its beginning.
    pub summary: OperationSummary,
}

/// The answer to a [`Call`].
#[derive(Clone, Debug)]
pub struct Answer {
    /// The complete JSON document for the client.
    pub body: Bytes,
    /// What happened; decides the HTTP status.
    pub kind: AnswerKind,
    /// What logs and metrics may know.
    pub summary: OperationSummary,
    /// `Set-Cookie` headers for the client's browser.
    pub cookies: Vec<String>,
}

/// What became of an operation, as far as HTTP is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// The operation ran: the document has the key `data`, maybe null, maybe with errors.
    Executed,
    /// The document, its variables or the choice of the operation were refused before anything
    /// ran (parse, validation, limits): no `data`.
    RequestError,
    /// The bearer token is missing where one is needed, or not valid.
    Unauthenticated,
    /// A page asks that may not use the browser's cookies, or does not prove that it may.
    Forbidden,
    /// Too many attempts; the client may try again after so many seconds.
    RateLimited(u32),
    /// A GET asked for something that is not a query.
    MutationOverGet,
    /// The database or the pool could not serve in time; the client may try again.
    Unavailable,
    /// A fault of ours before anything ran.
    Internal,
}

/// What logs and metrics may know of an operation: never values, never the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperationSummary {
    /// Name of the operation that ran, when it has one.
    pub operation_name: Option<String>,
    /// Kind of the operation that ran; `None` when the document was refused before it was known.
    pub operation_kind: Option<OperationKind>,
    /// The tenant in whose name it ran.
    pub tenant: Option<String>,
    /// How many SQL statements it took, those of the transaction aside.
    pub statements: u32,
    /// How many rows these gave or changed.
    pub rows: u64,
    /// How many errors the document carries at its top level.
    pub errors: u32,
    /// The distinct `extensions.code`s of these errors. Static, because they label metrics and a
    /// label must come from a closed set.
    pub codes: Vec<&'static str>,
}

/// The kind of a GraphQL operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes, then reads.
    Mutation,
    /// Reads until somebody hangs up.
    Subscription,
}

impl fmt::Debug for Subscribed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Subscribed").field("summary", &self.summary).finish_non_exhaustive()
    }
}

impl OperationKind {
    /// The kind's keyword in a document, which is also its label in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

/// Names one request in logs, in the `x-request-id` header and in error documents.
///
/// Made by [`RequestId::accept`] from a client's header or from a fresh UUID; always at most
/// [`RequestId::MAX_LENGTH`] bytes of letters, digits and `-_.:`, so it can stand in a log line or
/// a header as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Longest id taken from a client, in bytes.
    pub const MAX_LENGTH: usize = 128;

    /// Takes a client's id when it is a sane token.
    pub fn accept(text: &str) -> Option<Self> {
        let sane = (1..=Self::MAX_LENGTH).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        sane.then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<uuid::Uuid> for RequestId {
    fn from(id: uuid::Uuid) -> Self {
        let mut buffer = uuid::Uuid::encode_buffer();
        let text: &str = id.hyphenated().encode_lower(&mut buffer);
        Self(text.into())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_request_id_is_taken_and_any_other_refused() {
        for good in ["a", "0191f3c2-aa", "trace:1.2_3", &"x".repeat(128)] {
            assert_eq!(RequestId::accept(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\nb", "ü", "\"", "<script>", &"x".repeat(129)] {
            assert_eq!(RequestId::accept(bad), None, "{bad:?}");
        }
    }
}
