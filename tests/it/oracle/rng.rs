//! Random values from a seeded source, and random choices from a tape that proptest can shorten.

use proptest::prelude::Rng as _;
use proptest::test_runner::TestRng;
use uuid::Uuid;

use super::crowd::{WORDS, quoted};

/// Throws dice.
pub(crate) struct Dice(TestRng);

impl Dice {
    pub(crate) fn new(rng: TestRng) -> Self {
        Self(rng)
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.0.next_u64() % count as u64) as usize
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// A UUID of version 7 whose order says nothing about when it was made.
    pub(super) fn uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        uuid::Builder::from_bytes(bytes)
            .with_version(uuid::Version::SortRand)
            .with_variant(uuid::Variant::RFC4122)
            .into_uuid()
    }

    /// An SQL literal of a type: few distinct values, so that there are ties, unless it should be unique.
    pub(super) fn literal(&mut self, ty: &str, unique: bool) -> String {
        match ty {
            "uuid" => quoted(&self.uuid().to_string()),
            "text" | "varchar" if unique => quoted(&format!("{} {}", self.of(&WORDS).trim(), self.below(10_000))),
            "text" | "varchar" => quoted(self.of(&WORDS)),
            "bpchar" => quoted(self.of(&["ES", "US"])),
            "int2" | "int4" | "int8" => (self.below(if unique { 200 } else { 9 }) as i64 - 3).to_string(),
            "numeric" => self.of(&["0", "0.50", "1", "1.25", "-3.75", "12345.67", "99.99"]).to_owned(),
            "float8" => self.of(&["0", "0.1", "-1.25", "3", "37.386", "1e16"]).to_owned(),
            "bool" => self.of(&["true", "false"]).to_owned(),
            "timestamptz" => quoted(self.of(&[
                "2026-03-01T09:30:00Z",
                "2026-03-01T09:30:00.5Z",
                "2026-03-01T09:30:00.500001Z",
                "2026-02-28T23:59:59.999999Z",
                "2026-01-15T00:00:00Z",
                "1999-12-31T23:59:59.000001Z",
                "2031-07-01T12:00:00Z",
            ])),
            "date" => quoted(self.of(&["2026-03-01", "2024-02-29", "1999-12-31", "2026-03-02"])),
            "jsonb" => quoted(self.of(&[
                "{}",
                r#"{"interest": "buy", "seats": 5}"#,
                r#"{"interest": "Água", "seats": 7, "extras": ["towbar", "camera"]}"#,
                r#"{"interest": null, "seats": "5"}"#,
                r#"{"seats": 4.5, "interest": ["buy"], "deep": {"b": [1, {"c": null}], "a": "\"\\"}}"#,
                r#"["a", {"b": 1}]"#,
            ])),
            "bytea" => format!("'\\x{}'", self.uuid().simple()),
            "inet" => quoted(self.of(&["10.0.0.1", "10.0.0.2", "2001:db8::1"])),
            "_text" => quoted(self.of(&["{}", "{legal}", "{ventas,legal}", "{x}"])),
            "_float4" => quoted(self.of(&["{0.6,0.8}", "{1,0}", "{-0.25}"])),
            other => panic!("no literal for a column of type {other}: add one here"),
        }
    }
}

/// A tape of choices. Whatever reads it takes the first, simplest alternative when it is at its end, so that a
/// shorter tape means a simpler case.
#[derive(Debug, Clone)]
pub(crate) struct Tape<'t> {
    choices: &'t [u16],
}

impl<'t> Tape<'t> {
    pub(crate) fn new(choices: &'t [u16]) -> Self {
        Self { choices }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.choices.is_empty()
    }

    /// From 0 to `count - 1`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.choices.split_first() else { return 0 };
        self.choices = rest;
        usize::from(*first) % count.max(1)
    }

    /// True once in so many times; never at the end of the tape.
    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    pub(crate) fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}
