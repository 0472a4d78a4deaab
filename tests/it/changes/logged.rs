//! Every entity is logged, whoever writes; the log holds no secret and nobody writes it by hand.

use std::collections::BTreeMap;

use entity::roots::Schema as _;
use mostrador::changes::{Change, ChangeKind};
use mostrador::graphql::schema::Mostrador;
use serde_json::json;
use uuid::Uuid;

use super::{all, head, tenant};
use crate::app::{TestApp, connect, superuser};

/// Entities whose rows come from migrations only, or from other entities' rows.
const NOT_LOGGED: [(&str, &str); 4] = [
    ("processes", "the built-in catalogue: it changes with the program, not while it runs"),
    ("permissions", "the same"),
    ("contact_timeline", "a view: what is in it is logged where it is written"),
    ("property_performance", "a view too: it counts rows that are logged themselves"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_entity_is_logged_with_all_its_columns() {
    let app = TestApp::empty().await;
    let logged: BTreeMap<String, String> = app
        .rows(
            "select c.relname, (app.logged_arguments(c.oid))[1] from pg_class c \
             where c.relnamespace = 'public'::regnamespace and app.logged_arguments(c.oid) is not null \
               and not c.relispartition",
        )
        .await
        .into_iter()
        .map(|mut row| (std::mem::take(&mut row[0]), std::mem::take(&mut row[1])))
        .collect();
    let expected: BTreeMap<String, String> = Mostrador::model()
        .entities()
        .iter()
        .filter(|entity| NOT_LOGGED.iter().all(|(table, _)| *table != entity.decl.table))
        .map(|entity| (entity.decl.table.to_owned(), entity.decl.prefix.to_owned()))
        .collect();
    assert_eq!(logged, expected, "a migration calls app.logged with the table and the prefix of its IDs");
    // Whoever adds a column calls app.logged again.
    let forgotten = app
        .rows(
            "select c.relname, a.attname
               from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               join pg_trigger t on t.tgrelid = c.oid and t.tgname = c.relname || '_logged'
               join pg_proc p on p.oid = t.tgfoid
              where a.attgenerated = '' and not c.relispartition
                and a.attname not in ('id', 'tenant_id', 'created_at', 'updated_at', 'version')
                and a.attname <> all ((app.logged_arguments(c.oid))[4]::text[])
                and p.prosrc !~ ('old\\.\"?' || a.attname || '\"? is distinct')",
        )
        .await;
    assert_eq!(forgotten, Vec::<Vec<String>>::new(), "changes of these columns are not logged");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_is_logged_at_the_row_that_has_it() {
    let app = TestApp::empty().await;
    let mut silent = Vec::new();
    for entity in Mostrador::model().entities() {
        for link in entity.decl.links {
            let sql = format!(
                "select count(*) from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                  where t.tgrelid = 'public.{0}'::regclass and t.tgname = '{0}_{1}_logged' and p.prosrc like '%''{2}''%'",
                link.table, link.here, link.name
            );
            if app.cell(&sql).await != "1" {
                silent.push(format!("{}.{}", entity.decl.name, link.name));
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new(), "a migration calls app.logged_link");
}

fn kinds(changes: &[Change]) -> Vec<(&str, ChangeKind, Vec<&str>)> {
    changes
        .iter()
        .map(|change| (change.entity.as_str(), change.kind, change.columns.iter().map(String::as_str).collect()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_with_psql_is_logged_too() {
    let app = TestApp::world().await;
    let autos = tenant(&app, "autos").await;
    let start = head(&app).await;
    app.sql(&format!(
        "insert into vehicles (tenant_id, vin, make, model, year, price, currency, fuel_type, transmission) values
             ('{autos}', '1HGCM82633A004352', 'Honda', 'Accord', 2003, 5000, 'EUR', 'GASOLINE', 'MANUAL');
         update vehicles set model = 'Accord EX', color = 'red' where vin = '1HGCM82633A004352';
         update vehicles set model = model where vin = '1HGCM82633A004352';
         update vehicles set deleted_at = now() where vin = '1HGCM82633A004352';
         update vehicles set deleted_at = null where vin = '1HGCM82633A004352';
         delete from vehicles where vin = '1HGCM82633A004352';"
    ))
    .await;
    head(&app).await;
    let changes: Vec<Change> =
        all(&app, autos, &start).await.into_iter().filter(|change| change.entity == "vehicle").collect();
    assert_eq!(
        kinds(&changes),
        [
            ("vehicle", ChangeKind::Insert, vec![]),
            ("vehicle", ChangeKind::Update, vec!["model", "color"]),
            ("vehicle", ChangeKind::Delete, vec!["deleted_at"]),
            ("vehicle", ChangeKind::Update, vec!["deleted_at"]),
            ("vehicle", ChangeKind::Delete, vec![]),
        ]
    );
    assert!(changes.iter().all(|change| change.mutation.is_none() && change.user.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_says_who_made_it_by_which_mutation() {
    let app = TestApp::world().await;
    let autos = tenant(&app, "autos").await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let start = head(&app).await;
    let created = ana
        .data("mutation { createBrand(input: { name: \"Lancia\" }) { brand { id } errors { code } } }", json!({}))
        .await;
    let id = created["createBrand"]["brand"]["id"].as_str().unwrap().to_owned();
    // A link is a change of the row that has it.
    let conversation = app
        .cell(&format!("select id from conversations where tenant_id = '{autos}' and status = 'OPEN' limit 1"))
        .await;
    let tag = app
        .cell(&format!(
            "select id from conversation_tags where tenant_id = '{autos}' and id not in
        (select tag_id from conversation_tag_links where conversation_id = '{conversation}') limit 1"
        ))
        .await;
    ana.data(
        "mutation($input: AddConversationTagInput!) { addConversationTag(input: $input) { errors { code message } } }",
        json!({ "input": { "id": conversation, "conversationTagId": tag } }),
    )
    .await;
    head(&app).await;
    let changes = all(&app, autos, &start).await;
    let user: Uuid = app.cell("select id from users where email = 'ana@autos.test'").await.parse().unwrap();
    let brand = changes.iter().find(|change| change.entity == "brand").unwrap();
    assert_eq!((brand.user, brand.mutation.as_deref()), (Some(user), Some("createBrand")));
    assert!(id.starts_with("brand_"));
    let tagged = changes.iter().find(|change| change.entity == "conversation").unwrap();
    assert_eq!((tagged.kind, tagged.columns.as_slice()), (ChangeKind::Update, ["tags".to_owned()].as_slice()));
    assert_eq!(tagged.mutation.as_deref(), Some("addConversationTag"));
    assert_eq!(tagged.row.to_string(), conversation);
    assert!(tagged.routing.as_ref().is_some_and(|routing| routing["status"] == "OPEN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn routing_keeps_what_was_and_what_is() {
    let app = TestApp::world().await;
    let autos = tenant(&app, "autos").await;
    let conversation = app
        .cell(&format!("select id from conversations where tenant_id = '{autos}' and status = 'OPEN' limit 1"))
        .await;
    let jan = app.cell("select id from users where email = 'jan@autos.test'").await;
    app.sql(&format!("update conversations set assigned_to_id = null where id = '{conversation}'")).await;
    let start = head(&app).await;
    app.sql(&format!("update conversations set assigned_to_id = '{jan}' where id = '{conversation}'")).await;
    app.sql(&format!("delete from conversations where id = '{conversation}'")).await;
    head(&app).await;
    let changes: Vec<Change> =
        all(&app, autos, &start).await.into_iter().filter(|change| change.entity == "conversation").collect();
    let [given, gone] = <[Change; 2]>::try_from(changes).unwrap();
    assert_eq!(given.before, Some(json!({ "assigned_to_id": null })));
    assert_eq!(given.routing.as_ref().unwrap()["assigned_to_id"], json!(jan));
    assert_eq!((gone.kind, gone.routing), (ChangeKind::Delete, None));
    assert_eq!(gone.before.unwrap()["assigned_to_id"], json!(jan));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_the_log_by_hand_or_sees_that_of_others() {
    let app = TestApp::world().await;
    let (autos, casas) = (tenant(&app, "autos").await, tenant(&app, "casas").await);
    let api = connect("mostrador_api", &app.database_name).await;
    api.batch_execute(&format!("set app.tenant_id = '{autos}'")).await.unwrap();
    for sql in [
        format!(
            "insert into changes (tenant_id, entity, row_id, kind) values ('{autos}', 'brand', '{autos}', 'DELETE')"
        ),
        "update changes set kind = 'DELETE'".to_owned(),
        "delete from changes".to_owned(),
        "truncate changes".to_owned(),
        "insert into app.change_rounds (id, snapshot) values (1000, '1:1:')".to_owned(),
        "delete from app.change_rounds".to_owned(),
        "update app.change_log set id = gen_random_uuid()".to_owned(),
        "select app.open_change_log()".to_owned(),
        "select app.drop_change_partitions(0)".to_owned(),
    ] {
        assert!(api.batch_execute(&sql).await.is_err(), "{sql}");
    }
    let visible: i64 =
        api.query_one(&format!("select count(*) from changes where tenant_id <> '{autos}'"), &[]).await.unwrap().get(0);
    assert_eq!(visible, 0);
    let psql = superuser(&app.database_name).await;
    app.sql(&format!("insert into brands (tenant_id, name) values ('{casas}', 'Lada')")).await;
    for sql in ["update changes set kind = 'DELETE'", "delete from changes", "truncate brands"] {
        assert!(psql.batch_execute(sql).await.is_err(), "{sql}");
    }
    // A reader that acts in one tenant gets nothing of another one, whatever it asks for.
    let start = head(&app).await;
    app.sql(&format!("insert into brands (tenant_id, name) values ('{casas}', 'Fiat')")).await;
    head(&app).await;
    assert_eq!(all(&app, casas, &start).await.len(), 1);
    let transaction = super::reading(&app, autos);
    let page = super::log(&app)
        .after(&transaction, (casas, true), &start, &mostrador::changes::ChangeFilter::default(), 10)
        .await
        .unwrap();
    assert_eq!(page.changes.len(), 0);
}

/// Shows rule:never-plaintext.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_holds_no_secret_and_no_text() {
    let app = TestApp::world().await;
    app.sql(
        "update users set password_hash = 'argon-of-a-secret' where email = 'ana@autos.test';
         update contacts set first_name = 'Rosalind', email = 'rosalind@example.com' where first_name = 'Marta'",
    )
    .await;
    let found = app
        .cell(
            "select count(*) from changes c where c::text ~* 'argon|rosalind|marta|@|[+]34' and c.columns is not null \
             or c::text ~ 'argon'",
        )
        .await;
    assert_eq!(found, "0");
    let columns =
        app.cell("select columns from changes where 'password_hash' = any (columns) order by seq desc limit 1").await;
    assert_eq!(columns, "{password_hash}");
}
