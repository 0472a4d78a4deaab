//! Wrong settings: one line that names the setting, never its secret, and exit code 2.

use super::gateway::{Folder, mostrador};

#[test]
fn a_wrong_setting_is_named_in_one_line() {
    let folder = Folder::new();
    for (variable, value, also) in [
        ("LISTEN", "here", ""),
        ("LISTEN", "127.0.0.1:99999", ""),
        ("DATABASE_URL", "mysql://u:hunter2@db/x", ""),
        ("DATABASE_URL", "", ""),
        ("MIGRATE_URL", "postgres://o@db/x", ""),
        ("JWT_SECRET", "short-hunter2", ""),
        ("ENCRYPTION_KEYS", "2026:hunter2", ""),
        ("OAUTH_PROVIDERS", r#"[{"name": "x", "clientSecret": "hunter2"}]"#, ""),
        ("OAUTH_REDIRECT_URIS", "http://app.example", ""),
        ("BUS", "redis://ana:hunter2@bus", ""),
        ("BUS", "nats://ana:hunter2@bus/not.one.word", ""),
        ("POOL_SIZE", "0", ""),
        ("POOL_SIZE", "many", ""),
        ("POOL_SIZE", "-1", ""),
        ("POOL_TIMEOUT_MS", "99999999999999999999", ""),
        ("STATEMENT_TIMEOUT_MS", "1.5", ""),
        ("REQUEST_TIMEOUT_MS", "0", ""),
        ("BODY_LIMIT_BYTES", "1", ""),
        ("GRAPHIQL", "maybe", ""),
        ("CORS_ORIGINS", "not an origin", ""),
        ("LOG_FORMAT", "xml", ""),
        ("LOG_LEVEL", "loud=very=much", ""),
        ("MAX_QUERY_DEPTH", "0", ""),
        ("ENVIRONMENT", "staging", ""),
        ("ENVIRONMENT", "production", "DATABASE_URL"),
    ] {
        let output = mostrador(&["serve"])
            .env("LISTEN", "127.0.0.1:0")
            .env("DATA_DIR", folder.path())
            .env(variable, value)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{variable}={value}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{variable}={value}: {said}");
        let named = if also.is_empty() { variable } else { also };
        assert!(said.contains(named), "{variable}={value}: {said}");
        assert!(!said.contains("hunter2"), "{variable}: the secret is printed: {said}");
        assert!(output.stdout.is_empty(), "{variable}={value}");
        assert!(folder.postmaster().is_none(), "{variable}={value} started a database all the same");
    }
}

#[test]
fn a_wrong_flag_or_command_is_named_in_one_line() {
    for arguments in [
        &["--listen", "here"][..],
        &["--nothing"],
        &["nothing"],
        &["serve", "extra"],
        &["demo", "--scale", "0"],
        &["demo", "--scale", "lots"],
        &["token"],
        &["token", "--tenant", "x"],
        &["token", "--tenant", "x", "--user", "y", "--ttl", "forever"],
    ] {
        let output = mostrador(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{arguments:?}: {said}");
    }
}

#[test]
fn help_and_version_need_no_database() {
    for (arguments, words) in [
        (&["--version"][..], "mostrador "),
        (&["--help"], "DATABASE_URL"),
        (&["token", "--help"], "--tenant"),
        (&["help", "doctor"], "wrong with this installation"),
    ] {
        let output = mostrador(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains(words), "{arguments:?}: {said}");
    }
}
