//! Which transactions a snapshot of PostgreSQL shows.

use std::fmt;
use std::str::FromStr;

/// What PostgreSQL calls `pg_snapshot`: the transactions that were committed at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// All transactions below are over.
    xmin: u64,
    /// No transaction from here on is shown.
    xmax: u64,
    /// Between the two: those that were under way, ascending.
    under_way: Vec<u64>,
}

impl Snapshot {
    /// A snapshot of these parts, or `None` when no snapshot has such.
    pub(super) fn new(xmin: u64, xmax: u64, under_way: Vec<u64>) -> Option<Self> {
        let is_ascending = under_way.windows(2).all(|pair| pair[0] < pair[1]);
        let is_within = under_way.iter().all(|xid| (xmin..xmax).contains(xid));
        // Transactions have numbers from 3 on, and no more than fit into a bigint here.
        let is_possible = 0 < xmin && xmin <= xmax && i64::try_from(xmax).is_ok();
        (is_possible && is_ascending && is_within).then_some(Self { xmin, xmax, under_way })
    }

    pub(super) fn parts(&self) -> (u64, u64, &[u64]) {
        (self.xmin, self.xmax, &self.under_way)
    }

    /// Whether it shows what this transaction wrote, should that be committed at all.
    #[must_use]
    pub fn shows(&self, xid: u64) -> bool {
        xid < self.xmin || (xid < self.xmax && self.under_way.binary_search(&xid).is_err())
    }

    /// Whether it shows all that the other one shows.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        // All below xmax are shown but those under way; beyond it only those that the other one does not show either.
        self.under_way.iter().all(|xid| !other.shows(*xid)) && (self.xmax..other.xmax).all(|xid| !other.shows(xid))
    }
}

/// As PostgreSQL writes it: `xmin:xmax:under,way`.
impl fmt::Display for Snapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:", self.xmin, self.xmax)?;
        for (index, xid) in self.under_way.iter().enumerate() {
            write!(formatter, "{}{xid}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

/// This is not a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotASnapshot;

impl FromStr for Snapshot {
    type Err = NotASnapshot;

    fn from_str(text: &str) -> Result<Self, NotASnapshot> {
        let number = |text: &str| text.parse::<u64>().map_err(|_| NotASnapshot);
        let mut parts = text.splitn(3, ':');
        let mut next = || parts.next().ok_or(NotASnapshot);
        let (xmin, xmax, list) = (number(next()?)?, number(next()?)?, next()?);
        let under_way = list.split(',').filter(|xid| !xid.is_empty()).map(number).collect::<Result<_, _>>()?;
        Self::new(xmin, xmax, under_way).ok_or(NotASnapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(text: &str) -> Snapshot {
        text.parse().unwrap()
    }

    #[test]
    fn it_shows_what_was_over_when_it_was_taken() {
        let taken = snapshot("10:15:10,12");
        let shown: Vec<u64> = (8..18).filter(|xid| taken.shows(*xid)).collect();
        assert_eq!(shown, [8, 9, 11, 13, 14]);
        assert_eq!(taken.to_string(), "10:15:10,12");
        assert_eq!(snapshot("7:7:").to_string(), "7:7:");
    }

    #[test]
    fn it_covers_another_one_exactly_when_it_shows_all_that_one_shows() {
        let texts = ["10:15:10,12", "10:15:10", "12:15:12", "10:11:10", "15:15:", "10:17:10,12,15", "11:17:11,15,16"];
        for one in texts.map(snapshot) {
            for other in texts.map(snapshot) {
                let shows_all = (1..30).all(|xid| one.shows(xid) || !other.shows(xid));
                assert_eq!(one.covers(&other), shows_all, "{one} and {other}");
            }
        }
    }

    #[test]
    fn what_is_no_snapshot_is_refused() {
        for text in ["", "1", "1:2", "2:1:", "0:1:", "1:5:7", "1:5:3,2", "a:b:", "1:99999999999999999999:"] {
            assert_eq!(text.parse::<Snapshot>(), Err(NotASnapshot), "{text}");
        }
    }
}
