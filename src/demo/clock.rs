//! Time as the two demo firms live it: Madrid's clock and their opening hours.

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveDateTime, TimeZone, Timelike, Utc, Weekday};

use super::rng::Rng;

/// The time zone of both firms.
pub(crate) const TIMEZONE: &str = "Europe/Madrid";

/// Madrid's wall clock at a moment. The rule of the European Union (last
/// Sundays of March and October, 01:00 UTC) is all that is needed here, and
/// spares the binary the table of the world's time zones.
pub(crate) fn local(at: DateTime<Utc>) -> NaiveDateTime {
    (at + offset(at)).naive_utc()
}

/// The moment at which Madrid's clock shows this time.
pub(crate) fn moment(local: NaiveDateTime) -> DateTime<Utc> {
    let winter = Utc.from_utc_datetime(&local) - Duration::hours(1);
    winter + Duration::hours(1) - offset(winter)
}

fn offset(at: DateTime<Utc>) -> Duration {
    let starts = last_sunday(at.year(), 3);
    let ends = last_sunday(at.year(), 10);
    let hour = at - Duration::hours(1);
    let summer = hour.date_naive() >= starts && hour.date_naive() < ends;
    Duration::hours(if summer { 2 } else { 1 })
}

fn last_sunday(year: i32, month: u32) -> NaiveDate {
    let last = NaiveDate::from_ymd_opt(year, month, 31).unwrap_or_default();
    last - Days::new(u64::from(last.weekday().num_days_from_sunday()))
}

/// The hours at which both firms are open on a day, in minutes of the day.
pub(crate) fn open_hours(day: Weekday) -> &'static [(u32, u32)] {
    match day {
        Weekday::Sun => &[],
        Weekday::Sat => &[(10 * 60, 14 * 60)],
        _ => &[(9 * 60 + 30, 14 * 60), (16 * 60, 20 * 60)],
    }
}

/// The first moment at or after `at` when the firm is open.
pub(crate) fn next_open(at: DateTime<Utc>) -> DateTime<Utc> {
    let here = local(at);
    let minute = here.hour() * 60 + here.minute();
    for ahead in 0..8 {
        let day = here.date() + Days::new(ahead);
        for (opens, closes) in open_hours(day.weekday()) {
            if ahead == 0 && minute >= *closes {
                continue;
            }
            if ahead == 0 && minute >= *opens {
                return at;
            }
            return moment(day.and_time(Default::default()) + Duration::minutes(i64::from(*opens)));
        }
    }
    at
}

/// A moment at which somebody of the firm does something: a random one inside
/// the opening hours of this day, or of the first open day after it.
pub(crate) fn working(at: DateTime<Utc>, rng: &mut Rng) -> DateTime<Utc> {
    let mut day = local(at).date();
    while open_hours(day.weekday()).is_empty() {
        day = day + Days::new(1);
    }
    let open: u32 = open_hours(day.weekday()).iter().map(|(opens, closes)| closes - opens).sum();
    let mut second = rng.between(0, i64::from(open) * 60 - 1);
    for (opens, closes) in open_hours(day.weekday()) {
        let length = i64::from(closes - opens) * 60;
        if second < length {
            second += i64::from(*opens) * 60;
            break;
        }
        second -= length;
    }
    moment(day.and_time(Default::default()) + Duration::seconds(second))
}

/// A moment at which a customer writes: the same, or the next morning when
/// everybody sleeps.
pub(crate) fn awake(at: DateTime<Utc>, rng: &mut Rng) -> DateTime<Utc> {
    let here = local(at);
    let wake = match here.hour() {
        8..=22 => return at,
        23 => here.date() + Days::new(1),
        _ => here.date(),
    };
    moment(wake.and_time(Default::default()) + Duration::seconds(rng.between(8 * 3600, 10 * 3600)))
}

/// The same, but not after `today`: who would write tomorrow morning wrote
/// the evening before.
pub(crate) fn awake_by(today: DateTime<Utc>, at: DateTime<Utc>, rng: &mut Rng) -> DateTime<Utc> {
    let woken = awake(at, rng);
    if woken < today {
        return woken;
    }
    // Nine hours before any hour of the night somebody is up.
    awake(at - Duration::hours(9), rng).min(today)
}

/// The half hour at or after `at` inside opening hours that leaves room for a visit.
pub(crate) fn next_slot(at: DateTime<Utc>) -> DateTime<Utc> {
    let mut at = next_open(round_up(at));
    // The last visit of a morning or an evening starts an hour before closing.
    while !open_at(at) || !open_at(at + Duration::minutes(59)) {
        at = next_open(round_up(at + Duration::minutes(30)));
    }
    at
}

/// Whether the firm is open at this moment.
pub(crate) fn open_at(at: DateTime<Utc>) -> bool {
    let here = local(at);
    let minute = here.hour() * 60 + here.minute();
    open_hours(here.weekday()).iter().any(|(opens, closes)| (*opens..*closes).contains(&minute))
}

fn round_up(at: DateTime<Utc>) -> DateTime<Utc> {
    let half = 30 * 60;
    let seconds = at.timestamp();
    let rounded = (seconds + half - 1).div_euclid(half) * half;
    DateTime::from_timestamp(rounded, 0).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn madrid_changes_its_clock_in_march_and_october() {
        for (utc, shown) in [
            ("2026-03-29T00:59:00Z", "2026-03-29T01:59:00"),
            ("2026-03-29T01:00:00Z", "2026-03-29T03:00:00"),
            ("2026-10-25T00:59:00Z", "2026-10-25T02:59:00"),
            ("2026-10-25T01:00:00Z", "2026-10-25T02:00:00"),
            ("2026-12-31T23:30:00Z", "2027-01-01T00:30:00"),
        ] {
            let at: DateTime<Utc> = utc.parse().unwrap();
            assert_eq!(local(at).format("%Y-%m-%dT%H:%M:%S").to_string(), shown);
        }
        let noon: DateTime<Utc> = "2026-07-01T10:00:00Z".parse().unwrap();
        assert_eq!(moment(local(noon)), noon);
    }

    #[test]
    fn work_is_done_while_the_firm_is_open() {
        let mut rng = Rng::for_subject(0, "test");
        let midnight: DateTime<Utc> = "2026-03-20T00:00:00Z".parse().unwrap();
        for hours in 0..1_000 {
            let at = working(midnight + Duration::hours(hours), &mut rng);
            assert!(open_at(at), "{at}");
        }
    }

    #[test]
    fn a_saturday_evening_waits_for_monday_morning() {
        let evening: DateTime<Utc> = "2026-11-21T19:00:00Z".parse().unwrap();
        let monday: DateTime<Utc> = "2026-11-23T08:30:00Z".parse().unwrap();
        assert_eq!(next_open(evening), monday);
        assert_eq!(next_slot(evening), monday);
    }
}
