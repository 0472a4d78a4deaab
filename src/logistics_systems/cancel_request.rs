//! The job that takes a request back: each of its vehicles from the systems that have it.
//!
//! A vehicle that was taken back stays so, also when a system keeps another one; then the request is registered as before,
//! with a sentence that says why, and cancelling it once more is about what is left.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt, stream};
use uuid::Uuid;

use super::desk::{AT_ONCE, Desk, Errand, finish};
use super::failed::{Failed, Refusals, given_up_sentence, stopped_sentence};
use super::{Account, Order, System};
use crate::jobs::{Effects, Job, JobError, JobKind, Policy};

/// The kind, as in `app.queue_cancellation`.
const KIND: &str = "cancel_logistics_request";

const FINISH: &str = "finish_cancellation";
const AGAIN: &str = "cancellation_still_queued";

/// Cancels requests.
pub struct CancelLogisticsRequest(pub Arc<Desk>);

/// Why the vehicles of a request are not gone on with.
enum Halt {
    /// Tried again later.
    Job(JobError),
    /// Nothing works now.
    Stopped(String),
}

impl CancelLogisticsRequest {
    async fn work(&self, job: &Job) -> Result<Effects, JobError> {
        let (tenant, request) = (job.tenant, job.payload_id("logistics_request_id")?);
        let nothing = || finish(tenant, request, None, AGAIN);
        let end = |problem: Option<String>| finish(tenant, request, Some((FINISH, problem)), AGAIN);
        let Some(orders) = self.0.orders(tenant, request).await? else { return Ok(nothing()) };
        if !matches!(orders.status.as_str(), "PENDING_CANCELLATION" | "CANCELLED") {
            return Ok(nothing());
        }
        let accounts = match self.0.accounts(tenant, orders.systems).await? {
            Ok(accounts) => accounts,
            Err(Failed::Stopped { code }) => return Ok(end(Some(stopped_sentence(&code)))),
            Err(failed) => return Err(failed.into()),
        };
        self.0.may_call(tenant, orders.systems)?;
        let refusals = Mutex::new(Refusals::default());
        let mut open = Vec::new();
        for order in &orders.orders {
            open.extend(accounts.iter().filter(|(system, _)| !order.is_cancelled(*system)).map(|one| (one, order)));
        }
        let all = stream::iter(open.into_iter().map(Ok))
            .try_for_each_concurrent(AT_ONCE, |(account, order)| self.cancel(tenant, account, order, &refusals));
        match all.await {
            Ok(()) => {
                let problem = refusals.lock().unwrap_or_else(PoisonError::into_inner).sentence("cancel");
                Ok(end(problem))
            }
            Err(Halt::Job(error)) => Err(error),
            Err(Halt::Stopped(code)) => Ok(end(Some(stopped_sentence(&code)))),
        }
    }

    /// Takes one vehicle back from one system.
    async fn cancel(
        &self,
        tenant: Uuid,
        account: &(System, Account),
        order: &Order,
        refusals: &Mutex<Refusals>,
    ) -> Result<(), Halt> {
        let system = account.0;
        let job = |error: entity::database::DbError| Halt::Job(error.into());
        if !order.is_registered(system) {
            // It may have what it never said it has: a call to register may have come without its answer going back.
            match self.0.ask(tenant, account, order, Errand::Find).await.map_err(Halt::Job)? {
                Ok(Some(found)) => {
                    self.0.registered(tenant, system, order.line, &found).await.map_err(job)?;
                }
                Ok(None) => return Ok(()),
                Err(Failed::Stopped { code }) => return Err(Halt::Stopped(code)),
                Err(failed) => return Err(Halt::Job(failed.into())),
            }
        }
        match self.0.ask(tenant, account, order, Errand::Cancel).await.map_err(Halt::Job)? {
            Ok(_) => {
                self.0.cancelled(tenant, system, order.line).await.map_err(job)?;
                Ok(())
            }
            Err(Failed::Refused { code }) => {
                refusals.lock().unwrap_or_else(PoisonError::into_inner).add(system, &order.vin, code);
                Ok(())
            }
            Err(Failed::Stopped { code }) => Err(Halt::Stopped(code)),
            Err(later) => Err(Halt::Job(later.into())),
        }
    }
}

impl JobKind for CancelLogisticsRequest {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn policy(&self) -> Policy {
        self.0.policy()
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        self.work(job).boxed()
    }

    fn gave_up(&self, job: &Job, code: &str) -> Effects {
        let Ok(request) = job.payload_id("logistics_request_id") else { return Effects::none() };
        finish(job.tenant, request, Some((FINISH, Some(given_up_sentence(code)))), AGAIN)
    }
}
