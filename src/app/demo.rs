//! `mostrador demo`: loads the demo data.

use super::connection::connect;
use super::database_access::DatabaseAccess;
use super::failure::Failure;
use super::{migrations, output};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::config::secret::DatabaseUrl;
use crate::demo;

/// Loads the demo data at a scale (1: about 3,000 contacts and 40,000 messages in two tenants).
///
/// # Errors
/// When the database cannot be reached, is not migrated, or holds demo data already.
pub async fn demo(config: &Config, scale: u32) -> Result<(), Failure> {
    config.check()?;
    let access = DatabaseAccess::open_or_join(config).await?;
    let loaded = migrate_and_load(&access, scale).await;
    let closed = access.close().await;
    let summary = loaded?;
    closed?;
    output::print(&format!("Loaded {summary}.\n"))
}

async fn migrate_and_load(access: &DatabaseAccess, scale: u32) -> Result<demo::Summary, Failure> {
    let owner = &access.urls().owner;
    if access.is_ours() {
        migrations::run(owner).await?;
    } else {
        migrations::expect_none_pending(&connect(owner).await?).await?;
    }
    load(owner, scale, &SystemClock).await
}

/// Loads the demo data into a migrated database, as it looks today.
///
/// # Errors
/// What the loader says.
pub async fn load(owner: &DatabaseUrl, scale: u32, clock: &dyn Clock) -> Result<demo::Summary, Failure> {
    let mut client = connect(owner).await?;
    demo::load(&mut client, scale, clock.now())
        .await
        .map_err(|error| Failure::because("could not load the demo data", &error))
}
