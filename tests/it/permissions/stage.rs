//! Runs operations over the world with exactly the rights that a test gives.
//!
//! Which rights a user has is not asked here: that is the work of roles. What rights open and close is.

use std::sync::Arc;

use async_graphql::{PathSegment, Request, Response, Value as GraphqlValue, Variables};
use entity::access::Rights;
use entity::answer::Answer;
use entity::database::{DbError, Statements};
use entity::plan::Paging;
use entity::roots::{self, WriteJob};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use mostrador::db::{Actor, Counters, Database, Mode, Scope, Transaction};
use mostrador::graphql::schema;
use mostrador::ids::{Ids, SystemIds};
use serde_json::Value;
use uuid::Uuid;

use crate::app::TestApp;

/// The world, and one of its users.
pub(super) struct Stage {
    pub(super) app: TestApp,
    schema: schema::Schema,
    tenant: Uuid,
    user: Uuid,
}

/// What came of an operation.
pub(super) struct Told {
    pub(super) data: Value,
    /// Each as its code, the right it names and its path: `FORBIDDEN USERS:READ contacts.nodes.owner`.
    pub(super) errors: Vec<String>,
    pub(super) statements: u32,
}

struct Session {
    tenant: Uuid,
    user: Uuid,
    rights: Rights,
    database: Database,
    counters: Arc<Counters>,
    snapshot: Transaction,
}

impl Stage {
    /// Ana, of the business with cars.
    pub(super) async fn set() -> Self {
        let app = TestApp::world().await;
        let ids = app.rows("select tenant_id, id from users where email = 'ana@autos.test'").await.remove(0);
        let ids: Vec<Uuid> = ids.iter().map(|id| id.parse().unwrap()).collect();
        Self { app, schema: schema::build(), tenant: ids[0], user: ids[1] }
    }

    /// Runs an operation with these rights.
    pub(super) async fn ask(&self, rights: Rights, query: &str, variables: Value) -> Told {
        let (database, counters) = (self.app.database.clone(), Arc::new(Counters::default()));
        let actor = Actor::user(self.tenant, self.user, Scope::ALL);
        let snapshot = Transaction::new(database.clone(), Mode::Read, actor, Arc::clone(&counters));
        let (tenant, user) = (self.tenant, self.user);
        let session = Arc::new(Session { tenant, user, rights, database, counters, snapshot });
        let request = Request::new(query)
            .variables(Variables::from_json(variables))
            .data(roots::Answered::default())
            .data(Arc::clone(&session) as Arc<dyn roots::Session>);
        let response = self.schema.execute(request).await;
        session.snapshot.finish();
        Told { errors: errors(&response), data: data(response), statements: session.counters.statements() }
    }
}

fn data(response: Response) -> Value {
    // The engine's finished JSON stands in the values as text.
    fn json(value: GraphqlValue) -> Value {
        match value {
            GraphqlValue::Object(mut map) => match map.swap_remove(async_graphql_value::RAW_VALUE_TOKEN) {
                Some(GraphqlValue::String(raw)) => serde_json::from_str(&raw).unwrap(),
                _ => map.into_iter().map(|(key, value)| (key.to_string(), json(value))).collect(),
            },
            other => other.into_json().unwrap(),
        }
    }
    json(response.data)
}

fn errors(response: &Response) -> Vec<String> {
    let told = |error: &async_graphql::ServerError| {
        let extension = |key: &str| {
            let value = error.extensions.as_ref().and_then(|extensions| extensions.get(key)).cloned();
            value.map(|value| value.into_json().unwrap())
        };
        let code = extension("code").map_or_else(|| error.message.clone(), |code| code.as_str().unwrap().to_owned());
        let requires = extension("requires").map_or_else(String::new, |right| {
            format!("{}:{}", right["process"].as_str().unwrap(), right["action"].as_str().unwrap())
        });
        let path = error.path.iter().map(|part| match part {
            PathSegment::Field(name) => name.clone(),
            PathSegment::Index(index) => index.to_string(),
        });
        let path = path.collect::<Vec<_>>().join(".");
        [code, requires, path].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    response.errors.iter().map(told).collect()
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

    fn write(&self, mut job: WriteJob) -> BoxFuture<'_, Result<Answer, DbError>> {
        async move {
            let actor = Actor::user(self.tenant, self.user, Scope::ALL);
            let transaction = Transaction::new(self.database.clone(), Mode::Write, actor, Arc::clone(&self.counters));
            let answer = job.run(&transaction, self.tenant, self.user, SystemIds.next(), &()).await;
            match answer {
                Ok(answer) => transaction.commit().await.map(|()| answer),
                Err(error) => {
                    transaction.rollback().await?;
                    Err(error)
                }
            }
        }
        .boxed()
    }
}
