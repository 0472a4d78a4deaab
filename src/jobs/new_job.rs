//! Queues a job from Rust; triggers and psql call `app.enqueue_job`.

use chrono::{DateTime, Utc};
use entity::database::{DbError, Statements};
use entity::sql::{Bind, NullOf, Sql};
use serde_json::Value;
use uuid::Uuid;

/// A job to be queued.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    /// Which handler does it, see [`super::JobKind::kind`].
    pub kind: &'a str,
    /// What the handler needs to know: a JSON object of ids, nothing about a person.
    pub payload: Value,
    /// Not before this time; `None`: as soon as possible.
    pub run_at: Option<DateTime<Utc>>,
    /// Of the jobs with the same key at most one is not finished; another one is not queued.
    pub key: Option<String>,
    /// Jobs of a lane run one after another, in the order in which they were queued.
    pub lane: Option<String>,
}

impl<'a> NewJob<'a> {
    /// A job to be done as soon as possible, beside all others.
    #[must_use]
    pub fn new(kind: &'a str, payload: Value) -> Self {
        Self { kind, payload, run_at: None, key: None, lane: None }
    }

    /// Queues it for a tenant, in the transaction of these statements: it is done once that is committed. Gives the job's
    /// id, or that of the one under way that has the same key.
    ///
    /// # Errors
    /// What the database said.
    pub async fn enqueue(self, statements: &dyn Statements, tenant: Uuid) -> Result<Uuid, DbError> {
        let text = |value: Option<String>| value.map_or(Bind::Null(NullOf::Text), Bind::Text);
        let mut sql = Sql::new();
        sql.push("select app.enqueue_job(").bind(Bind::Text(self.kind.to_owned()));
        sql.push(", ").bind(Bind::Json(self.payload));
        sql.push(", ").bind(self.run_at.map_or(Bind::Null(NullOf::DateTime), Bind::DateTime));
        sql.push(", ").bind(text(self.key)).push(", ").bind(text(self.lane));
        sql.push(", ").bind(Bind::Uuid(tenant)).push(")");
        let id = statements.rows(sql, false).await?.uuid_of_first();
        id.ok_or_else(|| DbError::Fault("a job was queued without an id".into()))
    }
}
