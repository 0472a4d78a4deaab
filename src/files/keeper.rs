//! Takes away what is over: files that have expired or were deleted long ago, uploads that nobody confirmed, and the bytes
//! of rows that are gone. A row that goes leaves a note of its bytes in the same transaction, so none are forgotten.

use std::collections::HashMap;
use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use uuid::Uuid;

use crate::clock::SharedClock;
use crate::file_store::{FILES, FileStore};
use crate::work::{Stop, Tenancy, Worker};

/// Bytes that are deleted, or files that are queued for a scan, in one round of a tenant.
const AT_ONCE: i32 = 200;

/// Keys that are compared with rows at once.
const COMPARED: usize = 500;

/// How old bytes must be before they can have no row: longer than an upload may take.
const OLD_ENOUGH: Duration = Duration::from_secs(24 * 3600);

/// Takes away what is over.
pub struct FileKeeper {
    tenancy: Tenancy,
    store: FileStore,
    trash_days: i32,
    is_scanning: bool,
}

impl FileKeeper {
    /// Deleted files are kept for so many days. `is_scanning` says whether files can be looked through for viruses.
    #[must_use]
    pub fn new(tenancy: Tenancy, store: FileStore, trash_days: i32, is_scanning: bool) -> Self {
        Self { tenancy, store, trash_days, is_scanning }
    }

    fn kept(&self, sql: &mut Sql) {
        sql.push("make_interval(days => ").bind(Bind::Int(self.trash_days)).push(")");
    }

    /// What is due in one tenant; says whether there may be more.
    async fn keep(&self, tenant: Uuid) -> Result<bool, DbError> {
        let mut lapsed = Sql::new();
        lapsed.push("select app.drop_lapsed_files(null, ");
        self.kept(&mut lapsed);
        lapsed.push(")");
        self.write(tenant, lapsed).await?;
        if self.is_scanning {
            let mut waiting = Sql::new();
            waiting.push("select app.files_awaiting_scan(").bind(Bind::Int(AT_ONCE)).push(")");
            self.write(tenant, waiting).await?;
        }
        let mut sql = Sql::new();
        sql.push("select d.storage_path from file_discards d where d.tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(" order by d.discarded_at limit ").push(&AT_ONCE.to_string());
        let discarded = self.tenancy.read(tenant, sql).await?;
        let keys: Vec<String> = (0..discarded.len()).filter_map(|row| discarded.text(row, 0)).collect();
        let known = known(&self.tenancy, tenant, keys.clone()).await?;
        let mut gone = Vec::new();
        for key in keys {
            // Bytes that have a row again are not ours to delete; the note is.
            if !known.contains(&key)
                && let Err(error) = self.store.delete(&key).await
            {
                tracing::warn!(%error, "bytes of a file that is gone could not be deleted");
                continue;
            }
            gone.push(key);
        }
        let is_full = gone.len() >= usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
        if !gone.is_empty() {
            let mut sql = Sql::new();
            sql.push("delete from file_discards d where d.tenant_id = ").bind(Bind::Uuid(tenant));
            sql.push(" and d.storage_path = any (").bind(Bind::Texts(gone)).push(")");
            self.write(tenant, sql).await?;
        }
        Ok(is_full)
    }

    async fn write(&self, tenant: Uuid, sql: Sql) -> Result<Rows, DbError> {
        self.tenancy.write(tenant, move |tx| async move { tx.rows(sql, false).await }.boxed()).await
    }
}

impl Worker for FileKeeper {
    fn name(&self) -> &'static str {
        "file_keeper"
    }

    fn rest(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut sql = Sql::new();
            sql.push("select * from app.tenants_with_file_work(");
            self.kept(&mut sql);
            sql.push(", ").bind(Bind::Bool(self.is_scanning)).push(")");
            let mut is_more = false;
            for tenant in self.tenancy.tenants(sql).await? {
                if stop.is_asked() {
                    return Ok(false);
                }
                is_more |= self.keep(tenant).await?;
            }
            Ok(is_more)
        }
        .boxed()
    }
}

/// Looks for bytes that have no row at all: of a process that died between the store and the database.
pub struct OrphanSweep {
    tenancy: Tenancy,
    store: FileStore,
    clock: SharedClock,
    old_enough: Duration,
}

impl OrphanSweep {
    /// Over all bytes of files.
    #[must_use]
    pub fn new(tenancy: Tenancy, store: FileStore, clock: SharedClock) -> Self {
        Self { tenancy, store, clock, old_enough: OLD_ENOUGH }
    }

    /// The same, for bytes of another age than a day.
    #[must_use]
    pub fn older_than(mut self, age: Duration) -> Self {
        self.old_enough = age;
        self
    }

    /// Deletes bytes without a row; says how many.
    ///
    /// # Errors
    /// What the database or the store said.
    pub async fn sweep(&self) -> Result<usize, DbError> {
        let before = self.clock.now() - self.old_enough;
        let mut found = self.store.list(FILES);
        let (mut of_tenants, mut swept): (HashMap<Uuid, Vec<String>>, usize) = (HashMap::new(), 0);
        while let Some(kept) = found.next().await {
            let kept = kept.map_err(|error| DbError::Unavailable(error.to_string()))?;
            let tenant = kept.key.split('/').nth(1).and_then(|text| text.parse::<Uuid>().ok());
            let Some(tenant) = tenant.filter(|_| kept.written_at <= before) else { continue };
            let keys = of_tenants.entry(tenant).or_default();
            keys.push(kept.key);
            if keys.len() >= COMPARED {
                let keys = std::mem::take(keys);
                swept += self.sweep_of(tenant, keys).await?;
            }
        }
        for (tenant, keys) in of_tenants {
            swept += self.sweep_of(tenant, keys).await?;
        }
        Ok(swept)
    }

    async fn sweep_of(&self, tenant: Uuid, keys: Vec<String>) -> Result<usize, DbError> {
        let known = known(&self.tenancy, tenant, keys.clone()).await?;
        let mut swept = 0;
        for key in keys.into_iter().filter(|key| !known.contains(key)) {
            self.store.delete(&key).await.map_err(|error| DbError::Unavailable(error.to_string()))?;
            swept += 1;
        }
        Ok(swept)
    }
}

impl Worker for OrphanSweep {
    fn name(&self) -> &'static str {
        "orphan_sweep"
    }

    fn rest(&self) -> Duration {
        Duration::from_secs(24 * 3600)
    }

    fn round<'a>(&'a self, _: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let swept = self.sweep().await?;
            if swept > 0 {
                tracing::warn!(swept, "bytes without a file were deleted");
            }
            Ok(false)
        }
        .boxed()
    }
}

/// Which of these keys have a row.
async fn known(tenancy: &Tenancy, tenant: Uuid, keys: Vec<String>) -> Result<Vec<String>, DbError> {
    if keys.is_empty() {
        return Ok(keys);
    }
    let mut sql = Sql::new();
    sql.push("select k from app.known_file_paths(").bind(Bind::Texts(keys)).push(") k");
    let rows = tenancy.read(tenant, sql).await?;
    Ok((0..rows.len()).filter_map(|row| rows.text(row, 0)).collect())
}
