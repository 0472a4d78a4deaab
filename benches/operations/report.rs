//! The table.

use std::fmt::{self, Display, Formatter, Write};
use std::time::Duration;

use crate::load::Measured;
use crate::spread::{middle, spread};

/// What both servers did in one round, as far as they were measured.
pub(crate) struct Round {
    pub(crate) gateway: Option<Measured>,
    pub(crate) other: Option<Measured>,
}

/// All rounds of an operation.
pub(crate) struct Row {
    pub(crate) title: &'static str,
    pub(crate) bar: Option<f64>,
    /// Mean size of an answer.
    pub(crate) bytes: usize,
    pub(crate) rounds: Vec<Round>,
}

impl Measured {
    /// Processor time of everybody who took part in one request.
    fn whole(&self) -> f64 {
        (self.server + self.postgres + self.sender).as_secs_f64()
    }
}

impl Round {
    fn ratio(&self) -> Option<f64> {
        Some(self.gateway?.requests_per_second / self.other?.requests_per_second)
    }

    /// What the ratio would be on a machine that does nothing else and where nobody ever waits.
    fn ratio_of_work(&self) -> Option<f64> {
        Some(self.other?.whole() / self.gateway?.whole())
    }
}

impl Display for Round {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (name, measured) in [("gateway", self.gateway), ("other", self.other)] {
            if let Some(measured) = measured {
                write!(
                    f,
                    "{name} {:.0}/s, {} + {} + {} ms CPU, disturbed {:.0} %; ",
                    measured.requests_per_second,
                    milliseconds(measured.server),
                    milliseconds(measured.postgres),
                    milliseconds(measured.sender),
                    measured.disturbed * 100.0
                )?;
            }
        }
        match (self.ratio(), self.ratio_of_work()) {
            (Some(ratio), Some(work)) => write!(f, "ratio {ratio:.2}, by CPU {work:.2}"),
            _ => f.write_str("no ratio"),
        }
    }
}

/// A Markdown table: medians of the rounds; for the ratios also the lowest and the highest.
pub(crate) fn table(rows: &[Row], other: &str) -> String {
    let mut out = String::from(
        "| operation | answer | requests/s | ratio (min–max) | bar | ratio by CPU | p50 / p99 ms | CPU ms a request: server / PostgreSQL | disturbed |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let gateway: Vec<Measured> = row.rounds.iter().filter_map(|round| round.gateway).collect();
        let compared: Vec<Measured> = row.rounds.iter().filter_map(|round| round.other).collect();
        let both = |show: &dyn Fn(&[Measured]) -> String| {
            let one = |all: &[Measured]| if all.is_empty() { "–".to_owned() } else { show(all) };
            format!("{}; {}", one(&gateway), one(&compared))
        };
        let pair = |first: fn(&Measured) -> Duration, second: fn(&Measured) -> Duration, digits: usize| {
            both(&|all| {
                let [first, second] = [first, second].map(|time| median(all, |one| time(one).as_secs_f64() * 1e3));
                format!("{first:.digits$} / {second:.digits$}")
            })
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| {} | {:.1} kB | {} | **{}** | {} | {} | {} | {} | {} |",
            row.title,
            row.bytes as f64 / 1e3,
            both(&|all| format!("{:.0}", median(all, |one| one.requests_per_second))),
            spread(&row.rounds.iter().filter_map(Round::ratio).collect::<Vec<_>>()),
            row.bar.map_or_else(|| "–".to_owned(), |bar| format!("{bar:.1}")),
            spread(&row.rounds.iter().filter_map(Round::ratio_of_work).collect::<Vec<_>>()),
            pair(|one| one.p50, |one| one.p99, 1),
            pair(|one| one.server, |one| one.postgres, 3),
            both(&|all| format!("{:.0} %", median(all, |one| one.disturbed * 100.0))),
        );
    }
    let _ = writeln!(
        out,
        "\nEach cell: the gateway; {other}. Medians of the rounds. Ratio: requests per second. Ratio by CPU: of the \
         processor time of server, PostgreSQL and sender together. Disturbed: the share of the machine that other \
         programs took meanwhile."
    );
    out
}

fn median(all: &[Measured], value: impl Fn(&Measured) -> f64) -> f64 {
    middle(&all.iter().map(value).collect::<Vec<_>>())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}
