//! The migrations, embedded in the binary: which are pending, and running them.

use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio_postgres::Client;

use super::connection::Place;
use super::failure::Failure;
use crate::config::secret::DatabaseUrl;

/// All migrations, in order.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Two gateways that migrate at the same moment wait for each other at this advisory lock.
const LOCK: i64 = 0x6d6f_7374_7261_646f;

/// What a database lacks, and what it has beyond this binary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Names of migrations that were not run yet.
    pub pending: Vec<String>,
    /// Versions that were run and that this binary does not know: it is older than the database.
    pub unknown: Vec<String>,
}

/// Runs the pending migrations as the owner; returns the names of those it ran.
///
/// # Errors
/// Names the migration that failed and what the database said. That one left nothing behind;
/// those before it stay.
pub async fn run(owner: &DatabaseUrl) -> Result<Vec<String>, Failure> {
    let place = Place::of(owner);
    let mut connection = AsyncPgConnection::establish(owner.expose())
        .await
        .map_err(|error| Failure::because(format_args!("could not connect to the database {place}"), &error))?;
    connection
        .batch_execute(&format!("select pg_advisory_lock({LOCK})"))
        .await
        .map_err(|error| Failure::because("could not wait for other migrations", &error))?;
    // The harness blocks its thread.
    let running = tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(connection);
        let versions = harness.run_pending_migrations(MIGRATIONS);
        versions
            .map(|versions| versions.iter().map(ToString::to_string).collect::<Vec<_>>())
            .map_err(|error| Failure::because("could not migrate", error.as_ref()))
    });
    let versions = running.await.map_err(|error| Failure::because("could not migrate", &error))??;
    Ok(named(&known()?, &versions))
}

/// Compares the database with this binary. Any role that serves or owns may ask.
///
/// # Errors
/// When the database does not answer.
pub async fn compare(client: &Client) -> Result<Difference, Failure> {
    let failed =
        |error: tokio_postgres::Error| Failure::because("could not ask for the migrations that were run", &error);
    let table = "public.__diesel_schema_migrations";
    let exists = client.query_one("select to_regclass($1) is not null", &[&table]).await.map_err(failed)?;
    let mut run: Vec<String> = Vec::new();
    if exists.get(0) {
        let rows = client.query(&format!("select version from {table} order by version"), &[]).await.map_err(failed)?;
        run.extend(rows.iter().map(|row| row.get::<_, String>(0)));
    }
    Ok(difference(&known()?, run))
}

/// Refuses a database that lacks migrations of this binary.
///
/// # Errors
/// Says how many are pending and what to run.
pub async fn expect_none_pending(client: &Client) -> Result<(), Failure> {
    let pending = compare(client).await?.pending.len();
    if pending == 0 {
        return Ok(());
    }
    let migrations = if pending == 1 { "migration is" } else { "migrations are" };
    Err(Failure::Runtime(format!(
        "{pending} {migrations} pending: run `mostrador migrate` as the role that owns the tables"
    )))
}

/// Version and name of every migration of this binary.
fn known() -> Result<Vec<(String, String)>, Failure> {
    let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS
        .migrations()
        .map_err(|error| Failure::because("could not read the embedded migrations", error.as_ref()))?;
    let mut known: Vec<(String, String)> = migrations
        .iter()
        .map(|migration| migration.name())
        .map(|name| (name.version().to_string(), name.to_string()))
        .collect();
    known.sort_unstable();
    Ok(known)
}

fn difference(known: &[(String, String)], run: Vec<String>) -> Difference {
    Difference {
        pending: known.iter().filter(|(version, _)| !run.contains(version)).map(|(_, name)| name.clone()).collect(),
        unknown: run.into_iter().filter(|version| !known.iter().any(|(known, _)| known == version)).collect(),
    }
}

fn named(known: &[(String, String)], versions: &[String]) -> Vec<String> {
    let mut names: Vec<String> =
        known.iter().filter(|(version, _)| versions.contains(version)).map(|(_, name)| name.clone()).collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_holds_every_folder_of_migrations() {
        let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))
            .unwrap()
            .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
            .map(|entry| entry.file_name().into_string().unwrap());
        let mut folders: Vec<String> = folders.collect();
        folders.sort_unstable();
        let names: Vec<String> = known().unwrap().into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, folders);
    }

    #[test]
    fn pending_and_unknown_migrations_are_told_apart() {
        let known = [("1".to_owned(), "1_a".to_owned()), ("2".to_owned(), "2_b".to_owned())];
        assert_eq!(
            difference(&known, vec!["1".into(), "3".into()]),
            Difference { pending: vec!["2_b".into()], unknown: vec!["3".into()] }
        );
        assert_eq!(difference(&known, vec!["1".into(), "2".into()]), Difference::default());
    }
}
