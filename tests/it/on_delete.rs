//! What becomes of rows when the row they belong to is removed for good: link by link, by removing one.
//!
//! The rows are those of the attack's fixture, made from the catalogue: each table has some. Links come from a checked-in
//! list; that the list says what the foreign keys say would prove little, so each is tried.

mod closed_tenant;
mod links;
mod personal;

use std::fmt::Write;

use tokio_postgres::Client;

use self::links::{Fate, LINKS, Link};
use crate::app::{TestApp, superuser};
use crate::attack::{A, filled};

/// A foreign key: its columns in both tables, without the tenant's.
struct Key {
    here: Vec<String>,
    there: Vec<String>,
    /// As the catalogue has it: `c`, `n`, …
    action: String,
    /// The columns that the action empties.
    emptied: Vec<String>,
}

async fn cells(client: &Client, sql: &str) -> Vec<Vec<String>> {
    use tokio_postgres::SimpleQueryMessage;
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|cell| row.get(cell).unwrap_or_default().to_owned()).collect())
        }
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}

async fn key_of(client: &Client, link: &Link) -> Key {
    let names = |from: &str, numbers: &str| {
        format!(
            "coalesce((select string_agg(a.attname, ',' order by k.place) from unnest(con.{numbers}) with ordinality k (number, place) \
             join pg_attribute a on a.attrelid = con.{from} and a.attnum = k.number where a.attname <> 'tenant_id' and k.place > 1 or con.{numbers} = con.confdelsetcols), '')"
        )
    };
    let sql = format!(
        "select {}, {}, con.confdeltype, {} from pg_constraint con
          where con.contype = 'f' and con.conparentid = 0
            and con.conrelid = '{}'::regclass and con.confrelid = '{}'::regclass
            and (select attnum from pg_attribute a where a.attrelid = con.conrelid and a.attname = '{}') = any (con.conkey)
          order by array_length(con.conkey, 1) desc",
        names("conrelid", "conkey"),
        names("confrelid", "confkey"),
        names("conrelid", "confdelsetcols"),
        link.child,
        link.parent,
        link.column
    );
    let rows = cells(client, &sql).await;
    let [here, there, action, emptied] = &rows.first().unwrap_or_else(|| panic!("{link} is no foreign key"))[..] else {
        panic!("{rows:?}")
    };
    let list = |names: &str| names.split(',').filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect();
    Key { here: list(here), there: list(there), action: action.clone(), emptied: list(emptied) }
}

/// A child and its parent; a child is put below another parent when no pair is there. That is committed: what a transaction
/// has written itself is checked anew by every key of the row, and the rows of the fixture are not whole in all of them.
async fn pair(client: &Client, link: &Link, key: &Key) -> Option<(String, String)> {
    let same: Vec<_> = key.here.iter().zip(&key.there).map(|(here, there)| format!("c.{here} = p.{there}")).collect();
    // A business keeps an administrator.
    let whom = if link.parent == "users" { "p.role not in ('ADMIN', 'SUPER_ADMIN')" } else { "true" };
    let fits = format!(
        "p.tenant_id = c.tenant_id and c.tenant_id = '{A}' and p.id <> c.id and {whom} and {}",
        if link.besides.is_empty() { "true" } else { link.besides }
    );
    let there = format!(
        "select c.id, p.id from {} c join {} p on {} where {fits} order by c.id, p.id limit 1",
        link.child,
        link.parent,
        same.join(" and ")
    );
    let pair = |rows: Vec<Vec<String>>| rows.into_iter().next().map(|row| (row[0].clone(), row[1].clone()));
    if let Some(found) = pair(cells(client, &there).await) {
        return Some(found);
    }
    client.batch_execute("set session_replication_role = replica").await.unwrap();
    let candidates =
        format!("select c.id, p.id from {} c cross join {} p where {fits} order by 1, 2", link.child, link.parent);
    let mut found = None;
    for row in cells(client, &candidates).await {
        let (here, there) = (key.here.join(", "), key.there.join(", p."));
        // One column is set without brackets around it.
        let here = if key.here.len() == 1 { here } else { format!("({here})") };
        let put = format!(
            "update {} c set {here} = (select p.{there} from {} p where p.tenant_id = '{A}' and p.id = '{}') \
             where c.tenant_id = '{A}' and c.id = '{}'",
            link.child, link.parent, row[1], row[0]
        );
        if client.batch_execute(&put).await.is_ok() {
            found = Some((row[0].clone(), row[1].clone()));
            break;
        }
    }
    client.batch_execute("set session_replication_role = origin").await.unwrap();
    found
}

/// Removes a row as `purgeX` does where there is such a mutation, and otherwise as somebody with psql.
async fn purge(client: &Client, link: &Link, parent: &str) -> Result<(), String> {
    let soft = format!(
        "select 1 from pg_attribute where attrelid = '{}'::regclass and attname = 'deleted_at' and not attisdropped",
        link.parent
    );
    let sql = if cells(client, &soft).await.is_empty() {
        format!("delete from {} where tenant_id = '{A}' and id = '{parent}'", link.parent)
    } else {
        format!(
            "set local session_replication_role = replica;
             update {0} set deleted_at = now() where tenant_id = '{A}' and id = '{parent}';
             set local session_replication_role = origin;
             set local app.tenant_id = '{A}';
             select app.purge('{0}', 'Purged', '{parent}')",
            link.parent
        )
    };
    client.batch_execute(&sql).await.map_err(|error| format!("{error:?}"))?;
    let left = format!("select 1 from {} where tenant_id = '{A}' and id = '{parent}'", link.parent);
    if cells(client, &left).await.is_empty() { Ok(()) } else { Err("it is still there".to_owned()) }
}

