use clap::{CommandFactory, FromArgMatches, Parser};

use super::*;

/// The flags alone: the environment these tests run in does not count.
#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

fn parse(flags: &[&str]) -> Result<Config, clap::Error> {
    let arguments = ["mostrador"].iter().chain(flags);
    let command = Flags::command().mut_args(|argument| argument.env(None::<&'static str>));
    let matches = command.try_get_matches_from(arguments)?;
    Flags::from_arg_matches(&matches).map(|flags| flags.config)
}

fn check(flags: &[&str]) -> Result<(), String> {
    parse(flags).unwrap().check().map_err(|error| error.to_string())
}

const URL: &str = "postgres://api:hunter2@db:5432/mostrador";
const SECRET: &str = "vO9Qk2xTzL7mWn4bYc8dRf3gHj6pSa1e";

#[test]
fn without_anything_it_is_a_development_machine() {
    let config = parse(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.limits(), Limits::DEFAULT);
    assert!(config.is_development() && config.is_graphiql_on());
    assert!(config.cors_origins.is_empty());
    assert_eq!(config.check(), Ok(()));
}

#[test]
fn production_guesses_nothing() {
    assert_eq!(
        check(&["--environment", "production"]).unwrap_err(),
        "DATABASE_URL is required when ENVIRONMENT is production"
    );
    let full = ["--environment", "production", "--database-url", URL, "--jwt-secret", SECRET];
    assert_eq!(check(&full), Ok(()));
    assert!(!parse(&full).unwrap().is_graphiql_on());
    assert!(parse(&full).unwrap().has_secure_cookies() && !parse(&[]).unwrap().has_secure_cookies());
    let with_page = [&full[..], &["--graphiql", "on"]].concat();
    assert!(parse(&with_page).unwrap().is_graphiql_on());
    assert!(check(&["--migrate-url", URL]).is_err());
}

#[test]
fn secrets_are_not_printed() {
    let config = parse(&["--database-url", URL, "--jwt-secret", SECRET]).unwrap();
    let printed = format!("{config:?}");
    assert!(!printed.contains("hunter2") && !printed.contains(SECRET), "{printed}");
    assert_eq!(config.database_url.unwrap().expose(), URL);
    assert_eq!(config.jwt_secret.unwrap().expose(), SECRET.as_bytes());
}

#[test]
fn wrong_values_are_refused() {
    for (flag, value) in [
        ("--listen", "8080"),
        ("--listen", "example.com:80"),
        ("--environment", "staging"),
        ("--database-url", "mysql://x"),
        ("--database-url", ""),
        ("--database-url", "postgres://h:notaport/x"),
        ("--data-dir", ""),
        ("--jwt-secret", "short"),
        ("--encryption-keys", "hunter2"),
        ("--oauth-providers", "{}"),
        ("--oauth-redirect-uris", "http://app.example/"),
        ("--jwt-secrets-old", "short"),
        ("--trusted-proxies", "10.0.0.0/33"),
        ("--trusted-proxies", "proxy.example"),
        ("--secure-cookies", "maybe"),
        ("--password-min-length", "7"),
        ("--session-idle-hours", "0"),
        ("--pool-size", "0"),
        ("--pool-size", "-1"),
        ("--pool-size", "1001"),
        ("--pool-size", "many"),
        ("--request-timeout-ms", "1.5"),
        ("--graphiql", "maybe"),
        ("--cors-origins", "shop.example"),
        ("--cors-origins", "https://shop.example/"),
        ("--cors-origins", "https://a.example,ftp://b.example"),
        ("--log-format", "xml"),
        ("--log-level", "mostrador=loud"),
        ("--log-level", ""),
        ("--max-query-depth", "61"),
    ] {
        assert!(parse(&[&format!("{flag}={value}")]).is_err(), "{flag} {value}");
    }
}

#[test]
fn good_values_are_taken() {
    let config = parse(&[
        "--listen=localhost:0",
        "--cors-origins=https://a.example, http://localhost:3000",
        "--shutdown-grace-ms=0",
        "--trusted-proxies=10.0.0.0/8, 127.0.0.1",
        "--max-query-depth=7",
    ])
    .unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:0");
    assert_eq!(config.cors_origins, ["https://a.example", "http://localhost:3000"]);
    assert_eq!(config.limits().depth, 7);
    assert_eq!(config.trusted_proxies.len(), 2);
    assert_eq!(parse(&["--cors-origins=*"]).unwrap().cors_origins, ["*"]);
}

#[test]
fn a_weak_secret_is_recognised() {
    let weak = |text: &str| text.parse::<JwtSecret>().unwrap().is_weak();
    assert!(!weak(SECRET));
    assert!(!weak("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"));
    for text in [
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "abcdef1234567890abcdef1234567890abcdef1234567890",
        "this-is-my-Secret-for-development-only",
        "01234567890123456789012345678901",
    ] {
        assert!(weak(text), "{text}");
    }
}
