//! The job that registers a request: each of its vehicles with the systems that it goes to.
//!
//! What a system has taken is written down vehicle by vehicle, outside of the transaction that ends the job, because it
//! stays taken whatever becomes of the job. A system that refuses one vehicle is still asked about the others.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt, stream};
use uuid::Uuid;

use super::desk::{AT_ONCE, Desk, Errand, finish};
use super::failed::{Failed, Refusals, given_up_sentence, stopped_sentence};
use super::{Account, Order, System};
use crate::jobs::{Effects, Job, JobError, JobKind, Policy};

/// The kind, as in `app.queue_registration`.
const KIND: &str = "register_logistics_request";

const FINISH: &str = "finish_registration";
const AGAIN: &str = "registration_still_queued";

/// Registers requests.
pub struct RegisterLogisticsRequest(pub Arc<Desk>);

/// Why the vehicles of a request are not gone on with.
enum Halt {
    /// Tried again later.
    Job(JobError),
    /// Nothing works now.
    Stopped(String),
    /// Somebody wants it cancelled.
    CalledOff,
}

impl RegisterLogisticsRequest {
    async fn work(&self, job: &Job) -> Result<Effects, JobError> {
        let (tenant, request) = (job.tenant, job.payload_id("logistics_request_id")?);
        let nothing = || finish(tenant, request, None, AGAIN);
        let end = |problem: Option<String>| finish(tenant, request, Some((FINISH, problem)), AGAIN);
        if !self.0.begin("start_registration", tenant, request).await? {
            // Gone, cancelled, or its systems are not connected.
            return Ok(nothing());
        }
        let Some(orders) = self.0.orders(tenant, request).await? else { return Ok(nothing()) };
        if orders.orders.is_empty() {
            return Ok(end(Some("The request has no vehicles.".to_owned())));
        }
        let accounts = match self.0.accounts(tenant, orders.systems).await? {
            Ok(accounts) => accounts,
            Err(Failed::Stopped { code }) => return Ok(end(Some(stopped_sentence(&code)))),
            Err(failed) => return Err(failed.into()),
        };
        self.0.may_call(tenant, orders.systems)?;
        let asks_first = orders.was_tried || job.attempt > 1;
        let refusals = Mutex::new(Refusals::default());
        let mut open = Vec::new();
        for order in &orders.orders {
            open.extend(accounts.iter().filter(|(system, _)| !order.is_registered(*system)).map(|one| (one, order)));
        }
        let all = stream::iter(open.into_iter().map(Ok)).try_for_each_concurrent(AT_ONCE, |(account, order)| {
            self.register(tenant, account, order, asks_first, &refusals)
        });
        match all.await {
            Ok(()) => {
                let problem = refusals.lock().unwrap_or_else(PoisonError::into_inner).sentence("take");
                Ok(end(problem))
            }
            Err(Halt::Job(error)) => Err(error),
            Err(Halt::Stopped(code)) => Ok(end(Some(stopped_sentence(&code)))),
            Err(Halt::CalledOff) => Ok(nothing()),
        }
    }

    /// Registers one vehicle with one system.
    async fn register(
        &self,
        tenant: Uuid,
        account: &(System, Account),
        order: &Order,
        asks_first: bool,
        refusals: &Mutex<Refusals>,
    ) -> Result<(), Halt> {
        let mut registered = Ok(None);
        if asks_first {
            registered = self.0.ask(tenant, account, order, Errand::Find).await.map_err(Halt::Job)?;
        }
        if let Ok(None) = registered {
            registered = self.0.ask(tenant, account, order, Errand::Register).await.map_err(Halt::Job)?;
        }
        match registered {
            Ok(Some(registered)) => {
                let status = self.0.registered(tenant, account.0, order.line, &registered).await;
                let status = status.map_err(|error| Halt::Job(error.into()))?;
                // Nothing is said of a line that another attempt has written to.
                if status.is_empty() || status == "IN_PROGRESS" { Ok(()) } else { Err(Halt::CalledOff) }
            }
            Ok(None) => Err(Halt::Job(JobError::retry("NO_ANSWER"))),
            Err(Failed::Refused { code }) => {
                refusals.lock().unwrap_or_else(PoisonError::into_inner).add(account.0, &order.vin, code);
                Ok(())
            }
            Err(Failed::Stopped { code }) => Err(Halt::Stopped(code)),
            Err(later) => Err(Halt::Job(later.into())),
        }
    }
}

impl JobKind for RegisterLogisticsRequest {
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
