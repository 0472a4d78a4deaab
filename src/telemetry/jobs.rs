//! Measurements of background jobs. The label `kind` is one of the program's kinds of jobs.

use std::time::Duration;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts};

const SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// What is counted of jobs. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct JobMetrics {
    attempts: IntCounterVec,
    duration: HistogramVec,
    waited: HistogramVec,
    running: IntGauge,
}

impl JobMetrics {
    /// Nothing counted yet.
    ///
    /// # Errors
    /// When a name is not one, which the tests would show.
    pub fn new() -> Result<Self, prometheus::Error> {
        let histogram = |name: &str, help: &str| {
            HistogramVec::new(HistogramOpts::new(name, help).buckets(SECONDS.to_vec()), &["kind"])
        };
        Ok(Self {
            attempts: IntCounterVec::new(
                Opts::new("mostrador_job_attempts_total", "Attempts at jobs by kind and what came of them."),
                &["kind", "outcome"],
            )?,
            duration: histogram("mostrador_job_duration_seconds", "Time that attempts at jobs took, by kind.")?,
            waited: histogram(
                "mostrador_job_wait_seconds",
                "Time from when a job was due until it was taken, by kind.",
            )?,
            running: IntGauge::new("mostrador_jobs_running", "Jobs that this process is doing.")?,
        })
    }

    /// A job was taken, so long after it was due.
    pub fn began(&self, kind: &str, waited: Duration) {
        self.waited.with_label_values(&[kind]).observe(waited.as_secs_f64());
        self.running.inc();
    }

    /// An attempt came to an end. `outcome` is a word from a closed set.
    pub fn ended(&self, kind: &str, outcome: &str, took: Duration) {
        self.running.dec();
        self.attempts.with_label_values(&[kind, outcome]).inc();
        self.duration.with_label_values(&[kind]).observe(took.as_secs_f64());
    }
}

impl Collector for JobMetrics {
    fn desc(&self) -> Vec<&Desc> {
        let parts: [&dyn Collector; 4] = [&self.attempts, &self.duration, &self.waited, &self.running];
        parts.iter().flat_map(|part| part.desc()).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let parts: [&dyn Collector; 4] = [&self.attempts, &self.duration, &self.waited, &self.running];
        parts.iter().flat_map(|part| part.collect()).collect()
    }
}
