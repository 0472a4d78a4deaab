//! A business that was closed is removed for good when its time is over, and nothing of the others.

use mostrador::identity::ClosedTenants;
use mostrador::work::Tenancy;

use crate::app::{TestApp, connect};
use crate::attack::{A, filled};

/// Tables with a tenant, without partitions. The log of changes says by keys what is gone, and goes with its days.
const TABLES: &str = "
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> 'changes' order by 1";

fn worker(app: &TestApp, days: u64) -> ClosedTenants {
    ClosedTenants::new(Tenancy::new(app.database.clone()), days)
}

/// Works until there is nothing left to do.
async fn clear(app: &TestApp, days: u64) {
    let worker = worker(app, days);
    while worker.clear_some().await.unwrap() {}
}

/// One line for each table, which changes when any row of a tenant does; tables without rows are left out.
async fn rows_of(app: &TestApp, tenant: &str) -> Vec<Vec<String>> {
    let tables = app.rows(TABLES).await.into_iter().flatten();
    let select = |table: String| {
        format!(
            "select '{table}', count(*), md5(string_agg(md5(t::text), '' order by md5(t::text))) from {table} t \
             where tenant_id = '{tenant}' having count(*) > 0"
        )
    };
    app.rows(&tables.map(select).collect::<Vec<_>>().join(" union all ")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_a_closed_business_had_is_removed_when_its_time_is_over() {
    let app = filled().await;
    let tenant = A.to_string();
    let before = rows_of(&app, &tenant).await;
    assert!(before.len() > 60, "rows in {} tables only", before.len());
    clear(&app, 90).await;
    assert_eq!(rows_of(&app, &tenant).await, before, "it is not closed");
    app.sql(&format!("update tenants set status = 'CLOSED' where id = '{A}'")).await;
    let closed = rows_of(&app, &tenant).await;
    clear(&app, 90).await;
    assert_eq!(rows_of(&app, &tenant).await, closed, "it is closed since today");
    app.sql(&format!("update tenants set closed_at = now() - interval '90 days 1 minute' where id = '{A}'")).await;
    let closed = rows_of(&app, &tenant).await;
    clear(&app, 91).await;
    assert_eq!(rows_of(&app, &tenant).await, closed, "a day too early");
    clear(&app, 90).await;
    assert_eq!(rows_of(&app, &tenant).await, Vec::<Vec<String>>::new());
    assert_eq!(app.cell(&format!("select count(*) from tenants where id = '{A}'")).await, "0");
    let log = "select t.is_platform, a.target_id, a.details -> 'before' ->> 'slug' from audit_logs a
                 join tenants t on t.id = a.tenant_id where a.action = 'tenant.purged'";
    assert_eq!(app.rows(log).await, [["t", &format!("tenant_{A}"), "mirror"]]);
    assert!(!worker(&app, 1).clear_some().await.unwrap(), "there is nothing left to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_remove_one_business_and_nothing_of_the_others() {
    let app = TestApp::world().await;
    let id = async |slug: &str| app.cell(&format!("select id from tenants where slug = '{slug}'")).await;
    let (autos, casas) = (id("autos").await, id("casas").await);
    let others = rows_of(&app, &casas).await;
    app.sql(&format!(
        "update tenants set status = 'CLOSED' where id = '{autos}';
         update tenants set closed_at = now() - interval '1 year' where id = '{autos}'"
    ))
    .await;
    tokio::join!(clear(&app, 90), clear(&app, 90), clear(&app, 90));
    clear(&app, 90).await;
    assert_eq!(rows_of(&app, &autos).await, Vec::<Vec<String>>::new());
    assert_eq!(rows_of(&app, &casas).await, others);
    assert_eq!(app.cell("select string_agg(slug, ' ' order by slug) from tenants").await, "casas platform");
    assert_eq!(app.cell("select count(*) from audit_logs where action = 'tenant.purged'").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sets_the_rules_aside_that_keep_rows() {
    let app = TestApp::world().await;
    let tenant = app.cell("select id from tenants where slug = 'autos'").await;
    let api = connect("mostrador_api", &app.database_name).await;
    for attempt in [
        "update tenants set clearing_since = now()",
        "update tenants set closed_at = now() - interval '1 year'",
        "update app.clearings set most = 10",
        "select app.clear_closed_tenants(0, 10)",
    ] {
        api.batch_execute(&format!("begin; set local app.tenant_id = '{tenant}'")).await.unwrap();
        api.batch_execute(attempt).await.expect_err(attempt);
        api.batch_execute("rollback").await.unwrap();
    }
    let owner = connect("mostrador_owner", &app.database_name).await;
    owner.batch_execute(&format!("begin; set local app.tenant_id = '{tenant}'")).await.unwrap();
    let refused = owner.batch_execute("update tenants set clearing_since = now()").await.unwrap_err();
    assert_eq!(refused.as_db_error().unwrap().constraint(), Some("tenants_clearing_since_check"));
}
