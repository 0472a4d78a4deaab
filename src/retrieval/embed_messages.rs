//! The job that gives the messages of a user's chats their embeddings, some moments after they were written.

use std::sync::Arc;

use entity::database::Statements;
use entity::rows::Rows;
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;
use uuid::Uuid;

use super::nearest::embeddable;
use crate::jobs::{Effects, Job, JobError, JobKind, NewJob, Policy};
use crate::models::{Embedder, ModelError};
use crate::work::Tenancy;

/// What `jobs.kind` says; triggers on `chat_messages` queue it.
const KIND: &str = "embed_chat_messages";

/// Messages that a model is given at once.
const AT_ONCE: usize = 64;

/// How often that is done by one job, so that no job goes on for long.
const ROUNDS: usize = 20;

/// Gives messages their embeddings.
pub(super) struct EmbedMessages {
    pub(super) tenancy: Tenancy,
    pub(super) embedder: Arc<dyn Embedder>,
}

impl EmbedMessages {
    async fn work(&self, job: &Job) -> Result<Effects, JobError> {
        let (tenant, user) = (job.tenant, job.payload_id("userId")?);
        for _ in 0..ROUNDS {
            let rows = self.tenancy.clone().of_user(user).read(tenant, missing(tenant, user)).await?;
            if rows.is_empty() {
                return Ok(Effects::none());
            }
            self.embed((tenant, user), &rows).await?;
            if rows.len() < AT_ONCE {
                return Ok(Effects::none());
            }
        }
        // The rest is for another job, behind those of others.
        Ok(Effects::new(move |statements: &dyn Statements| {
            let next = NewJob::new(KIND, json!({ "userId": user }));
            async move { next.enqueue(statements, tenant).await.map(drop) }.boxed()
        }))
    }

    async fn embed(&self, (tenant, user): (Uuid, Uuid), rows: &Rows) -> Result<(), JobError> {
        let ids: Vec<Uuid> = (0..rows.len()).filter_map(|row| rows.uuid(row, 0)).collect();
        let texts: Vec<String> =
            (0..rows.len()).map(|row| embeddable(&rows.text(row, 1).unwrap_or_default())).collect();
        let vectors = self.embedder.embed(&texts).await.map_err(no_embedding)?.vectors;
        if vectors.len() != ids.len() {
            return Err(JobError::retry(ModelError::Malformed.code()));
        }
        let model = self.embedder.name().to_owned();
        let sql = update(tenant, &model, ids, &vectors);
        let tenancy = self.tenancy.clone().of_user(user);
        let written = tenancy.write(tenant, move |tx| async move { tx.rows(sql, false).await.map(drop) }.boxed());
        Ok(written.await?)
    }
}

fn no_embedding(error: ModelError) -> JobError {
    match error {
        ModelError::Busy { after } => JobError::Retry { code: error.code().to_owned(), after },
        error if error.is_passing() => JobError::retry(error.code()),
        error => JobError::dead(error.code()),
    }
}

/// Messages without an embedding.
fn missing(tenant: Uuid, user: Uuid) -> Sql {
    let mut sql = Sql::new();
    sql.push("select m.id, left(m.content, 8000) from chat_messages m where m.tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and m.user_id = ").bind(Bind::Uuid(user));
    sql.push(" and m.embedding_model is null and m.role <> 'SYSTEM' and app.is_filled(m.content) order by m.id limit ");
    sql.bind(Bind::BigInt(AT_ONCE as i64));
    sql
}

fn update(tenant: Uuid, model: &str, ids: Vec<Uuid>, vectors: &[Vec<f32>]) -> Sql {
    let dimensions = vectors.first().map_or(0, Vec::len);
    let numbers = vectors.iter().flatten().copied().map(f64::from).collect();
    let mut sql = Sql::new();
    sql.push("with given as (select ").bind(Bind::Floats(numbers)).push("::real[] as numbers, ");
    sql.bind(Bind::Int(i32::try_from(dimensions).unwrap_or(i32::MAX)));
    sql.push(" as dimensions) update chat_messages m set embedding = g.numbers[(c.place - 1) * g.dimensions + 1 : ");
    sql.push("c.place * g.dimensions], embedding_model = ").bind(Bind::Text(model.to_owned()));
    sql.push(" from given g cross join unnest(").bind(Bind::Uuids(ids));
    sql.push(") with ordinality as c (id, place) where m.tenant_id = ").bind(Bind::Uuid(tenant));
    sql.push(" and m.id = c.id and m.embedding_model is null returning m.id");
    sql
}

impl JobKind for EmbedMessages {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn policy(&self) -> Policy {
        Policy { most_attempts: 8, ..Policy::default() }
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        self.work(job).boxed()
    }
}
