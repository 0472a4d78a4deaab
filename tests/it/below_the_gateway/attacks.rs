//! Reading and writing the rows of a tenant without its setting.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use tokio_postgres::Client;

use super::fill::{Planted, TENANT_TABLES, digest};
use super::{attempt, cells, changed, is_well_meant, planted};
use crate::app::{TestApp, connect};

/// What a session might have instead of the tenant it is after. `{other}` is a tenant, but not that one.
const FORGED: [&str; 11] = [
    "",
    "set app.tenant_id = ''",
    "set app.tenant_id = '   '",
    "set app.tenant_id = 'garbage'",
    "set app.tenant_id = '0'' or true --'",
    "set app.tenant_id = 'null'",
    "set app.tenant_id = '%'",
    "set app.tenant_id = '00000000-0000-0000-0000-000000000000'",
    "set app.tenant_id = '0191ffff-ffff-7fff-bfff-ffffffffffff'",
    "reset app.tenant_id",
    "set app.tenant_id = '{other}'",
];

/// All that has rows of tenants: tables, partitions, views.
const RELATIONS: &str = "
    select c.relname, c.relkind in ('r', 'p') from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1";

/// The columns of a relation that can be written.
async fn columns(app: &TestApp, relation: &str) -> Vec<String> {
    let sql = format!(
        "select quote_ident(attname) from pg_attribute where attrelid = '{relation}'::regclass and attnum > 0
         and not attisdropped and attgenerated = '' order by attnum"
    );
    app.rows(&sql).await.into_iter().flatten().collect()
}

/// Statements that show the tenants whose rows they reach.
fn reads(relation: &str, tenant: &str) -> Vec<String> {
    let mut reads = vec![
        format!("select tenant_id from {relation}"),
        format!("select tenant_id from {relation} where tenant_id = '{tenant}'"),
        format!("select tenant_id from (table {relation}) t"),
        format!("with t as materialized (select * from {relation}) select tenant_id from t"),
        format!("select (t).tenant_id from (select t from {relation} t) t"),
        format!("select to_jsonb(t) ->> 'tenant_id' from {relation} t"),
        format!(
            "select xpath('//tenant_id/text()', x)::text from query_to_xml('select tenant_id from {relation}', true, false, '') x where x::text like '%-%'"
        ),
        format!("select t.tenant_id from tenants n right join {relation} t on t.tenant_id = n.id"),
    ];
    for lock in ["update", "no key update", "share", "key share"] {
        reads.push(format!("select tenant_id from {relation} for {lock}"));
        reads.push(format!("select tenant_id from {relation} where tenant_id = '{tenant}' for {lock} skip locked"));
    }
    reads
}

/// Statements that write, and show the tenants whose rows they wrote.
fn writes(relation: &str, tenant: &str, list: &[String], row: &str) -> Vec<String> {
    let any = list.iter().find(|column| !["id", "tenant_id"].contains(&column.as_str())).map_or("tenant_id", |any| any);
    let all = list.join(", ");
    let fresh: Vec<_> =
        list.iter()
            .map(|column| {
                if column == "id" && relation != "tenants" { "app.uuid_v7()".to_owned() } else { format!("r.{column}") }
            })
            .collect();
    let fresh = fresh.join(", ");
    let source = format!("jsonb_populate_record(null::{relation}, '{}') r", row.replace('\'', "''"));
    let returning = "returning tenant_id";
    let mut writes = vec![
        format!("update {relation} set {any} = {any} {returning}"),
        format!("update {relation} set {any} = {any} where tenant_id = '{tenant}' {returning}"),
        format!(
            "update {relation} t set {any} = o.{any} from {relation} o where o.tenant_id = '{tenant}' returning o.tenant_id"
        ),
        format!("with w as (update {relation} set {any} = default {returning}) select tenant_id from w"),
        format!("delete from {relation} {returning}"),
        format!("delete from {relation} where tenant_id = '{tenant}' {returning}"),
        format!("delete from {relation} t using {relation} o where o.tenant_id = '{tenant}' returning o.tenant_id"),
        format!("insert into {relation} ({all}) select {fresh} from {source} {returning}"),
        format!("insert into {relation} ({all}) select {fresh} from {source} on conflict do nothing {returning}"),
        format!("insert into {relation} ({all}) select {all} from {source} {returning}"),
        format!("insert into {relation} ({all}) select {all} from {source} on conflict do nothing {returning}"),
        format!("insert into {relation} ({all}) select {all} from {relation} where tenant_id = '{tenant}' {returning}"),
    ];
    // The generated key of a tenant cannot be written anyway.
    if list.iter().any(|column| column == "tenant_id") {
        writes.push(format!("update {relation} set tenant_id = '{tenant}' {returning}"));
    }
    writes
}

