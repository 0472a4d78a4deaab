//! The log is kept for a time. Whoever comes later, or from another database, is told to load everything again.

use mostrador::changes::{Cursor, LogError, Retention};
use mostrador::work::Tenancy;

use super::{all, head, log, page, tenant};
use crate::app::TestApp;

/// Moves what was logged so far into the partition of a day long ago, with the rounds of that time.
async fn age(app: &TestApp, days: u32) {
    app.sql(&format!(
        "do $$
         declare
             past constant date := (now() at time zone 'UTC')::date - {days};
             name constant text := 'changes_' || to_char(past, 'YYYY_MM_DD');
         begin
             execute format('create table %I (like changes including all)', name);
             execute format('insert into %I select * from changes', name);
             execute format('update %I set written_on = %L', name, past);
             truncate changes;
             execute format('alter table changes attach partition %I for values from (%L) to (%L)', name, past, past + 1);
             execute format('alter table %I owner to mostrador_owner', name);
         end
         $$"
    ))
    .await;
}

async fn partitions(app: &TestApp) -> Vec<String> {
    let sql = "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid \
               where i.inhparent = 'changes'::regclass order by 1";
    app.rows(sql).await.into_iter().flatten().collect()
}

/// Gives the owner the right to make tables, which it has where it made the database.
async fn owned(app: &TestApp) {
    app.sql(&format!("alter database {} owner to mostrador_owner", app.database_name)).await;
}

/// One round of the worker.
async fn keep(app: &TestApp, days: u32) {
    let worker = Retention::new(Tenancy::new(app.database.clone()), days);
    worker.keep().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_over_are_dropped_and_old_cursors_with_them() {
    let app = TestApp::world().await;
    owned(&app).await;
    let autos = tenant(&app, "autos").await;
    let insert = |name: &str| format!("insert into brands (tenant_id, name) values ('{autos}', '{name}')");
    let first = head(&app).await;
    app.sql(&insert("One")).await;
    let second = head(&app).await;
    app.sql(&insert("Two")).await;
    let third = head(&app).await;
    age(&app, 9).await;
    app.sql(&insert("Three")).await;
    let fourth = head(&app).await;
    assert_eq!(all(&app, autos, &first).await.len(), 3);

    keep(&app, 9).await;
    assert_eq!(all(&app, autos, &first).await.len(), 3, "nine days are kept");
    let before = partitions(&app).await;
    keep(&app, 7).await;
    let after = partitions(&app).await;
    assert_eq!(after.len(), before.len() - 1, "{before:?} {after:?}");
    for gone in [&first, &second] {
        assert_eq!(page(&app, autos, gone, 10).await.unwrap_err(), LogError::ResyncRequired);
        assert_eq!(log(&app).tail(gone, 10).await.unwrap_err(), LogError::ResyncRequired);
    }
    for (kept, count) in [(&third, 1), (&fourth, 0)] {
        assert_eq!(all(&app, autos, kept).await.len(), count);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_whose_transactions_are_not_over_stays() {
    let app = TestApp::world().await;
    owned(&app).await;
    let autos = tenant(&app, "autos").await;
    let first = head(&app).await;
    app.sql(&format!("insert into brands (tenant_id, name) values ('{autos}', 'One')")).await;
    // Nobody has taken a round since.
    age(&app, 9).await;
    keep(&app, 7).await;
    head(&app).await;
    assert_eq!(all(&app, autos, &first).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_a_partition_stops_nobody() {
    let app = TestApp::world().await;
    owned(&app).await;
    let autos = tenant(&app, "autos").await;
    let start = head(&app).await;
    app.sql(
        "do $$ declare name text; begin
             for name in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
                          where i.inhparent = 'changes'::regclass and c.relname <> 'changes_rest'
             loop execute format('drop table %I', name); end loop;
         end $$",
    )
    .await;
    app.sql(&format!("insert into brands (tenant_id, name) values ('{autos}', 'One')")).await;
    // Today's rows stay together where they are.
    let api = crate::app::connect("mostrador_api", &app.database_name).await;
    let made = api.query_one("select app.make_change_partitions()", &[]).await.unwrap();
    assert_eq!(made.get::<_, i32>(0), 3);
    app.sql(&format!("insert into brands (tenant_id, name) values ('{autos}', 'Two')")).await;
    head(&app).await;
    assert_eq!(all(&app, autos, &start).await.len(), 2);
    assert_eq!(partitions(&app).await.len(), 4, "the rest, and three days to come");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_another_database_is_not_this_one() {
    let one = TestApp::world().await;
    let other = TestApp::world().await;
    let autos = tenant(&one, "autos").await;
    let (here, there) = (head(&one).await, head(&other).await);
    assert_eq!(page(&one, autos, &there, 10).await.unwrap_err(), LogError::ResyncRequired);
    assert_eq!(page(&other, autos, &here, 10).await.unwrap_err(), LogError::ResyncRequired);
    // Brought to another server, as a restored dump is: numbers of transactions mean nothing there.
    one.sql("update app.change_log set system_identifier = 1").await;
    let restored = head(&one).await;
    assert_eq!(page(&one, autos, &here, 10).await.unwrap_err(), LogError::ResyncRequired);
    one.sql(&format!("insert into brands (tenant_id, name) values ('{autos}', 'New')")).await;
    head(&one).await;
    assert_eq!(all(&one, autos, &restored).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_to_an_older_backup_is_noticed() {
    let app = TestApp::world().await;
    let autos = tenant(&app, "autos").await;
    let insert = |name: &str| format!("insert into brands (tenant_id, name) values ('{autos}', '{name}')");
    head(&app).await;
    app.sql(&insert("One")).await;
    let lost = head(&app).await;
    // The last round is undone; another one takes its number.
    app.sql("delete from app.change_rounds where id = (select max(id) from app.change_rounds)").await;
    app.sql(&insert("Two")).await;
    let now = head(&app).await;
    assert_eq!(lost.position(), now.position());
    assert_eq!(page(&app, autos, &lost, 10).await.unwrap_err(), LogError::ResyncRequired);
    assert!(page(&app, autos, &now, 10).await.is_ok());
    let later: Cursor = lost.to_string().parse().unwrap();
    assert_eq!(later, lost);
}
