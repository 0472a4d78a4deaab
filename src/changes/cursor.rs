//! A place in the log, as clients keep it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::change::Change;
use super::snapshot::Snapshot;

/// The form of cursors; another one gets another number.
const FORM: u8 = 1;
/// Longest text that is looked at. A snapshot has as many transactions as PostgreSQL has connections at most.
const MAX_LENGTH: usize = 16 * 1024;

/// A place in the log of one database: all changes are before it or behind it.
///
/// Its text is opaque to clients. It stays valid as long as the log keeps what comes behind it, also over restarts and on
/// other nodes; on another database it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Which log: the beginning of its id.
    pub(super) log: u64,
    /// A round of it.
    pub(super) round: i64,
    /// When that was taken, in microseconds since 1970. After a return to an older backup there is another round of the
    /// same number.
    pub(super) moment: i64,
    /// The last change of that round that is before the place; [`i64::MAX`] for all of them.
    pub(super) seq: i64,
    /// What a query has seen, whose changes are before the place too although they may be in later rounds.
    pub(super) seen: Option<Arc<Snapshot>>,
}

/// This is not a cursor of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCursor;

impl Cursor {
    /// The part of a log's id that cursors carry.
    pub(super) fn log_of(id: Uuid) -> u64 {
        id.as_u64_pair().0
    }

    /// Whether a change of the same log is behind this place.
    #[must_use]
    pub fn is_before(&self, change: &Change) -> bool {
        (self.round, self.seq) < (change.round.id, change.seq)
            && !self.seen.as_ref().is_some_and(|seen| seen.shows(change.xid))
    }

    /// The place right behind a change that is behind this one.
    #[must_use]
    pub fn moved_to(&self, change: &Change) -> Self {
        // What is left of the round may have been seen already, unless all that was seen is in earlier ones.
        let seen = self.seen.as_ref().filter(|seen| !change.round.base.covers(seen));
        Self { seen: seen.cloned(), ..change.cursor.clone() }
    }

    /// The place at the end of a round, coming from this one; what has been seen is kept until that round shows it.
    pub(super) fn moved_to_end_of(&self, round: i64, moment: i64, snapshot: &Snapshot) -> Self {
        let seen = self.seen.as_ref().filter(|seen| !snapshot.covers(seen));
        Self { log: self.log, round, moment, seq: i64::MAX, seen: seen.cloned() }
    }

    /// Whether all changes behind it in the order are behind it: it carries nothing that a query has seen beyond.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.seen.is_none()
    }

    /// Round and number within it: the order of places of one log.
    #[must_use]
    pub const fn position(&self) -> (i64, i64) {
        (self.round, self.seq)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![FORM];
        bytes.extend_from_slice(&self.log.to_be_bytes());
        // The end of a round is shorter than any of its changes, because it is what most clients keep.
        let seq = if self.seq == i64::MAX { 0 } else { self.seq.cast_unsigned() };
        for number in [self.round.cast_unsigned(), self.moment.cast_unsigned(), seq] {
            write_number(number, &mut bytes);
        }
        if let Some(seen) = &self.seen {
            let (xmin, xmax, under_way) = seen.parts();
            write_number(xmin, &mut bytes);
            write_number(xmax - xmin, &mut bytes);
            let mut last = xmin;
            for xid in under_way {
                write_number(xid - last, &mut bytes);
                last = *xid;
            }
        }
        bytes.extend_from_slice(&check(&bytes));
        formatter.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let (bytes, sum) = bytes.split_last_chunk::<2>().ok_or(InvalidCursor)?;
        if *sum != check(bytes) {
            return Err(InvalidCursor);
        }
        let (&[form], rest) = bytes.split_first_chunk::<1>().ok_or(InvalidCursor)?;
        let (log, mut rest) = rest.split_first_chunk::<8>().ok_or(InvalidCursor)?;
        if form != FORM {
            return Err(InvalidCursor);
        }
        let mut number = || read_number(&mut rest);
        let signed = |number: u64| i64::try_from(number).map_err(|_| InvalidCursor);
        let (round, moment, seq) = (signed(number()?)?, signed(number()?)?, signed(number()?)?);
        let seq = if seq == 0 { i64::MAX } else { seq };
        let seen = if rest.is_empty() { None } else { Some(Arc::new(read_snapshot(&mut rest)?)) };
        Ok(Self { log: u64::from_be_bytes(*log), round, moment, seq, seen })
    }
}

/// Tells a cursor from one that was cut off, which might be read as another place. Who makes one up harms nobody else.
fn check(bytes: &[u8]) -> [u8; 2] {
    // FNV-1a, folded.
    let sum = bytes.iter().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let [a, b, c, d] = sum.to_be_bytes();
    [a ^ c, b ^ d]
}

fn read_snapshot(bytes: &mut &[u8]) -> Result<Snapshot, InvalidCursor> {
    let xmin = read_number(bytes)?;
    let xmax = xmin.checked_add(read_number(bytes)?).ok_or(InvalidCursor)?;
    let (mut under_way, mut last) = (Vec::new(), xmin);
    while !bytes.is_empty() {
        last = last.checked_add(read_number(bytes)?).ok_or(InvalidCursor)?;
        under_way.push(last);
    }
    Snapshot::new(xmin, xmax, under_way).ok_or(InvalidCursor)
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn write_number(mut number: u64, bytes: &mut Vec<u8>) {
    loop {
        let [low, ..] = (number & 0x7f).to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn read_number(bytes: &mut &[u8]) -> Result<u64, InvalidCursor> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(InvalidCursor)?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        // Bits that do not fit would make another cursor of the same text.
        if part != 0 && part.leading_zeros() < shift {
            return Err(InvalidCursor);
        }
        number |= part << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(InvalidCursor)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(
            (log, round, moment, seq) in (any::<u64>(), 0..=i64::MAX, 0..=i64::MAX, 1..=i64::MAX),
            seen in proptest::option::of((1u64..1 << 62, proptest::collection::btree_set(0u64..1 << 40, 0..40))),
        ) {
            let seen = seen.map(|(xmin, offsets)| {
                let under_way: Vec<u64> = offsets.into_iter().map(|offset| xmin + offset).collect();
                let xmax = under_way.last().map_or(xmin, |last| last + 1);
                Arc::new(Snapshot::new(xmin, xmax, under_way).unwrap())
            });
            let cursor = Cursor { log, round, moment, seq, seen };
            let text = cursor.to_string();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert_eq!(text.parse::<Cursor>(), Ok(cursor));
        }

        #[test]
        fn any_text_is_a_cursor_or_refused(text in "[A-Za-z0-9_-]{0,80}") {
            if let Ok(cursor) = text.parse::<Cursor>() {
                prop_assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
            }
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let good = Cursor { log: 7, round: 1, moment: 2, seq: 3, seen: None }.to_string();
        for text in ["", "AA", "%%%", "hello world", &good[..good.len() - 2], &format!("{good}="), &"A".repeat(20_000)]
        {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text}");
        }
    }
}
