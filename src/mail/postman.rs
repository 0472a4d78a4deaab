//! The worker that empties the outbox.
//!
//! A mail is taken in one transaction (state SENDING, a lease, one more attempt), sent outside of any, and what became
//! of it written in another, by whoever still holds the lease. One lease is one attempt to send. When this process dies
//! in between, the lease runs out and the next worker takes the mail again: nothing is lost. Sent twice is only what a
//! server had taken before we could write that down; both copies have the same Message-ID.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use uuid::Uuid;

use super::content::Content;
use super::outbox::{BODY, Outbox, TABLE};
use super::smtp::DIALOGUE_TIMEOUT;
use super::transport::{Failed, Sender, Transport};
use crate::ids::SharedIds;
use crate::secrets::Place;
use crate::work::{Stop, Tenancy, Worker};

/// Tenants whose mail is sent at the same time, one mail each: a busy one does not keep the others waiting.
const TENANTS_AT_ONCE: usize = 4;

/// Mails of one tenant in one round.
const MAILS_A_ROUND: usize = 20;

/// How fast the postman works. Tests hurry.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Rest after a round that found nothing.
    pub rest: Duration,
    /// How long a mail is taken for; longer than sending may take.
    pub lease: Duration,
    /// Wait after the first failed attempt; it doubles with each, up to `longest_wait`, give or take a quarter.
    pub first_wait: Duration,
    /// Longest wait.
    pub longest_wait: Duration,
    /// Attempts after which a mail is given up.
    pub most_attempts: i32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            rest: Duration::from_secs(1),
            lease: DIALOGUE_TIMEOUT * 4,
            first_wait: Duration::from_secs(20),
            longest_wait: Duration::from_secs(3600),
            most_attempts: 30,
        }
    }
}

/// Sends what is in the outbox.
pub struct Postman {
    tenancy: Tenancy,
    outbox: Outbox,
    ids: SharedIds,
    sender: Sender,
    transport: Transport,
    pace: Pace,
}

/// A mail that is ours for a while.
struct Taken {
    tenant: Uuid,
    id: Uuid,
    lease: Uuid,
    to: String,
    body: Vec<u8>,
    written: DateTime<Utc>,
    attempts: i32,
    is_expired: bool,
}

impl Postman {
    /// A postman who sends in this name, by this way.
    pub fn new(
        tenancy: Tenancy,
        outbox: Outbox,
        ids: SharedIds,
        sender: Sender,
        transport: Transport,
        pace: Pace,
    ) -> Self {
        Self { tenancy, outbox, ids, sender, transport, pace }
    }

    /// Sends mails of one tenant, one after the other; says whether it stopped before the last.
    async fn serve(&self, tenant: Uuid, stop: &Stop) -> Result<bool, DbError> {
        for _ in 0..MAILS_A_ROUND {
            if stop.is_asked() {
                return Ok(false);
            }
            let Some(mail) = self.take(tenant).await? else { return Ok(false) };
            let outcome = self.attempt(&mail).await;
            self.note(&mail, outcome).await?;
        }
        Ok(true)
    }

