//! The job that synchronizes a connection: contacts come in pages from the other system, and go there in pages.
//!
//! Each page is written in one transaction together with the place that was reached, so a sync that is cut off goes on
//! where it stood. What the other system says is in no log of ours: it may quote what was sent to it.

use std::collections::HashSet;
use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::contacts::{self, Mapping};
use super::tokens::{TokenKeeper, Unusable, code_of};
use crate::jobs::{Effects, Job, JobError, JobKind, Policy};

/// Contacts in one page.
const PAGE: i32 = 100;
/// Pages in one sync and direction; what is left is for the next one.
const MOST_PAGES: usize = 200;
/// The longest place of the other system, in characters.
const MAX_CURSOR: usize = 2048;
/// How long to wait while somebody else renews the token.
const BUSY: Duration = Duration::from_secs(5);

/// Synchronizes connections.
pub struct SyncIntegration(TokenKeeper);

/// What is to be done.
struct Plan {
    url: Url,
    token: Zeroizing<String>,
    pulls: bool,
    pushes: bool,
    mapping: Mapping,
    mark: Mark,
}

/// How far it is done.
#[derive(Clone)]
struct Mark {
    tenant: Uuid,
    integration: Uuid,
    log: Uuid,
    places: Places,
}

/// The places that were reached, as `integration_sync_settings.cursor` keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Places {
    /// The other system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pull: Option<String>,
    /// Ours: microseconds and id of the last contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    push: Option<(i64, Uuid)>,
}

/// A page of the other system.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Value>,
    cursor: Option<String>,
    #[serde(default)]
    has_more: bool,
}

/// How a sync ended.
struct Ended {
    /// Items that were not taken.
    refused: usize,
    /// Why it could not be done.
    failure: Option<&'static str>,
}

/// What stops a sync.
enum Stopped {
    /// The other system, or our configuration: it is noted.
    Failed(&'static str),
    /// The database: the job is tried again.
    Database(DbError),
}

impl From<DbError> for Stopped {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl SyncIntegration {
    /// Synchronizes with the tokens of this keeper.
    #[must_use]
    pub fn new(keeper: TokenKeeper) -> Self {
        Self(keeper)
    }

