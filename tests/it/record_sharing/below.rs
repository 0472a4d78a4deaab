//! On a bare connection of the API's role, where only the settings of the transaction say who is there.

use std::collections::BTreeSet;

use tokio_postgres::{Client, SimpleQueryMessage};
use uuid::Uuid;

use super::model::{CONTACT, KINDS, LEAD, Office, PROPERTY, TASK};
use super::{office, seeds};
use crate::app::{TestApp, connect};

/// The session of a user; `scope` as the gateway sets it.
async fn become_user(client: &Client, office: &Office, user: usize, scope: &str) {
    let sql = format!(
        "set app.tenant_id = '{}'; set app.user_id = '{}'; set app.scope = '{scope}'",
        office.tenant, office.users[user]
    );
    client.batch_execute(&sql).await.unwrap();
}

async fn ids(client: &Client, sql: &str) -> BTreeSet<Uuid> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let id = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap().parse().unwrap()),
        _ => None,
    };
    messages.iter().filter_map(id).collect()
}

/// What a statement gives when it is undone at once; none when it is refused.
async fn tried(client: &mut Client, sql: &str) -> Option<BTreeSet<Uuid>> {
    let transaction = client.transaction().await.unwrap();
    let outcome = transaction.simple_query(sql).await;
    transaction.rollback().await.unwrap();
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap().parse().unwrap()),
        _ => None,
    };
    Some(outcome.ok()?.iter().filter_map(row).collect())
}

