//! `mostrador migrate`: brings the database to the version of this binary.

use super::database_access::DatabaseAccess;
use super::failure::Failure;
use super::{migrations, output, vectors};
use crate::config::Config;

/// Runs the pending migrations and says which they were.
///
/// # Errors
/// When the database cannot be reached or a migration fails.
pub async fn migrate(config: &Config) -> Result<(), Failure> {
    config.check()?;
    let access = DatabaseAccess::open_or_join(config).await?;
    let migrated = migrations::run(&access.urls().owner).await;
    if migrated.is_ok() {
        vectors::index(&access.urls().owner, config).await;
    }
    let closed = access.close().await;
    let names = migrated?;
    closed?;
    let mut text: String = names.iter().map(|name| format!("{name}\n")).collect();
    text += &match names.len() {
        0 => "The database is up to date.\n".to_owned(),
        1 => "Ran 1 migration.\n".to_owned(),
        count => format!("Ran {count} migrations.\n"),
    };
    output::print(&text)
}