    /// Takes the mail that is due longest.
    async fn take(&self, tenant: Uuid) -> Result<Option<Taken>, DbError> {
        let lease = self.ids.next();
        let mut sql = Sql::new();
        sql.push("update emails e set status = 'SENDING', attempts = e.attempts + 1, lease = ").bind(Bind::Uuid(lease));
        sql.push(", next_attempt_at = now() + ");
        seconds(&mut sql, self.pace.lease);
        sql.push(" where e.tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(" and e.id = (select d.id from emails d where d.tenant_id = ").bind(Bind::Uuid(tenant));
        sql.push(
            " and d.status in ('QUEUED', 'SENDING') and d.next_attempt_at <= now() order by d.next_attempt_at limit 1 \
             for update skip locked) \
             returning e.id, e.to_address, e.body, e.created_at, e.attempts, e.expires_at <= now()",
        );
        let rows = self.tenancy.write(tenant, move |tx| async move { tx.rows(sql, false).await }.boxed()).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let broken = |error: entity::rows::DecodeError| DbError::Fault(error.to_string());
        Ok(Some(Taken {
            tenant,
            id: rows.decode::<tables::emails::id, _>(0, 0).map_err(broken)?,
            lease,
            to: rows.decode::<tables::emails::to_address, _>(0, 1).map_err(broken)?,
            body: rows.decode::<tables::emails::body, Option<Vec<u8>>>(0, 2).map_err(broken)?.unwrap_or_default(),
            written: rows.decode::<tables::emails::created_at, _>(0, 3).map_err(broken)?,
            attempts: rows.decode::<tables::emails::attempts, _>(0, 4).map_err(broken)?,
            is_expired: rows.is_true(0, 5),
        }))
    }

    async fn attempt(&self, mail: &Taken) -> Result<(), Failed> {
        if mail.is_expired {
            return Err(Failed::never("EXPIRED"));
        }
        // Counted when it was taken, so that a mail on which the process dies is given up in the end as well.
        if mail.attempts > self.pace.most_attempts {
            return Err(Failed::never("TOO_MANY_ATTEMPTS"));
        }
        let place = Place { tenant: mail.tenant, table: TABLE, column: BODY, row: mail.id };
        // A key that is missing today can be configured tomorrow.
        let clear = self.outbox.keys().open(&place, &mail.body).map_err(|_| Failed::later("BODY_SEALED"))?;
        let content: Content = serde_json::from_slice(clear.expose()).map_err(|_| Failed::never("BODY_BROKEN"))?;
        let outgoing = self.sender.compose(mail.id, &mail.to, mail.written, &content)?;
        self.transport.deliver(&outgoing).await
    }

    /// Writes down what became of a mail. A database that is away at this moment is asked again as long as the lease
    /// lasts: to forget that a mail has left means to send it twice.
    async fn note(&self, mail: &Taken, outcome: Result<(), Failed>) -> Result<(), DbError> {
        let sql = self.note_sql(mail, &outcome);
        let began = tokio::time::Instant::now();
        loop {
            let sql = sql.clone();
            let noted =
                self.tenancy.write(mail.tenant, move |tx| async move { tx.rows(sql, false).await }.boxed()).await;
            match noted {
                Ok(_) => break,
                Err(DbError::Unavailable(_) | DbError::TimedOut) if began.elapsed() < self.pace.lease / 2 => {
                    tokio::time::sleep(self.pace.rest).await;
                }
                Err(error) => return Err(error),
            }
        }
        match outcome {
            Ok(()) => tracing::debug!(mail = %mail.id, attempts = mail.attempts, "a mail was sent"),
            Err(failed) if failed.is_final => {
                tracing::warn!(mail = %mail.id, code = failed.code, "a mail was given up");
            }
            Err(failed) => tracing::warn!(mail = %mail.id, code = failed.code, "a mail could not be sent yet"),
        }
        Ok(())
    }

    fn note_sql(&self, mail: &Taken, outcome: &Result<(), Failed>) -> Sql {
        let mut sql = Sql::new();
        sql.push("update emails set lease = null, ");
        match outcome {
            Ok(()) => {
                sql.push("status = 'SENT', finished_at = now(), body = null, last_error = null");
            }
            Err(Failed { code, is_final: true }) => {
                sql.push("status = 'DEAD', finished_at = now(), last_error = ").bind(Bind::Text(code.clone()));
            }
            Err(Failed { code, is_final: false }) => {
                sql.push("status = 'QUEUED', last_error = ").bind(Bind::Text(code.clone()));
                sql.push(", next_attempt_at = now() + ");
                seconds(&mut sql, self.wait_after(mail));
            }
        }
        sql.push(" where tenant_id = ").bind(Bind::Uuid(mail.tenant)).push(" and id = ").bind(Bind::Uuid(mail.id));
        // Who lost the lease has nothing to say any more.
        sql.push(" and lease = ").bind(Bind::Uuid(mail.lease)).push(" returning id");
        sql
    }

    /// The wait doubles with each attempt. Its last quarter is by chance, taken from the lease's random bits, so that
    /// mails that failed together do not come back together.
    fn wait_after(&self, mail: &Taken) -> Duration {
        let doublings = u32::try_from(mail.attempts - 1).unwrap_or(0).min(16);
        let wait = self.pace.first_wait.saturating_mul(1 << doublings).min(self.pace.longest_wait);
        let chance = f64::from(mail.lease.as_bytes()[15]) / 255.0;
        wait.mul_f64(0.75 + chance / 2.0)
    }
}

/// An interval. Milliseconds, because tests are in a hurry.
fn seconds(sql: &mut Sql, duration: Duration) {
    sql.push("make_interval(secs => ").bind(Bind::Float(duration.as_secs_f64())).push(")");
}

impl Worker for Postman {
    fn name(&self) -> &'static str {
        "postman"
    }

    fn rest(&self) -> Duration {
        self.pace.rest
    }

    fn round<'a>(&'a self, stop: &'a Stop) -> BoxFuture<'a, Result<bool, DbError>> {
        async move {
            let mut due = Sql::new();
            due.push("select app.tenants_with_due_mail()");
            let tenants = self.tenancy.tenants(due).await?;
            let served: Vec<_> = stream::iter(tenants)
                .map(|tenant| self.serve(tenant, stop))
                .buffer_unordered(TENANTS_AT_ONCE)
                .collect()
                .await;
            // Every tenant had its turn before one of them may end the round with an error.
            served.into_iter().try_fold(false, |is_more, served| Ok(is_more | served?))
        }
        .boxed()
    }
}
