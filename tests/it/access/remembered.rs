//! What a gateway remembers of sessions, and that it forgets it the moment something changes.

use std::time::Duration;

use serde_json::json;

use super::{CONTACTS, FINE, ask, attempt, id, make_role, newcomer};
use crate::app::{TestApp, TestClient, superuser};

/// Waits until a gateway hears what others change, or does not any more.
async fn until_listening(app: &TestApp, wanted: bool) {
    for _ in 0..1_000 {
        if app.access.is_listening() == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("is_listening did not become {wanted}");
}

/// Waits until a query is answered with these codes: what others write is heard of in a moment, not at once.
async fn until(client: &TestClient, codes: &[&str]) {
    for _ in 0..1_000 {
        if ask(client, CONTACTS).await == codes {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the answer did not become {codes:?}");
}

/// A gateway that listens, an administrator, and somebody who may see contacts by a role; with that grant.
async fn stage() -> (TestApp, TestClient, TestClient, String) {
    let app = TestApp::world().await;
    let (reader, _) = newcomer(&app, "rosa").await;
    make_role(&app, "autos", "Readers", &["contacts.read"], &["rosa@autos.test"]).await;
    let grant =
        app.cell("select g.id from role_permissions g join roles r on r.id = g.role_id where r.name = 'Readers'").await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    until_listening(&app, true).await;
    assert_eq!(ask(&reader, CONTACTS).await, FINE);
    (app, ana, reader, entity::id::format_id("role_grant", grant.parse().unwrap()))
}

const REVOKE: &str = "delete from role_permissions where role_id = (select id from roles where name = 'Readers')";
const GRANT: &str = "insert into role_permissions (tenant_id, role_id, permission_id)
    select r.tenant_id, r.id, p.id from roles r, permissions p where r.name = 'Readers' and p.name = 'contacts.read'";

#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_session_takes_no_statement_to_be_let_in() {
    let (app, _, reader, _) = stage().await;
    let before = app.access.loads();
    for _ in 0..20 {
        assert_eq!(reader.measured(CONTACTS, json!({})).await.statements, 1);
    }
    assert_eq!(app.access.loads(), before, "loads");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_loaded_once_however_much_is_asked() {
    let (app, _, reader, _) = stage().await;
    app.access.forget_all();
    let before = app.access.loads();
    let query = "{ a: contacts { nodes { id owner { id } } } b: contacts { nodes { id } } viewer { user { id } } }";
    for _ in 0..3 {
        reader.send(query, json!({})).await;
    }
    assert_eq!(app.access.loads(), before + 1);
}

/// Shows rule:caching.
#[tokio::test(flavor = "multi_thread")]
async fn a_right_taken_away_through_the_gateway_is_refused_on_the_very_next_request() {
    let (app, ana, reader, grant) = stage().await;
    for round in 0..20 {
        assert_eq!(ask(&reader, CONTACTS).await, FINE, "round {round}");
        let grant = if round == 0 {
            grant.clone()
        } else {
            let id = app
                .cell("select g.id from role_permissions g join roles r on r.id = g.role_id where r.name = 'Readers'")
                .await;
            entity::id::format_id("role_grant", id.parse().unwrap())
        };
        assert_eq!(attempt(&ana, "deleteRoleGrant", json!({ "id": grant })).await, FINE);
        assert_eq!(ask(&reader, CONTACTS).await, ["FORBIDDEN"], "round {round}");
        let role = app.cell("select id from roles where name = 'Readers'").await;
        let permission = app.cell("select id from permissions where name = 'contacts.read'").await;
        let input = json!({
            "roleId": entity::id::format_id("role", role.parse().unwrap()),
            "permissionId": entity::id::format_id("permission", permission.parse().unwrap()),
        });
        assert_eq!(attempt(&ana, "createRoleGrant", input).await, FINE);
    }
}

/// Shows rule:role-process-permission-matrix.
#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_what_a_session_may_do_counts_at_once() {
    let (app, ana, _, _) = stage().await;
    let (user, user_id) = newcomer(&app, "luis").await;
    let role = make_role(&app, "autos", "More", &["crm.read"], &[]).await;
    let step = async |mutation: &str, input: serde_json::Value, codes: &[&str]| {
        assert_eq!(attempt(&ana, mutation, input.clone()).await, FINE, "{mutation}");
        assert_eq!(ask(&user, CONTACTS).await, codes, "after {mutation} {input}");
    };
    let process = |code: &str| {
        let found = mostrador::processes::ALL.iter().position(|process| process.code == code);
        assert!(found.is_some());
        code.to_owned()
    };
    let inventory = app.cell(&format!("select id from processes where code = '{}'", process("INVENTORY"))).await;
    let leads = app.cell(&format!("select id from processes where code = '{}'", process("CONTACTS"))).await;
    let [inventory, contacts] = [inventory, leads].map(|id| entity::id::format_id("process", id.parse().unwrap()));
    assert_eq!(ask(&user, CONTACTS).await, ["FORBIDDEN"]);
    step("addUserRole", json!({ "id": user_id, "roleId": role }), &[]).await;
    step("addUserProcess", json!({ "id": user_id, "processId": inventory }), &["FORBIDDEN"]).await;
    step("addUserProcess", json!({ "id": user_id, "processId": contacts }), &[]).await;
    step("removeUserProcess", json!({ "id": user_id, "processId": contacts }), &["FORBIDDEN"]).await;
    step("removeUserProcess", json!({ "id": user_id, "processId": inventory }), &[]).await;
    step("removeUserRole", json!({ "id": user_id, "roleId": role }), &["FORBIDDEN"]).await;
    step("updateUser", json!({ "id": user_id, "role": "AGENT" }), &[]).await;
    step("updateUser", json!({ "id": user_id, "isActive": false }), &["UNAUTHENTICATED"]).await;
    step("updateUser", json!({ "id": user_id, "isActive": true }), &[]).await;
    step("deleteUser", json!({ "id": user_id }), &["UNAUTHENTICATED"]).await;
    step("restoreUser", json!({ "id": user_id }), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_taken_away_with_psql_is_refused_when_the_notification_has_arrived() {
    let (app, _, reader, _) = stage().await;
    let psql = superuser(&app.database_name).await;
    for _ in 0..5 {
        psql.batch_execute(REVOKE).await.unwrap();
        until(&reader, &["FORBIDDEN"]).await;
        psql.batch_execute(GRANT).await.unwrap();
        until(&reader, &[]).await;
    }
    // And what was loaded since is remembered again.
    let before = app.access.loads();
    assert_eq!(ask(&reader, CONTACTS).await, FINE);
    assert!(app.access.loads() <= before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_gateway_hears_of_it_as_well() {
    let (app, ana, _, grant) = stage().await;
    let other = app.beside(|settings| settings.pool_size = 2).await;
    until_listening(&other, true).await;
    let reader = other.sign_in("autos", "rosa@autos.test").await;
    assert_eq!(ask(&reader, CONTACTS).await, FINE);
    assert_eq!(attempt(&ana, "deleteRoleGrant", json!({ "id": grant })).await, FINE);
    until(&reader, &["FORBIDDEN"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_no_notification_can_arrive_nothing_is_remembered() {
    let (app, _, reader, _) = stage().await;
    let psql = superuser(&app.database_name).await;
    let elsewhere = superuser("postgres").await;
    let name = &app.database_name;
    // Nobody can connect any more; the connections of the pool are there.
    elsewhere.batch_execute(&format!("alter database {name} allow_connections false")).await.unwrap();
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and application_name = 'mostrador' and query ~ 'listen|pg_notify|^$'";
    psql.batch_execute(kill).await.unwrap();
    until_listening(&app, false).await;
    for _ in 0..3 {
        assert_eq!(ask(&reader, CONTACTS).await, FINE);
        psql.batch_execute(REVOKE).await.unwrap();
        assert_eq!(ask(&reader, CONTACTS).await, ["FORBIDDEN"], "the very next request");
        psql.batch_execute(GRANT).await.unwrap();
    }
    let before = app.access.loads();
    for _ in 0..5 {
        assert_eq!(ask(&reader, CONTACTS).await, FINE);
    }
    assert_eq!(app.access.loads(), before + 5, "each request asks");
    elsewhere.batch_execute(&format!("alter database {name} allow_connections true")).await.unwrap();
    until_listening(&app, true).await;
    assert_eq!(ask(&reader, CONTACTS).await, FINE);
    let before = app.access.loads();
    assert_eq!(ask(&reader, CONTACTS).await, FINE);
    assert_eq!(app.access.loads(), before, "remembered again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_while_the_listening_connection_is_killed_is_not_missed() {
    let (app, _, reader, _) = stage().await;
    let psql = superuser(&app.database_name).await;
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and application_name = 'mostrador' and query ~ 'listen|pg_notify|^$'";
    for _ in 0..5 {
        psql.batch_execute(kill).await.unwrap();
        psql.batch_execute(REVOKE).await.unwrap();
        until(&reader, &["FORBIDDEN"]).await;
        until_listening(&app, true).await;
        assert_eq!(ask(&reader, CONTACTS).await, ["FORBIDDEN"]);
        psql.batch_execute(GRANT).await.unwrap();
        until(&reader, &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_overtaken_by_a_change_is_not_remembered() {
    let (app, ana, reader, _) = stage().await;
    let role = app.cell("select id from roles where name = 'Readers'").await;
    let role = entity::id::format_id("role", role.parse().unwrap());
    let user = app.cell("select id from users where email = 'rosa@autos.test'").await;
    let input = json!({ "id": entity::id::format_id("user", user.parse().unwrap()), "roleId": role });
    for round in 0..15 {
        // Many requests load what the mutation is about to change.
        let asking: Vec<_> = (0..8)
            .map(|_| {
                let (app, reader) = (std::sync::Arc::clone(&app.access), reader.clone());
                tokio::spawn(async move {
                    for _ in 0..4 {
                        app.forget_all();
                        ask(&reader, CONTACTS).await;
                    }
                })
            })
            .collect();
        assert_eq!(attempt(&ana, "removeUserRole", input.clone()).await, FINE);
        assert_eq!(ask(&reader, CONTACTS).await, ["FORBIDDEN"], "round {round}");
        for task in asking {
            task.await.unwrap();
        }
        assert_eq!(ask(&reader, CONTACTS).await, ["FORBIDDEN"], "round {round}, later");
        assert_eq!(attempt(&ana, "addUserRole", input.clone()).await, FINE);
        assert_eq!(ask(&reader, CONTACTS).await, FINE, "round {round}, given back");
    }
    let marta = format!("{{ contact(id: \"{}\") {{ id }} }}", id("contact", "marta"));
    assert_eq!(ask(&reader, &marta).await, FINE);
}
