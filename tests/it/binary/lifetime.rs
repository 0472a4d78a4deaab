//! Starting, stopping and being killed, with a PostgreSQL of its own. One test each where a folder can be fresh, one long
//! one for what a person does with the same folder day after day.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use serde_json::json;

use super::gateway::{Folder, Gateway, await_end, is_alive, mostrador};

#[test]
fn one_folder_is_started_used_stopped_killed_and_started_again() {
    let folder = Folder::new();

    // The first start makes a database, migrates it and fills it.
    let mut first = Gateway::start(&folder);
    println!("first start: {:?}", first.ready_after);
    for part in ["GraphQL", "GraphiQL", "Login", "Token"] {
        assert!(first.banner.contains(part), "{}", first.banner);
    }
    assert_eq!(first.get("/livez").0, 200);
    assert_eq!(first.get("/readyz").0, 200);
    assert!(first.get("/metrics").1.contains("mostrador_"));
    assert!(first.get("/graphiql").1.contains("<html"));
    let inbox = "{ viewer { user { displayName } } conversations(first: 25, filter: {status: {eq: OPEN}}) { totalCount nodes { id contact { displayName } } } }";
    let answer = first.query(inbox);
    assert_eq!(answer["data"]["conversations"]["nodes"].as_array().unwrap().len(), 25, "{answer:#}");
    let name = answer["data"]["viewer"]["user"]["displayName"].as_str().unwrap();
    assert!(first.banner.contains(name), "the login is not that of the token: {}", first.banner);
    let created =
        first.query("mutation { createContact(input: {displayName: \"Kept\"}) { contact { id } errors { code } } }");
    assert_eq!(created["data"]["createContact"]["errors"], json!([]), "{created:#}");

    // A second one beside it says so, whether it wants the folder or the port.
    for (variable, value, words) in [
        ("LISTEN", "127.0.0.1:0", "another gateway (process "),
        ("LISTEN", first.address.as_str(), "is taken by another program"),
    ] {
        let beside = mostrador(&["serve"]).env("DATA_DIR", folder.path()).env(variable, value).output().unwrap();
        let said = String::from_utf8_lossy(&beside.stderr).into_owned();
        assert_eq!(beside.status.code(), Some(1), "{said}");
        let last = said.lines().last().unwrap_or_default();
        assert!(last.starts_with("mostrador: ") && last.contains(words), "{said}");
    }
    assert!(first.query("{ viewer { user { id } } }").get("errors").is_none(), "the first one is not disturbed");

    // Commands work beside it.
    let login = first.banner.lines().find(|line| line.contains("--tenant")).unwrap().trim().to_owned();
    let arguments: Vec<&str> = ["token"].into_iter().chain(login.split(' ')).collect();
    let token = mostrador(&arguments).env("DATA_DIR", folder.path()).output().unwrap();
    assert!(token.status.success(), "{}", String::from_utf8_lossy(&token.stderr));
    let printed = String::from_utf8(token.stdout).unwrap();
    let earlier = std::mem::replace(&mut first.token, printed.trim().to_owned());
    assert_ne!(earlier, first.token);
    assert_eq!(first.query(inbox)["data"]["viewer"]["user"]["displayName"], name);
    let doctor = mostrador(&["doctor"]).env("DATA_DIR", folder.path()).output().unwrap();
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));

    // Ctrl-C ends everything.
    let postmaster = folder.postmaster().unwrap();
    first.signal(Signal::SIGINT);
    assert_eq!(first.ended().code(), Some(0), "{}", first.log());
    assert!(!is_alive(postmaster), "PostgreSQL still runs");
    assert_eq!(folder.postmaster(), None, "a lock file was left behind");

    // The second start has nothing to do, and forgets nothing. The guard is wide; the figure is for the reader.
    let mut second = Gateway::start(&folder);
    println!("second start: {:?}", second.ready_after);
    assert!(second.ready_after < Duration::from_secs(15), "{:?}", second.ready_after);
    second.token = first.token.clone();
    let kept = second.query("{ contacts(filter: {displayName: {eq: \"Kept\"}}) { totalCount } }");
    assert_eq!(kept["data"]["contacts"]["totalCount"], 1, "also the old token still works: {kept:#}");

    // Ctrl-C twice in a row, as a terminal sends it: to the whole group.
    let postmaster = folder.postmaster().unwrap();
    killpg(second.pid(), Signal::SIGINT).unwrap();
    killpg(second.pid(), Signal::SIGINT).unwrap();
    assert_eq!(second.ended().code(), Some(0), "{}", second.log());
    assert!(!is_alive(postmaster), "PostgreSQL still runs");
    assert_eq!(folder.postmaster(), None, "a lock file was left behind");

    // Killed, it leaves nothing in the way.
    let mut third = Gateway::start(&folder);
    let postmaster = folder.postmaster().unwrap();
    third.signal(Signal::SIGKILL);
    assert_eq!(third.ended().code(), None);
    let mut fourth = Gateway::start(&folder);
    assert!(!is_alive(postmaster), "the old PostgreSQL runs beside the new one");
    assert_eq!(fourth.get("/readyz").0, 200);

    // Its database killed under it, it ends with the reason, and the next start works.
    kill(folder.postmaster().unwrap(), Signal::SIGKILL).unwrap();
    assert_eq!(fourth.ended().code(), Some(1), "{}", fourth.log());
    assert!(fourth.log().contains("PostgreSQL has ended by itself"), "{}", fourth.log());
    let mut fifth = Gateway::start(&folder);
    let postmaster = folder.postmaster().unwrap();
    fifth.signal(Signal::SIGTERM);
    assert_eq!(fifth.ended().code(), Some(0), "{}", fifth.log());
    await_end(postmaster);
}

#[test]
fn ctrl_c_during_the_first_start_ends_it_and_leaves_nothing_in_the_way() {
    let folder = Folder::new();
    for milliseconds in [50, 400, 1_200, 2_500] {
        let log = std::fs::File::create(format!("{}/start.log", folder.path())).unwrap();
        let mut command = mostrador(&["serve"]);
        command
            .env("DATA_DIR", folder.path())
            .env("LISTEN", "127.0.0.1:0")
            .stdout(std::process::Stdio::null())
            .stderr(log);
        let mut child = command.spawn().unwrap();
        let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
        std::thread::sleep(Duration::from_millis(milliseconds));
        // Before the handler is there the signal simply ends it.
        let _ = kill(pid, Signal::SIGINT);
        let deadline = Instant::now() + Duration::from_secs(60);
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "{milliseconds} ms: it does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_ne!(status.code(), Some(101), "it panicked");
        assert!(status.code().is_none_or(|code| code == 0), "{milliseconds} ms: {status}");
        if let Some(postmaster) = folder.postmaster() {
            await_end(postmaster);
        }
    }
    let mut gateway = Gateway::start(&folder);
    let answer = gateway.query("{ contacts { totalCount } }");
    assert!(
        answer["data"]["contacts"]["totalCount"].as_i64().unwrap() > 1000,
        "the demo data is half there: {answer:#}"
    );
    gateway.signal(Signal::SIGINT);
    assert_eq!(gateway.ended().code(), Some(0));
}
