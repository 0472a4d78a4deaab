//! The allowed directions between modules and crates, read from the sources.
//!
//! A forbidden arrow is not a matter of taste: each has a reason, which is the failure's message. Whoever needs a new
//! arrow adds it to the table of rooms, with the thought that goes with it.

mod paths;
mod rooms;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use self::rooms::{DOMAINS, ROOMS};

/// Crates that part of the sources must not name.
struct Ban {
    under: &'static [&'static str],
    crates: &'static [&'static str],
    reason: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        under: &["src/http"],
        crates: &["diesel", "diesel_async", "tokio_postgres", "deadpool", "entity", "tables"],
        reason: "HTTP must not reach past GraphQL to the database: that would be a way around row-level security",
    },
    Ban {
        under: &[
            "src/audit",
            "src/calendar",
            "src/campaigns",
            "src/crm",
            "src/inbound",
            "src/inbox",
            "src/inventory",
            "src/properties",
            "src/sales",
            "src/entities.rs",
            "src/values.rs",
        ],
        crates: &[
            "axum",
            "http",
            "hyper",
            "tower",
            "tower_http",
            "tokio",
            "tokio_postgres",
            "diesel_async",
            "async_graphql",
        ],
        reason: "a domain says what is true of the business; it must not know by which protocol or driver it is asked",
    },
    Ban {
        under: &["src/identity"],
        crates: &["axum", "http", "hyper", "tower", "tower_http", "tokio", "tokio_postgres", "diesel_async"],
        reason: "who may sign in does not depend on the protocol; mutations that write no entity are async-graphql's",
    },
    Ban {
        under: &["src/graphql", "src/telemetry"],
        crates: &["axum", "hyper", "tower", "tower_http", "diesel", "diesel_async", "tokio_postgres"],
        reason: "GraphQL stands between HTTP and the database, and speaks neither",
    },
    Ban {
        under: &["entity", "entity-macros"],
        crates: &["mostrador", "tables", "axum", "http", "hyper", "tower", "tokio", "tokio_postgres", "diesel_async"],
        reason: "the engine works for any domain, over any transport; it gets its database as a trait",
    },
    Ban {
        under: &["src/db"],
        crates: &["axum", "http", "hyper", "async_graphql", "tables"],
        reason: "the database layer runs statements; what they mean is the engine's business",
    },
];

#[test]
fn modules_name_only_modules_they_may_name() {
    let mut broken = String::new();
    for file in sources(&["src"]) {
        let Some(module) = module_of(&file) else { continue };
        let room = ROOMS.iter().find(|room| room.module == module);
        let is_domain = DOMAINS.contains(&module.as_str());
        assert!(room.is_some() || is_domain, "src/{module} is a new module: say in ROOMS what it may name, and why");
        let allowed = |other: &str| match room {
            Some(room) => room.may_name.contains(&other),
            None => matches!(other, "hex" | "processes" | "values" | "work") || DOMAINS.contains(&other),
        };
        for path in paths::paths(&read(&file)) {
            let (from, other) = (path[0].as_str(), path.get(1).map_or("", String::as_str));
            if !matches!(from, "crate" | "mostrador") || other == module || !is_module(other) || allowed(other) {
                continue;
            }
            let reason =
                room.map_or("a domain may name other domains' entities and shared values only", |room| room.reason);
            let _ = writeln!(broken, "{} names {}: {reason}", file.display(), path.join("::"));
        }
    }
    assert!(broken.is_empty(), "forbidden directions:\n{broken}");
}

#[test]
fn a_domain_names_of_another_domain_only_its_public_types() {
    let mut broken = String::new();
    for file in sources(&["src"]) {
        let Some(module) = module_of(&file) else { continue };
        if !DOMAINS.contains(&module.as_str()) {
            continue;
        }
        for path in paths::paths(&read(&file)) {
            let other = path.get(1).map_or("", String::as_str);
            if path[0] != "crate" || !DOMAINS.contains(&other) || other == module {
                continue;
            }
            let is_type = path.len() == 3 && path[2].starts_with(|first: char| first.is_ascii_uppercase());
            if !is_type {
                let _ = writeln!(
                    broken,
                    "{} names {}: of another domain only its entities and their enums may be named, because its \
                     statements and modules are its own to change",
                    file.display(),
                    path.join("::")
                );
            }
        }
    }
    assert!(broken.is_empty(), "domains that look into each other:\n{broken}");
}

