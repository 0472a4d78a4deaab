//! The desk at which jobs ask systems: both adapters, the accounts of businesses, and a circuit for each way out, so that a
//! system that is down is left alone for a while.

use std::sync::Arc;
use std::time::Duration;

use entity::database::{DbError, Statements};
use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use uuid::Uuid;

use super::calls::Calls;
use super::failed::Failed;
use super::order::{self, Orders};
use super::{Account, Accounts, LogisticsSystem, Order, Registered, Slc, System, Tms};
use crate::clock::SharedClock;
use crate::ids::SharedIds;
use crate::jobs::{Effects, JobError, Policy};
use crate::outbound::OutboundSettings;
use crate::outbound::address::Resolver;
use crate::outbound::circuit::{Circuits, Way};
use crate::outbound::https::Https;
use crate::work::Tenancy;

/// Vehicles of one request about which a system is asked at the same time.
pub(super) const AT_ONCE: usize = 4;

/// What a desk is made of.
pub struct DeskParts {
    /// Opens transactions in the name of businesses.
    pub tenancy: Tenancy,
    /// The accounts of businesses.
    pub accounts: Arc<dyn Accounts>,
    /// When calls are signed.
    pub clock: SharedClock,
    /// What is used once, such as nonces.
    pub ids: SharedIds,
    /// How long a system may take, and where it may be.
    pub settings: OutboundSettings,
}

/// Both systems, for the jobs.
pub struct Desk {
    tenancy: Tenancy,
    accounts: Arc<dyn Accounts>,
    circuits: Circuits,
    tms: Tms,
    slc: Slc,
    timeout: Duration,
}

/// One call of a job.
pub(super) enum Errand {
    Register,
    Find,
    Cancel,
}

impl Desk {
    /// Opens one.
    ///
    /// # Errors
    /// A sentence, when the system has no certificate authorities to know others by.
    pub fn open(parts: DeskParts) -> Result<Self, String> {
        let DeskParts { tenancy, accounts, clock, ids, settings } = parts;
        let resolver = Resolver { is_private_allowed: settings.is_private_allowed };
        let calls = Calls { https: Https::new(resolver, settings.timeout)?, clock, ids };
        Ok(Self {
            // Everybody's requests are registered.
            tenancy: tenancy.seeing_all_records(),
            accounts,
            circuits: Circuits::default(),
            tms: Tms(calls.clone()),
            slc: Slc(calls),
            timeout: settings.timeout,
        })
    }

    /// The adapter of a system.
    #[must_use]
    pub fn system(&self, system: System) -> &dyn LogisticsSystem {
        match system {
            System::Tms => &self.tms,
            System::Slc => &self.slc,
        }
    }

    /// How often and how long its jobs are tried.
    pub(super) fn policy(&self) -> Policy {
        Policy {
            most_attempts: 12,
            first_wait: Duration::from_secs(2),
            longest_wait: Duration::from_secs(600),
            // A request has 50 vehicles at most, each with two systems, and each may be asked for first.
            time_limit: self.timeout * 50 + Duration::from_secs(60),
        }
    }

    /// The orders of a request.
    pub(super) async fn orders(&self, tenant: Uuid, request: Uuid) -> Result<Option<Orders>, DbError> {
        order::read(&self.tenancy.read(tenant, order::load(tenant, request)).await?)
    }

    /// The accounts for these systems.
    pub(super) async fn accounts(
        &self,
        tenant: Uuid,
        systems: &[System],
    ) -> Result<Result<Vec<(System, Account)>, Failed>, DbError> {
        let mut accounts = Vec::new();
        for system in systems {
            match self.accounts.account(tenant, *system).await? {
                Some(account) => accounts.push((*system, account)),
                None => return Ok(Err(Failed::stopped(*system, "NOT_CONNECTED"))),
            }
        }
        Ok(Ok(accounts))
    }

    /// Whether these systems may be called now, or have to be left alone for a while. Asked once for a job: the vehicles of
    /// one request go together, and one of them must not keep another from trying.
    pub(super) fn may_call(&self, tenant: Uuid, systems: &[System]) -> Result<(), JobError> {
        for system in systems {
            if let Err(after) = self.circuits.ask(Way { tenant, row: Some(system.way()) }) {
                return Err(JobError::Postpone { code: "CIRCUIT_OPEN".to_owned(), after });
            }
        }
        Ok(())
    }

