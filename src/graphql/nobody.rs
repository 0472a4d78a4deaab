//! The session of a query by somebody who is not signed in: few root fields answer it, each by what its own arguments
//! prove.

use std::any::Any;
use std::sync::Arc;

use entity::access::Rights;
use entity::answer::Answer;
use entity::database::{DbError, Statements};
use entity::plan::Paging;
use entity::roots::{self, WriteJob};
use entity::run::Lender;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::db::{Actor, Counters, Mode, Scope, Transaction};
use crate::request::Services;

/// What needs no session: the token in its arguments says what may be seen.
const OPEN_TO_ALL: [&str; 1] = ["sharedArtifact"];

/// Nobody, in no tenant, with no rights.
pub(super) struct Nobody {
    services: Arc<Services>,
    snapshot: Transaction,
}

impl Nobody {
    pub(super) fn new(services: Arc<Services>) -> Self {
        // Nothing is in the nil tenant. Who opens something by a token does so in the token's tenant.
        let actor = Actor::tenant(Uuid::nil(), Scope::NONE);
        let snapshot = Transaction::new(services.database.clone(), Mode::Read, actor, Arc::new(Counters::default()));
        Self { services, snapshot }
    }
}

impl Lender for Nobody {
    fn lent(&self) -> &(dyn Any + Send + Sync) {
        self.services.as_ref()
    }
}

impl roots::Session for Nobody {
    fn tenant(&self) -> Uuid {
        Uuid::nil()
    }

    fn user(&self) -> Uuid {
        Uuid::nil()
    }

    fn answers(&self, root: &str) -> bool {
        OPEN_TO_ALL.contains(&root)
    }

    fn rights(&self) -> Rights {
        Rights::none()
    }

    fn paging(&self) -> Paging {
        Paging::default()
    }

    fn lender(&self) -> &dyn Lender {
        self
    }

    fn reads(&self) -> &dyn Statements {
        &self.snapshot
    }

    fn write(&self, _: WriteJob) -> BoxFuture<'_, Result<Answer, DbError>> {
        async { Err(DbError::Fault("nobody writes".into())) }.boxed()
    }
}
