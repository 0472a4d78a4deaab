//! What must hold for every column that holds sealed values, read from the live catalogue.

use mostrador::secrets::columns::SEALED;
use mostrador::secrets::{KeyRing, Place};

use crate::app::TestApp;

fn list() -> String {
    let list: Vec<_> = SEALED.iter().map(|sealed| format!("('{}', '{}')", sealed.table, sealed.column)).collect();
    format!("(values {}) as sealed (table_name, column_name)", list.join(", "))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_sealed_columns_is_that_of_the_catalogue() {
    let app = TestApp::empty().await;
    let found = app
        .rows(
            "select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
              where c.relnamespace = 'public'::regnamespace and not c.relispartition and a.attnum > 0
                and col_description(c.oid, a.attnum) like 'Sealed:%' order by 1, 2",
        )
        .await;
    let mut known: Vec<_> =
        SEALED.iter().map(|sealed| vec![sealed.table.to_owned(), sealed.column.to_owned()]).collect();
    known.sort();
    assert_eq!(found, known, "the comment of a sealed column begins with `Sealed:`, and SEALED names it");
}

/// Shows rule:encryption-oauth-accounts.
#[tokio::test(flavor = "multi_thread")]
async fn sealed_columns_can_be_sealed_anew_and_are_read_by_nobody_else() {
    let app = TestApp::empty().await;
    let sql = format!(
        "select table_name, column_name, 'is no bytea, or its table lacks id or tenant_id' from {list}
          where (select count(*) from pg_attribute a where a.attrelid = format('public.%I', table_name)::regclass and not a.attisdropped
                  and (a.attname in ('id', 'tenant_id') or (a.attname = column_name and a.atttypid = 'bytea'::regtype))) <> 3
         union all
         select table_name, column_name, 'can be read by analysts' from {list}
          where has_column_privilege('mostrador_readonly', format('public.%I', table_name), column_name, 'select')
         union all
         -- The role that seals anew would not see the rows that such a policy hides, and believe that all is done.
         select table_name, column_name, 'has a restrictive policy that holds the owner: ' || p.polname from {list}
           join pg_policy p on p.polrelid = format('public.%I', table_name)::regclass
          where not p.polpermissive and (p.polroles = '{{0}}'
             or (select relowner from pg_class c where c.oid = p.polrelid) = any(p.polroles))
         union all
         select table_name, column_name, 'raises the version' from {list}
           join pg_trigger t on t.tgrelid = format('public.%I', table_name)::regclass and t.tgname = table_name || '_version'
           join pg_attribute a on a.attrelid = t.tgrelid and a.attname = column_name and a.attnum = any(t.tgattr::int2[])",
        list = list()
    );
    assert_eq!(app.rows(&sql).await, Vec::<Vec<String>>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_value_copied_to_another_row_does_not_open() {
    let app = TestApp::world().await;
    let keys: KeyRing = "test:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=".parse().unwrap();
    let users = app.rows("select tenant_id::text, id::text from users order by tenant_id, id limit 2").await;
    let place = |row: &str| Place {
        tenant: users[0][0].parse().unwrap(),
        table: "oauth_accounts",
        column: "access_token",
        row: row.parse().unwrap(),
    };
    let rows = ["0194f0a0-0000-7000-8000-000000000001", "0194f0a0-0000-7000-8000-000000000002"];
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for row in rows {
        let sealed = keys.seal(&place(row), row.as_bytes()).unwrap();
        app.sql(&format!(
            "insert into oauth_accounts (id, tenant_id, user_id, provider, provider_account_id, access_token)
             values ('{row}', '{}', '{}', 'local', '{row}', '\\x{}')",
            users[0][0],
            users[0][1],
            hex(sealed.as_bytes())
        ))
        .await;
    }
    let stored = async |row: &str| {
        let text =
            app.cell(&format!("select encode(access_token, 'hex') from oauth_accounts where id = '{row}'")).await;
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(keys.open(&place(rows[0]), &stored(rows[0]).await).unwrap().expose(), rows[0].as_bytes());
    app.sql(&format!(
        "update oauth_accounts set access_token = (select access_token from oauth_accounts where id = '{}') where id = '{}'",
        rows[0], rows[1]
    ))
    .await;
    assert!(keys.open(&place(rows[1]), &stored(rows[1]).await).is_err());
}
