//! The job that looks through a stored file for viruses. A trigger queues one for each file that is PENDING.

use std::time::Duration;

use entity::Entity;
use entity::database::{DbError, Statements};
use entity::declare::{Arguments, Input, InputDecl, VerbDecl};
use entity::kind::{FieldType, Kind};
use entity::sql::{Bind, Sql};
use entity::write::{Outcome, UserError, Writer};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::StoredFile;
use crate::file_store::{FileStore, StoreError};
use crate::jobs::{Effects, Job, JobError, JobKind, Policy};
use crate::processes::FILES;
use crate::scanner::{ScanError, Scanner, Verdict};
use crate::work::Tenancy;

/// Looks through files.
pub struct ScanFile {
    tenancy: Tenancy,
    store: FileStore,
    scanner: Scanner,
    /// Without a scanner every file counts as CLEAN: on a developer's machine.
    pretends: bool,
}

impl ScanFile {
    /// With this scanner. `pretends` says what happens without one: every file is CLEAN, or all of them stay PENDING.
    #[must_use]
    pub fn new(tenancy: Tenancy, store: FileStore, scanner: Scanner, pretends: bool) -> Self {
        Self { tenancy, store, scanner, pretends }
    }

    async fn scan(&self, job: &Job) -> Result<Effects, JobError> {
        let (tenant, file) = (job.tenant, job.payload_id("file_id")?);
        let mut sql = Sql::new();
        sql.push("select f.storage_path, f.size from app.file_to_scan(").bind(Bind::Uuid(file)).push(") f");
        let rows = self.tenancy.read(tenant, sql).await?;
        if rows.is_empty() {
            // Gone, or looked through.
            return Ok(Effects::none());
        }
        if !self.scanner.is_there() {
            // It waits until there is a scanner, and is queued again then.
            return Ok(if self.pretends { scanned(file, "CLEAN") } else { Effects::none() });
        }
        let key = rows.text(0, 0).unwrap_or_default();
        let size = u64::try_from(rows.int8(0, 1).unwrap_or_default()).unwrap_or_default();
        let pieces = self.store.read(&key, 0..size).await.map_err(|error| store_error(&error))?;
        match self.scanner.scan(pieces).await {
            Ok(Verdict::Clean) => Ok(scanned(file, "CLEAN")),
            Ok(Verdict::Infected) => {
                tracing::warn!(%tenant, %file, "a virus was found in a stored file");
                Ok(scanned(file, "INFECTED"))
            }
            Ok(Verdict::Refused) => Err(JobError::dead("SCANNER_REFUSED")),
            Err(ScanError::Unavailable(error)) => {
                tracing::warn!(%error, "the virus scanner does not answer");
                Err(JobError::retry("SCANNER_UNAVAILABLE"))
            }
            Err(ScanError::Bytes(error)) => Err(store_error(&error)),
        }
    }
}

fn store_error(error: &StoreError) -> JobError {
    match error {
        StoreError::Missing => JobError::dead("BYTES_MISSING"),
        StoreError::Unavailable(reason) => {
            tracing::warn!(reason, "a file could not be read to be scanned");
            JobError::retry("STORE_UNAVAILABLE")
        }
    }
}

impl JobKind for ScanFile {
    fn kind(&self) -> &'static str {
        "scan_file"
    }

    fn policy(&self) -> Policy {
        Policy { time_limit: Duration::from_secs(900), ..Policy::default() }
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        self.scan(job).boxed()
    }

    fn gave_up(&self, job: &Job, _: &str) -> Effects {
        job.payload_id("file_id").map_or_else(|_| Effects::none(), |file| scanned(file, "FAILED"))
    }
}

fn scanned(file: Uuid, verdict: &'static str) -> Effects {
    async fn write(tx: &dyn Statements, file: Uuid, verdict: &str) -> Result<(), DbError> {
        let mut sql = Sql::new();
        sql.push("select app.file_scanned(").bind(Bind::Uuid(file)).push(", ");
        sql.bind(Bind::Text(verdict.to_owned())).push(")");
        tx.rows(sql, false).await.map(drop)
    }
    Effects::new(move |tx| write(tx, file, verdict).boxed())
}

/// `rescanFile`: the way out of FAILED.
pub(super) static RESCAN_FILE: VerbDecl = VerbDecl {
    mutation: "rescanFile",
    doc: "Has one of your files looked through again whose scan has FAILED; it is PENDING then.",
    entity: StoredFile::decl,
    right: FILES.write(),
    inputs: &[InputDecl {
        name: "id",
        doc: "The file.",
        ty: FieldType { kind: Kind::Id("stored_file"), nullable: false, normalize: None },
        need: Input::Required,
    }],
    secret: None,
    run: |writer, input| rescan(writer, input).boxed(),
};

async fn rescan(writer: Writer<'_>, input: &Arguments) -> Result<Outcome, DbError> {
    let id = input.id("id");
    let mut sql = Sql::new();
    sql.push("select app.rescan_file(").bind(Bind::Uuid(id)).push(")");
    if writer.statements.rows(sql, false).await?.uuid_of_first().is_none() {
        let error = UserError::new("NOT_FOUND", "id", "There is no stored file of yours with this ID.");
        return Ok(Outcome::refused(vec![error]));
    }
    Ok(Outcome::written(id))
}
