//! One log line and one set of measurements per request.
//!
//! Both are written from the same facts, and also for the client that leaves before the answer.
//! Values, the query's text and tokens never get here.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::response::Response;

use super::routes;
use super::service::{AnswerKind, OperationKind, OperationSummary, RequestId};
use super::state::HttpState;
use crate::telemetry::metrics::{GraphqlRequest, Metrics, Outcome};

/// What a handler lets this middleware know, as an extension of its response.
#[derive(Clone, Debug)]
pub struct Observed {
    /// How the request ended.
    pub outcome: Outcome,
    /// What ran.
    pub summary: OperationSummary,
}

/// Says, as an extension of a response, that the operations behind it are written down by themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened;

/// How an answered operation counts.
pub(super) fn outcome_of(kind: AnswerKind, errors: u32) -> Outcome {
    match kind {
        AnswerKind::Executed if errors == 0 => Outcome::Ok,
        AnswerKind::Executed => Outcome::Errors,
        AnswerKind::RequestError | AnswerKind::Forbidden | AnswerKind::RateLimited(_) | AnswerKind::MutationOverGet => {
            Outcome::Refused
        }
        AnswerKind::Unauthenticated => Outcome::Unauthenticated,
        AnswerKind::Unavailable => Outcome::Unavailable,
        AnswerKind::Internal => Outcome::Fault,
    }
}

/// A request that is being answered. Dropping it unfinished means that its client left.
pub(super) struct Record {
    state: HttpState,
    request_id: RequestId,
    method: Method,
    route: Option<MatchedPath>,
    started: Instant,
    finished: bool,
    opened: bool,
}

/// The status logged for a client that left, as nginx has it; nobody receives it.
const CLIENT_LEFT: u16 = 499;

impl Record {
    /// A request that begins now.
    pub(super) fn new(state: HttpState, request_id: RequestId, request: &Request) -> Self {
        Self {
            state,
            request_id,
            method: request.method().clone(),
            // The route's pattern: a path of the client's could be any text.
            route: request.extensions().get::<MatchedPath>().cloned(),
            started: Instant::now(),
            finished: false,
            opened: false,
        }
    }

    /// Writes down how it ended.
    pub(super) fn finish(mut self, response: &Response) {
        self.finished = true;
        let status = response.status();
        self.opened = response.extensions().get::<Opened>().is_some();
        if let Some(observed) = response.extensions().get::<Observed>() {
            return self.write(status.as_u16(), observed);
        }
        let outcome = if status.is_server_error() {
            Outcome::Fault
        } else if status.is_client_error() {
            Outcome::Refused
        } else {
            Outcome::Ok
        };
        self.write(status.as_u16(), &Observed { outcome, summary: OperationSummary::default() });
    }

    fn write(&self, status: u16, observed: &Observed) {
        let elapsed = self.started.elapsed();
        let route = self.route.as_ref().map_or("unmatched", MatchedPath::as_str);
        let summary = &observed.summary;
        let kind = summary.operation_kind.map_or("unknown", OperationKind::as_str);
        let is_graphql = route == routes::GRAPHQL || route == routes::GRAPHQL_STREAM;
        if is_graphql && !self.opened {
            let metrics: &Metrics = self.state.metrics();
            metrics.record(&GraphqlRequest {
                kind,
                outcome: observed.outcome,
                elapsed,
                statements: summary.statements,
                rows: summary.rows,
                codes: &summary.codes,
            });
        }
        // A macro, because tracing fixes the level of an event at compile time.
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "mostrador::request",
                    method = self.method.as_str(),
                    request.id = self.request_id.as_str(),
                    route,
                    status,
                    outcome = observed.outcome.as_str(),
                    operation.name = summary.operation_name.as_deref().map(printable),
                    operation.kind = kind,
                    tenant = summary.tenant.as_deref(),
                    duration_ms = (elapsed.as_secs_f64() * 1e6).round() / 1e3,
                    statements = summary.statements,
                    rows = summary.rows,
                    errors = summary.errors,
                    codes = summary.codes.join(","),
                )
            };
        }
        match observed.outcome {
            Outcome::Fault | Outcome::Unavailable | Outcome::Timeout => line!(warn),
            _ if is_graphql || self.route.is_none() => line!(info),
            // Probes and scrapes come every few seconds and say nothing when all is well.
            _ => line!(debug),
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.finished {
            let observed = Observed { outcome: Outcome::ClientLeft, summary: OperationSummary::default() };
            self.write(CLIENT_LEFT, &observed);
        }
    }
}

/// An operation's name as it may stand in a log: at most 64 bytes, and a name at all. Anything
/// else was made up by the client and is not repeated.
pub(super) fn printable(name: &str) -> &str {
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name { &name[..name.len().min(64)] } else { "?" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bounded_name_is_logged() {
        assert_eq!(printable("Inbox_2"), "Inbox_2");
        assert_eq!(printable(&"a".repeat(1000)).len(), 64);
        for bad in ["", "a\nb", "ñandú", "a b", "\u{1b}[31m"] {
            assert_eq!(printable(bad), "?");
        }
    }
}
