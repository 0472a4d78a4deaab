//! `mostrador doctor`: says what is wrong with this installation.

use std::fmt;

use tokio_postgres::Client;

use super::connection::{Place, connect};
use super::database_access::DatabaseAccess;
use super::failure::Failure;
use super::{encryption_keys, mail, migrations, output, signing_keys};
use crate::config::Config;
use crate::mail::Transport;

/// The oldest PostgreSQL that will do.
const MIN_VERSION: i32 = 15;

/// The extensions the migrations create; a server must offer them.
const EXTENSIONS: [&str; 3] = ["btree_gist", "pg_trgm", "unaccent"];

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    grade: Grade,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grade {
    Good,
    /// Works, but somebody should know.
    Doubtful,
    /// Does not work, or is not safe.
    Bad,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, grade: Grade, text: impl Into<String>) {
        let text = text.into();
        self.0.push(Finding { grade, text });
    }

    fn good(&mut self, text: impl Into<String>) {
        self.add(Grade::Good, text);
    }

    fn doubtful(&mut self, text: impl Into<String>) {
        self.add(Grade::Doubtful, text);
    }

    fn bad(&mut self, text: impl Into<String>) {
        self.add(Grade::Bad, text);
    }

    /// Bad when there is something on the list, else good.
    fn none_of(&mut self, list: &[String], good: &str, bad: &str) {
        if list.is_empty() {
            self.good(good);
        } else {
            self.bad(format!("{bad}: {}", list.join(", ")));
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { grade, text } in &self.0 {
            let mark = match grade {
                Grade::Good => "ok  ",
                Grade::Doubtful => "note",
                Grade::Bad => "BAD ",
            };
            writeln!(formatter, "{mark}  {text}")?;
        }
        Ok(())
    }
}

/// Looks at everything and prints what it found.
///
/// # Errors
/// When something is bad; the list has been printed by then.
pub async fn doctor(config: &Config) -> Result<(), Failure> {
    let mut findings = Findings::default();
    if let Err(error) = config.check() {
        findings.bad(error.to_string());
    } else {
        match DatabaseAccess::open_or_join(config).await {
            Ok(access) => {
                look_at_secret(config, &access, &mut findings);
                look_at_keys(config, &access, &mut findings);
                look_at_mail(config, &access, &mut findings);
                look_at_database(&access, &mut findings).await;
                if let Err(failure) = access.close().await {
                    findings.bad(failure.to_string());
                }
            }
            Err(failure) => findings.bad(failure.to_string()),
        }
    }
    output::print(&findings.to_string())?;
    let bad = findings.0.iter().filter(|finding| finding.grade == Grade::Bad).count();
    match bad {
        0 => Ok(()),
        1 => Err(Failure::Runtime("1 thing is wrong with this installation".to_owned())),
        _ => Err(Failure::Runtime(format!("{bad} things are wrong with this installation"))),
    }
}

fn look_at_secret(config: &Config, access: &DatabaseAccess, findings: &mut Findings) {
    match signing_keys::find(config, access.data_dir()) {
        Err(failure) => findings.bad(failure.to_string()),
        Ok(_) if config.jwt_key_file.is_some() => findings.good("access tokens are signed with an Ed25519 key"),
        Ok(_) => findings.good("access tokens are signed with a secret"),
    }
    // With a key file there may be none, and in development the kept one is random.
    let secrets = config.jwt_secret.iter().map(|secret| ("JWT_SECRET", secret));
    let old = config.jwt_secrets_old.iter().map(|secret| ("JWT_SECRETS_OLD", secret));
    for (variable, _) in secrets.chain(old).filter(|(_, secret)| secret.is_weak()) {
        if config.is_development() {
            findings.doubtful(format!("{variable} looks guessable; use 32 random bytes in production"));
        } else {
            findings.bad(format!("{variable} looks guessable; make one: openssl rand -hex 32"));
        }
    }
    if !config.jwt_secrets_old.is_empty() || !config.jwt_keys_old.is_empty() {
        findings.doubtful("older keys still verify access tokens: an hour after the change nobody needs them");
    }
    if !config.is_development() && !config.has_secure_cookies() {
        findings.bad("SECURE_COOKIES is off: browsers would send tokens over http");
    }
    if config.is_development() && !config.listen.ip().is_loopback() {
        findings.doubtful(format!(
            "LISTEN is {} in development: whoever reaches it can sign in without a password",
            config.listen
        ));
    }
}

fn look_at_keys(config: &Config, access: &DatabaseAccess, findings: &mut Findings) {
    match encryption_keys::find(config, access.data_dir()) {
        Err(failure) => findings.bad(failure.to_string()),
        Ok(keys) => {
            let weak: Vec<String> = keys.weak().map(ToString::to_string).collect();
            let good = format!("secrets in the database are sealed with the key {}", keys.current());
            findings.none_of(&weak, &good, "keys that seal secrets look typed; draw them: openssl rand -base64 32");
            let old = keys.ids().count() - 1;
            if old > 0 {
                findings.doubtful(format!(
                    "ENCRYPTION_KEYS still holds {old} older keys: `mostrador rotate-keys` says whether anything needs them"
                ));
            }
        }
    }
    if encryption_keys::is_readable_by_others(config) {
        findings.doubtful("other users of this machine can read ENCRYPTION_KEY_FILE: chmod 600");
    }
    if !config.oauth_providers.is_empty() && config.oauth_redirect_uris.is_empty() {
        findings.bad("OAUTH_PROVIDERS are of no use without OAUTH_REDIRECT_URIS");
    }
}

