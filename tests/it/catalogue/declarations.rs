//! What the declarations promise beyond columns and types: defaults, join tables, ways back over unique keys.

use std::collections::BTreeSet;

use entity::declare::Input;
use entity::kind::Kind;
use entity::model::{ManyPath, Member};
use entity::roots::Schema as _;
use mostrador::graphql::schema::Mostrador;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_create_may_leave_out_is_filled_by_the_table() {
    let app = TestApp::empty().await;
    // A default, a generated column, or a trigger that runs before the insert and names the column.
    let sql = "select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
                  and (a.atthasdef or exists (
                      select from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                       where t.tgrelid = c.oid and t.tgtype & 6 = 6 and p.prosrc ~ ('new\\.' || a.attname || '\\M|into.*new\\.' || a.attname)))";
    let filled: BTreeSet<Vec<String>> = app.rows(sql).await.into_iter().collect();
    let mut wrong = Vec::new();
    for entity in Mostrador::model().entities().iter().filter(|entity| entity.decl.writes.create) {
        for member in entity.scalars().filter(|member| member.create != Input::Required && !member.ty.nullable) {
            let Some(column) = member.column else { continue };
            if !filled.contains(&vec![entity.decl.table.to_owned(), column.to_owned()]) {
                wrong.push(format!(
                    "{}.{}: nothing fills {}.{column}",
                    entity.decl.name, member.name, entity.decl.table
                ));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_is_the_tenant_and_a_column_and_points_to_a_key() {
    let app = TestApp::empty().await;
    let sql = "select con.conrelid::regclass::text, con.conname, pg_get_constraintdef(con.oid)
                 from pg_constraint con join pg_class c on c.oid = con.conrelid
                where con.contype = 'f' and con.connamespace = 'public'::regnamespace and con.conparentid = 0
                  and con.confrelid <> all ('{tenants, processes, permissions}'::regclass[])
                  and pg_get_constraintdef(con.oid) !~ '^FOREIGN KEY \\(tenant_id, \\w+\\) REFERENCES \\w+\\(tenant_id, id\\)'
                  -- With a copy of a column of the other row, such as the user of what is personal, which the key holds right.
                  and pg_get_constraintdef(con.oid) !~
                      '^FOREIGN KEY \\(tenant_id, \\w+, \\w+\\) REFERENCES \\w+\\(tenant_id, (id, \\w+|\\w+, id)\\)'";
    assert_eq!(app.rows(sql).await, Vec::<Vec<String>>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_row_never_empties_the_tenant_of_another() {
    let app = TestApp::empty().await;
    // SET NULL without a column list would take the tenant away as well.
    let sql = "select con.conrelid::regclass::text, con.conname from pg_constraint con
                where con.contype = 'f' and con.connamespace = 'public'::regnamespace and con.confdeltype in ('n', 'd')
                  and coalesce(array_length(con.confdelsetcols, 1), 0) <> 1";
    assert_eq!(app.rows(sql).await, Vec::<Vec<String>>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_join_table_has_a_key_over_both_ends_and_an_index_for_each_way() {
    let app = TestApp::empty().await;
    let mut wrong = Vec::new();
    for entity in Mostrador::model().entities() {
        for link in entity.decl.links {
            for (column, to) in [(link.here, entity.decl), (link.there, (link.target)())] {
                let (to, tenant) = (to.table, if to.global { "" } else { "tenant_id, " });
                let sql = format!(
                    "select (select count(*) from pg_constraint where conrelid = '{0}'::regclass and contype = 'f' and confrelid = '{to}'::regclass
                                and pg_get_constraintdef(oid) like 'FOREIGN KEY ({tenant}{column})%'),
                            (select count(*) from pg_index where indrelid = '{0}'::regclass
                                and pg_get_indexdef(indexrelid) like '%(tenant_id, {column}%')",
                    link.table
                );
                let counts = app.rows(&sql).await.remove(0);
                if counts.contains(&"0".to_owned()) {
                    wrong.push(format!("{}.{column}: foreign keys to {to} and indexes: {counts:?}", link.table));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_back_to_one_row_goes_over_a_unique_index() {
    let app = TestApp::empty().await;
    let mut wrong = Vec::new();
    for entity in Mostrador::model().entities() {
        for (name, member) in &entity.members {
            let Member::One(one) = member else { continue };
            if one.there == "id" {
                continue;
            }
            let target = Mostrador::model().entity(one.target).decl.table;
            let columns =
                if one.there == "tenant_id" { "tenant_id".to_owned() } else { format!("tenant_id, {}", one.there) };
            let sql = format!(
                "select count(*) from pg_class c left join pg_index i on i.indrelid = c.oid and i.indisunique
                  where c.oid = '{target}'::regclass
                    and (pg_get_indexdef(i.indexrelid) like '%({columns})%' or c.relkind = 'v')"
            );
            if app.cell(&sql).await == "0" {
                wrong.push(format!("{}.{name}: {target} ({columns}) is not unique", entity.decl.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_of_a_parent_has_an_index_that_begins_with_the_parent() {
    let app = TestApp::empty().await;
    let mut wrong = Vec::new();
    for entity in Mostrador::model().entities() {
        for (name, member) in &entity.members {
            let Member::Many(many) = member else { continue };
            let ManyPath::Key { column } = many.path else { continue };
            let target = Mostrador::model().entity(many.target).decl;
            let (target, tenant) = (target.table, if target.global { "" } else { "tenant_id, " });
            let sql = format!(
                "select relkind, (select count(*) from pg_index where indrelid = c.oid
                    and pg_get_indexdef(indexrelid) ~ '\\({tenant}{column}\\M') from pg_class c where c.oid = '{target}'::regclass"
            );
            let row = app.rows(&sql).await.remove(0);
            if row[0] != "v" && row[1] == "0" {
                wrong.push(format!("{}.{name}: no index over {target} (tenant_id, {column}, …)", entity.decl.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_folded_field_has_a_column_that_is_folded_and_sorted_by_bytes() {
    let app = TestApp::empty().await;
    let mut wrong = Vec::new();
    for entity in Mostrador::model().entities() {
        for member in entity.scalars().filter(|member| member.folded && matches!(member.ty.kind, Kind::Text)) {
            let (table, column) = (entity.decl.table, member.column.unwrap());
            let sql = format!(
                "select a.attgenerated, l.collname, pg_get_expr(d.adbin, d.adrelid) from pg_attribute a
                   join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum join pg_collation l on l.oid = a.attcollation
                  where a.attrelid = '{table}'::regclass and a.attname = '{column}_folded'"
            );
            let found = app.rows(&sql).await;
            if found != [["s".to_owned(), "C".to_owned(), format!("app.fold({column})")]] {
                wrong.push(format!("{}.{}: {found:?}", entity.decl.name, member.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_may_do_with_each_table_what_its_entity_says_and_no_more() {
    let app = TestApp::empty().await;
    let sql = "select c.relname, coalesce(string_agg(lower(x.privilege_type), ',' order by x.privilege_type), '')
                 from pg_class c
                 left join lateral (select privilege_type from aclexplode(c.relacl) where grantee = 'mostrador_api'::regrole) x on true
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
                group by c.relname order by c.relname";
    let mut wrong = Vec::new();
    for row in app.rows(sql).await {
        let (table, granted) = (row[0].as_str(), row[1].as_str());
        let expected = match Mostrador::model().by_table(table) {
            Some(entity) if entity.decl.append_only && !entity.decl.writes.create => &["select", "insert,select"][..],
            Some(entity) if entity.decl.append_only => &["insert,select"],
            Some(entity) if entity.decl.global => &["select", "select,update", ""],
            _ if table == "__diesel_schema_migrations" => &["select"],
            // Counted by a function of the owner alone.
            _ if table == "support_ticket_numbers" => &[""],
            // Of files and shares some columns alone may be changed: not what a scan has found, nor what was counted.
            _ if ["file_discards", "file_shares", "stored_files"].contains(&table) => &["delete,insert,select"],
            // Limits are set by a function of the owner; triggers may write the columns that count.
            _ if table == "storage_quotas" => &["select"],
            // What was used stays used, and what was logged logged.
            _ if ["used_refresh_tokens", "changes"].contains(&table) => &["insert,select"],
            _ => &["delete,insert,select,update"],
        };
        if !expected.contains(&granted) {
            wrong.push(format!("{table}: {granted} instead of {expected:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn constraints_are_named_after_their_columns() {
    let app = TestApp::empty().await;
    // The path of an error leads to these columns. A CHECK over many may be named after those that it is about.
    let sql = "select con.conrelid::regclass::text, con.conname
                 from pg_constraint con join pg_class c on c.oid = con.conrelid cross join unnest(con.conkey) k(attnum)
                 join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
                where con.connamespace = 'public'::regnamespace and con.contype in ('f', 'u', 'c', 'x') and not c.relispartition
                  and (a.attname <> 'tenant_id' or con.confrelid = 'tenants'::regclass)
                group by con.oid, con.conrelid, con.conname, con.contype
               having case con.contype when 'c' then bool_and(strpos(con.conname, '_' || a.attname || '_') = 0)
                      else bool_or(strpos(con.conname, '_' || a.attname || '_') = 0) end
               union all
               select i.indrelid::regclass::text, k.relname
                 from pg_index i join pg_class k on k.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
                 join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
                where c.relnamespace = 'public'::regnamespace and i.indisunique and not i.indisprimary and not c.relispartition
                  and a.attname <> 'tenant_id' and strpos(k.relname, '_' || a.attname || '_') = 0
                order by 1, 2";
    assert_eq!(app.rows(sql).await, Vec::<Vec<String>>::new());
}
