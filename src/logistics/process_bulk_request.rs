//! The job that makes requests of staged vehicles.
//!
//! Each block of 50 is a transaction of its own, which makes the request and removes what was staged; so whoever is killed
//! between two blocks, or within one, leaves nothing half done, and whoever comes next goes on with what is left. The job
//! itself writes nothing but its end.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;
use uuid::Uuid;

use crate::ids::SharedIds;
use crate::jobs::{Effects, Job, JobError, JobKind, Policy};
use crate::work::Tenancy;

/// The kind, as in `app.queue_bulk_request`.
const KIND: &str = "process_bulk_request";

/// How long one job goes on before it leaves the rest to another one, so that all bulk requests get their turn.
const TURN: Duration = Duration::from_secs(20);

/// Makes requests of staged vehicles.
pub struct ProcessBulkRequest {
    tenancy: Tenancy,
    ids: SharedIds,
}

impl ProcessBulkRequest {
    /// Writes in the name of tenants, and gives new requests these ids.
    pub fn new(tenancy: &Tenancy, ids: SharedIds) -> Self {
        // Whoever staged the vehicles may be gone; then the work is nobody's, and everything is seen.
        Self { tenancy: tenancy.clone().seeing_all_records(), ids }
    }

    async fn work(&self, job: &Job) -> Result<Effects, JobError> {
        let (tenant, bulk) = (job.tenant, job.payload_id("bulk_request_id")?);
        let until = Instant::now() + TURN;
        while self.block(tenant, bulk).await? && Instant::now() < until {}
        Ok(still_queued(tenant, bulk))
    }

    /// Makes one block; says whether there is another one.
    async fn block(&self, tenant: Uuid, bulk: Uuid) -> Result<bool, DbError> {
        let mut sql = Sql::new();
        sql.push("select app.process_bulk_block(").bind(Bind::Uuid(tenant)).push(", ").bind(Bind::Uuid(bulk));
        sql.push(", ").bind(Bind::Uuid(self.ids.next())).push(")");
        let rows = self.tenancy.write(tenant, move |tx| async move { tx.rows(sql, false).await }.boxed()).await?;
        Ok(!rows.is_empty() && rows.text(0, 0).as_deref() == Some("PROCESSING"))
    }
}

/// What is left, or was taken up again while the job came to its end, needs another job.
fn still_queued(tenant: Uuid, bulk: Uuid) -> Effects {
    Effects::new(move |statements: &dyn Statements| {
        let mut sql = Sql::new();
        sql.push("select app.bulk_request_still_queued(").bind(Bind::Uuid(tenant)).push(", ");
        sql.bind(Bind::Uuid(bulk)).push(")");
        async move { statements.rows(sql, false).await.map(drop) }.boxed()
    })
}

impl JobKind for ProcessBulkRequest {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn policy(&self) -> Policy {
        Policy { most_attempts: 12, longest_wait: Duration::from_secs(120), ..Policy::default() }
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        self.work(job).boxed()
    }

    fn gave_up(&self, job: &Job, code: &str) -> Effects {
        let Ok(bulk) = job.payload_id("bulk_request_id") else { return Effects::none() };
        let (tenant, sentence) = (job.tenant, format!("It was tried again and again without success ({code})."));
        Effects::new(move |statements: &dyn Statements| {
            let mut sql = Sql::new();
            sql.push("select app.bulk_request_failed(").bind(Bind::Uuid(tenant)).push(", ").bind(Bind::Uuid(bulk));
            sql.push(", ").bind(Bind::Text(sentence.clone())).push(")");
            async move { statements.rows(sql, false).await.map(drop) }.boxed()
        })
    }
}
