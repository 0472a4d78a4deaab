//! Measurements in the format of Prometheus.
//!
//! Every label comes from a closed set: operation kinds, outcomes, error codes. Names of
//! operations, tenants and paths are for the logs; as labels they would grow without bound.

use std::fmt;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Encoder, Gauge, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

use super::live::LiveMetrics;

/// The media type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = prometheus::TEXT_FORMAT;

const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
const STATEMENTS: &[f64] = &[0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 32.0, 64.0, 128.0];
const ROWS: &[f64] = &[0.0, 1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0];

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered in full.
    Ok,
    /// Answered, with errors beside the data.
    Errors,
    /// Refused for a reason the client can mend.
    Refused,
    /// Refused for want of a valid token.
    Unauthenticated,
    /// The database could not serve.
    Unavailable,
    /// Out of time.
    Timeout,
    /// A fault of ours.
    Fault,
    /// The client did not wait for the answer.
    ClientLeft,
}

impl Outcome {
    /// The outcome's label in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Errors => "errors",
            Self::Refused => "refused",
            Self::Unauthenticated => "unauthenticated",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Fault => "fault",
            Self::ClientLeft => "client_left",
        }
    }
}

/// One answered GraphQL request.
#[derive(Clone, Copy, Debug)]
pub struct GraphqlRequest<'a> {
    /// `query`, `mutation`, `subscription` or `unknown`.
    pub kind: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub elapsed: Duration,
    /// SQL statements it took.
    pub statements: u32,
    /// Rows these gave or changed.
    pub rows: u64,
    /// Codes of its top-level errors.
    pub codes: &'a [&'static str],
}

/// The connections of the pool at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// Most connections the pool may open.
    pub max: usize,
    /// Connections that are open.
    pub open: usize,
    /// Open connections that nobody uses.
    pub idle: usize,
    /// Requests that wait for a connection.
    pub waiting: usize,
}

/// Asks the pool for its status; called once per scrape.
pub type PoolGauge = Box<dyn Fn() -> PoolStatus + Send + Sync>;

/// All measurements of one gateway.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    errors: IntCounterVec,
    duration: HistogramVec,
    statements: HistogramVec,
    rows: HistogramVec,
    pool_connections: IntGaugeVec,
    pool_max: IntGauge,
    pool_waiting: IntGauge,
    pool: PoolGauge,
    live: LiveMetrics,
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// Only when two measurements have one name, which the tests would show.
    pub fn new(pool: PoolGauge) -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let build = Gauge::with_opts(
            Opts::new("mostrador_build_info", "The running build; always 1.")
                .const_label("version", env!("CARGO_PKG_VERSION")),
        )?;
        build.set(1.0);
        registry.register(Box::new(build))?;
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            let histogram = HistogramVec::new(options, &["kind"])?;
            registry.register(Box::new(histogram.clone()))?;
            Ok::<_, prometheus::Error>(histogram)
        };
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let pool_connections = IntGaugeVec::new(
            Opts::new("mostrador_pool_connections", "Open connections to the database, by state."),
            &["state"],
        )?;
        registry.register(Box::new(pool_connections.clone()))?;
        Ok(Self {
            requests: counter(
                "mostrador_graphql_requests_total",
                "GraphQL requests by kind of operation and outcome.",
                &["kind", "outcome"],
            )?,
            errors: counter(
                "mostrador_graphql_errors_total",
                "GraphQL requests that met a top-level error of this code.",
                &["code"],
            )?,
            duration: histogram(
                "mostrador_graphql_duration_seconds",
                "Time from the request's head to the answer, by kind of operation.",
                SECONDS,
            )?,
            statements: histogram(
                "mostrador_graphql_statements",
                "SQL statements per request, by kind of operation.",
                STATEMENTS,
            )?,
            rows: histogram("mostrador_graphql_rows", "Rows read or written per request, by kind of operation.", ROWS)?,
            pool_connections,
            pool_max: gauge("mostrador_pool_max_connections", "Most connections the pool may open.")?,
            pool_waiting: gauge("mostrador_pool_waiting_requests", "Requests that wait for a connection.")?,
            pool,
            live: LiveMetrics::new(&registry)?,
            registry,
        })
    }

    /// Those of connections that stay open.
    pub fn live(&self) -> &LiveMetrics {
        &self.live
    }

    /// Shows these measurements as well.
    ///
    /// # Errors
    /// Only when two measurements have one name, which the tests would show.
    pub fn add(&self, collector: impl Collector + 'static) -> Result<(), prometheus::Error> {
        self.registry.register(Box::new(collector))
    }

    /// Counts one GraphQL request.
    pub fn record(&self, request: &GraphqlRequest<'_>) {
        self.requests.with_label_values(&[request.kind, request.outcome.as_str()]).inc();
        for code in request.codes {
            self.errors.with_label_values(&[code]).inc();
        }
        let kind = &[request.kind];
        self.duration.with_label_values(kind).observe(request.elapsed.as_secs_f64());
        self.statements.with_label_values(kind).observe(f64::from(request.statements));
        self.rows.with_label_values(kind).observe(request.rows as f64);
    }

    /// All measurements as text.
    pub fn render(&self) -> String {
        let pool = (self.pool)();
        let busy = pool.open.saturating_sub(pool.idle);
        for (state, count) in [("busy", busy), ("idle", pool.idle)] {
            self.pool_connections.with_label_values(&[state]).set(count as i64);
        }
        self.pool_max.set(pool.max as i64);
        self.pool_waiting.set(pool.waiting as i64);
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "the metrics could not be written");
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_the_pool_are_shown() {
        let metrics = Metrics::new(Box::new(|| PoolStatus { max: 8, open: 5, idle: 2, waiting: 1 })).unwrap();
        metrics.record(&GraphqlRequest {
            kind: "query",
            outcome: Outcome::Errors,
            elapsed: Duration::from_millis(3),
            statements: 6,
            rows: 300,
            codes: &["NOT_FOUND"],
        });
        let text = metrics.render();
        for line in [
            "mostrador_graphql_requests_total{kind=\"query\",outcome=\"errors\"} 1",
            "mostrador_graphql_errors_total{code=\"NOT_FOUND\"} 1",
            "mostrador_graphql_duration_seconds_bucket{kind=\"query\",le=\"0.0025\"} 0",
            "mostrador_graphql_duration_seconds_bucket{kind=\"query\",le=\"0.005\"} 1",
            "mostrador_graphql_statements_sum{kind=\"query\"} 6",
            "mostrador_graphql_rows_sum{kind=\"query\"} 300",
            "mostrador_pool_connections{state=\"busy\"} 3",
            "mostrador_pool_connections{state=\"idle\"} 2",
            "mostrador_pool_max_connections 8",
            "mostrador_pool_waiting_requests 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.contains("mostrador_build_info{version=\""));
    }
}