/// Statements that write and show nothing: they report how many rows it was.
fn silent_writes(relation: &str, tenant: &str, list: &[String]) -> Vec<String> {
    let any = list.iter().find(|column| !["id", "tenant_id"].contains(&column.as_str())).map_or("tenant_id", |any| any);
    vec![
        format!("merge into {relation} t using (select 1) one on t.tenant_id = '{tenant}' when matched then delete"),
        format!(
            "merge into {relation} t using (select 1) one on t.tenant_id = '{tenant}' when matched then update set {any} = default"
        ),
        format!("update {relation} set {any} = default where tenant_id = '{tenant}'"),
        format!("delete from {relation} where tenant_id = '{tenant}'"),
    ]
}

/// Every statement that reached a row of the tenant.
async fn breaches(app: &TestApp, role: &str, target: &Planted, other: &Planted) -> Vec<String> {
    let mut found = Vec::new();
    let mut relations = Vec::new();
    for relation in app.rows(RELATIONS).await {
        let [name, is_table] = <[String; 2]>::try_from(relation).unwrap();
        let list = columns(app, &name).await;
        let sql = format!("select to_jsonb(t) from {name} t where tenant_id = '{}' limit 1", target.tenant);
        relations.push((name, is_table == "t", list, app.cell(&sql).await));
    }
    for forged in FORGED {
        let setting = forged.replace("{other}", &other.tenant);
        // A session of its own: one that never had the setting is not one that has reset it.
        let client = connect(role, &app.database_name).await;
        client.batch_execute(&setting).await.unwrap();
        // Neither the user nor the scope opens anything.
        client
            .batch_execute(&format!("set app.user_id = '{}'; set app.scope = 'records users'", target.ids["users"]))
            .await
            .unwrap();
        for (relation, is_table, list, row) in &relations {
            let mut shown = reads(relation, &target.tenant);
            let mut silent = Vec::new();
            if *is_table && !row.is_empty() {
                shown.extend(writes(relation, &target.tenant, list, row));
                silent = silent_writes(relation, &target.tenant, list);
            }
            for sql in shown {
                client.batch_execute("begin").await.unwrap();
                let Some(messages) = attempt(&client, &sql).await else { continue };
                client.batch_execute("rollback").await.unwrap();
                if cells(&messages).iter().flatten().any(|cell| cell.contains(&target.tenant)) {
                    found.push(format!("{relation}: {setting}; {sql}"));
                }
            }
            for sql in silent {
                client.batch_execute("begin").await.unwrap();
                let Some(messages) = attempt(&client, &sql).await else { continue };
                client.batch_execute("rollback").await.unwrap();
                if changed(&messages) > 0 {
                    found.push(format!("{relation}: {setting}; {sql}"));
                }
            }
            if copied(&client, relation).await.contains(&target.tenant) {
                found.push(format!("{relation}: {setting}; copy"));
            }
        }
    }
    found
}

