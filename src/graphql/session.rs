//! The session of one operation: who asks, the snapshot it reads, the transactions it writes.

use std::any::Any;
use std::sync::Arc;

use entity::access::Rights;
use entity::answer::Answer;
use entity::database::{DbError, Statements};
use entity::plan::Paging;
use entity::roots::{self, WriteJob};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::db::{Counters, Database, Mode, Transaction};
use crate::ids::SharedIds;

/// One operation in the name of one user.
pub(super) struct Session {
    tenant: Uuid,
    user: Uuid,
    rights: Rights,
    database: Database,
    ids: SharedIds,
    counters: Arc<Counters>,
    services: Arc<dyn Any + Send + Sync>,
    snapshot: Transaction,
}

impl Session {
    pub(super) fn new(
        database: Database,
        ids: SharedIds,
        services: Arc<dyn Any + Send + Sync>,
        tenant: Uuid,
        user: Uuid,
        counters: Arc<Counters>,
    ) -> Self {
        let snapshot = Transaction::new(database.clone(), Mode::Read, tenant, user, Arc::clone(&counters));
        Self { tenant, user, rights: Rights::all(), database, ids, counters, services, snapshot }
    }

    /// The operation is answered.
    pub(super) fn finish(&self) {
        self.snapshot.finish();
    }
}

impl roots::Session for Session {
    fn tenant(&self) -> Uuid {
        self.tenant
    }

    fn user(&self) -> Uuid {
        self.user
    }

    fn rights(&self) -> Rights {
        self.rights
    }

    fn paging(&self) -> Paging {
        Paging::default()
    }

    fn reads(&self) -> &dyn Statements {
        &self.snapshot
    }

    /// In a task of its own: a client that leaves cannot cut a write in half.
    fn write(&self, job: WriteJob) -> BoxFuture<'_, Result<Answer, DbError>> {
        let (tenant, user, new_id) = (self.tenant, self.user, self.ids.next());
        let counters = Arc::clone(&self.counters);
        let services = Arc::clone(&self.services);
        let transaction = Transaction::new(self.database.clone(), Mode::Write, tenant, user, counters);
        let task = tokio::spawn(async move {
            match job.run(&transaction, tenant, user, new_id, services.as_ref()).await {
                Ok(answer) => transaction.commit().await.map(|()| answer),
                Err(error) => {
                    // The reason is more telling than a failing rollback, after which PostgreSQL undoes it anyway.
                    let _ = transaction.rollback().await;
                    Err(error)
                }
            }
        });
        async move { task.await.unwrap_or_else(|_| Err(DbError::Fault("the write's task ended early".into()))) }.boxed()
    }
}
