//! Foreign keys cannot be pointed across the border, whoever writes: a superuser, past row-level security and with all
//! triggers of ours silent, is refused by the key itself.

use tokio_postgres::error::SqlState;

use super::planted;
use crate::app::superuser;

/// Each foreign key between tables with a tenant: table, name, its last column, its target, whether that column is
/// generated.
const KEYS: &str = "
    select k.conrelid::regclass::text, k.conname, a.attname, k.confrelid::regclass::text, (a.attgenerated <> '')::text
      from pg_constraint k
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[array_upper(k.conkey, 1)]
     where k.contype = 'f' and k.connamespace = 'public'::regnamespace and k.conparentid = 0
       and k.confrelid <> 'tenants'::regclass
       and exists (select from pg_attribute t where t.attrelid = k.confrelid and t.attname = 'tenant_id' and not t.attisdropped)
     order by 1, 2";

#[tokio::test(flavor = "multi_thread")]
async fn no_foreign_key_can_be_pointed_at_a_row_of_another_tenant() {
    let (app, one, other) = planted().await;
    let client = superuser(&app.database_name).await;
    let (mut tried, mut open) = (0, Vec::new());
    for key in app.rows(KEYS).await {
        let [table, name, column, target, is_generated] = <[String; 5]>::try_from(key).unwrap();
        let foreign = &other.ids[&target];
        // The column that repeats another one follows it.
        let change = match (table.as_str(), is_generated.as_str()) {
            ("resource_shares", "true") => {
                let kind = column.trim_end_matches("_id").to_uppercase();
                format!("resource_type = '{kind}', resource_id = '{foreign}'")
            }
            ("artifacts", "true") => format!("parent_id = '{foreign}'"),
            // A first version has no parent, and then nothing to look at.
            ("artifacts", _) if name.contains("parent_id") => {
                format!("parent_id = '{}', version = 2", other.ids["artifacts"])
            }
            (_, "true") => panic!("{table}.{column} is generated: say here from what"),
            _ => format!("{column} = '{foreign}'"),
        };
        let update = format!("update {table} set {change} where tenant_id = '{}'", one.tenant);
        // The key stays awake; everything else might refuse first, for another reason: so might other keys of the same
        // column, or of what a generated one is made from, which are tried by themselves.
        let source = if table == "artifacts" { "parent_id', 'first_version_id" } else { "" };
        let others = app
            .cell(&format!(
                "select coalesce(
                     string_agg(distinct format('alter table %s drop constraint %I;', k.conrelid::regclass, k.conname), ' '), ''
                 )
                 from pg_constraint k
                 join pg_attribute a on a.attrelid = '{table}'::regclass and a.attname in ('{column}', '{source}')
                 where k.contype = 'f' and k.conparentid = 0 and (k.conrelid, k.conname) <> (a.attrelid, '{name}')
                   and (
                       k.conrelid = a.attrelid and a.attnum = any (k.conkey)
                       or k.confrelid = a.attrelid and a.attnum = any (k.confkey)
                   )"
            ))
            .await;
        let sql = format!(
            "begin; {others} alter table {table} disable trigger user; set constraints all immediate; {update}"
        );
        let refused = match client.batch_execute(&sql).await {
            Ok(()) => false,
            Err(error) => {
                let database = error.as_db_error().unwrap_or_else(|| panic!("{update}: {error:?}"));
                assert_eq!(*database.code(), SqlState::FOREIGN_KEY_VIOLATION, "{update}: {error:?}");
                database.constraint() == Some(&name)
            }
        };
        client.batch_execute("rollback").await.unwrap();
        tried += 1;
        if !refused {
            open.push(format!("{table}.{name}"));
        }
    }
    assert!(tried > 80, "{tried} keys");
    assert_eq!(open, Vec::<String>::new(), "of {tried} keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_cannot_be_moved_to_another_tenant_while_it_refers_to_its_own() {
    let (app, one, other) = planted().await;
    let client = superuser(&app.database_name).await;
    let tables: std::collections::BTreeSet<_> = app.rows(KEYS).await.into_iter().map(|key| key[0].clone()).collect();
    for table in tables {
        let update = format!("update {table} set tenant_id = '{}' where tenant_id = '{}'", other.tenant, one.tenant);
        let sql = format!("begin; alter table {table} disable trigger user; {update}");
        assert!(client.batch_execute(&sql).await.is_err(), "{update}");
        client.batch_execute("rollback").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_key_says_nothing_about_the_rows_of_another_tenant() {
    let (app, one, other) = planted().await;
    let sql = "select conrelid::regclass::text from pg_constraint where contype = 'p' and connamespace = 'public'::regnamespace
                and array_length(conkey, 1) > 1 and conparentid = 0 order by 1";
    for table in app.rows(sql).await.into_iter().flatten() {
        // The very row of the one tenant, all its values, in the name of the other. The other's own row makes room.
        let columns = format!(
            "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute where attrelid = '{table}'::regclass
              and attnum > 0 and not attisdropped and attgenerated = '' and attname <> 'tenant_id'"
        );
        let columns = app.cell(&columns).await;
        let sql = format!(
            "begin; set local session_replication_role = replica; delete from {table} where tenant_id = '{1}';
             insert into {table} (tenant_id, {columns}) select '{1}', {columns} from {table} where tenant_id = '{0}'; rollback",
            one.tenant, other.tenant
        );
        app.sql(&sql).await;
    }
}
