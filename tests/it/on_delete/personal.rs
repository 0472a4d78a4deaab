//! A user who is removed for good takes along all that is personal.

use serde_json::json;

use super::stage;
use crate::app::TestApp;
use crate::attack::A;

/// Keys that name a user: table, column, action.
const KEYS: &str = "
    select c.relname, a.attname, con.confdeltype
      from pg_constraint con
      join pg_class c on c.oid = con.conrelid
      join pg_attribute a on a.attrelid = con.conrelid and a.attnum = con.conkey[2]
     where con.contype = 'f' and con.conparentid = 0 and con.confrelid = 'users'::regclass
     order by 1, 2";

/// Copies of the user beside a key to something else that is the user's: table, the key's columns and its target.
const COPIES: &str = "
    select c.relname, string_agg(a.attname, ',' order by k.place), r.relname, string_agg(b.attname, ',' order by k.place)
      from pg_constraint con
      join pg_class c on c.oid = con.conrelid
      join pg_class r on r.oid = con.confrelid
      cross join unnest(con.conkey, con.confkey) with ordinality k (here, there, place)
      join pg_attribute a on a.attrelid = con.conrelid and a.attnum = k.here
      join pg_attribute b on b.attrelid = con.confrelid and b.attnum = k.there
     where con.contype = 'f' and con.conparentid = 0 and r.relname <> 'users' and a.attname <> 'tenant_id'
       and exists (select from pg_attribute u where u.attrelid = con.conrelid and u.attname = 'user_id' and u.attnum = any (con.conkey))
     group by con.oid, c.relname, r.relname
     order by 1, 2";

/// Whatever could name a user: columns of keys, and texts that end in one.
const COLUMNS: &str = "
    select c.relname, a.attname
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and a.attnum > 0 and not a.attisdropped and a.atttypid = 'uuid'::regtype and a.attname <> 'tenant_id'
     order by 1, 2";

/// What is kept of somebody who is gone, on purpose, with the reason.
const KEPT: [(&str, &str, &str); 2] = [
    ("changes", "row_id", "that the row is gone is said by its key; days later that goes as well"),
    ("changes", "parent_id", "so is of what was the user's that it is gone"),
];

/// Gives a user a row over each key there is. What cannot be made is told.
async fn burden(app: &TestApp, user: &str) -> Vec<String> {
    let mut missing = Vec::new();
    let has = async |table: &str, column: &str| {
        app.cell(&format!("select count(*) from {table} where tenant_id = '{A}' and {column} = '{user}'")).await != "0"
    };
    for key in app.rows(KEYS).await {
        let (table, column) = (&key[0], &key[1]);
        if !has(table, column).await {
            let extra = json!({ column.as_str(): user });
            app.rows(&format!(
                "set session_replication_role = replica; select attack.clone('{A}', '{table}', '{extra}', '{column}', 60)"
            ))
            .await;
        }
        if !has(table, column).await {
            // No other row like one of these can be: one of them becomes the user's.
            app.sql(&format!(
                "set session_replication_role = replica;
                 do $$ declare one record; begin
                   for one in select tableoid::regclass as part, ctid as place from {table} where tenant_id = '{A}' loop
                     begin
                       execute format('update %s set {column} = %L where ctid = %L', one.part, '{user}', one.place);
                       exit;
                     exception when integrity_constraint_violation then null;
                     end;
                   end loop;
                 end $$"
            ))
            .await;
        }
        if !has(table, column).await {
            missing.push(format!("{table}.{column}"));
        }
    }
    // Children carry a copy of the user, and their parents have to be that user's.
    for _ in 0..3 {
        for copy in app.rows(COPIES).await {
            let (table, target) = (&copy[0], &copy[2]);
            if has(table, "user_id").await {
                continue;
            }
            let mut extra = serde_json::Map::new();
            for (here, there) in copy[1].split(',').zip(copy[3].split(',')) {
                let value = app
                    .cell(&format!(
                        "select {there} from {target} where tenant_id = '{A}' and user_id = '{user}' order by id limit 1"
                    ))
                    .await;
                extra.insert(here.to_owned(), json!(value));
            }
            if extra.values().all(|value| value != "") {
                let extra = serde_json::Value::Object(extra);
                app.rows(&format!(
                    "set session_replication_role = replica; select attack.clone('{A}', '{table}', '{extra}', 'user_id', 60)"
                ))
                .await;
            }
        }
    }
    missing
}

/// Shows rule:cascade-delete, rule:partition-by-user.
#[tokio::test(flavor = "multi_thread")]
async fn a_purged_user_is_named_nowhere_any_more() {
    let (app, admin) = stage().await;
    let user =
        app.cell(&format!("select id from users where tenant_id = '{A}' and email = 'agent@people.example'")).await;
    assert_eq!(burden(&app, &user).await, Vec::<String>::new(), "there is no row to try these with");
    let names = async |table: &str, column: &str| {
        app.cell(&format!("select count(*) from {table} where tenant_id = '{A}' and {column} = '{user}'")).await
    };
    let keys = app.rows(KEYS).await;
    let mut unlinked = Vec::new();
    for key in keys.iter().filter(|key| key[2] == "n") {
        let ids = format!("select ctid::text from {} where tenant_id = '{A}' and {} = '{user}'", key[0], key[1]);
        assert_ne!(app.rows(&ids).await.len(), 0, "{key:?}");
        let all = app.cell(&format!("select count(*) from {} where tenant_id = '{A}'", key[0])).await;
        unlinked.push((key[0].clone(), all));
    }
    let remove = |verb: &str| {
        format!("mutation ($id: ID!) {{ {verb}(input: {{ id: $id }}) {{ errors {{ code path message }} }} }}")
    };
    for verb in ["deleteUser", "purgeUser"] {
        let answer = admin.data(&remove(verb), json!({ "id": user })).await;
        assert_eq!(answer[verb]["errors"], json!([]), "{verb}");
    }
    let mut left = Vec::new();
    for column in app.rows(COLUMNS).await {
        let (table, column) = (column[0].as_str(), column[1].as_str());
        let is_kept = KEPT.iter().any(|(kept, of, _)| (*kept, *of) == (table, column));
        let is_global = ["processes", "permissions", "tenants"].contains(&table);
        if !is_kept && !is_global && names(table, column).await != "0" {
            left.push(format!("{table}.{column}"));
        }
    }
    assert_eq!(left, Vec::<String>::new());
    for (table, before) in unlinked {
        assert_ne!(
            app.cell(&format!("select count(*) from {table} where tenant_id = '{A}'")).await,
            "0",
            "of {before}: {table}"
        );
    }
    let log = format!(
        "select details -> 'before' ->> 'email' from audit_logs where target_id = 'user_{user}' and action = 'user.purged'"
    );
    assert_eq!(app.cell(&log).await, "agent@people.example", "what was removed is written down");
}
