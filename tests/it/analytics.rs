//! Figures of dashboards are what one counts, however many write; performance costs no statement per property.

use futures_util::future::join_all;
use mostrador::analytics::Figures;
use mostrador::work::Tenancy;
use serde_json::{Value, json};

use crate::app::{TestApp, superuser};
use crate::jobs::errand::tenant;

/// What one counts by hand, written anew: days in the time zone of the business.
const COUNTED: &str = "
    with zone as (select id, timezone from tenants where id = '{tenant}')
    select metric, day, dimension, trim_scale(value) from (
    select 'SALES_COUNT', (sale_date at time zone zone.timezone)::date, null, count(*)::numeric
      from sales join zone on tenant_id = zone.id
     where sale_date is not null and status in ('COMPLETED', 'DELIVERED') and deleted_at is null group by 2
    union all
    select 'SALES_AMOUNT', (sale_date at time zone zone.timezone)::date, currency, sum(sale_price)
      from sales join zone on tenant_id = zone.id
     where sale_date is not null and status in ('COMPLETED', 'DELIVERED') and deleted_at is null group by 2, 3
    union all
    select 'LEADS_BY_STATUS', (created_at at time zone zone.timezone)::date, status, count(*)
      from leads join zone on tenant_id = zone.id where deleted_at is null group by 2, 3
    union all
    select 'CONVERSATIONS_OPEN', (created_at at time zone zone.timezone)::date, channel, count(*)
      from conversations join zone on tenant_id = zone.id where status in ('OPEN', 'PENDING') group by 2, 3
    union all
    select 'APPOINTMENTS_BY_STATUS', (scheduled_at at time zone zone.timezone)::date, status, count(*)
      from appointments join zone on tenant_id = zone.id where deleted_at is null group by 2, 3
    union all
    select 'CAMPAIGN_BATCHES', (scheduled_for at time zone zone.timezone)::date, status, count(*)
      from campaign_batches join zone on tenant_id = zone.id where scheduled_for is not null group by 2, 3
    union all
    select 'PROPERTY_VIEWS', (occurred_at at time zone zone.timezone)::date, null, sum(value)
      from analytics_events join zone on tenant_id = zone.id
     where entity_type = 'Property' and metric_type = 'VIEW' and value is not null group by 2
    ) counted (metric, day, dimension, value)
    order by 1, 2, 3";

async fn equal_to_a_count(app: &TestApp, slug: &str) -> usize {
    let tenant = tenant(app, slug).await;
    let counted = app.rows(&COUNTED.replace("{tenant}", &tenant.to_string())).await;
    let rolled_up = app
        .rows(&format!(
            "select metric, day, dimension, trim_scale(value) from dashboard_metrics where tenant_id = '{tenant}' order by 1, 2, 3"
        ))
        .await;
    assert_eq!(rolled_up, counted, "{slug}");
    assert_eq!(app.cell(&format!("select count(*) from stale_figures where tenant_id = '{tenant}'")).await, "0");
    counted.len()
}

