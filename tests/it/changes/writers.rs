//! Writers at random: many at a time, some slow on purpose, some that change their minds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use uuid::Uuid;

use crate::app::connect;

/// A small generator of numbers; the same seed gives the same writers.
#[derive(Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `sides`.
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides
    }
}

/// What was done to a row: the version it had afterwards, 0 once it is gone, and the name under which it was done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Deed {
    pub(super) version: i32,
    pub(super) name: String,
}

/// What was committed, by tenant and row.
pub(super) type History = BTreeMap<(Uuid, Uuid), Vec<Deed>>;

/// The writers' common memory.
#[derive(Default)]
pub(super) struct Book {
    committed: Mutex<History>,
    deeds: AtomicU64,
}

impl Book {
    /// What was committed, each row in the order of its versions; a removal is last.
    pub(super) async fn history(&self) -> History {
        let mut history = self.committed.lock().await.clone();
        for deeds in history.values_mut() {
            deeds.sort_by_key(|deed| if deed.version == 0 { i32::MAX } else { deed.version });
        }
        history
    }
}

/// Writes `transactions` transactions to the brands of a tenant, as the API's role would.
pub(super) async fn write(book: Arc<Book>, database: String, tenant: Uuid, mut dice: Dice, transactions: u32) {
    let client = connect("mostrador_api", &database).await;
    client.batch_execute(&format!("set app.tenant_id = '{tenant}'")).await.unwrap();
    for _ in 0..transactions {
        client.batch_execute("begin").await.unwrap();
        let mut done: Vec<(Uuid, Deed)> = Vec::new();
        let mut is_broken = false;
        // Rows are locked in their order, so that no two writers wait for each other.
        let mut rows: Vec<u64> = (0..=dice.roll(4)).map(|_| dice.roll(12)).collect();
        rows.sort_unstable();
        for row in rows {
            let changes_its_mind = dice.roll(5) == 0;
            if changes_its_mind {
                client.batch_execute("savepoint maybe").await.unwrap();
            }
            let name = format!("deed_{}", book.deeds.fetch_add(1, Ordering::Relaxed));
            client.batch_execute(&format!("set local app.mutation = '{name}'")).await.unwrap();
            let key = row_of(tenant, row);
            let deed = match dice.roll(12) {
                0 => {
                    let id = Uuid::from_u128(u128::from(book.deeds.fetch_add(1, Ordering::Relaxed)) << 16 | 7);
                    let sql = format!("insert into brands (id, name) values ('{id}', '{name}')");
                    client.batch_execute(&sql).await.unwrap();
                    Some((id, Deed { version: 1, name }))
                }
                1 => {
                    let id = done.iter().rev().find(|(id, deed)| *id != key && deed.version == 1).map(|(id, _)| *id);
                    match id {
                        Some(id)
                            if client.execute(&format!("delete from brands where id = '{id}'"), &[]).await.unwrap()
                                == 1 =>
                        {
                            Some((id, Deed { version: 0, name }))
                        }
                        _ => None,
                    }
                }
                _ => {
                    let sql = format!("update brands set name = '{name}' where id = '{key}' returning version");
                    let row = client.query_one(&sql, &[]).await.unwrap();
                    Some((key, Deed { version: row.get(0), name }))
                }
            };
            if dice.roll(4) == 0 {
                tokio::time::sleep(Duration::from_millis(dice.roll(6))).await;
            }
            if changes_its_mind && dice.roll(2) == 0 {
                client.batch_execute("rollback to savepoint maybe").await.unwrap();
            } else {
                done.extend(deed);
                if changes_its_mind {
                    client.batch_execute("release savepoint maybe").await.unwrap();
                }
            }
        }
        // Some commit long after what others have written meanwhile.
        match dice.roll(20) {
            0 => tokio::time::sleep(Duration::from_millis(60 + dice.roll(120))).await,
            1 => is_broken = true,
            _ => {}
        }
        if is_broken {
            client.batch_execute("rollback").await.unwrap();
        } else {
            client.batch_execute("commit").await.unwrap();
            let mut committed = book.committed.lock().await;
            for (id, deed) in done {
                committed.entry((tenant, id)).or_default().push(deed);
            }
        }
    }
}

/// One of the twelve rows of a tenant for which all its writers compete.
pub(super) fn row_of(tenant: Uuid, number: u64) -> Uuid {
    Uuid::from_u128(tenant.as_u128() ^ (0xb0 << 64) ^ u128::from(number))
}

/// The SQL that makes these rows.
pub(super) fn rows_sql(tenants: &[Uuid]) -> String {
    let mut sql = String::new();
    for tenant in tenants {
        for number in 0..12 {
            let id = row_of(*tenant, number);
            sql.push_str(&format!(
                "insert into brands (tenant_id, id, name) values ('{tenant}', '{id}', 'brand {number}');"
            ));
        }
    }
    sql
}
