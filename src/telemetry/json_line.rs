//! A log line as one JSON object: `timestamp`, `level`, the event's fields, `target`.
//!
//! The layout is that of tracing-subscriber's flattened JSON, for whose lines collectors have rules. Written by hand
//! because each request logs one: going through serde took 4 of the 70 µs that reading a row by its ID takes.

use std::fmt::{self, Write as _};
use std::time::SystemTime;

use chrono::{DateTime, Datelike, Timelike, Utc};
use entity::kind::write_text;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes events as lines of JSON. Spans are not written; the gateway opens none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        let mut line = String::with_capacity(512);
        line.push_str("{\"timestamp\":\"");
        #[expect(clippy::disallowed_methods, reason = "a line says when it was written, whatever time tests pretend")]
        write_time(SystemTime::now(), &mut line);
        line.push_str("\",\"level\":\"");
        line.push_str(metadata.level().as_str());
        line.push('"');
        event.record(&mut Fields(&mut line));
        line.push_str(",\"target\":");
        write_text(metadata.target(), &mut line);
        line.push_str("}\n");
        writer.write_str(&line)
    }
}

/// RFC 3339 in UTC with microseconds.
fn write_time(time: SystemTime, line: &mut String) {
    let time = DateTime::<Utc>::from(time);
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let parts = [
        (0..4, time.year().unsigned_abs()),
        (5..7, time.month()),
        (8..10, time.day()),
        (11..13, time.hour()),
        (14..16, time.minute()),
        (17..19, time.second()),
        (20..26, time.timestamp_subsec_micros()),
    ];
    for (place, mut number) in parts {
        for digit in text[place].iter_mut().rev() {
            *digit = b"0123456789"[number as usize % 10];
            number /= 10;
        }
    }
    line.extend(text.map(char::from));
}

/// Appends each field of an event.
struct Fields<'l>(&'l mut String);

impl Fields<'_> {
    fn name(&mut self, field: &Field) {
        // Names of fields stand in the program and need no escape.
        self.0.push_str(",\"");
        self.0.push_str(field.name());
        self.0.push_str("\":");
    }

    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        self.name(field);
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{value}");
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.name(field);
        write_text(value, self.0);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is no number.
        if value.is_finite() { self.plain(field, value) } else { self.plain(field, "null") }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.name(field);
        write_text(&format!("{value:?}"), self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, UNIX_EPOCH};

    use serde_json::{Value, json};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_an_object_whatever_stands_in_its_fields() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().event_format(JsonLine).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(
                target: "mostrador::request",
                count = 3_u32,
                request.id = "a\"b\\c\nd\u{1}é",
                below = -1_i64,
                took = 1.25,
                nothing = f64::NAN,
                is_so = true,
                absent = None::<&str>,
                "an operation failed"
            );
        });
        let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(written.ends_with("}\n") && written.matches('\n').count() == 1, "{written}");
        let mut line: Value = serde_json::from_str(&written).unwrap();
        let timestamp = line["timestamp"].take();
        assert!(DateTime::parse_from_rfc3339(timestamp.as_str().unwrap()).is_ok(), "{timestamp}");
        let expected = json!({
            "timestamp": null,
            "level": "WARN",
            "message": "an operation failed",
            "request.id": "a\"b\\c\nd\u{1}é",
            "count": 3,
            "below": -1,
            "took": 1.25,
            "nothing": null,
            "is_so": true,
            "target": "mostrador::request",
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn a_time_is_written_in_full() {
        for (micros, text) in
            [(0, "1970-01-01T00:00:00.000000Z"), (1_700_000_000_000_321, "2023-11-14T22:13:20.000321Z")]
        {
            let mut line = String::new();
            write_time(UNIX_EPOCH + Duration::from_micros(micros), &mut line);
            assert_eq!(line, text);
        }
    }
}