/// rule:dashboards-materialized-views The figures of the demo data, and after many have written at once.
/// rule:sharding-cqrs-cold-storage Dashboards read roll-ups.
#[tokio::test(flavor = "multi_thread")]
async fn figures_are_what_one_counts_also_after_many_have_written() {
    let app = TestApp::demo().await;
    let figures = Figures::new(&Tenancy::new(app.database.clone()));
    let slugs = crate::app::demo_tenants();
    for slug in slugs {
        figures.refresh(tenant(&app, slug).await).await.unwrap();
        assert!(equal_to_a_count(&app, slug).await > 20, "{slug}");
    }
    let id = tenant(&app, slugs[0]).await;
    // Writers and workers at the same time.
    let writes = [
        "update leads set status = 'LOST' where tenant_id = '{}' and status = 'NEW'",
        "update leads set deleted_at = now() where tenant_id = '{}' and id in (select id from leads where tenant_id = '{}' and deleted_at is null order by id limit 3)",
        "update conversations set status = 'RESOLVED' where tenant_id = '{}' and id in (select id from conversations where tenant_id = '{}' and status = 'OPEN' order by id limit 20)",
        "update sales set sale_date = sale_date - interval '3 days' where tenant_id = '{}' and sale_date is not null and delivery_date is null",
        "update appointments set scheduled_at = scheduled_at + interval '364 days' where tenant_id = '{}' and id in (select id from appointments where tenant_id = '{}' and status = 'SCHEDULED' order by id limit 2)",
        "insert into analytics_events (tenant_id, entity_type, metric_type, value, occurred_at) select '{}', 'Property', 'VIEW', n, now() - make_interval(days => n) from generate_series(1, 5) n",
    ];
    let write = |sql: &str| {
        let (sql, database) = (sql.replace("{}", &id.to_string()), app.database_name.clone());
        async move {
            superuser(&database).await.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
        }
    };
    let refresh = || async { figures.refresh(id).await.unwrap() };
    tokio::join!(join_all(writes.map(write)), join_all((0..20).map(|_| refresh())));
    figures.refresh(id).await.unwrap();
    equal_to_a_count(&app, slugs[0]).await;

    let client = app.somebody_of(slugs[0]).await;
    let dashboard = "query($from: Date!, $to: Date!) { dashboard(from: $from, to: $to) {
        isCurrent refreshedAt figures { metric day dimension value refreshedAt } } }";
    let shown = client.data(dashboard, json!({ "from": "2026-01-01", "to": "2026-03-31" })).await;
    let shown = &shown["dashboard"];
    let kept = format!(
        "select count(*) from dashboard_metrics where tenant_id = '{id}' and day between '2026-01-01' and '2026-03-31'"
    );
    assert_eq!(shown["figures"].as_array().unwrap().len().to_string(), app.cell(&kept).await);
    assert!(shown["isCurrent"] == true && shown["refreshedAt"].is_string(), "{shown:#}");
    app.sql(&format!("update tenants set timezone = 'Asia/Tokyo' where id = '{id}'")).await;
    let stale = client.data(dashboard, json!({ "from": "2026-01-01", "to": "2026-03-31" })).await;
    assert_eq!(stale["dashboard"]["isCurrent"], false, "other days, other figures");
    figures.refresh(id).await.unwrap();
    equal_to_a_count(&app, slugs[0]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn performance_takes_as_many_statements_for_one_property_as_for_all() {
    let app = TestApp::demo().await;
    let agency = crate::app::demo_tenants()[1];
    let client = app.somebody_of(agency).await;
    let query = "query($first: Int) { properties(first: $first) { nodes { title performance { views inquiries tasks daysListed } } } }";
    let one = client.measured(query, json!({ "first": 1 })).await;
    let many = client.measured(query, json!({ "first": 50 })).await;
    let nodes = |json: &Value| json["data"]["properties"]["nodes"].as_array().unwrap().len();
    assert!(nodes(&one.json) == 1 && nodes(&many.json) > 10);
    assert_eq!(one.statements, many.statements);
}

/// Retention is a dropped partition, and the months to come are there before anybody writes.
#[tokio::test(flavor = "multi_thread")]
async fn months_are_made_ahead_and_dropped_when_they_are_over() {
    let app = TestApp::empty().await;
    app.sql(&format!("alter database {} owner to mostrador_owner", app.database_name)).await;
    let months = mostrador::work::Months::new(Tenancy::new(app.database.clone()));
    months.keep().await.unwrap();
    let count = "select string_agg(t.table_name || ' ' || (select count(*) from pg_inherits where inhparent = ('public.' || t.table_name)::regclass), ', ' order by t.table_name) from app.monthly_tables t";
    let before = app.cell(count).await;
    assert!(before.contains("analytics_events 6") && before.contains("audit_logs 6"), "{before}");
    app.sql("alter table analytics_events_past rename to analytics_events_2020_01").await;
    months.keep().await.unwrap();
    assert_eq!(app.cell("select to_regclass('analytics_events_2020_01') is null").await, "t");
    // A month that is missing is made again.
    let ahead = "select max(c.relname) from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'analytics_events'::regclass";
    let last = app.cell(ahead).await;
    app.sql(&format!("drop table {last}")).await;
    months.keep().await.unwrap();
    assert_eq!(app.cell(ahead).await, last);
}
