use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use super::*;

/// Parses without looking at the environment these tests run in.
fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
    let command = Cli::command().mut_args(|argument| argument.env(None::<&'static str>)).disable_help_subcommand(true);
    let matches = command.try_get_matches_from(["mostrador"].iter().chain(arguments))?;
    Cli::from_arg_matches(&matches)
}

fn refusal(arguments: &[&str]) -> String {
    usage::line(&parse(arguments).unwrap_err())
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn serve_is_the_default_and_settings_may_stand_before_or_after_a_command() {
    for arguments in
        [&["--listen", "127.0.0.1:1"][..], &["serve", "--listen", "127.0.0.1:1"], &["--listen", "127.0.0.1:1", "serve"]]
    {
        let cli = parse(arguments).unwrap();
        assert!(matches!(cli.command.unwrap_or_default(), Command::Serve(_)));
        assert_eq!(cli.config.listen.port(), 1);
    }
}

#[test]
fn background_work_can_be_left_to_processes_of_its_own() {
    assert!(parse(&["serve", "--no-work"]).is_ok());
    assert!(matches!(parse(&["work", "--jobs-at-once", "4"]).unwrap().command, Some(Command::Work(_))));
    assert!(parse(&["--no-work"]).is_err(), "a process that serves without a word does everything");
}

#[test]
fn every_setting_has_a_variable_of_the_same_name() {
    let command = Cli::command();
    for argument in command.get_arguments().filter(|argument| argument.is_global_set()) {
        let flag = argument.get_long().unwrap();
        let variable = argument.get_env().unwrap().to_str().unwrap();
        assert_eq!(flag.replace('-', "_").to_uppercase(), variable);
        assert!(argument.is_hide_env_values_set(), "{flag} would show its value in --help");
        assert!(argument.get_help().is_some());
    }
}

#[test]
fn a_wrong_setting_is_one_line_that_names_the_variable() {
    for (arguments, expected) in [
        (&["--pool-size", "many"][..], "POOL_SIZE (--pool-size) must be a whole number from 1 to 1000, not \"many\""),
        (&["--listen", "8080"], "LISTEN (--listen) must be an IP address and a port, as 127.0.0.1:8080, not \"8080\""),
        (
            &["--environment", "staging"],
            "ENVIRONMENT (--environment) must be development or production, not \"staging\"",
        ),
        (&["--jwt-secret", "short"], "JWT_SECRET (--jwt-secret) must have at least 32 bytes"),
        (
            &["--database-url", "postgres://a:hunter2@h:x/d"],
            "DATABASE_URL (--database-url) must be a PostgreSQL URL, as postgres://user:password@host:5432/database",
        ),
        (&["--pool-size"], "POOL_SIZE (--pool-size) has no value"),
        (&["--pool-sise", "1"], "unexpected argument '--pool-sise' found (see mostrador --help)"),
        (&["serf"], "unrecognized subcommand 'serf' (see mostrador --help)"),
        (
            &["token", "--tenant", "x"],
            "the following required arguments were not provided: --user <USER> (see mostrador --help)",
        ),
        (
            &["token", "--tenant", "x", "--user", "y", "--ttl", "long"],
            "TTL (--ttl) must be a time of at most a year, as 90s, 30m, 8h or 7d, not \"long\"",
        ),
    ] {
        assert_eq!(refusal(arguments), expected);
    }
}

#[test]
fn help_and_version_are_no_mistakes() {
    for (argument, kind) in [("--help", ErrorKind::DisplayHelp), ("--version", ErrorKind::DisplayVersion)] {
        let error = parse(&[argument]).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(!error.use_stderr());
    }
}