/// What is wrong with a link, after its parent was removed.
async fn broken(client: &Client, link: &Link) -> Option<String> {
    let key = key_of(client, link).await;
    let expected = match link.fate {
        Fate::Cascade => ("c", Vec::new()),
        Fate::SetNull => ("n", vec![link.column.to_owned()]),
    };
    if (key.action.as_str(), &key.emptied) != (expected.0, &expected.1) {
        return Some(format!("the key does {} {:?}", key.action, key.emptied));
    }
    let Some((child, parent)) = pair(client, link, &key).await else { return Some("no rows to try it with".into()) };
    // Other links to the same parent are emptied as well, and what is generated follows.
    let row = format!(
        "select (select jsonb_object_agg(e.key, e.value) from jsonb_each(to_jsonb(c)) e
                  where e.key not in ('version', 'updated_at', '{0}') and e.value not in ('\"{parent}\"', 'null')
                    and not exists (select from pg_attribute a where a.attrelid = '{1}'::regclass
                                       and a.attname = e.key and a.attgenerated <> '')),
                c.{0} is null
           from {1} c where tenant_id = '{A}' and id = '{child}'",
        link.column, link.child
    );
    client.batch_execute("begin").await.unwrap();
    let before = cells(client, &row).await;
    let purged = purge(client, link, &parent).await;
    let after = if purged.is_ok() { cells(client, &row).await } else { Vec::new() };
    client.batch_execute("rollback").await.unwrap();
    match link.fate {
        _ if purged.is_err() => purged.err(),
        Fate::Cascade if after.is_empty() => None,
        Fate::Cascade => Some(format!("{after:?} is left")),
        Fate::SetNull if after.is_empty() => Some("it went as well".into()),
        Fate::SetNull if after[0][0] != before[0][0] => Some(format!("{:?} became {:?}", before[0], after[0])),
        Fate::SetNull if after[0][1] != "t" => Some("it still names what is gone".into()),
        Fate::SetNull => None,
    }
}

/// Shows rule:cascade-delete, rule:set-null-delete.
#[tokio::test(flavor = "multi_thread")]
async fn removing_a_row_takes_its_children_along_or_leaves_them_without_it() {
    let app = filled().await;
    let client = superuser(&app.database_name).await;
    let mut wrong = String::new();
    for link in LINKS {
        if let Some(why) = broken(&client, link).await {
            let _ = writeln!(wrong, "{link}: {why}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_list_has_each_link_once() {
    let mut names: Vec<String> = LINKS.iter().map(ToString::to_string).collect();
    assert_eq!(LINKS.iter().filter(|link| link.is_drawn).count(), 40);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), LINKS.len());
}

/// What can be deleted softly is removed by `app.purge`, which writes down what it was before it goes.
///
/// Shows rule:audit-before-delete.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_stands_in_the_audit_log_first() {
    let app = filled().await;
    let client = superuser(&app.database_name).await;
    let soft = "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'deleted_at'
                 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1";
    let mut wrong = String::new();
    for table in app.rows(soft).await.into_iter().flatten() {
        client.batch_execute(&format!("begin; set local app.tenant_id = '{A}'")).await.unwrap();
        if let Some(why) = unwritten(&client, &table).await {
            let _ = writeln!(wrong, "{table}: {why}");
        }
        client.batch_execute("rollback").await.unwrap();
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Why a purge of a row of a table is not as it should be in the log. Rows that others keep are passed over.
async fn unwritten(client: &Client, table: &str) -> Option<String> {
    let whom = if table == "users" { "role <> 'ADMIN'" } else { "true" };
    // One more, to which nothing refers yet.
    let more = format!(
        "set local session_replication_role = replica; select attack.clone('{A}', '{table}'); \
         set local session_replication_role = origin"
    );
    client.batch_execute(&more).await.unwrap();
    let rows = cells(client, &format!("select id from {table} where tenant_id = '{A}' and {whom} order by id")).await;
    let mut last = "no rows to try it with".to_owned();
    for id in rows.into_iter().flatten() {
        client.batch_execute("savepoint one").await.unwrap();
        let link = Link { parent: Box::leak(table.to_owned().into_boxed_str()), ..LINKS[0] };
        match purge(client, &link, &id).await {
            Err(error) => last = error,
            Ok(()) => {
                let log = format!(
                    "select action, details ? 'before', details::text ~* 'password|_hash|token\"' from audit_logs
                      where tenant_id = '{A}' and target_id like '%{id}' and action like '%.purged'"
                );
                let log = cells(client, &log).await;
                return (log.len() != 1 || log[0][1] != "t" || log[0][2] != "f")
                    .then(|| format!("its purge is in the log as {log:?}"));
            }
        }
        client.batch_execute("rollback to savepoint one").await.unwrap();
    }
    Some(last)
}

/// A database with rows in all tables, and its one administrator.
async fn stage() -> (TestApp, crate::app::TestClient) {
    let app = filled().await;
    let admin = app
        .cell(&format!(
            "select id from users where tenant_id = '{A}' and email = 'admin@people.example' and deleted_at is null"
        ))
        .await;
    let admin = admin.parse().unwrap();
    let client = app.client_in(A, admin, admin);
    (app, client)
}
