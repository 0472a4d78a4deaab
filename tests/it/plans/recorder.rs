//! Runs an operation with a session that writes down every statement and asks PostgreSQL how it would run it.

use std::sync::{Arc, Mutex};

use async_graphql::{Request, Variables};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Json;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use entity::access::Rights;
use entity::answer::Answer;
use entity::database::{DbError, Statements};
use entity::plan::Paging;
use entity::roots::{self, WriteJob};
use entity::rows::Rows;
use entity::sql::Sql;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use mostrador::db::{Actor, Counters, Mode, Scope, Transaction};
use mostrador::graphql::schema;
use serde_json::Value;
use uuid::Uuid;

use crate::app::{TestApp, cluster};

/// A statement with its plan.
pub(super) struct Planned {
    pub(super) sql: String,
    pub(super) plan: Value,
}

/// Runs an operation in the name of a tenant and gives its statements in the order in which they went out.
pub(super) async fn planned(app: &TestApp, tenant: &str, query: &str, variables: Value) -> Vec<Planned> {
    let sql = format!(
        "select t.id, u.id from tenants t join users u on u.tenant_id = t.id where t.slug = '{tenant}' order by u.id limit 1"
    );
    let ids: Vec<Uuid> = app.rows(&sql).await.remove(0).iter().map(|id| id.parse().unwrap()).collect();
    let (tenant, user) = (ids[0], ids[1]);
    let snapshot = Transaction::new(
        app.database.clone(),
        Mode::Read,
        Actor::user(tenant, user, Scope::ALL),
        Arc::new(Counters::default()),
    );
    let statements = Recorder { snapshot, seen: Mutex::default() };
    let session = Arc::new(Session { tenant, user, statements });
    let request = Request::new(query)
        .variables(Variables::from_json(variables))
        .data(Arc::clone(&session) as Arc<dyn roots::Session>);
    let response = schema::build().execute(request).await;
    assert!(response.errors.is_empty(), "{query}\n{:?}", response.errors);
    let seen = std::mem::take(&mut *session.statements.seen.lock().unwrap());
    session.statements.snapshot.finish();
    // As the API: its role and its settings decide what the planner may use.
    let url = cluster().await.url("mostrador_api", &app.database_name);
    let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
    let settings = format!("set jit = off; set app.tenant_id = '{tenant}'; set app.user_id = '{user}'");
    connection.batch_execute(&settings).await.unwrap();
    let mut planned = Vec::new();
    for sql in seen {
        let text = sql.text().to_owned();
        let plan = diesel_async::RunQueryDsl::get_result::<Value>(Explain(sql), &mut connection).await.unwrap();
        planned.push(Planned { sql: text, plan });
    }
    planned
}

struct Session {
    tenant: Uuid,
    user: Uuid,
    statements: Recorder,
}

impl roots::Session for Session {
    fn tenant(&self) -> Uuid {
        self.tenant
    }

    fn user(&self) -> Uuid {
        self.user
    }

    fn rights(&self) -> Rights {
        Rights::all()
    }

    fn paging(&self) -> Paging {
        Paging::default()
    }

    fn reads(&self) -> &dyn Statements {
        &self.statements
    }

    fn write(&self, _: WriteJob) -> BoxFuture<'_, Result<Answer, DbError>> {
        panic!("only queries are planned")
    }
}

struct Recorder {
    snapshot: Transaction,
    seen: Mutex<Vec<Sql>>,
}

impl Statements for Recorder {
    fn rows(&self, sql: Sql, last: bool) -> BoxFuture<'_, Result<Rows, DbError>> {
        self.seen.lock().unwrap().push(sql.clone());
        self.snapshot.rows(sql, last).boxed()
    }

    fn command(&self, sql: &'static str) -> BoxFuture<'_, Result<(), DbError>> {
        self.snapshot.command(sql)
    }
}

/// `explain` before a statement.
struct Explain(Sql);

impl QueryFragment<Pg> for Explain {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("explain (format json, costs off) ");
        self.0.walk_ast(pass)
    }
}

impl QueryId for Explain {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Explain {
    type SqlType = Json;
}

impl<Connection> diesel::query_dsl::RunQueryDsl<Connection> for Explain {}
