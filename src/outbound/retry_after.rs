//! `Retry-After`: when a provider wants to be asked again, as seconds or as a date (RFC 9110, 10.2.3).

use std::time::Duration;

use chrono::{DateTime, Utc};

/// The longest wait that is believed.
const LONGEST: Duration = Duration::from_secs(3600);

/// Reads the header's value; none when it says nothing that can be followed.
pub(crate) fn read(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let date = DateTime::parse_from_rfc2822(value).ok()?.with_timezone(&Utc);
    Some((date - now).to_std().unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_within_limits_and_the_rest_ignored() {
        let now = DateTime::parse_from_rfc3339("2026-03-02T09:30:00Z").unwrap().with_timezone(&Utc);
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("999999999", Some(3600)),
            ("Mon, 02 Mar 2026 09:31:00 GMT", Some(60)),
            ("Mon, 02 Mar 2026 09:29:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ] {
            assert_eq!(read(value, now), expected.map(Duration::from_secs), "{value}");
        }
    }
}
