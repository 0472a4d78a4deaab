//! On a bare connection of the API's role, where only the settings of the transaction say who is there.

use std::collections::BTreeSet;

use tokio_postgres::{Client, SimpleQueryMessage};
use uuid::Uuid;

use super::model::{Dice, Yard};
use super::{seeds, yard};
use crate::app::{TestApp, connect, superuser};

/// What the scopes decide about.
const TABLES: [&str; 6] = [
    "logistics_requests",
    "logistics_request_lines",
    "logistics_request_documents",
    "logistics_status_changes",
    "ownership_transfers",
    "sub_allocations",
];

async fn become_user(client: &Client, yard: &Yard, user: usize) {
    let (tenant, user) = (yard.tenant, yard.users[user].id);
    let sql = format!("set app.tenant_id = '{tenant}'; set app.user_id = '{user}'; set app.scope = 'records users'");
    client.batch_execute(&sql).await.unwrap();
}

fn rows(messages: &[SimpleQueryMessage]) -> BTreeSet<Uuid> {
    let id = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap().parse().unwrap()),
        _ => None,
    };
    messages.iter().filter_map(id).collect()
}

async fn ids(client: &Client, sql: &str) -> BTreeSet<Uuid> {
    rows(&client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")))
}

/// What a statement gives when it is undone at once; none when it is refused.
async fn tried(client: &mut Client, sql: &str) -> Option<BTreeSet<Uuid>> {
    let transaction = client.transaction().await.unwrap();
    let outcome = transaction.simple_query(sql).await;
    transaction.rollback().await.unwrap();
    Some(rows(&outcome.ok()?))
}

/// Shows rule:scope-dealerships, rule:scope-brands, rule:scope-service-types and rule:user-groups for random businesses.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_sees_exactly_what_the_model_says_also_after_each_change_of_a_list() {
    let (mut seen, mut unseen) = (0, 0);
    for seed in seeds(3) {
        let (app, mut yard) = yard(seed).await;
        let mut dice = Dice::new(seed + 1000);
        let client = connect("mostrador_api", &app.database_name).await;
        let psql = superuser(&app.database_name).await;
        for step in 0..15 {
            for user in 0..yard.users.len() {
                become_user(&client, &yard, user).await;
                for table in TABLES {
                    let expected = yard.seen(user, table);
                    let found = ids(&client, &format!("select id from {table}")).await;
                    assert_eq!(found, expected, "seed {seed}, step {step}, user {user}, {table}");
                    seen += found.len();
                    unseen += usize::from(found.is_empty());
                }
            }
            let sql = yard.change(&mut dice);
            psql.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        }
    }
    assert!(seen > 1000 && unseen > 5, "{seen} rows were seen, and {unseen} times nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_seen_is_not_locked_changed_or_deleted() {
    for seed in seeds(2) {
        let (app, yard) = yard(seed).await;
        let mut client = connect("mostrador_api", &app.database_name).await;
        for user in 0..yard.users.len() {
            become_user(&client, &yard, user).await;
            for table in TABLES.into_iter().filter(|table| *table != "logistics_status_changes") {
                let what = format!("seed {seed}, user {user}, {table}");
                let expected = Some(yard.seen(user, table));
                let locked = tried(&mut client, &format!("select id from {table} for update")).await;
                assert_eq!(locked, expected, "{what} locked");
                let changed = format!("update {table} set updated_at = updated_at returning id");
                assert_eq!(tried(&mut client, &changed).await, expected, "{what} changed");
                let deleted = format!("delete from {table} returning id");
                // A request goes with its lines, whoever sees these.
                assert_eq!(tried(&mut client, &deleted).await, expected, "{what} deleted");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_and_owners_of_the_tables_see_a_business_as_a_whole_and_nobody_sees_nothing() {
    let (app, yard) = yard(1).await;
    let api = connect("mostrador_api", &app.database_name).await;
    let owner = connect("mostrador_owner", &app.database_name).await;
    let all = yard.requests.iter().map(|request| request.id).collect::<BTreeSet<_>>();
    let settings = |scope: &str| format!("set app.tenant_id = '{}'; set app.scope = '{scope}'", yard.tenant);
    for (client, scope, expected) in [
        (&api, "records users", &all),
        (&owner, "", &all),
        (&api, "", &BTreeSet::new()),
        (&api, "users", &BTreeSet::new()),
        (&api, "recordsx", &BTreeSet::new()),
    ] {
        client.batch_execute(&settings(scope)).await.unwrap();
        assert_eq!(&ids(client, "select id from logistics_requests").await, expected, "{scope:?}");
    }
}

/// Whoever moves a request moves all its vehicles, also those that are out of sight.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_moves_as_a_whole_whoever_sees_which_of_its_vehicles() {
    let app = TestApp::world().await;
    let client = connect("mostrador_api", &app.database_name).await;
    let (tenant, jan) = (
        app.cell("select id from tenants where slug = 'autos'").await,
        app.cell("select id from users where email = 'jan@autos.test'").await,
    );
    let sql = format!("set app.tenant_id = '{tenant}'; set app.user_id = '{jan}'; set app.scope = 'records'");
    client.batch_execute(&sql).await.unwrap();
    assert_eq!(ids(&client, "select id from logistics_request_lines").await.len(), 1);
    client.batch_execute("update logistics_requests set status = 'PENDING_CANCELLATION'").await.ok();
    // Its codes are missing, so that was refused; registered by hand there are none to ask for.
    app.sql(
        "update logistics_request_lines set slc_client_code = 'SLC-77', tms_client_code = 'TMS-77', carrier_code = 'T-1'
          where request_id in (select id from logistics_requests where code = 'LR-000001')",
    )
    .await;
    client.batch_execute("update logistics_requests set status = 'PENDING_CANCELLATION'").await.unwrap();
    let statuses = app
        .rows(
            "select l.status, count(*) from logistics_request_lines l
               join logistics_requests r on r.tenant_id = l.tenant_id and r.id = l.request_id
              where r.code = 'LR-000001' and r.status = 'PENDING_CANCELLATION' group by 1",
        )
        .await;
    assert_eq!(statuses, [["PENDING_CANCELLATION", "2"]]);
    let scope = client.simple_query("select 1 where current_setting('app.scope') = 'records'").await.unwrap();
    assert!(scope.iter().any(|message| matches!(message, SimpleQueryMessage::Row(_))), "the scope is wide no longer");
}
