//! The table.

use std::fmt::Write;
use std::time::Duration;

use crate::Flood;

/// One phase.
pub(crate) struct Row {
    phase: &'static str,
    latencies: Vec<Duration>,
    attack: Option<(f64, String)>,
}

impl Row {
    pub(crate) fn new(phase: &'static str, latencies: &[Duration]) -> Self {
        let mut latencies = latencies.to_vec();
        latencies.sort_unstable();
        Self { phase, latencies, attack: None }
    }

    pub(crate) fn attacked(phase: &'static str, latencies: &[Duration], flood: &Flood) -> Self {
        let total: u64 = flood.answers.values().sum();
        let answers: Vec<String> = flood.answers.iter().map(|(code, count)| format!("{count} {code}")).collect();
        let rate = total as f64 / flood.elapsed.as_secs_f64();
        Self { attack: Some((rate, answers.join(", "))), ..Self::new(phase, latencies) }
    }

    fn quantile(&self, quantile: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let at = (last as f64 * quantile).round() as usize;
        self.latencies.get(at).map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
    }
}

/// A bystander's latencies in milliseconds, and what the attacker got.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| Attack | bystander's requests | p50 ms | p99 ms | max ms | attempts/s | answers |\n\
         |---|--:|--:|--:|--:|--:|---|\n",
    );
    for row in rows {
        let (rate, answers) = row
            .attack
            .as_ref()
            .map_or_else(Default::default, |(rate, answers)| (format!("{rate:.0}"), answers.as_str()));
        // Writing to a String does not fail.
        let _ = writeln!(
            table,
            "| {} | {} | {:.1} | {:.1} | {:.1} | {rate} | {answers} |",
            row.phase,
            row.latencies.len(),
            row.quantile(0.5),
            row.quantile(0.99),
            row.quantile(1.0),
        );
    }
    table
}
