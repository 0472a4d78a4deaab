//! One sealed column, one tenant, a few rows at a time.

use std::fmt;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, Transaction};
use uuid::Uuid;

use super::super::connection::id_of;
use crate::secrets::columns::SealedColumn;
use crate::secrets::{KeyRing, Place};

/// Rows in one transaction: few, because gateways wait for them.
const BATCH: i64 = 100;

/// Rows read at once when nothing is locked.
const PAGE: i64 = 500;

/// How often a batch that got in the way of others is tried again.
const MAX_TRIES: usize = 10;

/// A sealed column.
pub(super) struct Column {
    sealed: SealedColumn,
}

/// What became of a few rows.
pub(super) struct Batch {
    /// How many were sealed anew. Those that somebody else has written meanwhile, and those that do not open, are not
    /// among them.
    pub(super) sealed: u64,
    /// The last of the rows.
    pub(super) last: Uuid,
}

impl Column {
    pub(super) fn new(sealed: &SealedColumn) -> Self {
        Self { sealed: *sealed }
    }

    pub(super) fn place(&self, tenant: Uuid, row: Uuid) -> Place<'static> {
        Place { tenant, table: self.sealed.table, column: self.sealed.column, row }
    }

    /// Seals the next rows behind `after` that have another key; `None` when there are none.
    pub(super) async fn seal_batch(
        &self,
        client: &mut Client,
        keys: &KeyRing,
        tenant: Uuid,
        after: Option<Uuid>,
    ) -> Result<Option<Batch>, Error> {
        let mut tries = 1;
        loop {
            match self.try_batch(client, keys, tenant, after).await {
                Err(error) if tries < MAX_TRIES && is_passing(&error) => tries += 1,
                result => return result,
            }
        }
    }

    async fn try_batch(
        &self,
        client: &mut Client,
        keys: &KeyRing,
        tenant: Uuid,
        after: Option<Uuid>,
    ) -> Result<Option<Batch>, Error> {
        let SealedColumn { table, column } = self.sealed;
        let tx = enter(client, tenant).await?;
        let head = keys.current_head();
        let sql = format!(
            "select id::text, {column} from {table} \
             where tenant_id = $1::text::uuid and {column} is not null and id > $2::text::uuid \
             and substring({column} for octet_length($3::bytea)) <> $3 order by id limit {BATCH}"
        );
        let rows = tx.query(&sql, &[&tenant.to_string(), &text(after), &head]).await?;
        let rows = rows.iter().map(id_and_value).collect::<Vec<_>>();
        let Some((last, _)) = rows.last() else { return Ok(None) };
        let (mut ids, mut olds, mut news) = (Vec::new(), Vec::new(), Vec::new());
        for (row, old) in &rows {
            let place = self.place(tenant, *row);
            // What does not open, the inventory names.
            let Ok(clear) = keys.open(&place, old) else { continue };
            let Ok(new) = keys.seal(&place, clear.expose()) else { continue };
            ids.push(row.to_string());
            olds.push(old.as_slice());
            news.push(new.into_bytes());
        }
        // Compares the old value, so that what somebody has written since it was read stays.
        let sql = format!(
            "update {table} t set {column} = n.new \
             from unnest($2::text[], $3::bytea[], $4::bytea[]) as n (id, old, new) \
             where t.tenant_id = $1::text::uuid and t.id = n.id::uuid and t.{column} = n.old"
        );
        let sealed = tx.execute(&sql, &[&tenant.to_string(), &ids, &olds, &news]).await?;
        tx.commit().await?;
        Ok(Some(Batch { sealed, last: *last }))
    }

    /// The next values behind `after`, whatever their key.
    pub(super) async fn page(
        &self,
        client: &mut Client,
        tenant: Uuid,
        after: Option<Uuid>,
    ) -> Result<Vec<(Uuid, Vec<u8>)>, Error> {
        let SealedColumn { table, column } = self.sealed;
        let tx = enter(client, tenant).await?;
        let sql = format!(
            "select id::text, {column} from {table} \
             where tenant_id = $1::text::uuid and {column} is not null and id > $2::text::uuid order by id limit {PAGE}"
        );
        let rows = tx.query(&sql, &[&tenant.to_string(), &text(after)]).await?;
        Ok(rows.iter().map(id_and_value).collect())
    }
}

/// Begins a transaction in the name of a tenant: row-level security holds the owner as well.
async fn enter(client: &mut Client, tenant: Uuid) -> Result<Transaction<'_>, Error> {
    let tx = client.transaction().await?;
    // A UUID's text has nothing to quote; SET LOCAL takes no parameters.
    tx.batch_execute(&format!("set local app.tenant_id = '{tenant}'; set local lock_timeout = '2s'")).await?;
    Ok(tx)
}

/// The driver's own UUIDs are a feature that nothing else needs; no row has the nil UUID.
fn text(id: Option<Uuid>) -> String {
    id.unwrap_or_default().to_string()
}

fn id_and_value(row: &tokio_postgres::Row) -> (Uuid, Vec<u8>) {
    (id_of(row).unwrap_or_default(), row.get(1))
}

/// Whether somebody was in the way who will be gone.
fn is_passing(error: &Error) -> bool {
    let passing =
        [&SqlState::LOCK_NOT_AVAILABLE, &SqlState::T_R_DEADLOCK_DETECTED, &SqlState::T_R_SERIALIZATION_FAILURE];
    error.code().is_some_and(|code| passing.contains(&code))
}

impl fmt::Display for Column {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.sealed.table, self.sealed.column)
    }
}
