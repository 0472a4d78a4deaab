//! Which sessions are let in, and how far.

use serde_json::json;
use uuid::Uuid;

use super::{CONTACTS, FINE, ask, attempt, id};
use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_over_is_refused_like_one_that_never_was() {
    let app = TestApp::world().await;
    let whole = app.sign_in("autos", "jan@autos.test").await;
    let refused = whole_of(&app.stranger(Uuid::from_u128(1), Uuid::from_u128(2))).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    let ways = [
        (
            "the session was ended",
            "update sessions set is_active = false WHERE_SESSION",
            "update sessions set is_active = true WHERE_SESSION",
        ),
        (
            "the session has run out",
            "update sessions set expires_at = '2026-03-02T09:30Z' WHERE_SESSION",
            "update sessions set expires_at = '2100-01-01' WHERE_SESSION",
        ),
        (
            "the user is switched off",
            "update users set is_active = false WHERE_USER",
            "update users set is_active = true WHERE_USER",
        ),
        (
            "the user was deleted",
            "update users set deleted_at = now() WHERE_USER",
            "update users set deleted_at = null WHERE_USER",
        ),
        (
            "the tenant is suspended",
            "update tenants set status = 'SUSPENDED' where slug = 'autos'",
            "update tenants set status = 'ACTIVE' where slug = 'autos'",
        ),
        ("the tenant is closed", "update tenants set status = 'CLOSED' where slug = 'autos'", ""),
    ];
    let user = "where email = 'jan@autos.test'";
    let session = "where user_id = (select id from users where email = 'jan@autos.test')";
    for (why, away, back) in ways {
        assert_eq!(ask(&whole, CONTACTS).await, FINE, "before {why}");
        let fill = |sql: &str| sql.replace("WHERE_SESSION", session).replace("WHERE_USER", user);
        app.sql(&fill(away)).await;
        assert_eq!(whole_of(&whole).await, refused, "{why}");
        app.sql(&fill(back)).await;
    }
}

/// The answer without its request ID.
async fn whole_of(client: &crate::app::TestClient) -> serde_json::Value {
    let reply = client.send(CONTACTS, json!({})).await;
    let mut answer = reply.json;
    answer["status"] = reply.status.as_u16().into();
    if let Some(extensions) = answer["errors"][0]["extensions"].as_object_mut() {
        extensions.remove("requestId");
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lives_in_its_own_session_tenant_and_user_only() {
    let app = TestApp::world().await;
    let of = async |sql: &str| -> Uuid { app.cell(sql).await.parse().unwrap() };
    let (cars, casas) = (
        of("select id from tenants where slug = 'autos'").await,
        of("select id from tenants where slug = 'casas'").await,
    );
    let (ana, eva) = (
        of("select id from users where email = 'ana@autos.test'").await,
        of("select id from users where email = 'eva@casas.test'").await,
    );
    let session = of(&format!("select id from sessions where user_id = '{ana}'")).await;
    assert_eq!(ask(&app.client_in(cars, ana, session), CONTACTS).await, FINE);
    for (tenant, user) in [(casas, ana), (cars, eva), (casas, eva), (casas, Uuid::nil())] {
        assert_eq!(ask(&app.client_in(tenant, user, session), CONTACTS).await, ["UNAUTHENTICATED"], "{tenant} {user}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_change_the_password_may_do_nothing_else() {
    let app = TestApp::world().await;
    for change in ["is_first_login = true", "is_first_login = false, password_expires_at = '2026-03-02T09:30Z'"] {
        app.sql(&format!("update users set {change} where email = 'ana@autos.test'")).await;
        let ana = app.sign_in("autos", "ana@autos.test").await;
        for query in [
            CONTACTS,
            "{ viewer { user { id } } contacts { totalCount } }",
            "query { viewer { user { id } } ...Rest } fragment Rest on Query { contacts { totalCount } }",
            "query { ... on Query @include(if: true) { contacts { totalCount } } }",
            "query ($no: Boolean = false) { viewer { user { id } } contacts @include(if: $no) { totalCount } }",
            "{ node(id: \"contact_000000000000000000000marta\") { id } }",
        ] {
            assert_eq!(ask(&ana, query).await, ["PASSWORD_CHANGE_REQUIRED"], "{change}: {query}");
        }
        let input = json!({ "id": id("contact", "marta"), "firstName": "Marta" });
        assert_eq!(attempt(&ana, "updateContact", input).await, ["PASSWORD_CHANGE_REQUIRED"], "{change}");
        assert_eq!(
            ask(&ana, "{ viewer { user { id email } tenant { name } permissions { process action } } }").await,
            FINE,
            "{change}"
        );
        assert_eq!(
            ask(&ana, "{ viewer { user { id ownedContacts { totalCount } } } }").await,
            ["FORBIDDEN"],
            "nothing through the viewer either"
        );
    }
    app.sql("update users set is_first_login = false, password_expires_at = '2026-03-02T09:30:00.001Z'").await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    assert_eq!(ask(&ana, CONTACTS).await, FINE, "a moment before the end");
    app.clock.advance(chrono::TimeDelta::milliseconds(1));
    assert_eq!(ask(&ana, CONTACTS).await, ["PASSWORD_CHANGE_REQUIRED"], "and then, without anything being written");
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_of_the_platform_acts_elsewhere_as_nobody_of_that_tenant() {
    let app = TestApp::world().await;
    let of = async |sql: &str| -> Uuid { app.cell(sql).await.parse().unwrap() };
    let (cars, platform) =
        (of("select id from tenants where slug = 'autos'").await, of("select id from tenants where is_platform").await);
    let vera = of("select id from users where email = 'vera@platform.test'").await;
    app.sign_in("platform", "vera@platform.test").await;
    let session = of(&format!("select id from sessions where user_id = '{vera}' limit 1")).await;
    let there = app.acting(cars, vera, session, platform);
    assert_eq!(ask(&there, CONTACTS).await, FINE);
    let input = json!({ "contactId": id("contact", "marta"), "type": "NOTE", "notes": "Looked at by the platform" });
    assert_eq!(attempt(&there, "createInteraction", input).await, FINE);
    let author =
        app.cell("select coalesce(user_id::text, 'nobody') from interactions where notes like 'Looked%'").await;
    assert_eq!(author, "nobody");
    assert_eq!(ask(&there, "{ viewer { tenant { name } permissions { process } } }").await, FINE);
    // Neither an administrator of a business nor staff without the right is let in.
    let ana = of("select id from users where email = 'ana@autos.test'").await;
    let session_of_ana = of(&format!("select id from sessions where user_id = '{ana}'")).await;
    let casas = of("select id from tenants where slug = 'casas'").await;
    assert_eq!(ask(&app.acting(casas, ana, session_of_ana, cars), CONTACTS).await, ["UNAUTHENTICATED"]);
    app.sql("update users set role = 'ADMIN' where email = 'vera@platform.test'").await;
    assert_eq!(ask(&there, CONTACTS).await, ["UNAUTHENTICATED"], "no SUPER_ADMIN any more");
}
