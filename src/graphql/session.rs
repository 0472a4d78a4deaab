//! The session of one operation: who asks, the snapshot it reads, the transactions it writes.

use std::any::Any;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_graphql::ServerError;
use entity::access::Rights;
use entity::answer::Answer;
use entity::database::{DbError, Statements};
use entity::declare::EntityDecl;
use entity::plan::Paging;
use entity::roots::{self, WriteJob};
use entity::run::Lender;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::access::Viewer;
use crate::db::{Counters, Mode, Transaction, audit_reading};
use crate::identity;
use crate::live::Live;
use crate::request::Services;

/// How often a write is tried that gets in the way of others. Each time one of them gets through.
const ATTEMPTS: u32 = 4;

/// One operation in the name of one viewer.
pub(super) struct Session {
    viewer: Arc<Viewer>,
    rights: Rights,
    services: Arc<Services>,
    live: Live,
    counters: Arc<Counters>,
    snapshot: Transaction,
    address: Option<IpAddr>,
    refused: Mutex<Vec<ServerError>>,
    read: Mutex<Vec<&'static EntityDecl>>,
}

impl Session {
    pub(super) fn new(services: Arc<Services>, live: Live, viewer: Arc<Viewer>, counters: Arc<Counters>) -> Self {
        let rights = viewer.rights(services.clock.now());
        let (database, actor) = (services.database.clone(), viewer.actor.clone());
        let snapshot = Transaction::new(database, Mode::Read, actor, Arc::clone(&counters));
        Self {
            viewer,
            rights,
            services,
            live,
            counters,
            snapshot,
            address: None,
            refused: Mutex::default(),
            read: Mutex::default(),
        }
    }

    /// The same, of somebody at this address.
    pub(super) fn at_address(mut self, address: Option<IpAddr>) -> Self {
        self.address = address;
        self
    }

    /// The refusals that stand in payloads.
    pub(super) fn take_refused(&self) -> Vec<ServerError> {
        std::mem::take(&mut self.refused.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes down which sensitive entities were read, before the answer is given away.
    pub(super) async fn note_reading(&self, operation: Option<&str>, request_id: &str) -> Result<(), DbError> {
        let read = std::mem::take(&mut *self.read.lock().unwrap_or_else(PoisonError::into_inner));
        if read.is_empty() {
            return Ok(());
        }
        let mut by = serde_json::Map::new();
        by.insert("requestId".to_owned(), request_id.into());
        if let Some(operation) = operation {
            by.insert("operation".to_owned(), operation.into());
        }
        let who = (self.viewer.actor.clone(), self.viewer.user);
        audit_reading(self.services.database.clone(), who, &read, &by).await
    }

    /// Who asks.
    pub(super) fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// What all requests share.
    pub(super) fn shared(&self) -> &Services {
        &self.services
    }

    /// What knows how the log is told to a viewer.
    pub(super) fn live(&self) -> &Live {
        &self.live
    }

    /// The operation is answered.
    pub(super) fn finish(&self) {
        self.snapshot.finish();
    }
}

impl Lender for Session {
    fn lent(&self) -> &(dyn Any + Send + Sync) {
        self.services.as_ref()
    }

    fn reading(&self, entities: &[&'static EntityDecl]) {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).extend(entities);
    }
}

impl roots::Session for Session {
    fn tenant(&self) -> Uuid {
        self.viewer.tenant
    }

    fn user(&self) -> Uuid {
        self.viewer.user
    }

    fn is_guest(&self) -> bool {
        self.viewer.is_acting_staff()
    }

    fn rights(&self) -> Rights {
        self.rights
    }

    fn paging(&self) -> Paging {
        Paging::default()
    }

    fn services(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn lender(&self) -> &dyn Lender {
        self
    }

    fn reads(&self) -> &dyn Statements {
        &self.snapshot
    }

    /// In a task of its own: a client that leaves cannot cut a write in half.
    fn write(&self, mut job: WriteJob) -> BoxFuture<'_, Result<Answer, DbError>> {
        let (tenant, user, new_id) = (self.viewer.tenant, self.viewer.user, self.services.ids.next());
        let services = Arc::clone(&self.services);
        let (actor, counters) = (self.viewer.actor.clone(), Arc::clone(&self.counters));
        let address = self.address;
        let table = job.entity().table;
        let is_about_access = is_about_access(table);
        let task = tokio::spawn(async move {
            let mut attempts = 1;
            loop {
                let (database, counters) = (services.database.clone(), Arc::clone(&counters));
                let transaction = Transaction::new(database, Mode::Write, actor.clone(), counters);
                let transaction = transaction.of_mutation(job.mutation()).from_address(address);
                match job.run(&transaction, tenant, user, new_id, services.as_ref()).await {
                    Ok(answer) => {
                        let committed = transaction.commit().await;
                        // Also when it is not certain whether the write is stored.
                        if table == "tenants" {
                            // Maybe another one: the platform suspends and opens them.
                            services.access.forget_all();
                        } else if is_about_access {
                            services.access.forget_tenant(tenant);
                        }
                        return committed.map(|()| answer);
                    }
                    Err(error) => {
                        // The reason is more telling than a failing rollback, after which PostgreSQL undoes it anyway.
                        let _ = transaction.rollback().await;
                        // Two writes that waited for each other: PostgreSQL undid one of them, which now finds what the
                        // other one wrote. Whoever asked need not know.
                        if error != DbError::Conflict || attempts == ATTEMPTS {
                            return Err(error);
                        }
                        attempts += 1;
                    }
                }
            }
        });
        async move { task.await.unwrap_or_else(|_| Err(DbError::Fault("the write's task ended early".into()))) }.boxed()
    }

    fn refused(&self, error: ServerError) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }
}

/// Whether what sessions may do can follow from this table: so for all that the domain of identity writes. The
/// database would say so as well, but maybe only after the next request.
fn is_about_access(table: &str) -> bool {
    static TABLES: OnceLock<HashSet<&str>> = OnceLock::new();
    TABLES.get_or_init(|| identity::entities().into_iter().map(|entity| entity.table).collect()).contains(table)
}
