//! `mostrador rotate-keys`: seals every sealed value with the current key, and proves that all of them open.
//!
//! Works beside running gateways, as the role that owns the tables. It can be stopped at any moment and run again: what
//! is done is told from the values themselves.

mod columns;

use std::collections::BTreeMap;

use tokio_postgres::Client;
use uuid::Uuid;

use self::columns::Column;
use super::connection::{connect, id_of};
use super::database_access::DatabaseAccess;
use super::failure::Failure;
use super::{encryption_keys, output, owner};
use crate::config::Config;
use crate::secrets::columns::SEALED;
use crate::secrets::{KeyId, KeyRing};

/// How often a column is gone through again because gateways wrote to it with an older key meanwhile.
const MAX_PASSES: usize = 5;

/// Most values that do not open which are named one by one.
const MAX_NAMED: usize = 20;

/// What there is after a rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// How many values open, by the key that sealed them.
    pub open: BTreeMap<KeyId, u64>,
    /// How many do not.
    pub broken: u64,
    /// Where the first of them are, and why they do not open.
    pub named: Vec<String>,
}

/// Seals all values with the current key, and prints what was done and what there is.
///
/// # Errors
/// When the database cannot be reached, when a value does not open, and when a value with an older key is left.
pub async fn rotate_keys(config: &Config) -> Result<(), Failure> {
    config.check()?;
    let access = DatabaseAccess::open_or_join(config).await?;
    let rotated = run(config, &access).await;
    let closed = access.close().await;
    rotated.and(closed)
}

async fn run(config: &Config, access: &DatabaseAccess) -> Result<(), Failure> {
    let keys = encryption_keys::find(config, access.data_dir())?;
    let mut client = connect(&access.urls().owner).await?;
    let mut unprinted = Ok(());
    let count = rotate(&mut client, &keys, |line| {
        unprinted = output::print(&format!("{line}\n"));
    })
    .await?;
    unprinted?;
    output::print(&format!("{count} values were sealed anew with the key {}.\n", keys.current()))?;
    let inventory = take_inventory(&mut client, &keys).await?;
    output::print(&inventory.report())?;
    inventory.judge(&keys)
}

/// Seals every value of another key with the current one, telling `progress` in lines for people. Values that do not
/// open stay as they are. Returns how many were sealed anew.
///
/// # Errors
/// When the database fails, or the role does not own the tables and so would not see all rows.
pub async fn rotate(client: &mut Client, keys: &KeyRing, mut progress: impl FnMut(&str)) -> Result<u64, Failure> {
    expect_owner(client).await?;
    let tenants = tenants(client).await?;
    let mut total = 0;
    for column in SEALED.iter().map(Column::new) {
        let mut of_column = 0;
        for tenant in &tenants {
            // Gateways write meanwhile; the next pass finds what they wrote with an older key.
            for _ in 0..MAX_PASSES {
                let before = of_column;
                let mut after = None;
                while let Some(batch) = column.seal_batch(client, keys, *tenant, after).await.map_err(failed)? {
                    after = Some(batch.last);
                    of_column += batch.sealed;
                    if batch.sealed > 0 {
                        progress(&format!("{column}: {of_column}"));
                    }
                }
                if of_column == before {
                    break;
                }
            }
        }
        total += of_column;
    }
    Ok(total)
}

/// Opens every value there is.
///
/// # Errors
/// When the database fails, or the role does not own the tables. That a value does not open is no error here.
pub async fn take_inventory(client: &mut Client, keys: &KeyRing) -> Result<Inventory, Failure> {
    expect_owner(client).await?;
    let mut inventory = Inventory::default();
    let tenants = tenants(client).await?;
    for column in SEALED.iter().map(Column::new) {
        for tenant in &tenants {
            let mut after = None;
            loop {
                let page = column.page(client, *tenant, after).await.map_err(failed)?;
                let Some((last, _)) = page.last() else { break };
                after = Some(*last);
                for (row, value) in &page {
                    inventory.add(keys, &column, *tenant, *row, value);
                }
            }
        }
    }
    Ok(inventory)
}

impl Inventory {
    fn add(&mut self, keys: &KeyRing, column: &Column, tenant: Uuid, row: Uuid, value: &[u8]) {
        match (keys.open(&column.place(tenant, row), value), KeyRing::key_of(value)) {
            (Ok(_), Some(id)) => *self.open.entry(id).or_default() += 1,
            (opened, _) => {
                self.broken += 1;
                if self.named.len() < MAX_NAMED {
                    let why = opened.err().map(|error| error.to_string()).unwrap_or_default();
                    self.named.push(format!("{column} of {row} (tenant {tenant}): {why}"));
                }
            }
        }
    }

    fn report(&self) -> String {
        let mut text: String = self.open.iter().map(|(id, count)| format!("key {id}: {count} values open\n")).collect();
        if self.open.is_empty() && self.broken == 0 {
            text += "There are no sealed values.\n";
        }
        for name in &self.named {
            text += &format!("BAD  {name}\n");
        }
        text
    }

    /// Whether every other key than the current one can be taken away.
    fn judge(&self, keys: &KeyRing) -> Result<(), Failure> {
        if self.broken > 0 {
            return Err(Failure::Runtime(format!("{} values do not open", self.broken)));
        }
        let old: u64 = self.open.iter().filter(|(id, _)| *id != keys.current()).map(|(_, count)| count).sum();
        if old > 0 {
            return Err(Failure::Runtime(format!(
                "{old} values were sealed with an older key meanwhile: give every gateway the new key first, then run \
                 this again"
            )));
        }
        Ok(())
    }
}

async fn tenants(client: &Client) -> Result<Vec<Uuid>, Failure> {
    let rows = client.query("select id::text from tenants order by id", &[]).await.map_err(failed)?;
    Ok(rows.iter().filter_map(id_of).collect())
}

/// Anybody else would see no rows, and report that all is done.
async fn expect_owner(client: &Client) -> Result<(), Failure> {
    let tables: Vec<&str> = SEALED.iter().map(|sealed| sealed.table).chain(["tenants"]).collect();
    owner::expect(client, &tables).await
}

fn failed(error: tokio_postgres::Error) -> Failure {
    Failure::because("could not seal the values anew", &error)
}
