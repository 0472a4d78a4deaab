//! Below the gateway: what the API's role can see and do on a bare connection.

use tokio_postgres::{Client, SimpleQueryMessage};

use super::{TENANTS, columns, digest, tenant_id, tenant_tables};
use crate::app::{TestApp, connect};

/// What a session might have instead of a tenant.
const NOT_A_TENANT: [&str; 6] = [
    "reset app.tenant_id",
    "set app.tenant_id = ''",
    "set app.tenant_id = 'garbage'",
    "set app.tenant_id = '0'' or true --'",
    "set app.tenant_id = '00000000-0000-0000-0000-000000000000'",
    "set app.tenant_id = '0191ffff-ffff-7fff-bfff-ffffffffffff'",
];

/// Runs a statement; the number of rows it gave or changed, or nothing when it was refused.
async fn rows(client: &Client, sql: &str) -> Option<u64> {
    let messages = client.simple_query(sql).await.ok()?;
    let mut count = 0;
    for message in messages {
        match message {
            SimpleQueryMessage::Row(_) => count += 1,
            SimpleQueryMessage::CommandComplete(changed) if !sql.starts_with("select") => count += changed,
            _ => {}
        }
    }
    Some(count)
}

/// Statements that would write every row, or move or copy one; `tenant` has rows in every table.
async fn attempts(app: &TestApp, table: &str, tenant: &str) -> Vec<String> {
    let list = columns(app, table, &[]).await;
    let copied: Vec<String> = list
        .iter()
        .map(|column| match column.as_str() {
            "id" if table != "tenants" => "app.uuid_v7()".to_owned(),
            other => format!("r.{other}"),
        })
        .collect();
    // The row as the superuser sees it: the role itself cannot read one.
    let row = app.cell(&format!("select to_jsonb(t)::text from {table} t where tenant_id = '{tenant}' limit 1")).await;
    let any = list.iter().find(|column| !["id", "tenant_id"].contains(&column.as_str())).unwrap();
    vec![
        format!("update {table} set {any} = {any}"),
        format!("update {table} set {any} = {any} where tenant_id = '{tenant}'"),
        format!("update {table} set tenant_id = '{tenant}'"),
        format!("delete from {table}"),
        format!("delete from {table} where tenant_id = '{tenant}'"),
        format!(
            "insert into {table} ({}) select {} from jsonb_populate_record(null::{table}, '{}') r",
            list.join(", "),
            copied.join(", "),
            row.replace('\'', "''")
        ),
    ]
}

/// The tables of the tenants that the world leaves empty.
async fn fill(app: &TestApp) {
    app.sql(
        "insert into idempotency_keys (tenant_id, user_id, key, operation, input_hash)
         select tenant_id, min(id::text)::uuid, 'key', 'createContact', sha256('x') from users group by tenant_id;
         insert into emails (tenant_id, template, to_address, status, finished_at)
         select id, 'INVITATION', 'someone@example.com', 'DEAD', now() from tenants",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tenant_no_row_of_any_table_is_readable_or_writable() {
    let app = TestApp::world().await;
    fill(&app).await;
    let tenants = [tenant_id(&app, TENANTS[0]).await, tenant_id(&app, TENANTS[1]).await];
    let before = [digest(&app, &tenants[0]).await, digest(&app, &tenants[1]).await];
    let total = app.cell("select count(*) from tenants").await;
    let client = connect("mostrador_api", &app.database_name).await;
    for table in tenant_tables(&app).await {
        let attempts = attempts(&app, &table, &tenants[0]).await;
        for setting in NOT_A_TENANT {
            client.batch_execute(setting).await.unwrap();
            for read in
                [format!("select * from {table}"), format!("select 1 from {table} where tenant_id = '{}'", tenants[0])]
            {
                assert!(matches!(rows(&client, &read).await, None | Some(0)), "{setting}; {read}");
            }
            for attempt in &attempts {
                assert!(matches!(rows(&client, attempt).await, None | Some(0)), "{setting}; {attempt}");
            }
        }
    }
    assert_eq!([digest(&app, &tenants[0]).await, digest(&app, &tenants[1]).await], before);
    assert_eq!(app.cell("select count(*) from tenants").await, total);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_tenant_only_its_rows_are_readable_and_writable() {
    let app = TestApp::world().await;
    fill(&app).await;
    let [own, other] = TENANTS;
    let (own, other) = (tenant_id(&app, own).await, tenant_id(&app, other).await);
    let before = digest(&app, &other).await;
    let mut client = connect("mostrador_api", &app.database_name).await;
    for table in tenant_tables(&app).await {
        let attempts = attempts(&app, &table, &other).await;
        let visible = format!("select 1 from {table} where tenant_id <> '{own}'");
        client.batch_execute(&format!("set app.tenant_id = '{own}'")).await.unwrap();
        assert_eq!(rows(&client, &visible).await, Some(0), "{table}");
        for attempt in &attempts {
            // Own rows may be written; what matters is that nothing happens to the others, and that nothing stays.
            let transaction = client.transaction().await.unwrap();
            let names_the_other = attempt.contains(&other);
            let changed = transaction.simple_query(attempt).await.ok().map(|messages| {
                messages
                    .iter()
                    .map(|message| if let SimpleQueryMessage::CommandComplete(count) = message { *count } else { 0 })
                    .sum::<u64>()
            });
            assert!(!names_the_other || matches!(changed, None | Some(0)), "{attempt}");
            transaction.rollback().await.unwrap();
        }
    }
    assert_eq!(digest(&app, &other).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_of_the_api_cannot_leave_its_bounds() {
    let app = TestApp::world().await;
    let client = connect("mostrador_api", &app.database_name).await;
    for statement in [
        "set role mostrador_owner",
        "set role postgres",
        "set session authorization postgres",
        "set session_replication_role = replica",
        "set row_security = off; select 1 from contacts",
        "alter table contacts disable row level security",
        "alter table contacts no force row level security",
        "create policy open on contacts using (true)",
        "drop policy tenant_isolation on contacts",
        "alter role mostrador_api bypassrls",
        "grant select on contacts to public",
        "create table app.mine (id int)",
        "create table public.mine (id int)",
        "create function public.mine() returns int language sql as 'select 1'",
        "create or replace function app.acting_user(tenant uuid) returns uuid language sql as 'select null::uuid'",
        "truncate contacts",
        "copy contacts to stdout",
        "select 1 from messages_0",
        "insert into tenants (name, email, slug) values ('Mine', 'me@mine.example', 'mine')",
        "delete from tenants",
    ] {
        let outcome = client.simple_query(statement).await;
        // A COPY of what cannot be seen gives nothing.
        let nothing = outcome.is_ok_and(|messages| {
            statement.starts_with("copy")
                || messages.iter().all(|message| matches!(message, SimpleQueryMessage::CommandComplete(0)))
        });
        assert!(nothing || client.simple_query(statement).await.is_err(), "{statement}");
        client.batch_execute("reset role; reset row_security").await.unwrap();
    }
    let definer = "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace \
                   where p.prosecdef and n.nspname in ('app', 'public') and has_function_privilege('mostrador_api', p.oid, 'execute')";
    assert_eq!(
        app.rows(definer).await,
        [["app.tenant_by_slug(text)"]],
        "each of these is a way around row-level security"
    );
}
