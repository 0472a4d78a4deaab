//! Kinds of jobs for tests, and workers that do them.

use std::sync::Arc;
use std::time::Duration;

use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use mostrador::bus::{Bus, LocalBus};
use mostrador::ids::{Ids as _, SharedIds, SystemIds};
use mostrador::jobs::{Effects, Job, JobError, JobKind, JobWorker, JobWorkerParts, Pace, Policy};
use mostrador::telemetry::jobs::JobMetrics;
use mostrador::work::{Crew, Tenancy, Worker};
use uuid::Uuid;

use crate::app::TestApp;

/// Hurried, with leases so long that a test must end them itself.
pub(crate) const PACE: Pace = Pace {
    jobs_at_once: 4,
    rest: Duration::from_millis(10),
    least_rest: Duration::from_millis(1),
    lease: Duration::from_secs(600),
    drain: Duration::from_secs(30),
};

type Run = dyn Fn(Job) -> BoxFuture<'static, Result<Effects, JobError>> + Send + Sync;

/// A kind of job that does what a test says.
pub(crate) struct Errand {
    kind: &'static str,
    most_attempts: i32,
    first_wait: Duration,
    run: Box<Run>,
}

impl Errand {
    /// Does this at once.
    pub(crate) fn new(
        kind: &'static str,
        run: impl Fn(&Job) -> Result<Effects, JobError> + Send + Sync + 'static,
    ) -> Self {
        Self::slow(kind, move |job| std::future::ready(run(&job)).boxed())
    }

    /// Does this, which takes time.
    pub(crate) fn slow(
        kind: &'static str,
        run: impl Fn(Job) -> BoxFuture<'static, Result<Effects, JobError>> + Send + Sync + 'static,
    ) -> Self {
        Self { kind, most_attempts: 5, first_wait: Duration::from_secs(3600), run: Box::new(run) }
    }

    /// Leaves a trace of each time that it was done.
    pub(crate) fn traces(kind: &'static str) -> Self {
        Self::new(kind, |job| Ok(leave_trace(job)))
    }

    pub(crate) fn attempts(self, most_attempts: i32) -> Self {
        Self { most_attempts, ..self }
    }

    pub(crate) fn first_wait(self, first_wait: Duration) -> Self {
        Self { first_wait, ..self }
    }
}

impl JobKind for Errand {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn policy(&self) -> Policy {
        Policy {
            most_attempts: self.most_attempts,
            first_wait: self.first_wait,
            longest_wait: Duration::from_secs(86_400),
            time_limit: Duration::from_secs(120),
        }
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        (self.run)(job.clone())
    }

    fn gave_up(&self, job: &Job, code: &str) -> Effects {
        trace(job.tenant, format!("{} gave up {code} {}", job.id, SystemIds.next()))
    }
}

/// What a job writes that leaves a trace: a row with a name of its own, so that each time counts.
pub(crate) fn leave_trace(job: &Job) -> Effects {
    trace(job.tenant, format!("{} did {}", job.id, SystemIds.next()))
}

/// The statement of [`leave_trace`].
pub(crate) fn effects_of(job: &Job) -> Sql {
    trace_sql(job.tenant, format!("{} did {}", job.id, SystemIds.next()))
}

fn trace(tenant: Uuid, name: String) -> Effects {
    let sql = trace_sql(tenant, name);
    Effects::new(move |tx| {
        let sql = sql.clone();
        async move { tx.rows(sql, false).await.map(|_| ()) }.boxed()
    })
}

fn trace_sql(tenant: Uuid, name: String) -> Sql {
    let mut sql = Sql::new();
    sql.push("insert into conversation_tags (tenant_id, name, icon) values (").bind(Bind::Uuid(tenant));
    sql.push(", ").bind(Bind::Text(name)).push(", 'job') returning id");
    sql
}

/// How often a job was done.
pub(crate) async fn traces(app: &TestApp, job: &str) -> u32 {
    let sql = format!("select count(*) from conversation_tags where name like '{job} did%'");
    app.cell(&sql).await.parse().unwrap()
}

pub(crate) async fn tenant(app: &TestApp, slug: &str) -> Uuid {
    app.cell(&format!("select id from tenants where slug = '{slug}'")).await.parse().unwrap()
}

/// Queues a job by `app.enqueue_job` with these arguments; its id.
pub(crate) async fn enqueue(app: &TestApp, slug: &str, arguments: &str) -> String {
    let tenant = tenant(app, slug).await;
    app.cell(&format!("select app.enqueue_job({arguments}, tenant => '{tenant}')")).await
}

/// Workers at work, each of which can do these.
pub(crate) fn crew(app: &TestApp, workers: usize, pace: Pace, kinds: Vec<Errand>) -> Crew {
    let kinds: Vec<Arc<dyn JobKind>> = kinds.into_iter().map(|kind| Arc::new(kind) as Arc<dyn JobKind>).collect();
    Crew::start((0..workers).map(|_| worker(app, pace, kinds.clone())).collect())
}

/// A worker that nobody wakes.
pub(crate) fn worker(app: &TestApp, pace: Pace, kinds: Vec<Arc<dyn JobKind>>) -> Box<dyn Worker> {
    worker_on(app, pace, kinds, Arc::new(LocalBus::new()))
}

/// A worker that this bus wakes.
pub(crate) fn worker_on(app: &TestApp, pace: Pace, kinds: Vec<Arc<dyn JobKind>>, bus: Arc<dyn Bus>) -> Box<dyn Worker> {
    let ids: SharedIds = Arc::new(SystemIds);
    Box::new(JobWorker::new(JobWorkerParts {
        tenancy: Tenancy::new(app.database.clone()),
        ids,
        kinds,
        bus,
        metrics: JobMetrics::new().unwrap(),
        pace,
    }))
}

/// Waits until a condition on the database holds.
pub(crate) async fn until(app: &TestApp, condition: &str) {
    let client = crate::app::superuser(&app.database_name).await;
    for _ in 0..6000 {
        let row = client.query_one(&format!("select coalesce(({condition}), false)"), &[]).await.unwrap();
        if row.get::<_, bool>(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let jobs =
        app.rows("select kind, state, attempts, last_error, run_at - now() from jobs order by ordinal limit 50").await;
    panic!("never came true: {condition}\n{jobs:#?}");
}

pub(crate) async fn stop(crew: Crew) {
    assert!(crew.stop(Duration::from_secs(60)).await, "the crew did not come to an end");
}
