//! What a round, and a page of the log, touch: what is new, however much there was before.

use uuid::Uuid;

use super::{head, log, tenant};
use crate::app::TestApp;

/// Rounds before those that are measured; a plan that reads all of them shows in the figures.
const ROUNDS: i64 = 200;
/// Changes of each of them.
const CHANGES: i64 = 100;

/// The place behind the newest round, as the reading functions are told of it.
async fn newest(app: &TestApp) -> String {
    app.cell("select format('%s, %s, %s, null', max(id), max(app.microseconds(taken_at)), ~(1::bigint << 63)) from app.change_rounds")
        .await
}

/// Rows of the log and of its rounds that a statement reads, in a transaction of its own.
async fn rows_read(app: &TestApp, sql: &str) -> i64 {
    // The gateway's way of planning, which fits any value and is made once.
    let all = app
        .rows(&format!(
            "begin; set local plan_cache_mode = force_generic_plan; {sql}; \
             select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint from pg_stat_xact_user_tables \
             where relname like 'change%'; commit"
        ))
        .await;
    all.last().unwrap()[0].parse().unwrap()
}

/// Rows that a page from there reads: of the log of all tenants, and of that of one.
async fn pages_read(app: &TestApp, tenant: Uuid, from: &str) -> [(&'static str, i64); 2] {
    let of_all = format!("select count(*) from app.all_changes_after({from}, 100)");
    let of_tenant = format!("select count(*) from app.changes_after('{tenant}', null, null, {from}, 100)");
    [("a page of all", rows_read(app, &of_all).await), ("a page of a tenant", rows_read(app, &of_tenant).await)]
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_and_pages_read_only_what_is_new() {
    let app = TestApp::world().await;
    let autos = tenant(&app, "autos").await;
    for round in 0..ROUNDS {
        app.sql(&format!(
            "insert into brands (tenant_id, name) select '{autos}', '{round} ' || n from generate_series(1, {CHANGES}) n"
        ))
        .await;
        app.sequencer().take().await.unwrap();
    }
    let place = head(&app).await;
    let from = newest(&app).await;
    for name in ["first", "second", "third"] {
        app.sql(&format!("insert into brands (tenant_id, name) values ('{autos}', 'the {name}')")).await;
        app.sequencer().take().await.unwrap();
    }
    assert_eq!(log(&app).tail(&place, 100).await.unwrap().changes.len(), 3);

    let nothing_new = rows_read(&app, "select app.take_change_round()").await;
    let pages = pages_read(&app, autos, &from).await;
    // Each of the three changes is met on the way to its transaction, to its round and to itself.
    for (what, rows) in [("a round", nothing_new)].into_iter().chain(pages) {
        assert!(rows < 60, "{what} read {rows} rows of a log with {} of them", ROUNDS * CHANGES);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_one_round_looks_up_nothing_for_each_transaction() {
    const TRANSACTIONS: i64 = 50;
    let app = TestApp::world().await;
    let autos = tenant(&app, "autos").await;
    let place = head(&app).await;
    let from = newest(&app).await;
    for number in 0..TRANSACTIONS {
        app.sql(&format!("insert into brands (tenant_id, name) values ('{autos}', 'Brand {number}')")).await;
    }
    app.sequencer().take().await.unwrap();
    assert_eq!(log(&app).tail(&place, 100).await.unwrap().changes.len() as i64, TRANSACTIONS);

    let pages = pages_read(&app, autos, &from).await;
    for (what, rows) in pages {
        // Each is met twice: when the page is measured, and when it is read.
        assert!(rows < 2 * TRANSACTIONS + 10, "{what} read {rows} rows for {TRANSACTIONS} transactions");
    }
}