    /// Asks a system. Nothing is found where something was cancelled.
    pub(super) async fn ask(
        &self,
        tenant: Uuid,
        (system, account): &(System, Account),
        order: &Order,
        errand: Errand,
    ) -> Result<Result<Option<Registered>, Failed>, JobError> {
        let way = Way { tenant, row: Some(system.way()) };
        let adapter = self.system(*system);
        let outcome = match errand {
            Errand::Register => adapter.register(account, order).await.map(Some),
            Errand::Find => adapter.find(account, order).await,
            Errand::Cancel => adapter.cancel(account, order).await.map(|()| None),
        };
        match &outcome {
            Err(failed) if failed.is_outage() => self.circuits.fails(way),
            // It is the system that asks for a pause, and not the order.
            Err(Failed::Later { code, after: Some(pause), .. }) if code.ends_with("_HTTP_429") => {
                self.circuits.hold(way, *pause);
            }
            _ => self.circuits.works(way),
        }
        match outcome {
            Err(later @ Failed::Later { .. }) => Err(later.into()),
            outcome => Ok(outcome),
        }
    }

    /// Writes down that a system has taken an order; says how the request stands. What a line says already stays.
    pub(super) async fn registered(
        &self,
        tenant: Uuid,
        system: System,
        line: Uuid,
        registered: &Registered,
    ) -> Result<String, DbError> {
        let mut sql = Sql::new();
        sql.push("update logistics_request_lines l set ");
        for (place, (column, value)) in registered.0.iter().enumerate() {
            sql.push(if place > 0 { ", " } else { "" }).push(column).push(" = coalesce(l.").push(column);
            sql.push(", ").bind(value.clone()).push(")");
        }
        self.write_line(tenant, line, sql, system.id_column()).await
    }

    /// Writes down that a system has taken an order back.
    pub(super) async fn cancelled(&self, tenant: Uuid, system: System, line: Uuid) -> Result<String, DbError> {
        let mut sql = Sql::new();
        sql.push("update logistics_request_lines l set ").push(system.cancelled_at_column()).push(" = now()");
        self.write_line(tenant, line, sql, system.cancelled_at_column()).await
    }

    /// Ends a statement that writes to a line in which this column is empty, and runs it.
    async fn write_line(&self, tenant: Uuid, line: Uuid, mut sql: Sql, column: &str) -> Result<String, DbError> {
        sql.push(" where l.tenant_id = ").bind(Bind::Uuid(tenant)).push(" and l.id = ").bind(Bind::Uuid(line));
        sql.push(" and l.").push(column).push(" is null returning (select r.status from logistics_requests r ");
        sql.push("where r.tenant_id = l.tenant_id and r.id = l.request_id)");
        let rows = self.tenancy.write(tenant, move |tx| async move { tx.rows(sql, false).await }.boxed()).await?;
        Ok(if rows.is_empty() { String::new() } else { rows.text(0, 0).unwrap_or_default() })
    }

    /// Runs `select app.<function>(tenant, request)` and says whether it gave true.
    pub(super) async fn begin(&self, function: &str, tenant: Uuid, request: Uuid) -> Result<bool, DbError> {
        let mut sql = Sql::new();
        sql.push("select app.").push(function).push("(").bind(Bind::Uuid(tenant)).push(", ");
        sql.bind(Bind::Uuid(request)).push(")");
        let rows = self.tenancy.write(tenant, move |tx| async move { tx.rows(sql, false).await }.boxed()).await?;
        Ok(!rows.is_empty() && rows.is_true(0, 0))
    }
}

/// The end of a job about a request: `finish`, with what is wrong if anything is, and then `again`, for what somebody has
/// asked for while the job came to its end.
pub(super) fn finish(
    tenant: Uuid,
    request: Uuid,
    finish: Option<(&'static str, Option<String>)>,
    again: &'static str,
) -> Effects {
    Effects::new(move |statements: &dyn Statements| {
        let finish = finish.clone();
        async move {
            if let Some((function, problem)) = finish {
                let mut sql = Sql::new();
                sql.push("select app.").push(function).push("(").bind(Bind::Uuid(tenant)).push(", ");
                sql.bind(Bind::Uuid(request)).push(", ");
                sql.bind(problem.map_or(Bind::Null(entity::sql::NullOf::Text), Bind::Text)).push(")");
                statements.rows(sql, false).await?;
            }
            let mut sql = Sql::new();
            sql.push("select app.").push(again).push("(").bind(Bind::Uuid(tenant)).push(", ");
            sql.bind(Bind::Uuid(request)).push(")");
            statements.rows(sql, false).await.map(drop)
        }
        .boxed()
    })
}