#[test]
fn crates_stay_where_they_belong() {
    let mut broken = String::new();
    for ban in BANS {
        for file in sources(ban.under) {
            // What a macro writes is compiled where it is used.
            let in_macros = file.starts_with("entity-macros");
            for path in paths::paths(&read(&file)) {
                if ban.crates.contains(&path[0].as_str()) && !in_macros {
                    let _ = writeln!(broken, "{} names {}: {}", file.display(), path.join("::"), ban.reason);
                }
            }
        }
    }
    assert!(broken.is_empty(), "crates where they do not belong:\n{broken}");
}

#[test]
fn the_engine_depends_on_no_domain_and_no_server() {
    for manifest in ["entity/Cargo.toml", "entity-macros/Cargo.toml", "tables/Cargo.toml"] {
        let text = read(Path::new(manifest));
        for name in ["mostrador", "axum", "hyper", "tokio-postgres", "diesel-async"] {
            let named = text.lines().any(|line| line.split(['=', '.', ' ']).next() == Some(name));
            assert!(!named, "{manifest} depends on {name}: the engine works for any domain, over any transport");
        }
    }
}

#[test]
fn only_the_command_line_names_app() {
    for file in sources(&["src", "entity", "entity-macros"]) {
        if file.starts_with("src/app") || file.starts_with("src/cli") || file.starts_with("src/cli.rs") {
            continue;
        }
        for path in paths::paths(&read(&file)) {
            let named =
                matches!(path[0].as_str(), "crate" | "mostrador") && path.get(1).is_some_and(|name| name == "app");
            assert!(
                !named,
                "{} names {}: app puts the parts together, so a part that knows app knows everything",
                file.display(),
                path.join("::")
            );
        }
    }
}

#[test]
fn every_module_of_the_library_has_a_room() {
    let declared: BTreeSet<String> = read(Path::new("src/lib.rs"))
        .lines()
        .filter_map(|line| Some(line.trim().strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned()))
        .collect();
    let known: BTreeSet<String> = ROOMS
        .iter()
        .map(|room| room.module)
        .chain(DOMAINS.iter().copied())
        .filter(|name| *name != "main")
        .map(str::to_owned)
        .collect();
    assert_eq!(declared, known, "src/lib.rs and the table of this test list different modules");
}

#[test]
fn no_file_is_too_long_to_read_in_one_sitting() {
    const MOST: usize = 600;
    for file in sources(&["src", "entity", "entity-macros"]) {
        let lines = read(&file).lines().count();
        assert!(
            lines <= MOST,
            "{} has {lines} lines: a file has one subject; split it (at most {MOST})",
            file.display()
        );
    }
}

#[test]
fn nothing_is_left_for_later() {
    // Spelled in two halves, so that this file does not find itself.
    let words =
        [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["to", "do!("].concat(), ["unimple", "mented!("].concat()];
    let mut files = sources(&["src", "entity", "entity-macros", "tests/it", "benches"]);
    collect(Path::new("migrations"), "sql", &mut files);
    collect(Path::new("tests/clients"), "mjs", &mut files);
    for file in files {
        for (number, line) in read(&file).lines().enumerate() {
            for word in &words {
                let found = line.match_indices(word.as_str()).any(|(at, _)| {
                    // Not a part of a longer word.
                    let before =
                        line[..at].chars().next_back().is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
                    let after = line[at + word.len()..]
                        .chars()
                        .next()
                        .is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
                    !before && !after || word.ends_with('(')
                });
                assert!(!found, "{}:{}: {line}", file.display(), number + 1);
            }
        }
    }
}

/// All Rust sources under these folders, relative to the root of the repository.
fn sources(folders: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in folders {
        collect(Path::new(folder), "rs", &mut files);
    }
    assert!(!files.is_empty(), "no sources in {folders:?}");
    files
}

fn collect(path: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if root.join(path).is_file() {
        files.push(path.to_owned());
        return;
    }
    let Ok(entries) = std::fs::read_dir(root.join(path)) else { return };
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    for name in names {
        let child = path.join(&name);
        if root.join(&child).is_dir() {
            if name != "node_modules" && name != "target" && name != ".cache" {
                collect(&child, extension, files);
            }
        } else if child.extension().is_some_and(|found| found == extension) {
            files.push(child);
        }
    }
}

fn read(file: &Path) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The module of `src/` that a file belongs to; none for `lib.rs`, which only lists them.
fn module_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix("src").ok()?;
    let first = inside.components().next()?.as_os_str().to_string_lossy().into_owned();
    let module = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
    (module != "lib").then_some(module)
}

fn is_module(name: &str) -> bool {
    ROOMS.iter().any(|room| room.module == name) || DOMAINS.contains(&name)
}
