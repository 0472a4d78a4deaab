//! The job that works through a payload.
//!
//! Each event has a transaction of its own, so that two payloads that know the same people never wait for each other in a
//! circle, and what is wrong with one message stops no other. Doing an event again changes nothing, so a job that was cut
//! off begins anew.

use std::collections::BTreeMap;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use uuid::Uuid;

use super::event::Event;
use super::payload::{self, JOB, Payload};
use super::write::{self, Written};
use crate::ids::SharedIds;
use crate::jobs::{Effects, Job, JobError, JobKind};
use crate::work::Tenancy;

/// How often an event that got in the way of others is tried again at once.
const TRIES: usize = 5;

/// Works through payloads.
pub struct InboundPayloads {
    tenancy: Tenancy,
    ids: SharedIds,
}

impl InboundPayloads {
    /// Writes in the name of tenants, and gives new messages these ids.
    pub fn new(tenancy: Tenancy, ids: SharedIds) -> Self {
        Self { tenancy, ids }
    }

    async fn work(&self, job: &Job) -> Result<Effects, JobError> {
        let (tenant, id) = (job.tenant, job.payload_id("payloadId")?);
        let loaded = self.tenancy.read(tenant, payload::select(tenant, id)).await?;
        // Done by an attempt whose end was not heard of, or cleared away.
        let Some(payload) = Payload::of(&loaded)? else { return Ok(Effects::none()) };
        let reading = payload.source.read(payload.channel, &payload.body);
        let mut counts: BTreeMap<&'static str, u32> = BTreeMap::new();
        let mut is_refused = false;
        for event in &reading.events {
            match self.take_in(tenant, &payload, event).await {
                Ok(written) => *counts.entry(written.key()).or_default() += 1,
                Err(error) if is_passing(&error) => return Err(error.into()),
                Err(error) => {
                    // What the database says may quote the message.
                    let kind = JobError::from(error);
                    tracing::error!(payload.id = %id, reason = ?kind, "an event of a payload could not be written down");
                    is_refused = true;
                }
            }
        }
        if is_refused {
            // All others are written. An administrator sees it among the dead jobs and may try again.
            return Err(JobError::dead("EVENT_REFUSED"));
        }
        let mut strays: BTreeMap<&'static str, u32> = BTreeMap::new();
        for stray in &reading.strays {
            *strays.entry(stray.code()).or_default() += 1;
        }
        if !strays.is_empty() {
            tracing::warn!(payload.id = %id, ?strays, "parts of a payload were not understood");
        }
        Ok(done(tenant, id, json!({ "events": counts, "notUnderstood": strays })))
    }

    /// Writes an event down; one that the database refuses as it is, as what it can be.
    async fn take_in(&self, tenant: Uuid, payload: &Payload, event: &Event) -> Result<Written, DbError> {
        match self.write(tenant, payload, event).await {
            Err(error) if !is_passing(&error) => match write::as_unsupported(event) {
                Some(plain) => self.write(tenant, payload, &plain).await,
                None => Err(error),
            },
            result => result,
        }
    }

    async fn write(&self, tenant: Uuid, payload: &Payload, event: &Event) -> Result<Written, DbError> {
        let mut tries = 1;
        loop {
            let (channel, received_at, new_id) = (payload.channel, payload.received_at, self.ids.next());
            let event = event.clone();
            let written = self.tenancy.write(tenant, move |tx| {
                async move { write::write(tx, channel, &event, new_id, received_at).await }.boxed()
            });
            match written.await {
                Err(DbError::Conflict) if tries < TRIES => tries += 1,
                result => return result,
            }
        }
    }
}

/// Whether it is the database's fault and not the event's.
fn is_passing(error: &DbError) -> bool {
    matches!(error, DbError::Unavailable(_) | DbError::TimedOut | DbError::Conflict)
}

fn done(tenant: Uuid, id: Uuid, outcome: Value) -> Effects {
    Effects::new(move |statements: &dyn Statements| {
        let mut sql = Sql::new();
        sql.push("update inbound_payloads set processed_at = clock_timestamp(), outcome = ");
        sql.bind(Bind::Json(outcome.clone())).push(" where tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(" and id = ").bind(Bind::Uuid(id)).push(" returning id");
        async move { statements.rows(sql, false).await.map(drop) }.boxed()
    })
}

impl JobKind for InboundPayloads {
    fn kind(&self) -> &'static str {
        JOB
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        self.work(job).boxed()
    }
}