fn expected(office: &Office, kind: usize, holds: impl Fn(usize) -> bool) -> BTreeSet<Uuid> {
    office.of_kind(kind).filter(|record| holds(*record)).map(|record| office.records[record].id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_user_sees_and_changes_exactly_what_the_model_says() {
    for seed in seeds(8) {
        let (app, office) = office(seed).await;
        let mut client = connect("mostrador_api", &app.database_name).await;
        for user in 0..office.users.len() {
            become_user(&client, &office, user, "users").await;
            for (kind, (_, table, owner_column)) in KINDS.iter().enumerate() {
                let what = format!("seed {seed}, user {user}, {table}");
                let seen = expected(&office, kind, |record| office.sees(user, record));
                let changed = expected(&office, kind, |record| office.changes(user, record));
                let unlocked = tried(&mut client, &format!("select id from {table} for update")).await.unwrap();
                let updated = format!("update {table} set {owner_column} = {owner_column} returning id");
                let deleted = format!("delete from {table} returning id");
                assert_eq!(ids(&client, &format!("select id from {table}")).await, seen, "{what} seen");
                assert_eq!(unlocked, changed, "{what} locked");
                assert_eq!(tried(&mut client, &updated).await, Some(changed.clone()), "{what} updated");
                assert_eq!(tried(&mut client, &deleted).await, Some(changed.clone()), "{what} deleted");
                let (word, _, _) = KINDS[kind];
                let say = format!("select id from {table} where app.may_change('{word}', id)");
                assert_eq!(ids(&client, &say).await, changed, "{what} may_change");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_records_in_scope_or_as_owner_of_the_tables_nobody_is_narrowed() {
    let (app, office) = office(1).await;
    let api = connect("mostrador_api", &app.database_name).await;
    let owner = connect("mostrador_owner", &app.database_name).await;
    for (client, scope) in [(&api, "records"), (&api, "users records"), (&owner, "")] {
        become_user(client, &office, 0, scope).await;
        for (kind, (_, table, _)) in KINDS.iter().enumerate() {
            let all = ids(client, &format!("select id from {table}")).await;
            assert_eq!(all, expected(&office, kind, |_| true), "{table} with the scope {scope:?}");
        }
    }
    for scope in ["", "record", "recordsx", "RECORDS", ",records", "users"] {
        api.batch_execute(&format!("set app.scope = '{}'", scope.replace('\'', "''"))).await.unwrap();
        let seen = ids(&api, "select id from contacts").await;
        assert_eq!(seen, expected(&office, CONTACT, |record| office.sees(0, record)), "the scope {scope:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_user_only_nothing_is_seen() {
    let (app, office) = office(2).await;
    let client = connect("mostrador_api", &app.database_name).await;
    become_user(&client, &office, 0, "").await;
    for user in ["", "00000000-0000-0000-0000-000000000000"] {
        client.batch_execute(&format!("set app.user_id = '{user}'")).await.unwrap();
        for (_, table, _) in KINDS {
            assert!(ids(&client, &format!("select id from {table}")).await.is_empty(), "{table} as {user:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_narrowed_user_makes_is_theirs_or_their_teams() {
    for seed in seeds(3) {
        let (app, office) = office(seed).await;
        let mut client = connect("mostrador_api", &app.database_name).await;
        for user in 0..office.users.len() {
            become_user(&client, &office, user, "").await;
            let circle = office.circle(user);
            for owner in 0..office.users.len() {
                let may = circle.contains(&owner);
                for sql in [
                    "insert into contacts (display_name, owner_id) values ('New', '{}') returning id",
                    "insert into tasks (title, owner_id) values ('New', '{}') returning id",
                    "insert into properties (title, property_type, price, owner_id) values ('New', 'HOUSE', 1, '{}') returning id",
                ] {
                    let made = tried(&mut client, &sql.replace("{}", &office.users[owner].to_string())).await;
                    assert_eq!(made.is_some(), may, "seed {seed}, user {user} for {owner}: {sql}");
                }
                // Passing on what there is.
                for (kind, (_, table, owner_column)) in KINDS.iter().enumerate() {
                    for record in office.of_kind(kind) {
                        let id = office.records[record].id;
                        let new = office.users[owner];
                        let sql = format!("update {table} set {owner_column} = '{new}' where id = '{id}' returning id");
                        let passed = tried(&mut client, &sql).await.is_some_and(|ids| !ids.is_empty());
                        let unchanged = office.records[record].owner == Some(owner) && office.changes(user, record);
                        let may = unchanged || office.is_own(user, record) && circle.contains(&owner);
                        assert_eq!(passed, may, "seed {seed}, user {user} gives {table} {id} to {owner}");
                    }
                }
            }
            let made = ids(&client, "insert into contacts (display_name) values ('Mine') returning owner_id").await;
            assert_eq!(made, BTreeSet::from([office.users[user]]));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invisible_record_cannot_be_referred_to() {
    let (app, office) = office(3).await;
    // What is refused here is refused for the record, not for a channel that is off.
    app.sql("update tenant_settings set calls_enabled = true, whatsapp_enabled = true").await;
    let mut client = connect("mostrador_api", &app.database_name).await;
    let references = [
        (CONTACT, "insert into leads (contact_id, source) values ('{}', 'OTHER') returning id"),
        (CONTACT, "insert into interactions (contact_id, type) values ('{}', 'NOTE') returning id"),
        (CONTACT, "insert into conversations (contact_id, channel) values ('{}', 'SMS') returning id"),
        (CONTACT, "insert into calls (contact_id, type) values ('{}', 'INBOUND') returning id"),
        (CONTACT, "insert into tasks (title, contact_id) values ('x', '{}') returning id"),
        (LEAD, "insert into lead_activities (lead_id, activity_type) values ('{}', 'NOTE') returning id"),
        (PROPERTY, "insert into tasks (title, property_id) values ('x', '{}') returning id"),
        (
            PROPERTY,
            "insert into media (property_id, url, type) values ('{}', 'https://x.test/a', 'IMAGE') returning id",
        ),
        (PROPERTY, "insert into market_analyses (property_id) values ('{}') returning id"),
    ];
    for user in 0..office.users.len() {
        become_user(&client, &office, user, "").await;
        for (kind, sql) in references {
            for record in office.of_kind(kind) {
                let sql = sql.replace("{}", &office.records[record].id.to_string());
                assert_eq!(tried(&mut client, &sql).await.is_some(), office.sees(user, record), "user {user}: {sql}");
            }
            let nobody = sql.replace("{}", "0191ffff-ffff-7fff-bfff-ffffffffffff");
            assert_eq!(tried(&mut client, &nobody).await, None, "{nobody}");
        }
    }
}

/// The whole error of a statement, with ids taken out: what an attacker could tell apart.
async fn complaint(client: &Client, sql: &str, id: Uuid) -> String {
    let error = client.simple_query(sql).await.unwrap_err();
    let error = error.as_db_error().unwrap();
    let fields = (
        error.code().code(),
        error.message(),
        error.detail(),
        error.hint(),
        error.schema(),
        error.table(),
        error.column(),
        error.constraint(),
    );
    format!("{fields:?}").replace(&id.to_string(), "…")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_to_an_invisible_record_is_refused_like_one_to_none() {
    let (app, office) = office(3).await;
    let client = connect("mostrador_api", &app.database_name).await;
    let user = (0..office.users.len()).find(|user| office.of_kind(CONTACT).any(|record| !office.sees(*user, record)));
    let user = user.unwrap();
    become_user(&client, &office, user, "").await;
    let hidden = office.of_kind(CONTACT).find(|record| !office.sees(user, *record)).unwrap();
    let (hidden, none) = (office.records[hidden].id, Uuid::from_u128(0x0191_ffff_ffff_7fff_bfff_ffff_ffff_ffff));
    for sql in [
        "insert into leads (contact_id, source) values ('{}', 'OTHER')",
        "insert into interactions (contact_id, type) values ('{}', 'NOTE')",
        "insert into conversations (contact_id, channel) values ('{}', 'SMS')",
        "insert into resource_shares (resource_type, resource_id, user_id) values ('CONTACT', '{}', app.acting_user(current_setting('app.tenant_id')::uuid))",
    ] {
        let one = complaint(&client, &sql.replace("{}", &hidden.to_string()), hidden).await;
        let other = complaint(&client, &sql.replace("{}", &none.to_string()), none).await;
        assert_eq!(one, other, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_are_made_and_seen_by_those_who_may_change_the_record() {
    for seed in seeds(3) {
        let (app, office) = office(seed).await;
        let mut client = connect("mostrador_api", &app.database_name).await;
        for user in 0..office.users.len() {
            become_user(&client, &office, user, "").await;
            for record in 0..office.records.len() {
                let (id, (word, _, _)) = (office.records[record].id, KINDS[office.records[record].kind]);
                let taken = |other: &usize| {
                    office.shares.iter().any(|share| {
                        share.record == record
                            && matches!(share.with, super::model::Recipient::User(user) if user == *other)
                    })
                };
                let Some(other) = (0..office.users.len()).find(|other| !taken(other)) else { continue };
                let sql = format!(
                    "insert into resource_shares (resource_type, resource_id, user_id) values ('{word}', '{id}', '{}') returning id",
                    office.users[other]
                );
                let shared = tried(&mut client, &sql).await.is_some();
                assert_eq!(shared, office.changes(user, record), "seed {seed}, user {user} shares {word} {id}");
                let seen =
                    ids(&client, &format!("select resource_id from resource_shares where resource_id = '{id}'")).await;
                let told = office.shares.iter().any(|share| share.record == record);
                if office.changes(user, record) {
                    assert_eq!(!seen.is_empty(), told, "seed {seed}, user {user} looks at the shares of {id}");
                } else {
                    assert!(seen.is_empty() || office.sees(user, record));
                    let sql =
                        format!("update resource_shares set access = 'WRITE' where resource_id = '{id}' returning id");
                    assert_eq!(tried(&mut client, &sql).await, Some(BTreeSet::new()), "somebody raises a share");
                    let sql = format!("delete from resource_shares where resource_id = '{id}' returning id");
                    assert_eq!(tried(&mut client, &sql).await, Some(BTreeSet::new()), "somebody removes a share");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_a_record_is_seen_with_it() {
    let (app, office) = office(4).await;
    let tenant = office.tenant;
    app.sql(&format!(
        "insert into interactions (tenant_id, contact_id, type) select '{tenant}', id, 'NOTE' from contacts where tenant_id = '{tenant}';
         insert into lead_activities (tenant_id, lead_id, activity_type) select '{tenant}', id, 'NOTE' from leads where tenant_id = '{tenant}';
         insert into media (tenant_id, property_id, url, type) select '{tenant}', id, 'https://x.test/a', 'IMAGE' from properties where tenant_id = '{tenant}';
         insert into market_analyses (tenant_id, property_id) select '{tenant}', id from properties where tenant_id = '{tenant}';
         insert into property_interests (tenant_id, contact_id, property_id)
         select '{tenant}', c.id, p.id from contacts c, properties p where c.tenant_id = '{tenant}' and p.tenant_id = '{tenant}';
         update contacts set status_id = (select id from contact_statuses s where s.tenant_id = '{tenant}' and not is_default limit 1) where tenant_id = '{tenant}'"
    ))
    .await;
    let client = connect("mostrador_api", &app.database_name).await;
    for user in 0..office.users.len() {
        become_user(&client, &office, user, "").await;
        let seen = |kind| expected(&office, kind, |record| office.sees(user, record));
        for (table, column, kind) in [
            ("interactions", "contact_id", CONTACT),
            ("contact_status_history", "contact_id", CONTACT),
            ("lead_activities", "lead_id", LEAD),
            ("media", "property_id", PROPERTY),
            ("market_analyses", "property_id", PROPERTY),
        ] {
            let shown = ids(&client, &format!("select {column} from {table}")).await;
            assert_eq!(shown, seen(kind), "user {user}, {table}");
        }
        let interests = ids(&client, "select id from property_interests").await.len();
        assert_eq!(interests, seen(CONTACT).len() * seen(PROPERTY).len(), "user {user}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_keeps_right_what_the_writer_cannot_see() {
    let (app, office) = office(5).await;
    let (tenant, user) = (office.tenant, 0);
    let find = |kind: usize| office.of_kind(kind).find(|record| !office.sees(user, *record)).unwrap();
    let contact = office.records[find(CONTACT)].id;
    let property = office.records[find(PROPERTY)].id;
    let own = office.of_kind(CONTACT).find(|record| office.sees(user, *record)).map(|record| office.records[record].id);
    let own = own.unwrap();
    app.sql(&format!(
        "insert into conversations (id, tenant_id, contact_id, channel) values ('0191aaaa-0000-7000-8000-000000000001', '{tenant}', '{contact}', 'EMAIL');
         insert into calls (id, tenant_id, contact_id, type, state) values ('0191aaaa-0000-7000-8000-000000000002', '{tenant}', '{contact}', 'OUTBOUND', 'IN_PROGRESS');
         insert into sales (id, tenant_id, contact_id, property_id, sale_price, financing_type) values ('0191aaaa-0000-7000-8000-000000000003', '{tenant}', '{own}', '{property}', 1, 'CASH')"
    ))
    .await;
    let client = connect("mostrador_api", &app.database_name).await;
    become_user(&client, &office, user, "").await;
    let seen = |column: &str, table: &str, id: Uuid| {
        let sql = format!("select coalesce({column}::text, '') from {table} where id = '{id}'");
        let app = &app;
        async move { app.cell(&sql).await }
    };
    assert_eq!(seen("last_contacted_at", "contacts", contact).await, "");
    client
        .batch_execute(
            "insert into messages (conversation_id, sender_type, content) values ('0191aaaa-0000-7000-8000-000000000001', 'USER', 'Hello')",
        )
        .await
        .unwrap();
    let written = seen("last_contacted_at", "contacts", contact).await;
    assert_ne!(written, "", "a message to a contact of somebody else");
    client
        .batch_execute("update calls set state = 'COMPLETED', called_at = now() + interval '1 day' where id = '0191aaaa-0000-7000-8000-000000000002'")
        .await
        .unwrap();
    assert_ne!(seen("last_contacted_at", "contacts", contact).await, written, "a call with one");
    assert_eq!(seen("status", "properties", property).await, "UNDER_OFFER");
    client
        .batch_execute("update sales set status = 'COMPLETED' where id = '0191aaaa-0000-7000-8000-000000000003'")
        .await
        .unwrap();
    assert_eq!(seen("status", "properties", property).await, "SOLD", "a sale of a property of somebody else");
    // What was widened for this is narrow again.
    let row = client.query_one("select current_setting('app.scope'), count(*) from contacts", &[]).await.unwrap();
    assert_eq!(row.get::<_, &str>(0), "");
    let visible = office.of_kind(CONTACT).filter(|record| office.sees(user, *record)).count();
    assert_eq!(row.get::<_, i64>(1), visible as i64);
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_go_with_their_record() {
    let (app, office) = office(6).await;
    let count = |app: &TestApp| {
        let sql = format!("select count(*) from resource_shares where tenant_id = '{}'", office.tenant);
        let database = app.database_name.clone();
        async move { crate::app::superuser(&database).await.query_one(&sql, &[]).await.unwrap().get::<_, i64>(0) }
    };
    assert_eq!(count(&app).await, office.shares.len() as i64);
    app.sql(&format!("delete from tasks where tenant_id = '{}'", office.tenant)).await;
    let left = office.shares.iter().filter(|share| office.records[share.record].kind != TASK).count();
    assert_eq!(count(&app).await, left as i64);
    // Leads go with their contacts, and shares with both.
    app.sql(&format!("delete from contacts where tenant_id = '{}'", office.tenant)).await;
    let left = office.shares.iter().filter(|share| office.records[share.record].kind == PROPERTY).count();
    assert_eq!(count(&app).await, left as i64);
}
