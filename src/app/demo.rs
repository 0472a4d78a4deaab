//! `mostrador demo`: loads the demo data.

use std::collections::BTreeSet;

use super::connection::connect;
use super::database_access::DatabaseAccess;
use super::failure::Failure;
use super::{files, migrations, output};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::config::secret::DatabaseUrl;
use crate::demo;

/// The password of all users of the demo, in development.
pub const DEMO_PASSWORD: &str = "mostrador-demo-2026";

/// Its hash, made once: to hash it for each user would take longer than loading the data.
const DEMO_PASSWORD_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bW9zdHJhZG9yLWRlbW8hIQ$dJLuQDhVmKTBMRbULGy1sv3HrB+FWdCt23GYH+1q+z4";

/// Loads the demo data at a scale (1: about 3,000 contacts and 40,000 messages in two tenants).
///
/// # Errors
/// When the database cannot be reached, is not migrated, or holds demo data already.
pub async fn demo(config: &Config, scale: u32) -> Result<(), Failure> {
    config.check()?;
    let access = DatabaseAccess::open_or_join(config).await?;
    let loaded = migrate_and_load(config, &access, scale).await;
    let closed = access.close().await;
    let summary = loaded?;
    closed?;
    output::print(&format!("Loaded {summary}.\n"))
}

async fn migrate_and_load(config: &Config, access: &DatabaseAccess, scale: u32) -> Result<demo::Summary, Failure> {
    let owner = &access.urls().owner;
    if access.is_ours() {
        migrations::run(owner).await?;
    } else {
        migrations::expect_none_pending(&connect(owner).await?).await?;
    }
    let summary = load(owner, scale, &SystemClock, config.is_development()).await?;
    files::keep_demo(&files::store(config, access.data_dir())?, &summary).await?;
    Ok(summary)
}

/// Loads the demo data into a migrated database, as it looks today. With passwords, everybody has
/// [`DEMO_PASSWORD`]; as it stands in this file, that is for development only.
///
/// # Errors
/// What the loader says.
pub async fn load(
    owner: &DatabaseUrl,
    scale: u32,
    clock: &dyn Clock,
    with_passwords: bool,
) -> Result<demo::Summary, Failure> {
    let mut client = connect(owner).await?;
    let summary = demo::load(&mut client, scale, clock.now())
        .await
        .map_err(|error| Failure::because("could not load the demo data", &error))?;
    if with_passwords {
        set_passwords(&mut client)
            .await
            .map_err(|error| Failure::because("could not set the demo passwords", &error))?;
    }
    Ok(summary)
}

async fn set_passwords(client: &mut tokio_postgres::Client) -> Result<(), tokio_postgres::Error> {
    let slugs: BTreeSet<String> = demo::logins().iter().map(|login| login.tenant_slug.to_string()).collect();
    let tx = client.transaction().await?;
    for slug in slugs {
        let sql = "select set_config('app.tenant_id', id::text, true) from app.tenant_by_slug($1)";
        tx.execute(sql, &[&slug]).await?;
        let sql = "update users set password_hash = $1 \
                   where tenant_id = current_setting('app.tenant_id')::uuid and password_hash is null";
        tx.execute(sql, &[&DEMO_PASSWORD_HASH]).await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::{Cost, Passwords, Policy, Verdict};

    #[tokio::test]
    async fn the_demo_password_is_the_one_that_was_hashed_and_would_be_taken() {
        let passwords = Passwords::new(Cost::RECOMMENDED, Policy::default(), 1);
        let verdict = passwords.verify(DEMO_PASSWORD.to_owned().into(), Some(DEMO_PASSWORD_HASH.into())).await.unwrap();
        assert_eq!(verdict, Verdict { is_right: true, is_outdated: false });
        assert_eq!(Policy::default().check(DEMO_PASSWORD, "ana@demo.example"), Ok(()));
    }
}
