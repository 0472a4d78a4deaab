//! Purging: a deleted row is removed for good, with what belongs to it, and the log hears of it first.

use entity::roots::Schema as _;
use mostrador::graphql::schema::Mostrador;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_purged_contact_takes_what_is_its_own_and_leaves_a_snapshot_in_the_log() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let marta = app.cell("select id from contacts where display_name like 'Marta%' limit 1").await;
    let purge = "mutation ($id: ID!) { purgeContact(input: { id: $id }) { deletedId errors { code path message } } }";
    let first = ana.data(purge, json!({ "id": marta })).await["purgeContact"].clone();
    assert_eq!(first["errors"][0]["code"], "VALIDATION", "only what was deleted");
    assert_eq!(app.cell(&format!("select count(*) from contacts where id = '{marta}'")).await, "1");
    ana.data("mutation ($id: ID!) { deleteContact(input: { id: $id }) { errors { code } } }", json!({ "id": marta }))
        .await;
    let second = ana.data(purge, json!({ "id": marta })).await["purgeContact"].clone();
    assert_eq!(second["errors"], json!([]));
    assert!(second["deletedId"].as_str().unwrap().starts_with("contact_"));
    for table in ["contacts where id", "conversations where contact_id", "leads where contact_id"] {
        assert_eq!(app.cell(&format!("select count(*) from {table} = '{marta}'")).await, "0", "{table}");
    }
    let log = app.rows(&format!("select action, details -> 'before' ->> 'displayName', details -> 'actor' ->> 'email' from audit_logs where target_id = 'contact_{marta}'")).await;
    assert_eq!(log.len(), 1, "{log:?}");
    assert_eq!((log[0][0].as_str(), log[0][2].as_str()), ("contact.purged", "ana@autos.test"));
    assert!(log[0][1].starts_with("Marta"));
    let third = ana.data(purge, json!({ "id": marta })).await["purgeContact"].clone();
    assert_eq!(third["errors"][0]["code"], "NOT_FOUND");
}

/// Shows rule:soft-delete-users.
#[tokio::test(flavor = "multi_thread")]
async fn a_purged_user_loses_what_is_personal_and_business_rows_only_lose_the_link() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let jan = app.cell("select id from users where email = 'jan@autos.test'").await;
    app.sign_in("autos", "jan@autos.test").await;
    let messages = "select count(*) from messages";
    let before = app.cell(messages).await;
    let mine = format!("select count(*) from audit_logs where actor_id = '{jan}'");
    app.sql(&format!(
        "begin; set local app.user_id = '{jan}'; update users set phone = '+34600000777' where id = '{jan}'; commit;
         update users set deleted_at = now() where id = '{jan}'"
    ))
    .await;
    assert_eq!(app.cell(&mine).await, "1");
    let purge = "mutation ($id: ID!) { purgeUser(input: { id: $id }) { deletedId errors { code message } } }";
    assert_eq!(ana.data(purge, json!({ "id": jan })).await["purgeUser"]["errors"], json!([]));
    assert_eq!(app.cell(messages).await, before);
    assert_eq!(app.cell(&format!("select count(*) from messages where sender_user_id = '{jan}'")).await, "0");
    for table in ["sessions", "user_roles", "oauth_accounts", "user_settings", "team_members"] {
        assert_eq!(app.cell(&format!("select count(*) from {table} where user_id = '{jan}'")).await, "0", "{table}");
    }
    assert_eq!(app.cell(&mine).await, "0", "the log lets go of the key");
    let kept = "select count(*) from audit_logs where details -> 'actor' ->> 'email' = 'jan@autos.test'";
    assert_eq!(app.cell(kept).await, "1", "and keeps the address");
    let purged = app
        .rows(&format!("select action from audit_logs where target_id = 'user_{jan}' and action like '%.purged'"))
        .await;
    assert_eq!(purged, [["user.purged"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_do_not_purge() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    for (name, verb) in Mostrador::model().mutations.iter().filter(|(name, _)| name.starts_with("purge")) {
        let entity = Mostrador::model().entity(verb.entity);
        let query = format!("mutation ($id: ID!) {{ {name}(input: {{ id: $id }}) {{ deletedId errors {{ code }} }} }}");
        let id = entity::id::format_id(entity.decl.prefix, uuid::Uuid::from_u128(42));
        let reply = jan.send(&query, json!({ "id": id })).await;
        // Everybody may remove what is their own for good, and sees nobody else's.
        if ["HEALTH", "FINANCE"].contains(&verb.right.process.code) {
            assert_eq!(reply.json["data"][name]["errors"][0]["code"], "NOT_FOUND", "{name}: {}", reply.json);
            continue;
        }
        assert_eq!(reply.json["errors"][0]["extensions"]["code"], "FORBIDDEN", "{name}");
        assert_eq!(reply.json["errors"][0]["extensions"]["requires"]["action"], "ADMIN", "{name}");
    }
}
