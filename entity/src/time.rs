//! Timestamps and dates from PostgreSQL's binary format to RFC 3339 text.
//!
//! Written by hand because chrono's formatter was most of the cost of a wide answer (`ARCHITECTURE.md`, figures).

use std::fmt::Write;

/// Days between 1970-01-01 and PostgreSQL's epoch, 2000-01-01.
const EPOCH_DAYS: i64 = 10_957;
const DAY_MICROS: i64 = 86_400_000_000;
/// Microseconds between 1970-01-01 and PostgreSQL's epoch.
pub(crate) const EPOCH_MICROS: i64 = EPOCH_DAYS * DAY_MICROS;

/// Appends microseconds since 2000-01-01 00:00 UTC as `2026-03-01T09:30:00Z`, with a fraction only when there is one.
pub(crate) fn write_timestamp(micros: i64, out: &mut String) {
    let (days, rest) = (micros.div_euclid(DAY_MICROS), micros.rem_euclid(DAY_MICROS));
    write_day(days + EPOCH_DAYS, out);
    let seconds = rest / 1_000_000;
    out.push('T');
    two(out, seconds / 3600);
    out.push(':');
    two(out, seconds / 60 % 60);
    out.push(':');
    two(out, seconds % 60);
    let fraction = rest % 1_000_000;
    if fraction != 0 {
        let _ =
            if fraction % 1000 == 0 { write!(out, ".{:03}", fraction / 1000) } else { write!(out, ".{fraction:06}") };
    }
    out.push('Z');
}

/// Appends days since 2000-01-01 as `2026-03-01`.
pub(crate) fn write_date(days: i32, out: &mut String) {
    write_day(i64::from(days) + EPOCH_DAYS, out);
}

/// Civil date from days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn write_day(days: i64, out: &mut String) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let _ = write!(out, "{year:04}");
    out.push('-');
    two(out, month);
    out.push('-');
    two(out, day);
}

fn two(out: &mut String, number: i64) {
    out.push(char::from(b'0' + (number / 10 % 10) as u8));
    out.push(char::from(b'0' + (number % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_agree_with_chrono() {
        let epoch = chrono::DateTime::parse_from_rfc3339("2000-01-01T00:00:00Z").unwrap();
        for micros in
            [0, 1, 999_000, 1_000_000, 845_000_000_123_456, -1, -86_400_000_000, 68_255_999_999_999, 5_097_600_000_000]
        {
            let mut out = String::new();
            write_timestamp(micros, &mut out);
            let back = chrono::DateTime::parse_from_rfc3339(&out).unwrap();
            assert_eq!((back - epoch).num_microseconds(), Some(micros), "{out}");
        }
    }

    #[test]
    fn dates_agree_with_chrono() {
        let epoch = chrono::NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
        for days in [-40_000, -1, 0, 58, 59, 60, 365, 366, 9_800, 100_000] {
            let mut out = String::new();
            write_date(days, &mut out);
            assert_eq!(out, (epoch + chrono::Duration::days(i64::from(days))).to_string());
        }
    }
}
