//! A row of each of two tenants in every table, made from the catalogue. Every text says whose it is.

use std::collections::HashMap;

use crate::app::{TestApp, superuser};

/// A tenant and its one row of each table.
pub(super) struct Planted {
    pub(super) tenant: String,
    /// A part of every text of this tenant.
    pub(super) mark: &'static str,
    /// The keys by table; tables without an id of their own are not among them.
    pub(super) ids: HashMap<String, String>,
}

/// Tables with a tenant, without partitions.
pub(super) const TENANT_TABLES: &str = "
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1";

/// Table, column, type, whether it has to be filled, and the table with a tenant, or without one, that it points to.
const COLUMNS: &str = "
    select c.relname, a.attname, t.typname, (a.attnotnull and not a.atthasdef)::text, coalesce(f.target, u.target, ''), coalesce(f.is_global, false)::text
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      join pg_type t on t.oid = a.atttypid
      left join lateral (
          select k.confrelid::regclass::text as target, array_length(k.conkey, 1) = 1 as is_global
            from pg_constraint k
           where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0 and a.attnum = any (k.conkey) and a.attname <> 'tenant_id'
             -- The keys of what is personal name the user as well.
             and (cardinality(k.conkey) < 3 or a.attname not in ('user_id', 'agent_created_by_id', 'shared_by_id'))
           order by cardinality(k.conkey) limit 1
      ) f on true
      -- Who has no other key to users is the user of the row that such a key points to.
      left join lateral (
          select 'users' as target from pg_constraint k
           where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0 and a.attnum = any (k.conkey) and a.attname = 'user_id'
           limit 1
      ) u on true
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     order by c.relname, a.attnum";

pub(super) async fn fill(app: &TestApp) -> (Planted, Planted) {
    // What makes sense is not what is tested here.
    app.sql(
        "do $$ declare it record; begin
           for it in select conrelid::regclass as target, conname from pg_constraint
                      where contype = 'c' and connamespace = 'public'::regnamespace and coninhcount = 0
           loop execute format('alter table %s drop constraint %I', it.target, it.conname); end loop;
         end $$",
    )
    .await;
    let one = plant(app, "onlyones").await;
    let other = plant(app, "theothers").await;
    (one, other)
}

async fn plant(app: &TestApp, mark: &'static str) -> Planted {
    let tenant = app.cell("select app.uuid_v7()").await;
    let mut ids: HashMap<String, String> = HashMap::from([("tenants".to_owned(), tenant.clone())]);
    for table in app.rows(TENANT_TABLES).await.into_iter().flatten().filter(|table| table != "tenants") {
        ids.insert(table, app.cell("select app.uuid_v7()").await);
    }
    let mut rows: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for row in app.rows(COLUMNS).await {
        let [table, column, ty, needed, target, is_global] = <[String; 6]>::try_from(row).unwrap();
        if !ids.contains_key(&table) {
            continue;
        }
        let value = match (column.as_str(), target.as_str()) {
            ("id", _) => format!("'{}'", ids[&table]),
            ("tenant_id", _) => format!("'{tenant}'"),
            (_, "") => literal(&ty, &format!("{mark} {table} {column}"), needed == "true"),
            _ if is_global == "true" => format!("(select id from {target} order by id limit 1)"),
            _ => format!("'{}'", ids[&target]),
        };
        match rows.last_mut().filter(|(last, _)| *last == table) {
            Some((_, values)) => values.push((column, value)),
            None => rows.push((table, vec![(column, value)])),
        }
    }
    let mut sql = "set session_replication_role = replica;\n".to_owned();
    for (table, values) in &rows {
        let (columns, values): (Vec<_>, Vec<_>) =
            values.iter().filter(|(_, value)| value != "default").cloned().unzip();
        sql.push_str(&format!("insert into {table} ({}) values ({});\n", columns.join(", "), values.join(", ")));
    }
    superuser(&app.database_name).await.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    for (table, values) in &rows {
        if values.iter().all(|(column, _)| column != "id") {
            ids.remove(table);
        }
    }
    Planted { tenant, mark, ids }
}

fn literal(ty: &str, text: &str, needed: bool) -> String {
    match ty {
        "uuid" => "app.uuid_v7()".to_owned(),
        "text" | "varchar" => format!("'{text}'"),
        "bpchar" => "'EUR'".to_owned(),
        "int2" | "int4" | "int8" | "numeric" | "float8" => "1".to_owned(),
        "bool" => "false".to_owned(),
        "timestamptz" => "'2026-03-01T09:30:00Z'".to_owned(),
        "date" => "'2026-03-01'".to_owned(),
        "jsonb" => format!("'{{\"text\": \"{text}\"}}'"),
        "bytea" => format!("'{text}'"),
        "inet" => "'10.0.0.1'".to_owned(),
        "_text" => format!("'{{{text}}}'"),
        "_float4" => "'{1}'".to_owned(),
        _ if !needed => "default".to_owned(),
        other => panic!("no literal for a column of type {other}: add one here"),
    }
}

/// One line for each table, which changes when any row of the tenant does.
pub(super) async fn digest(app: &TestApp, planted: &Planted) -> Vec<Vec<String>> {
    let tables = app.rows(TENANT_TABLES).await.into_iter().flatten();
    let select = |table: String| {
        format!(
            "select '{table}', count(*), md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) \
             from {table} t where tenant_id = '{}'",
            planted.tenant
        )
    };
    app.rows(&tables.map(select).collect::<Vec<_>>().join(" union all ")).await
}
