//! What a worker asks of the table: which tenants wait, the next jobs of one, and what became of them.

use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::rows::DecodeError;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use uuid::Uuid;

use super::{Effects, Job};
use crate::ids::SharedIds;
use crate::work::Tenancy;

/// A job that is ours for a while.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) job: Job,
    /// Proves that it is ours.
    pub(super) lease: Uuid,
    /// How long it had been due.
    pub(super) waited: Duration,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Succeeded,
    /// To be tried again after this time.
    Retry {
        code: String,
        wait: Duration,
    },
    /// The same, and the attempt does not count.
    Postponed {
        code: String,
        wait: Duration,
    },
    Dead {
        code: String,
    },
}

impl Verdict {
    /// The word for it in logs and measurements.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Retry { .. } => "retried",
            Self::Postponed { .. } => "postponed",
            Self::Dead { .. } => "dead",
        }
    }
}

/// The table `jobs`, as workers see it. Times are the database's own, so it does not matter what clocks of processes say.
pub(super) struct Store {
    tenancy: Tenancy,
    ids: SharedIds,
    lease: Duration,
}

impl Store {
    pub(super) fn new(tenancy: Tenancy, ids: SharedIds, lease: Duration) -> Self {
        Self { tenancy, ids, lease }
    }

    /// Tenants with a job that is due.
    pub(super) async fn due_tenants(&self) -> Result<Vec<Uuid>, DbError> {
        let mut sql = Sql::new();
        sql.push("select app.tenants_with_due_jobs()");
        self.tenancy.tenants(sql).await
    }

    /// Takes jobs of a tenant, those that have been due longest first: of each lane only the first.
    pub(super) async fn take(&self, tenant: Uuid, kinds: &[String], most: usize) -> Result<Vec<Taken>, DbError> {
        let lease = self.ids.next();
        let mut sql = Sql::new();
        sql.push("with due as (select j.id, j.run_at from jobs j where j.tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(" and j.state in ('QUEUED', 'RUNNING') and j.run_at <= now() and j.kind = any(");
        sql.bind(Bind::Texts(kinds.to_vec()));
        sql.push(
            ") and (j.lane is null or not exists (select from jobs e where e.tenant_id = j.tenant_id \
             and e.lane = j.lane and e.state in ('QUEUED', 'RUNNING') and e.id <> j.id \
             and (e.ordinal < j.ordinal or e.state = 'RUNNING'))) \
             order by j.run_at, j.ordinal limit ",
        );
        sql.bind(Bind::BigInt(i64::try_from(most).unwrap_or(i64::MAX)));
        sql.push(
            " for update of j skip locked) update jobs j set state = 'RUNNING', attempts = j.attempts + 1, lease = ",
        );
        sql.bind(Bind::Uuid(lease)).push(", started_at = now(), run_at = now() + ");
        seconds(&mut sql, self.lease);
        sql.push(" from due where j.tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(
            " and j.id = due.id returning j.id, j.kind, j.payload, j.attempts, \
             (extract(epoch from now() - due.run_at) * 1000)::bigint",
        );
        let taken = self.tenancy.write(tenant, move |tx| async move { tx.rows(sql, false).await }.boxed()).await;
        let rows = match taken {
            Ok(rows) => rows,
            // Two workers saw different moments of one lane; the other one was first. There is a next look.
            Err(DbError::Constraint { name, .. }) if name == "jobs_lane_key" => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let broken = |error: DecodeError| DbError::Fault(error.to_string());
        (0..rows.len())
            .map(|row| {
                let job = Job {
                    id: rows.decode::<tables::jobs::id, _>(row, 0).map_err(broken)?,
                    tenant,
                    kind: rows.decode::<tables::jobs::kind, _>(row, 1).map_err(broken)?,
                    payload: rows.decode::<tables::jobs::payload, _>(row, 2).map_err(broken)?,
                    attempt: rows.decode::<tables::jobs::attempts, _>(row, 3).map_err(broken)?,
                };
                let waited = u64::try_from(rows.int8(row, 4).unwrap_or(0)).unwrap_or(0);
                Ok(Taken { job, lease, waited: Duration::from_millis(waited) })
            })
            .collect()
    }

    /// Says that a job goes on; `false` when it is not ours any more.
    pub(super) async fn renew(&self, taken: &Taken) -> Result<bool, DbError> {
        let mut sql = Sql::new();
        sql.push("update jobs set run_at = now() + ");
        seconds(&mut sql, self.lease);
        ours(&mut sql, taken);
        let rows = self.tenancy.write(taken.job.tenant, move |tx| async move { tx.rows(sql, false).await }.boxed());
        Ok(!rows.await?.is_empty())
    }

    /// Writes what became of a job and what it writes, in one transaction; `false`, and nothing is written, when it is
    /// not ours any more.
    pub(super) async fn note(&self, taken: &Taken, verdict: &Verdict, effects: &Effects) -> Result<bool, DbError> {
        let sql = note_sql(taken, verdict);
        let effects = effects.clone();
        let noted = self.tenancy.write(taken.job.tenant, move |tx| {
            async move {
                // The job first: from here on nobody else can finish it, and who lost the lease writes nothing.
                if tx.rows(sql, false).await?.is_empty() {
                    return Ok(false);
                }
                effects.write(tx).await?;
                Ok(true)
            }
            .boxed()
        });
        noted.await
    }
}

fn note_sql(taken: &Taken, verdict: &Verdict) -> Sql {
    let mut sql = Sql::new();
    sql.push("update jobs set lease = null, ");
    match verdict {
        Verdict::Succeeded => {
            sql.push("state = 'SUCCEEDED', finished_at = now(), run_at = now(), last_error = null");
        }
        Verdict::Dead { code } => {
            sql.push("state = 'DEAD', finished_at = now(), run_at = now(), last_error = ");
            sql.bind(Bind::Text(code.clone()));
        }
        Verdict::Retry { code, wait } | Verdict::Postponed { code, wait } => {
            if matches!(verdict, Verdict::Postponed { .. }) {
                sql.push("attempts = attempts - 1, ");
            }
            sql.push("state = 'QUEUED', last_error = ").bind(Bind::Text(code.clone())).push(", run_at = now() + ");
            seconds(&mut sql, *wait);
        }
    }
    ours(&mut sql, taken);
    sql
}

/// The condition that a job is still ours.
fn ours(sql: &mut Sql, taken: &Taken) {
    sql.push(" where tenant_id = ")
        .bind(Bind::Uuid(taken.job.tenant))
        .push(" and id = ")
        .bind(Bind::Uuid(taken.job.id));
    sql.push(" and lease = ").bind(Bind::Uuid(taken.lease)).push(" returning id");
}

/// An interval. Fractions of seconds, because tests are in a hurry.
fn seconds(sql: &mut Sql, duration: Duration) {
    sql.push("make_interval(secs => ").bind(Bind::Float(duration.as_secs_f64())).push(")");
}
