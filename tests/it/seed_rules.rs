//! Every rule of the systems that are unified here is shown by a test that carries its name, or said to wait.
//!
//! `docs/seed-rules.tsv` has the rules, `docs/seed-rules.md` those that wait and those that are not carried. A test
//! carries a rule when a doc comment in `tests/it`, or a comment of a story in `tests/scripts`, has its name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What may carry a rule later; nothing else may wait.
const LATER: [&str; 4] = ["campaign worker", "availability", "imports", "analysts' dashboards"];

/// A rule of one of the systems: two systems may use the same name.
type Rule = (String, String);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rules, with what must be observable.
fn rules() -> BTreeMap<Rule, String> {
    let text = std::fs::read_to_string(root().join("docs/seed-rules.tsv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("seed\tname\tdetail\tentity\ttarget"));
    let rule = |line: &str| {
        let [seed, name, _, _, target] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        ((seed.to_owned(), name.to_owned()), target.to_owned())
    };
    lines.map(rule).collect()
}

/// The rows of a table of `docs/seed-rules.md`, without its head.
fn listed(heading: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join("docs/seed-rules.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ") && line.contains("rule:"));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The names of rules in a text.
fn names(text: &str) -> impl Iterator<Item = String> + '_ {
    text.match_indices("rule:").filter_map(|(at, _)| {
        let is_part = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        let rest = &text[at + "rule:".len()..];
        let end = rest.find(|letter: char| !is_part(letter)).unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches('-');
        (!name.is_empty()).then(|| format!("rule:{name}"))
    })
}

/// The names in comments below a folder, with the files that have them.
fn shown_below(folder: &Path, shown: &mut BTreeMap<String, BTreeSet<String>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            shown_below(&path, shown);
            continue;
        }
        let comments: &[&str] = match path.extension().and_then(|ending| ending.to_str()) {
            Some("rs") => &["///", "//!"],
            Some("graphql") => &["# "],
            _ => continue,
        };
        let text = std::fs::read_to_string(&path).unwrap();
        let file = path.strip_prefix(root()).unwrap().display().to_string();
        let is_comment = |line: &&str| comments.iter().any(|comment| line.trim_start().starts_with(comment));
        for name in text.lines().filter(is_comment).flat_map(names) {
            shown.entry(name).or_default().insert(file.clone());
        }
    }
}

#[test]
fn every_rule_is_shown_by_a_test_or_said_to_wait() {
    let rules = rules();
    let mut shown = BTreeMap::new();
    for folder in ["tests/it", "tests/scripts"] {
        shown_below(&root().join(folder), &mut shown);
    }
    let mut wrong = Vec::new();
    let mut waiting = BTreeSet::new();
    for row in listed("Carried later") {
        let [seed, name, with, missing] = &row[..] else { panic!("{row:?}") };
        if !LATER.contains(&with.as_str()) || missing.is_empty() {
            wrong.push(format!("{name} of {seed} may not wait for {with}"));
        }
        waiting.insert((seed.clone(), name.clone()));
    }
    for row in listed("Not carried") {
        let [seed, name, why] = &row[..] else { panic!("{row:?}") };
        let rule = (seed.clone(), name.clone());
        if why.is_empty() || !rules.get(&rule).is_some_and(|target| target.starts_with("not carried:")) {
            wrong.push(format!("{name} of {seed} is listed as not carried, and has to be"));
        }
        waiting.insert(rule);
    }
    for rule in &waiting {
        if !rules.contains_key(rule) {
            wrong.push(format!("{} of {} is listed, and no rule", rule.1, rule.0));
        }
        if let Some(files) = shown.get(&rule.1) {
            wrong.push(format!("{} of {} is listed, and shown by {files:?}", rule.1, rule.0));
        }
    }
    for (name, files) in &shown {
        if !rules.keys().any(|(_, known)| known == name) {
            wrong.push(format!("{name} is no rule, but stands in {files:?}"));
        }
    }
    for (rule, target) in &rules {
        if !shown.contains_key(&rule.1) && !waiting.contains(rule) {
            wrong.push(format!("{} of {} is shown by no test: {target}", rule.1, rule.0));
        }
    }
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn names_of_rules_are_found_in_sentences() {
    let found: Vec<_> = names("Shows rule:no-n-plus-1, rule:check-email; (rule:rls). rule: none").collect();
    assert_eq!(found, ["rule:no-n-plus-1", "rule:check-email", "rule:rls"]);
}

/// A test that is not compiled shows nothing.
#[test]
fn every_file_of_tests_is_part_of_the_binary() {
    let folder = root().join("tests/it");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let names = names.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let missing: Vec<String> = names
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "main" && !main.lines().any(|line| line == format!("mod {name};")))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}