/// What COPY gives of a relation.
async fn copied(client: &Client, relation: &str) -> String {
    let mut text = String::new();
    for source in [relation.to_owned(), format!("(select * from {relation})")] {
        let sql = format!("copy {source} to stdout");
        match client.copy_out(&sql).await {
            Ok(stream) => {
                let bytes: Result<Vec<_>, _> = stream.try_collect().await;
                text.extend(bytes.unwrap_or_default().iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
            }
            Err(error) => assert!(is_well_meant(&error) || error.code().is_some(), "{sql}: {error:?}"),
        }
    }
    text
}

/// Shows rule:rls.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_of_a_tenant_no_row_of_it_is_readable_or_writable() {
    let (app, one, other) = planted().await;
    let before = digest(&app, &one).await;
    assert!(before.iter().all(|row| row[1] != "0"), "every table has a row to lose: {before:?}");
    assert_eq!(breaches(&app, "mostrador_api", &one, &other).await, Vec::<String>::new());
    assert_eq!(digest(&app, &one).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_setting_every_table_shows_its_rows_so_that_the_attacks_mean_something() {
    let (app, one, _) = planted().await;
    // A file whose time is over is there for nobody.
    app.sql("set session_replication_role = replica; update stored_files set expires_at = null, deleted_at = null")
        .await;
    let client = connect("mostrador_api", &app.database_name).await;
    let settings = format!(
        "set app.tenant_id = '{}'; set app.user_id = '{}'; set app.scope = 'records users support integrations'",
        one.tenant, one.ids["users"]
    );
    client.batch_execute(&settings).await.unwrap();
    let mut wrong = Vec::new();
    for table in app.rows(TENANT_TABLES).await.into_iter().flatten() {
        let sql = format!("select tenant_id from {table}");
        let rows = client.simple_query(&sql).await.map(|messages| cells(&messages));
        let rows = match rows {
            Ok(rows) => rows,
            // Some tables, or columns of them, are for functions only.
            Err(error) if error.code() == Some(&tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE) => continue,
            Err(error) => panic!("{sql}: {error:?}"),
        };
        if rows != [[one.tenant.clone()]] {
            wrong.push(format!("{table}: {rows:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_sees_one_tenant_at_a_time_nothing_personal_and_writes_nothing() {
    let (app, one, other) = planted().await;
    let before = digest(&app, &one).await;
    app.sql("do $$ begin if (select not rolcanlogin from pg_roles where rolname = 'mostrador_readonly') then null; end if; end $$").await;
    let client = analyst(&app).await;
    let mut readable = BTreeSet::new();
    for relation in app.rows(RELATIONS).await {
        let name = relation[0].clone();
        let visible = "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
                        where attnum > 0 and not attisdropped and has_column_privilege('mostrador_readonly', attrelid, attnum, 'select')";
        let visible = app.cell(&format!("{visible} and attrelid = '{name}'::regclass")).await;
        if visible.is_empty() {
            continue;
        }
        readable.insert(name.clone());
        for forged in FORGED {
            let setting = forged.replace("{other}", &other.tenant);
            client.batch_execute(&format!("reset app.tenant_id; reset app.user_id; {setting}")).await.unwrap();
            let rows = client.simple_query(&format!("select {visible} from {name}")).await;
            let rows = rows.map(|messages| cells(&messages)).unwrap_or_default();
            let foreign = rows.iter().flatten().any(|cell| cell.contains(one.mark) || cell.contains(&one.tenant));
            assert!(!foreign, "{name}: {setting}");
        }
        client.batch_execute(&format!("set app.tenant_id = '{}'", one.tenant)).await.unwrap();
        for write in [
            format!("delete from {name}"),
            format!("update {name} set tenant_id = tenant_id"),
            format!("insert into {name} default values"),
        ] {
            assert!(client.batch_execute(&write).await.is_err(), "{write}");
        }
        // Hashes, sealed values and the bodies of mails are not for analysts.
        let hidden = format!(
            "select string_agg(attname, ', ') from pg_attribute where attrelid = '{name}'::regclass and attnum > 0 and not attisdropped
              and attname ~ '(password|secret|_hash|sealed|_token)$' and has_column_privilege('mostrador_readonly', attrelid, attnum, 'select')"
        );
        assert_eq!(app.cell(&hidden).await, "", "{name} shows analysts secrets");
    }
    assert!(readable.contains("contacts") && readable.contains("contact_timeline"), "{readable:?}");
    assert_eq!(digest(&app, &one).await, before);
}

/// A session that has become the role of analysts, which nobody signs in as.
async fn analyst(app: &TestApp) -> Client {
    let client = crate::app::superuser(&app.database_name).await;
    client.batch_execute("set session authorization mostrador_readonly").await.unwrap();
    client
}

/// Tables whose rows belong to a user, by their policy.
const PERSONAL: &str = "
    select c.relname from pg_class c join pg_policy p on p.polrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and not p.polpermissive and p.polcmd = '*'
       and pg_get_expr(p.polqual, c.oid) ~ '^\\(user_id = .*app.user_id' order by 1";

/// Shows rule:partition-by-user.
#[tokio::test(flavor = "multi_thread")]
async fn personal_rows_are_seen_by_the_user_of_the_setting_alone() {
    let (app, one, _) = planted().await;
    let tables: Vec<String> = app.rows(PERSONAL).await.into_iter().flatten().collect();
    assert!(tables.contains(&"user_settings".to_owned()), "{tables:?}");
    let api = connect("mostrador_api", &app.database_name).await;
    let analyst = analyst(&app).await;
    for client in [&api, &analyst] {
        client
            .batch_execute(&format!("set app.tenant_id = '{}'; set app.scope = 'records users'", one.tenant))
            .await
            .unwrap();
        for table in &tables {
            let sql = format!("select tenant_id from {table}");
            for nobody in [
                "",
                "set app.user_id = ''",
                "set app.user_id = 'garbage'",
                "set app.user_id = '0191ffff-ffff-7fff-bfff-ffffffffffff'",
            ] {
                client.batch_execute(nobody).await.unwrap();
                let rows = client.simple_query(&sql).await.map(|messages| cells(&messages)).unwrap_or_default();
                assert!(rows.is_empty(), "{table}: {nobody}");
            }
            client.batch_execute("set app.user_id = ''").await.unwrap();
        }
    }
    // The limit of this level: the setting is the identity. The gateway takes it from a signed token.
    api.batch_execute(&format!("set app.user_id = '{}'", one.ids["users"])).await.unwrap();
    for table in &tables {
        let rows = cells(&api.simple_query(&format!("select tenant_id from {table}")).await.unwrap());
        assert_eq!(rows.len(), 1, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn these_tests_report_a_table_that_nobody_protected() {
    let (app, one, other) = planted().await;
    app.sql(&format!(
        "create table naked (tenant_id uuid, id uuid default app.uuid_v7(), note text);
         insert into naked (tenant_id, note) values ('{0}', 'x'), ('{1}', 'y');
         grant select, insert, update, delete on naked to mostrador_api;
         create view bare as select * from contacts;
         grant select on bare to mostrador_api;
         create policy everybody on tasks using (true) with check (true);
         -- The change log takes no row of another tenant, so it protects every table that is logged a second time.
         alter table tasks disable trigger tasks_logged;
         alter table leads disable trigger leads_logged;
         -- Neither do the days whose figures are to be counted again.
         alter table leads disable trigger leads_counted;
         alter table leads disable trigger leads_recounted;
         alter table leads disable row level security",
        one.tenant, other.tenant
    ))
    .await;
    let found = breaches(&app, "mostrador_api", &one, &other).await;
    for (relation, how) in [
        ("naked", "select"),
        ("naked", "update"),
        ("naked", "delete"),
        ("naked", "insert"),
        ("naked", "merge"),
        ("naked", "copy"),
        ("bare", "select"),
        ("tasks", "select"),
        ("tasks", "insert"),
        ("leads", "delete"),
    ] {
        let reported = found.iter().any(|line| line.starts_with(&format!("{relation}: ")) && line.contains(how));
        assert!(reported, "{how} on {relation} is not among {} breaches", found.len());
    }
    let others = found
        .iter()
        .filter(|line| !["naked: ", "bare: ", "tasks: ", "leads: "].iter().any(|start| line.starts_with(start)));
    // Rows hang together: a mirror of tasks, say. Nothing else is open.
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&String>::new());
}
