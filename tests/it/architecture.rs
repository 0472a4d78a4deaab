//! The allowed directions between modules and crates, read from the sources.
//!
//! A forbidden arrow is not a matter of taste: each has a reason, which is the failure's message. Whoever needs a new
//! arrow adds it to the table below, with the thought that goes with it.

mod paths;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const DOMAINS: &[&str] = &[
    "analytics",
    "artifacts",
    "assistants",
    "audit",
    "calendar",
    "campaigns",
    "crm",
    "files",
    "finance",
    "health",
    "identity",
    "inbound",
    "inbox",
    "integrations",
    "inventory",
    "jobs",
    "logistics",
    "outbound",
    "properties",
    "retrieval",
    "sales",
    "support",
    "usage",
];

/// A module of `src/`, the modules it may name, and why no other.
struct Room {
    module: &'static str,
    may_name: &'static [&'static str],
    reason: &'static str,
}

const ROOMS: &[Room] = &[
    Room {
        module: "main",
        may_name: &["cli"],
        reason: "the binary only hands over to the library, so that tests reach everything",
    },
    Room {
        module: "cli",
        may_name: &["app", "config", "telemetry"],
        reason: "the command line reads arguments; what a command does is in app",
    },
    Room {
        module: "app",
        may_name: &[
            "assistants",
            "bus",
            "changes",
            "clock",
            "config",
            "db",
            "demo",
            "file_store",
            "files",
            "graphql",
            "hex",
            "http",
            "ids",
            "inbound",
            "inbox",
            "integrations",
            "jobs",
            "logistics_systems",
            "mail",
            "models",
            "oauth",
            "opaque_token",
            "outbound",
            "password",
            "postgres",
            "properties",
            "request",
            "retrieval",
            "secrets",
            "support",
            "telemetry",
            "token",
            "work",
            "workers",
        ],
        reason: "app puts the parts together; it knows parts, not entities, and nothing of the command line",
    },
    Room {
        module: "config",
        may_name: &[
            "bus",
            "file_store",
            "graphql",
            "http",
            "mail",
            "models",
            "oauth",
            "scanner",
            "secrets",
            "telemetry",
            "token",
        ],
        reason: "a setting may name the type it configures, and nothing that runs",
    },
    Room {
        module: "http",
        may_name: &["graphql", "hex", "ids", "telemetry"],
        reason: "HTTP sees requests, answers and one trait; no table, no pool, no entity",
    },
    Room { module: "telemetry", may_name: &[], reason: "everybody may measure and log, so it must depend on nobody" },
    Room {
        module: "graphql",
        may_name: &[
            "access",
            "assistants",
            "changes",
            "db",
            "entities",
            "files",
            "identity",
            "ids",
            "integrations",
            "live",
            "processes",
            "request",
            "token",
        ],
        reason: "GraphQL runs operations whoever sends them: it must not know HTTP",
    },
    Room { module: "entities", may_name: DOMAINS, reason: "the list of entities knows the domains and nothing else" },
    Room {
        module: "demo",
        may_name: &["hex"],
        reason: "demo data is written as SQL like any other client's, so that it proves the database's own rules",
    },
    Room {
        module: "artifacts",
        may_name: &[
            "assistants",
            "db",
            "file_store",
            "files",
            "hex",
            "identity",
            "opaque_token",
            "processes",
            "request",
        ],
        reason: "an artifact is a row or, when it is long, a file; its token opens it before anybody is signed in",
    },
    Room {
        module: "properties",
        may_name: &["assistants", "crm", "identity", "jobs", "models", "processes", "request", "values", "work"],
        reason: "a market is analysed in a job, and a model may put it in words",
    },
    Room {
        module: "retrieval",
        may_name: &[
            "file_store",
            "files",
            "https",
            "identity",
            "ids",
            "jobs",
            "models",
            "outbound",
            "own_row",
            "processes",
            "request",
            "work",
        ],
        reason: "texts are read from where they are and embedded in jobs; pages are fetched past the guards of what leaves",
    },
    Room {
        module: "assistants",
        may_name: &["bus", "db", "identity", "ids", "jobs", "live", "models", "processes", "request", "usage", "work"],
        reason: "answers are written by a worker and told to whoever watches; who pays and who may is said elsewhere",
    },
    Room {
        module: "usage",
        may_name: &["assistants", "identity", "models", "processes"],
        reason: "what models took is logged in one way, whoever asked them",
    },
    Room {
        module: "identity",
        may_name: &[
            "access",
            "audit",
            "crm",
            "db",
            "mail",
            "oauth",
            "opaque_token",
            "own_row",
            "password",
            "processes",
            "properties",
            "request",
            "secrets",
            "throttle",
            "token",
            "values",
            "work",
        ],
        reason: "identity lets people in, so it knows what proves who they are; nobody else needs that",
    },
    Room {
        module: "request",
        may_name: &[
            "access",
            "bus",
            "changes",
            "clock",
            "db",
            "file_store",
            "ids",
            "mail",
            "models",
            "oauth",
            "password",
            "secrets",
            "signals",
            "throttle",
            "token",
        ],
        reason: "a request brings along what mutations of accounts need, and does none of it",
    },
    Room {
        module: "access",
        may_name: &["clock", "db", "processes", "token"],
        reason: "who asks is found out before it is known what is asked",
    },
    Room {
        module: "logistics",
        may_name: &[
            "files",
            "identity",
            "ids",
            "inventory",
            "jobs",
            "processes",
            "request",
            "secrets",
            "signing_secret",
            "values",
            "work",
        ],
        reason: "vehicles become requests as jobs, and the keys of connections are sealed; who is called is not its business",
    },
    Room {
        module: "logistics_systems",
        may_name: &["clock", "hex", "ids", "jobs", "outbound", "secrets", "work"],
        reason: "systems are called as messages are sent: as jobs, past the same guards; it knows orders and no entity",
    },
    Room {
        module: "outbound",
        may_name: &[
            "clock",
            "hex",
            "https",
            "inbound",
            "inbox",
            "jobs",
            "processes",
            "request",
            "secrets",
            "signing_secret",
            "work",
        ],
        reason: "messages leave with the credentials of the business, as jobs; who wrote them and why is the inbox's",
    },
    Room { module: "password", may_name: &["hex"], reason: "a password is hashed without knowing whose it is" },
    Room { module: "processes", may_name: &[], reason: "the catalogue of rights is named by all and names nobody" },
    Room {
        module: "bus",
        may_name: &["db"],
        reason: "the bus carries bytes between nodes and does not know what they mean",
    },
    Room {
        module: "changes",
        may_name: &["bus", "db", "work"],
        reason: "the log knows in which order things were committed, and not who may see them",
    },
    Room {
        module: "live",
        may_name: &["access", "changes", "clock", "db", "processes", "request", "signals", "throttle", "token"],
        reason: "who watches is told what the log says, whoever carries it to them",
    },
    Room {
        module: "signals",
        may_name: &["bus", "clock"],
        reason: "who is there is known without knowing who may know it",
    },
    Room { module: "throttle", may_name: &["clock"], reason: "failures are counted without knowing of what" },
    Room { module: "clock", may_name: &[], reason: "the ground floor depends on nothing" },
    Room {
        module: "db",
        may_name: &[],
        reason: "the database layer serves the engine's trait (crate entity) and knows neither domains nor GraphQL",
    },
    Room { module: "hex", may_name: &[], reason: "the ground floor depends on nothing" },
    Room { module: "https", may_name: &[], reason: "the ground floor depends on nothing" },
    Room { module: "own_row", may_name: &[], reason: "a row of one's own is written without knowing what is in it" },
    Room {
        module: "signing_secret",
        may_name: &["request", "secrets"],
        reason: "secrets are made, sealed and shown once, whatever is signed with them",
    },
    Room {
        module: "files",
        may_name: &[
            "clock",
            "db",
            "file_store",
            "hex",
            "identity",
            "jobs",
            "opaque_token",
            "password",
            "processes",
            "request",
            "scanner",
            "secrets",
            "throttle",
            "work",
            "values",
        ],
        reason: "files have rows, bytes and addresses; whoever sends the bytes, and over what, is for HTTP to know",
    },
    Room {
        module: "file_store",
        may_name: &["https"],
        reason: "bytes are kept under keys without knowing whose they are",
    },
    Room { module: "scanner", may_name: &[], reason: "bytes are looked through without knowing whose they are" },
    Room { module: "ids", may_name: &[], reason: "the ground floor depends on nothing" },
    Room {
        module: "inbound",
        may_name: &[
            "hex",
            "identity",
            "ids",
            "inbox",
            "jobs",
            "processes",
            "request",
            "secrets",
            "throttle",
            "values",
            "work",
        ],
        reason: "what comes in is stored and written down; nothing here sends or asks a provider",
    },
    Room {
        module: "integrations",
        may_name: &[
            "clock",
            "db",
            "identity",
            "ids",
            "jobs",
            "oauth",
            "opaque_token",
            "processes",
            "request",
            "secrets",
            "values",
            "work",
        ],
        reason: "connections are made, kept alive and synchronized; what a provider says is oauth's business",
    },
    Room {
        module: "support",
        may_name: &["crm", "identity", "jobs", "models", "processes", "work"],
        reason: "an assistant looks at tickets in a job",
    },
    Room {
        module: "jobs",
        may_name: &["bus", "db", "ids", "processes", "telemetry", "work"],
        reason: "jobs are queued, taken and finished without knowing what is done",
    },
    Room {
        module: "mail",
        may_name: &["ids", "secrets", "work"],
        reason: "mail leaves for whoever posts it: it must not know what an account or an invitation is",
    },
    Room {
        module: "models",
        may_name: &["https"],
        reason: "language models are asked without knowing who asks, what it costs or what may be asked",
    },
    Room {
        module: "oauth",
        may_name: &["clock", "https"],
        reason: "a provider proves who somebody is; whom of ours that means is for identity to say",
    },
    Room { module: "opaque_token", may_name: &[], reason: "a token is random bytes, whatever it opens" },
    Room { module: "postgres", may_name: &[], reason: "the launcher knows files and processes, and could be a crate" },
    Room {
        module: "sealed",
        may_name: &["request", "secrets"],
        reason: "fields are sealed with the keys of the gateway, whatever they hold",
    },
    Room {
        module: "health",
        may_name: &["calendar", "identity", "own_row", "processes", "request", "sealed", "secrets"],
        reason: "health records are sealed, and due at a time; nobody else has a business here",
    },
    Room {
        module: "finance",
        may_name: &["db", "identity", "own_row", "processes", "request", "sealed", "values", "work"],
        reason: "money is moved by triggers; a worker books what is due, in the name of whose it is",
    },
    Room { module: "secrets", may_name: &[], reason: "sealing knows keys and places, and nobody who has a secret" },
    Room { module: "token", may_name: &["clock", "hex"], reason: "a token needs the time and nothing else" },
    Room { module: "work", may_name: &["db"], reason: "the crew runs workers and does not know what they do" },
    Room {
        module: "workers",
        may_name: &[
            "analytics",
            "artifacts",
            "assistants",
            "audit",
            "db",
            "files",
            "finance",
            "health",
            "identity",
            "ids",
            "inbound",
            "inbox",
            "integrations",
            "jobs",
            "logistics",
            "mail",
            "retrieval",
            "secrets",
            "support",
            "usage",
            "work",
        ],
        reason: "the list of workers knows the domains that have some, and what these get",
    },
    Room { module: "values", may_name: &[], reason: "values are checked without knowing who has them" },
];

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