fn look_at_mail(config: &Config, access: &DatabaseAccess, findings: &mut Findings) {
    match mail::transport(config, access.data_dir()) {
        None => {
            findings.doubtful("mails wait in the outbox and none is sent: set MAIL_URL to a server that takes them")
        }
        Some(Transport::Smtp(server)) => findings.good(format!("mails go to {server}")),
        Some(Transport::Folder(folder)) if config.is_development() => {
            findings.good(format!("mails are written into {}", folder.display()));
        }
        Some(Transport::Folder(folder)) => {
            findings.doubtful(format!("mails are written into {} and sent to nobody: set MAIL_URL", folder.display()));
        }
    }
}

async fn look_at_database(access: &DatabaseAccess, findings: &mut Findings) {
    let api = &access.urls().api;
    let client = match connect(api).await {
        Ok(client) => client,
        // A database of our own that was never migrated has no role to serve as yet.
        Err(failure) => return findings.bad(failure.to_string()),
    };
    findings.good(format!("the database {} answers", Place::of(api)));
    if let Err(error) = look_inside(&client, findings).await {
        findings.bad(Failure::because("could not look further", &error).to_string());
    }
    match migrations::compare(&client).await {
        Err(failure) => findings.bad(failure.to_string()),
        Ok(difference) => {
            let bad = "migrations are pending (run `mostrador migrate`)";
            findings.none_of(&difference.pending, "no migration is pending", bad);
            if !difference.unknown.is_empty() {
                let unknown = difference.unknown.join(", ");
                findings.doubtful(format!("the database is newer than this binary, which does not know {unknown}"));
            }
        }
    }
    if access.urls().owner != *api
        && let Err(failure) = connect(&access.urls().owner).await
    {
        findings.bad(format!("MIGRATE_URL: {failure}"));
    }
}

async fn look_inside(client: &Client, findings: &mut Findings) -> Result<(), tokio_postgres::Error> {
    let row = client
        .query_one("select current_setting('server_version'), current_setting('server_version_num')::int / 10000", &[])
        .await?;
    let (version, major): (String, i32) = (row.get(0), row.get(1));
    if major < MIN_VERSION {
        findings.bad(format!("PostgreSQL is {version}; it must be {MIN_VERSION} or newer"));
    } else {
        findings.good(format!("PostgreSQL is {version}"));
    }

    let offered = "select name from pg_available_extensions where name = any($1)";
    let rows = client.query(offered, &[&EXTENSIONS.as_slice()]).await?;
    let offered: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let missing: Vec<String> = EXTENSIONS
        .iter()
        .filter(|name| !offered.iter().any(|offered| offered == *name))
        .map(|name| (*name).to_owned())
        .collect();
    findings.none_of(
        &missing,
        "the server has the extensions we need",
        "the server lacks extensions (install its contrib package)",
    );

    let login = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user";
    if client.query_one(login, &[]).await?.get(0) {
        findings
            .bad("the role of DATABASE_URL is a superuser or can bypass row-level security: log in as mostrador_api");
    }
    // The gateway takes this role whoever logs in.
    let role = "select rolsuper or rolbypassrls, pg_has_role(current_user, oid, 'member') \
                from pg_roles where rolname = 'mostrador_api'";
    match client.query_opt(role, &[]).await? {
        None => findings.bad("the role mostrador_api does not exist (run `mostrador migrate`)"),
        Some(row) if row.get(0) => findings.bad(
            "the role mostrador_api can bypass row-level security: alter role mostrador_api nosuperuser nobypassrls",
        ),
        Some(row) if !row.get::<_, bool>(1) => {
            findings.bad("the role of DATABASE_URL may not become mostrador_api: grant mostrador_api to it")
        }
        Some(_) => findings.good("the role mostrador_api cannot bypass row-level security"),
    }
    let names = async |sql: &str| {
        let rows = client.query(sql, &[]).await?;
        Ok::<Vec<String>, tokio_postgres::Error>(rows.iter().map(|row| row.get(0)).collect())
    };
    let owned = names(
        "select c.oid::regclass::text from pg_class c \
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') \
         and pg_get_userbyid(c.relowner) = 'mostrador_api' order by 1",
    );
    findings.none_of(
        &owned.await?,
        "the role mostrador_api owns no table",
        "the role mostrador_api owns tables, whose row-level security it could switch off",
    );
    let open = names(
        "select c.oid::regclass::text from pg_class c \
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') \
         and not (c.relrowsecurity and c.relforcerowsecurity) \
         and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') order by 1",
    );
    findings.none_of(
        &open.await?,
        "row-level security is forced on every table of tenants",
        "row-level security is not forced on tables",
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extensions_are_those_of_the_migrations() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut found: Vec<String> = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let sql = std::fs::read_to_string(entry.unwrap().path().join("up.sql")).unwrap_or_default();
            let statements = sql.split("create extension if not exists ").skip(1);
            found.extend(statements.map(|rest| rest.split_whitespace().next().unwrap().to_owned()));
        }
        found.sort_unstable();
        assert_eq!(found, EXTENSIONS);
    }

    #[test]
    fn findings_are_one_line_each() {
        let mut findings = Findings::default();
        findings.none_of(&[], "fine", "not fine");
        findings.none_of(&["a".into(), "b".into()], "fine", "not fine");
        findings.doubtful("hm");
        assert_eq!(findings.to_string(), "ok    fine\nBAD   not fine: a, b\nnote  hm\n");
    }
}
