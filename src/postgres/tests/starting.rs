//! What a start does with binaries, settings and folders.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

use nix::unistd::Uid;

use super::{
    super::{Binaries, Durability, LaunchError, Settings, cluster::PidFile, start},
    Folder, is_alive, other_process, query, settings_in,
};

#[test]
fn a_server_starts_answers_stops_and_starts_again_with_its_data_within_a_second() {
    let folder = Folder::new();
    let server = start(&folder.settings()).unwrap();
    query(&server, "create table t as select 'kept' as a");
    let facts = "select current_setting('server_version_num')::int / 10000, \
                 current_setting('server_encoding'), lower('ÁÑ'), 'a' < 'B', \
                 current_setting('listen_addresses') = '', current_setting('jit'), \
                 current_setting('shared_buffers'), current_setting('max_connections'), \
                 current_setting('TimeZone'), current_setting('fsync')";
    let major = server.version().major;
    assert!(major >= 15);
    assert_eq!(query(&server, facts), [format!("{major}|UTF8|áñ|f|t|off|256MB|200|UTC|off")]);
    let pid = folder.server_pid();
    server.stop().unwrap();
    assert!(!is_alive(pid));
    assert_eq!(PidFile::read(&folder.cluster()), None, "the shutdown was in order");

    let begin = Instant::now();
    let server = start(&folder.settings()).unwrap();
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(1), "the second start took {took:?}");
    assert_eq!(query(&server, "select a from t"), ["kept"]);
    let pid = folder.server_pid();
    drop(server);
    assert!(!is_alive(pid), "dropping stops");
}

#[test]
fn nothing_committed_is_at_risk_by_default_and_parameters_win() {
    let folder = Folder::new();
    let settings = Settings {
        durability: Durability::Full,
        parameters: vec![("shared_buffers".into(), "64MB".into())],
        ..folder.settings()
    };
    let server = start(&settings).unwrap();
    let facts = "select current_setting('fsync'), current_setting('synchronous_commit'), \
                 current_setting('full_page_writes'), current_setting('shared_buffers')";
    assert_eq!(query(&server, facts), ["on|on|on|64MB"]);
}

#[test]
fn a_cluster_of_another_major_version_is_refused_with_both_versions() {
    let folder = Folder::new();
    let server = start(&folder.settings()).unwrap();
    let found = server.version().text.clone();
    server.stop().unwrap();
    // Of a version that no package folder of this machine can offer.
    fs::write(folder.cluster().join("PG_VERSION"), "9.6\n").unwrap();
    let error = start(&folder.settings()).unwrap_err();
    let LaunchError::OtherMajorVersion { cluster_version, found: said, .. } = &error else { panic!("{error:?}") };
    assert_eq!((cluster_version.as_str(), said), ("9.6", &found));
    assert!(error.to_string().contains("set POSTGRES_BIN to the bin folder"), "{error}");
}

#[test]
fn a_server_that_ends_at_once_says_why() {
    let folder = Folder::new();
    let settings = Settings { parameters: vec![("no_such_setting".into(), "1".into())], ..folder.settings() };
    let error = start(&settings).unwrap_err().to_string();
    assert!(error.contains("unrecognized configuration parameter \"no_such_setting\""), "{error}");
    drop(start(&folder.settings()).unwrap());
}

#[test]
fn a_data_folder_with_a_long_name_and_spaces_gets_its_socket_elsewhere() {
    let folder = Folder::new();
    let data_dir = folder.0.join("a name, with 'quotes'").join("x".repeat(100));
    let server = start(&settings_in(&data_dir)).unwrap();
    assert_eq!(query(&server, "select 1"), ["1"]);
    let socket = query(&server, "show unix_socket_directories").remove(0);
    assert!(!Path::new(&socket).starts_with(&folder.0), "{socket}");
    drop(server);
    fs::remove_dir_all(socket).unwrap();
}

#[test]
fn a_folder_that_the_servers_account_cannot_enter_is_named() {
    if !Uid::effective().is_root() {
        println!("only root's server runs as somebody else: nothing to test");
        return;
    }
    let folder = Folder::new();
    let closed = folder.0.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let error = start(&settings_in(&closed.join("data"))).unwrap_err();
    let LaunchError::Unreachable { barrier, .. } = &error else { panic!("{error:?}") };
    assert_eq!(barrier, &closed);
}

#[test]
fn a_folder_without_binaries_is_named() {
    let folder = Folder::new();
    let settings = Settings { binaries: Binaries::Folder("/nonexistent".into()), ..folder.settings() };
    let error = start(&settings).unwrap_err().to_string();
    assert!(error.starts_with("/nonexistent is not the bin folder of a PostgreSQL"), "{error}");
}

#[test]
fn the_environment_can_name_the_binaries_and_nothing_else_is_tried_then() {
    let folder = Folder::new();
    let output = other_process(&folder).env("POSTGRES_BIN", "/nonexistent").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("UnusableBinaries { folder: \"/nonexistent\""), "{said}");
}
