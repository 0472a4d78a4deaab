//! The table.

use std::fmt::{self, Display, Formatter, Write};
use std::time::Duration;

use crate::load::Measured;

/// What both servers did in one round, as far as they were measured.
pub(crate) struct Round {
    pub(crate) gateway: Option<Measured>,
    pub(crate) baseline: Option<Measured>,
}

/// All rounds of an operation.
pub(crate) struct Row {
    pub(crate) title: &'static str,
    pub(crate) bar: Option<f64>,
    /// Mean size of an answer.
    pub(crate) bytes: usize,
    pub(crate) rounds: Vec<Round>,
}

impl Round {
    fn ratio(&self) -> Option<f64> {
        Some(self.gateway?.requests_per_second / self.baseline?.requests_per_second)
    }
}

impl Display for Round {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (name, measured) in [("gateway", self.gateway), ("baseline", self.baseline)] {
            if let Some(measured) = measured {
                write!(
                    f,
                    "{name} {:.0}/s, {} / {} ms CPU; ",
                    measured.requests_per_second,
                    milliseconds(measured.server),
                    milliseconds(measured.postgres)
                )?;
            }
        }
        match self.ratio() {
            Some(ratio) => write!(f, "ratio {ratio:.2}"),
            None => f.write_str("no ratio"),
        }
    }
}

/// A Markdown table: medians of the rounds; for the ratio also the lowest and the highest.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "| operation | answer | requests/s | ratio (min–max) | bar | p50 / p99 ms | CPU ms a request: server / PostgreSQL |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let gateway: Vec<Measured> = row.rounds.iter().filter_map(|round| round.gateway).collect();
        let baseline: Vec<Measured> = row.rounds.iter().filter_map(|round| round.baseline).collect();
        let ratios: Vec<f64> = row.rounds.iter().filter_map(Round::ratio).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| {} | {:.1} kB | {} | {} | {} | {} | {} |",
            row.title,
            row.bytes as f64 / 1e3,
            both(&gateway, &baseline, |all| format!("{:.0}", median(all, |one| one.requests_per_second))),
            spread(ratios),
            row.bar.map_or_else(|| "–".to_owned(), |bar| format!("{bar:.1}")),
            both(&gateway, &baseline, |all| {
                let times = |time: fn(&Measured) -> Duration| median(all, |one| time(one).as_secs_f64() * 1e3);
                format!("{:.1} / {:.1}", times(|one| one.p50), times(|one| one.p99))
            }),
            both(&gateway, &baseline, |all| {
                let times = |time: fn(&Measured) -> Duration| median(all, |one| time(one).as_secs_f64() * 1e3);
                format!("{:.3} / {:.3}", times(|one| one.server), times(|one| one.postgres))
            }),
        );
    }
    out.push_str("\nEach cell: gateway, then the baseline; medians of the rounds.\n");
    out
}

fn both(gateway: &[Measured], baseline: &[Measured], show: impl Fn(&[Measured]) -> String) -> String {
    let one = |all: &[Measured]| if all.is_empty() { "–".to_owned() } else { show(all) };
    format!("{}; {}", one(gateway), one(baseline))
}

fn median(all: &[Measured], value: impl Fn(&Measured) -> f64) -> f64 {
    middle(all.iter().map(value).collect())
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => f64::midpoint(values[half - 1], values[half]),
        _ => values[half],
    }
}

fn spread(ratios: Vec<f64>) -> String {
    if ratios.is_empty() {
        return "–".to_owned();
    }
    let low = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let high = ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("**{:.2}** ({low:.2}–{high:.2})", middle(ratios))
}

fn milliseconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}
