//! Snapshots: what came back, with everything masked that differs from run to run, and the comparison.
//!
//! Masked are the IDs of new rows (`contact_<1>`, numbered by type in order of appearance), other new UUIDs, cursors,
//! request IDs, tokens, and times near the present: `<now>`, and `<now + 24 h>` for what is derived from it. Rows of the world
//! keep their times; of their IDs the zeros are left out, `contact_…marta`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use async_graphql::Value;
use chrono::{DateTime, TimeDelta, Utc};
use entity::id::{format_id, split_id};
use uuid::Uuid;

/// Lines are broken beyond this.
const WIDTH: usize = 110;

/// What was masked so far.
#[derive(Default)]
pub(super) struct Masks {
    ids: HashMap<String, Vec<Uuid>>,
    cursors: Vec<String>,
}

impl Masks {
    /// An answer, masked, with as much on a line as fits.
    pub(super) fn json(&mut self, answer: &Value) -> String {
        let masked = self.masked("", answer);
        let mut out = String::new();
        print(&masked, 0, &mut out);
        out
    }

    fn masked(&mut self, key: &str, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                Value::Object(map.iter().map(|(key, value)| (key.clone(), self.masked(key, value))).collect())
            }
            Value::List(items) => Value::List(items.iter().map(|item| self.masked(key, item)).collect()),
            Value::String(text) if key == "requestId" && !text.is_empty() => Value::String("<request>".to_owned()),
            Value::String(text) if key.to_lowercase().ends_with("token") && !text.is_empty() => {
                Value::String("<token>".to_owned())
            }
            Value::String(text) if key.ends_with("ursor") => Value::String(self.cursor(text)),
            Value::String(text) => Value::String(self.text(text)),
            other => other.clone(),
        }
    }

    fn cursor(&mut self, text: &str) -> String {
        let known = self.cursors.iter().position(|known| known == text).unwrap_or_else(|| {
            self.cursors.push(text.to_owned());
            self.cursors.len() - 1
        });
        format!("<cursor {}>", known + 1)
    }

    /// A text with the IDs and times in it masked.
    pub(super) fn text(&mut self, text: &str) -> String {
        if text.len() > 2000 {
            return format!("<{} characters>", text.chars().count());
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return moment(time.with_timezone(&Utc)).map_or_else(|| text.to_owned(), ToOwned::to_owned);
        }
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(is_part) {
            let length = rest[start..].find(|letter| !is_part(letter)).unwrap_or(rest.len() - start);
            out.push_str(&rest[..start]);
            out.push_str(&self.word(&rest[start..start + length]));
            rest = &rest[start + length..];
        }
        out.push_str(rest);
        out
    }

    fn word(&mut self, word: &str) -> String {
        let Some((prefix, id)) = split_id(word) else { return word.to_owned() };
        let kind = prefix.unwrap_or("uuid");
        // IDs of the world are short names after many zeros; those of new rows begin with the time.
        if id.as_u128() < 1 << 64 {
            let global = format_id("", id);
            return format!("{kind}_…{}", global.trim_start_matches(['_', '0']));
        }
        format!("{kind}_<{}>", self.number(kind, id))
    }

    /// The number of an ID among those of its type.
    fn number(&mut self, kind: &str, id: Uuid) -> usize {
        let ids = self.ids.entry(kind.to_owned()).or_default();
        let known = ids.iter().position(|known| *known == id).unwrap_or_else(|| {
            ids.push(id);
            ids.len() - 1
        });
        known + 1
    }
}

/// How a time near the present is shown.
#[expect(clippy::disallowed_methods, reason = "the database runs on the real clock, and stamps rows with it")]
fn moment(time: DateTime<Utc>) -> Option<&'static str> {
    let since = time - Utc::now();
    let near = |from: TimeDelta| (since - from).abs() < TimeDelta::minutes(15);
    if near(TimeDelta::zero()) {
        return Some("<now>");
    }
    near(TimeDelta::hours(24)).then_some("<now + 24 h>")
}

fn print(value: &Value, indent: usize, out: &mut String) {
    let flat = flat(value);
    if indent + flat.chars().count() <= WIDTH {
        return out.push_str(&flat);
    }
    let inner = " ".repeat(indent + 2);
    let outer = " ".repeat(indent);
    match value {
        Value::Object(map) => {
            out.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                let _ = write!(out, "{}\n{inner}\"{key}\": ", if index > 0 { "," } else { "" });
                print(value, indent + 2, out);
            }
            let _ = write!(out, "\n{outer}}}");
        }
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                let _ = write!(out, "{}\n{inner}", if index > 0 { "," } else { "" });
                print(item, indent + 2, out);
            }
            let _ = write!(out, "\n{outer}]");
        }
        _ => out.push_str(&flat),
    }
}

fn flat(value: &Value) -> String {
    match value {
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entries: Vec<String> = map.iter().map(|(key, value)| format!("\"{key}\": {}", flat(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::List(items) => format!("[{}]", items.iter().map(flat).collect::<Vec<_>>().join(", ")),
        other => serde_json::to_string(other).unwrap(),
    }
}

/// Compares with the snapshot, or writes it when asked to.
pub(super) fn compare(file: &Path, found: &str) -> Result<(), String> {
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(file, found).unwrap();
        return Ok(());
    }
    let expected = std::fs::read_to_string(file)
        .map_err(|_| "there is no snapshot yet: UPDATE_SNAPSHOTS=1 writes it".to_owned())?;
    if expected == found {
        return Ok(());
    }
    let (was, is): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let same = was.iter().zip(&is).take_while(|(was, is)| was == is).count();
    let heading =
        was[..same.min(was.len())].iter().rev().find(|line| line.starts_with("### ")).copied().unwrap_or_default();
    let shown = |lines: &[&str], mark: char| -> String {
        lines.iter().skip(same).take(12).map(|line| format!("{mark} {line}\n")).collect()
    };
    Err(format!(
        "{heading}\nline {} differs from the snapshot (UPDATE_SNAPSHOTS=1 writes it anew):\n{}{}",
        same + 1,
        shown(&was, '-'),
        shown(&is, '+')
    ))
}