    async fn sync(&self, job: &Job) -> Result<Effects, JobError> {
        let (tenant, integration) = (job.tenant, job.payload_id("integration_id")?);
        let mut sql = Sql::new();
        sql.push("select i.provider, s.direction, s.field_mapping::text, s.cursor from integrations i ");
        sql.push("join integration_sync_settings s on s.tenant_id = i.tenant_id and s.integration_id = i.id ");
        sql.push("where i.is_active and s.is_enabled and i.tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(" and i.id = ").bind(Bind::Uuid(integration));
        let rows = self.0.tenancy().read(tenant, sql).await?;
        if rows.is_empty() {
            // Switched off or gone since it was queued.
            return Ok(Effects::none());
        }
        let token = match self.0.token(tenant, integration).await? {
            Ok(token) => Ok(token),
            Err(Unusable::Off) => return Ok(Effects::none()),
            Err(Unusable::Busy) => {
                return Err(JobError::Postpone { code: "TOKEN_BUSY".to_owned(), after: BUSY });
            }
            Err(Unusable::Failed(code)) => Err(code),
        };
        let log = self.begin(tenant, integration).await?;
        let ended = |refused, failure| Ended { refused, failure };
        let token = match token {
            Ok(token) => token,
            // That the token failed is counted already.
            Err(code) => return Ok(end(tenant, integration, log, ended(0, Some(code)), false)),
        };
        let url = self.0.client().grantor(&rows.text(0, 0).unwrap_or_default()).and_then(|g| g.sync_url.clone());
        let Some(url) = url else {
            return Ok(end(tenant, integration, log, ended(0, Some("NOT_CONFIGURED")), true));
        };
        let text = |cell| rows.text(0, cell);
        let direction = text(1).unwrap_or_default();
        let mapping: Option<Value> = text(2).and_then(|text| serde_json::from_str(&text).ok());
        // A place that somebody wrote by hand and that is none begins at the beginning.
        let places = text(3).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let mut plan = Plan {
            url,
            token,
            pulls: direction != "PUSH",
            pushes: direction != "PULL",
            mapping: Mapping::of(mapping.as_ref()),
            mark: Mark { tenant, integration, log, places },
        };
        let mut refused = 0;
        let failure = match self.exchange(&mut plan, job.id, &mut refused).await {
            Ok(()) => None,
            Err(Stopped::Failed(code)) => Some(code),
            Err(Stopped::Database(error)) => return Err(error.into()),
        };
        if failure == Some("UNAUTHORIZED") {
            let sql = TokenKeeper::refused(tenant, integration);
            self.0.tenancy().write(tenant, |transaction| transaction.rows(sql, false)).await?;
        }
        Ok(end(tenant, integration, log, ended(refused, failure), true))
    }

    /// Begins a log. One that a process left behind when it died has failed.
    async fn begin(&self, tenant: Uuid, integration: Uuid) -> Result<Uuid, DbError> {
        let rows = self.0.tenancy().write(tenant, |transaction| {
            async move {
                let mut sql = Sql::new();
                sql.push("update sync_logs set status = 'FAILED', finished_at = clock_timestamp(), error_message = ");
                sql.bind(Bind::Text(sentence("INTERRUPTED").to_owned()));
                sql.push(" where status = 'RUNNING' and tenant_id = ").bind(Bind::Uuid(tenant));
                sql.push(" and integration_id = ").bind(Bind::Uuid(integration));
                transaction.rows(sql, false).await?;
                let mut sql = Sql::new();
                sql.push("insert into sync_logs (tenant_id, integration_id) values (").bind(Bind::Uuid(tenant));
                sql.push(", ").bind(Bind::Uuid(integration)).push(") returning id");
                transaction.rows(sql, false).await
            }
            .boxed()
        });
        rows.await?.uuid_of_first().ok_or_else(|| DbError::Fault("the log of a sync was written without an id".into()))
    }

    async fn exchange(&self, plan: &mut Plan, job: Uuid, refused: &mut usize) -> Result<(), Stopped> {
        if plan.pulls {
            self.pull(plan, refused).await?;
        }
        if plan.pushes {
            self.push(plan, job).await?;
        }
        Ok(())
    }

    async fn pull(&self, plan: &mut Plan, refused: &mut usize) -> Result<(), Stopped> {
        let mut seen = HashSet::new();
        for _ in 0..MOST_PAGES {
            let mut url = plan.url.clone();
            url.query_pairs_mut().append_pair("limit", &PAGE.to_string());
            if let Some(place) = &plan.mark.places.pull {
                url.query_pairs_mut().append_pair("cursor", place);
            }
            let body = self.call(&url, plan, None, None).await?;
            let page: Page = serde_json::from_slice(&body).map_err(|_| Stopped::Failed("UNREADABLE"))?;
            let is_long = page.items.len() > PAGE.unsigned_abs() as usize;
            let is_far = page.cursor.as_ref().is_some_and(|place| place.is_empty() || place.len() > MAX_CURSOR);
            // A system that gives the same place again would have us go round for ever.
            let is_round = page.has_more && !seen.insert(page.cursor.clone());
            if is_long || is_far || is_round || page.has_more && page.cursor.is_none() {
                return Err(Stopped::Failed("UNREADABLE"));
            }
            if let Some(place) = page.cursor {
                plan.mark.places.pull = Some(place);
            }
            *refused += self.take(plan, page.items).await?;
            if !page.has_more {
                break;
            }
        }
        Ok(())
    }

    /// Takes a page, and notes the place behind it, in one transaction; gives how many items were not taken.
    async fn take(&self, plan: &Plan, items: Vec<Value>) -> Result<usize, DbError> {
        let tenancy = self.0.tenancy().clone().seeing_all_records();
        let (mark, mapping) = (plan.mark.clone(), plan.mapping.clone());
        tenancy
            .write(plan.mark.tenant, move |transaction| {
                async move {
                    let mut taken = 0;
                    for item in &items {
                        taken += i32::from(contacts::take(transaction, mark.tenant, &mapping, item).await?);
                    }
                    mark.note(transaction, taken).await?;
                    Ok(items.len() - usize::try_from(taken).unwrap_or_default())
                }
                .boxed()
            })
            .await
    }

    async fn push(&self, plan: &mut Plan, job: Uuid) -> Result<(), Stopped> {
        let tenancy = self.0.tenancy().clone().seeing_all_records();
        for _ in 0..MOST_PAGES {
            let (moment, contact) = plan.mark.places.push.unwrap_or_default();
            let place = contacts::Place { moment, contact };
            let rows = tenancy.read(plan.mark.tenant, contacts::changed_after(plan.mark.tenant, &place, PAGE)).await?;
            let (items, Some(reached)) = contacts::give(&rows, &plan.mapping) else { break };
            let body = serde_json::to_vec(&json!({ "items": items })).map_err(|_| Stopped::Failed("UNREADABLE"))?;
            // The same page of the same job has the same key, should we have to send it again.
            let key = format!("{job}:{}:{}", place.moment, place.contact);
            self.call(&plan.url, plan, Some(&key), Some(body)).await?;
            plan.mark.places.push = Some((reached.moment, reached.contact));
            let (mark, given) = (plan.mark.clone(), i32::try_from(rows.len()).unwrap_or(i32::MAX));
            self.0
                .tenancy()
                .write(mark.tenant, move |transaction| async move { mark.note(transaction, given).await }.boxed())
                .await?;
            if given < PAGE {
                break;
            }
        }
        Ok(())
    }

    async fn call(
        &self,
        url: &Url,
        plan: &Plan,
        key: Option<&str>,
        body: Option<Vec<u8>>,
    ) -> Result<bytes::Bytes, Stopped> {
        let answer = self.0.client().call(url, &plan.token, key, body).await;
        let (status, body) = answer.map_err(|error| {
            tracing::warn!(target: "mostrador::integrations", tenant = %plan.mark.tenant, integration = %plan.mark.integration, reason = %error, "a sync failed");
            Stopped::Failed(code_of(error))
        })?;
        match status {
            200..=299 => Ok(body),
            401 | 403 => Err(Stopped::Failed("UNAUTHORIZED")),
            429 => Err(Stopped::Failed("RATE_LIMITED")),
            400..=499 => Err(Stopped::Failed("REFUSED")),
            _ => Err(Stopped::Failed("UNAVAILABLE")),
        }
    }
}

impl Mark {
    /// Notes the place that was reached, and how much was exchanged on the way there.
    async fn note(&self, statements: &dyn Statements, exchanged: i32) -> Result<(), DbError> {
        let places = serde_json::to_string(&self.places).map_err(|error| DbError::Fault(error.to_string()))?;
        let mut sql = Sql::new();
        sql.push("update integration_sync_settings set cursor = ").bind(Bind::Text(places));
        sql.push(" where tenant_id = ").bind(Bind::Uuid(self.tenant)).push(" and integration_id = ");
        sql.bind(Bind::Uuid(self.integration)).push(" returning id");
        statements.rows(sql, false).await?;
        let mut sql = Sql::new();
        sql.push("update sync_logs set items_synced = items_synced + ").bind(Bind::Int(exchanged));
        sql.push(" where tenant_id = ").bind(Bind::Uuid(self.tenant)).push(" and id = ").bind(Bind::Uuid(self.log));
        sql.push(" returning id");
        statements.rows(sql, false).await.map(drop)
    }
}

/// Writes how a sync ended, with what follows for the connection.
fn end(tenant: Uuid, integration: Uuid, log: Uuid, ended: Ended, is_counted: bool) -> Effects {
    let status = match (ended.failure, ended.refused) {
        (Some(_), _) => "FAILED",
        (None, 0) => "SUCCESS",
        (None, _) => "PARTIAL",
    };
    let message = match (ended.failure, ended.refused) {
        (Some(code), _) => Some(sentence(code).to_owned()),
        (None, 0) => None,
        (None, refused) => Some(format!("{refused} contacts do not fit or are known by nothing, and were left out.")),
    };
    Effects::new(move |statements| {
        let (failure, message) = (ended.failure, message.clone());
        async move {
            // The job's transaction sees what everybody sees.
            let mut sql = Sql::new();
            sql.push("select set_config('app.scope', concat(current_setting('app.scope', true), ' every_integration'), true)");
            statements.rows(sql, false).await?;
            let mut sql = Sql::new();
            sql.push("update sync_logs set finished_at = clock_timestamp(), status = ").bind(Bind::Text(status.to_owned()));
            sql.push(", error_message = ").bind(message.map_or(Bind::Null(entity::sql::NullOf::Text), Bind::Text));
            sql.push(" where status = 'RUNNING' and tenant_id = ").bind(Bind::Uuid(tenant));
            sql.push(" and id = ").bind(Bind::Uuid(log)).push(" returning id");
            statements.rows(sql, false).await?;
            let mut sql = Sql::new();
            match failure {
                Some(code) if is_counted => {
                    sql.push("update integrations set consecutive_failures = consecutive_failures + 1, last_failure = ");
                    sql.bind(Bind::Text(code.to_owned()));
                }
                Some(_) => return Ok(()),
                None => {
                    sql.push("update integrations set consecutive_failures = 0, last_sync_at = clock_timestamp()");
                }
            }
            sql.push(" where is_active and tenant_id = ").bind(Bind::Uuid(tenant));
            sql.push(" and id = ").bind(Bind::Uuid(integration)).push(" returning id");
            statements.rows(sql, false).await.map(drop)
        }
        .boxed()
    })
}

/// What people read of a failure.
fn sentence(code: &str) -> &'static str {
    match code {
        "INTERRUPTED" => "The sync was cut off; the next one goes on where it stood.",
        "NOT_CONFIGURED" => "Nothing is exchanged with this provider here.",
        "UNAUTHORIZED" => "The other system did not let us in.",
        "CODE_REFUSED" => "The other system does not renew our access any more. Connect it again.",
        "RATE_LIMITED" => "The other system was asked too much.",
        "REFUSED" => "The other system did not take what it was sent.",
        "UNREADABLE" => "The answer of the other system could not be read.",
        _ => "The other system does not answer as it should.",
    }
}

impl JobKind for SyncIntegration {
    fn kind(&self) -> &'static str {
        "sync_integration"
    }

    fn policy(&self) -> Policy {
        Policy {
            most_attempts: 5,
            first_wait: Duration::from_secs(10),
            longest_wait: Duration::from_secs(300),
            time_limit: Duration::from_secs(1800),
        }
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        self.sync(job).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_kept_as_they_were() {
        let places =
            Places { pull: Some("page 2".to_owned()), push: Some((1_700_000_000_000_000, Uuid::from_u128(7))) };
        let text = serde_json::to_string(&places).unwrap();
        assert_eq!(serde_json::from_str::<Places>(&text).unwrap(), places);
        assert_eq!(serde_json::from_str::<Places>("{}").unwrap(), Places::default());
        assert!(serde_json::from_str::<Places>("\"elsewhere\"").is_err());
    }
}
