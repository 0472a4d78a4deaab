//! One log line and one set of measurements per operation of a connection that stays.
//!
//! An operation with one answer is written down as a request is; a subscription is measured when it begins and written
//! down when it ends, whoever ends it.

use std::time::Instant;

use crate::http::observe::{Observed, outcome_of, printable};
use crate::http::service::{Answer, OperationKind, OperationSummary, RequestId};
use crate::http::state::HttpState;
use crate::telemetry::live::{Counted, Transport};
use crate::telemetry::metrics::{GraphqlRequest, Outcome};

/// An operation that runs. Dropping one that has not ended says that its client left or stopped it.
pub(super) struct Record {
    state: HttpState,
    transport: Transport,
    /// Names the operation.
    pub(super) request_id: RequestId,
    connection_id: RequestId,
    started: Instant,
    observed: Option<Box<Observed>>,
    subscription: Option<Counted>,
    events: u64,
    is_left: bool,
}

impl Record {
    /// An operation that begins now.
    pub(super) fn new(state: &HttpState, transport: Transport, connection_id: &RequestId) -> Self {
        Self {
            state: state.clone(),
            transport,
            request_id: RequestId::from(state.ids().next()),
            connection_id: connection_id.clone(),
            started: Instant::now(),
            observed: None,
            subscription: None,
            events: 0,
            is_left: false,
        }
    }

    /// It was answered, or refused.
    pub(super) fn answered(&mut self, answer: &mut Answer) {
        let summary = std::mem::take(&mut answer.summary);
        self.measure(outcome_of(answer.kind, summary.errors), summary);
    }

    /// It is a subscription, and has begun.
    pub(super) fn subscribed(&mut self, summary: OperationSummary) {
        self.subscription = Some(self.state.metrics().live().subscription(self.transport));
        self.measure(Outcome::Ok, summary);
    }

    /// Nothing has begun: the request that brought it is written down, and that is all.
    pub(super) fn leave(mut self) {
        self.is_left = true;
    }

    /// A document of it goes to the client.
    pub(super) fn event(&mut self) {
        self.events += 1;
    }

    fn measure(&mut self, outcome: Outcome, summary: OperationSummary) {
        self.state.metrics().record(&GraphqlRequest {
            kind: summary.operation_kind.map_or("unknown", OperationKind::as_str),
            outcome,
            elapsed: self.started.elapsed(),
            statements: summary.statements,
            rows: summary.rows,
            codes: &summary.codes,
        });
        self.observed = Some(Box::new(Observed { outcome, summary }));
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.is_left {
            return;
        }
        if self.observed.is_none() {
            self.measure(Outcome::ClientLeft, OperationSummary::default());
        }
        let Some(Observed { outcome, summary }) = self.observed.as_deref() else { return };
        // A macro, because tracing fixes the level of an event at compile time.
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "mostrador::request",
                    transport = self.transport.as_str(),
                    request.id = self.request_id.as_str(),
                    connection.id = self.connection_id.as_str(),
                    outcome = outcome.as_str(),
                    operation.name = summary.operation_name.as_deref().map(printable),
                    operation.kind = summary.operation_kind.map_or("unknown", OperationKind::as_str),
                    tenant = summary.tenant.as_deref(),
                    duration_ms = (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3,
                    statements = summary.statements,
                    rows = summary.rows,
                    errors = summary.errors,
                    codes = summary.codes.join(","),
                    events = self.events,
                )
            };
        }
        match outcome {
            Outcome::Fault | Outcome::Unavailable | Outcome::Timeout => line!(warn),
            _ => line!(info),
        }
    }
}
