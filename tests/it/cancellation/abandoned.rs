//! Single ways of leaving a request, each of which once went wrong or easily could.

use std::sync::Arc;
use std::time::Duration;

use entity::database::Statements;
use entity::sql::{Bind, Sql};
use futures_util::poll;
use mostrador::db::{Actor, Counters, Mode, Scope, Transaction};
use serde_json::json;
use uuid::Uuid;

use super::{LIST, no_transaction_stays_open};
use crate::app::{TestApp, demo_tenants, superuser};

/// A guard, not a measure: far above what an answer takes, far below the lock's end.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_query_left_while_the_database_is_busy_with_it_does_not_hold_its_connection() {
    let app = TestApp::demo().await;
    let app = app.beside(|settings| settings.pool_size = 1).await;
    let [a, b] = demo_tenants();
    let (a, b) = (app.somebody_of(a).await, app.somebody_of(b).await);
    // Twice, so that the statement is prepared and its end travels with it.
    for _ in 0..2 {
        a.data(LIST, json!({})).await;
    }
    let mut locker = superuser(&app.database_name).await;
    let lock = locker.transaction().await.unwrap();
    lock.batch_execute("lock table contacts in access exclusive mode").await.unwrap();
    for query in [LIST, "{ contacts(first: 7) { nodes { email } } }", "{ contacts(first: 5) { nodes { id } } }"] {
        let left = tokio::time::timeout(Duration::from_millis(150), a.send(query, json!({}))).await;
        assert!(left.is_err(), "{query} did not wait for the lock");
        let other = tokio::time::timeout(SOON, b.data("{ brands { totalCount } }", json!({}))).await;
        assert!(other.is_ok(), "the only connection is still busy with {query}, which nobody waits for");
    }
    lock.rollback().await.unwrap();
    a.data(LIST, json!({})).await;
    no_transaction_stays_open(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_left_while_its_statement_runs_is_cancelled_in_the_database() {
    let app = TestApp::demo().await;
    let app = app.beside(|settings| settings.pool_size = 2).await;
    let client = app.somebody_of(demo_tenants()[0]).await;
    let mut locker = superuser(&app.database_name).await;
    let lock = locker.transaction().await.unwrap();
    lock.batch_execute("lock table vehicles in access exclusive mode").await.unwrap();
    let query = "{ vehicles { nodes { id } } }";
    assert!(tokio::time::timeout(Duration::from_millis(100), client.send(query, json!({}))).await.is_err());
    // The lock is still held, so only a cancelled statement is gone.
    no_transaction_stays_open(&app).await;
    lock.rollback().await.unwrap();
}

/// A task may use a bounded number of Tokio's locks before it has to yield. The end of a transaction once overtook its
/// only statement when that bound fell between the two; the statement then ran without a tenant and saw nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_has_used_up_its_turn_still_reads_before_it_commits() {
    let app = TestApp::demo().await;
    let app = app.beside(|settings| settings.pool_size = 1).await;
    let tenant: Uuid = app.cell("select id from tenants order by slug limit 1").await.parse().unwrap();
    let statement = || {
        let mut sql = Sql::new();
        sql.push("select count(*) from contacts where tenant_id = ").bind(Bind::Uuid(tenant));
        sql
    };
    let counted = async || {
        let counters = Arc::new(Counters::default());
        let transaction =
            Transaction::new(app.database.clone(), Mode::Read, Actor::tenant(tenant, Scope::ALL), counters);
        transaction.rows(statement(), true).await.unwrap().int8(0, 0)
    };
    let expected = counted().await;
    assert!(expected > Some(0));
    let turns = tokio::sync::Mutex::new(());
    for used in 0..140 {
        // On a fresh turn of the task.
        tokio::task::yield_now().await;
        for _ in 0..used {
            drop(poll!(std::pin::pin!(turns.lock())));
        }
        assert_eq!(counted().await, expected, "after {used} uses");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_halfway_through_a_write_leaves_nothing() {
    let app = TestApp::demo().await;
    let app = app.beside(|settings| settings.pool_size = 1).await;
    let tenant: Uuid = app.cell("select id from tenants order by slug limit 1").await.parse().unwrap();
    let database = app.database.clone();
    let task = tokio::spawn(async move {
        let transaction =
            Transaction::new(database, Mode::Write, Actor::tenant(tenant, Scope::ALL), Arc::new(Counters::default()));
        let mut sql = Sql::new();
        sql.push("insert into contacts (display_name) values (")
            .bind(Bind::Text("Halfway".into()))
            .push(") returning id");
        assert_eq!(transaction.rows(sql, false).await.unwrap().len(), 1);
        // The hook prints it like any failure; the name says that it is meant.
        panic!("a panic on purpose, after the insert and before the commit");
    });
    assert!(task.await.unwrap_err().is_panic());
    let client = app.somebody_of(demo_tenants()[0]).await;
    client.data(LIST, json!({})).await;
    no_transaction_stays_open(&app).await;
    assert_eq!(app.cell("select count(*) from contacts where display_name = 'Halfway'").await, "0");
}
