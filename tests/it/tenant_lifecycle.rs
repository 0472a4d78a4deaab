//! Businesses come, rest and go by the hand of those who run the platform, who may also act in one by name. Both audit
//! logs keep it, and the database refuses whoever is not of the platform.

use serde_json::{Value, json};

use crate::app::{Reply, TestApp, TestClient, connect};

const CREATE: &str = "mutation ($slug: String!, $key: String) { createTenant(input: {
    name: \"Motos Este\", email: \"hola@motos.test\", slug: $slug, defaultCurrency: \"EUR\", timezone: \"Europe/Madrid\"
    adminEmail: \"Lola@motos.test\", locale: \"es\", idempotencyKey: $key
}) { tenant { id name status slug settings { campaignBatchSize } } errors { code path message } } }";

const ACT: &str = "mutation ($id: ID!, $reason: String!) { actInTenant(input: { id: $id, reason: $reason }) {
    accessToken expiresIn tenantId errors { code path message } } }";

fn change(verb: &str) -> String {
    format!(
        "mutation ($id: ID!) {{ {verb}(input: {{ id: $id, reason: \"Ticket 7\" }}) {{ tenant {{ status }} errors {{ code path message details }} }} }}"
    )
}

fn code(reply: &Reply) -> Value {
    reply.json["errors"][0]["extensions"]["code"].clone()
}

async fn tenant(app: &TestApp, slug: &str) -> String {
    app.cell(&format!("select id from tenants where slug = '{slug}'")).await
}

/// A client that acts in a business.
async fn acting(app: &TestApp, staff: &TestClient, slug: &str) -> TestClient {
    let data = staff.data(ACT, json!({ "id": tenant(app, slug).await, "reason": "Ticket 7" })).await;
    assert_eq!(data["actInTenant"]["errors"], json!([]));
    let mut client = staff.clone();
    client.token = data["actInTenant"]["accessToken"].as_str().unwrap().to_owned();
    client
}

async fn log_of(app: &TestApp, slug: &str, action: &str) -> Vec<Vec<String>> {
    let sql = format!(
        "select coalesce(details -> 'actor' ->> 'email', '') || coalesce(details -> 'platformStaff' ->> 'email', ''),
                (actor_id is not null)::text, coalesce(details ->> 'reason', '')
           from audit_logs where action = '{action}' and tenant_id = (select id from tenants where slug = '{slug}')
            and occurred_at > '2026-06-01' order by id"
    );
    app.rows(&sql).await
}

/// Shows rule:settings-one-to-one, rule:credentials-one-to-one, rule:default-roles-seeded.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_business_has_all_it_needs_and_an_invitation_for_its_administrator() {
    let app = TestApp::world().await;
    let vera = app.sign_in("platform", "vera@platform.test").await;
    let created = vera.data(CREATE, json!({ "slug": "motos", "key": "k1" })).await["createTenant"].clone();
    assert_eq!(created["errors"], json!([]), "{created}");
    assert_eq!(created["tenant"]["status"], "TRIAL");
    assert_eq!(created["tenant"]["slug"], "motos");
    let again = vera.data(CREATE, json!({ "slug": "motos", "key": "k1" })).await["createTenant"].clone();
    assert_eq!(again["tenant"]["id"], created["tenant"]["id"], "the same key makes no second business");
    let id = tenant(&app, "motos").await;
    for (table, count) in [
        ("tenant_settings", "1"),
        ("tenant_credentials", "1"),
        ("roles", "5"),
        ("contact_statuses", "6"),
        ("conversation_tags", "1"),
        ("engine_types", "8"),
        ("users", "0"),
        ("emails", "1"),
    ] {
        assert_eq!(app.cell(&format!("select count(*) from {table} where tenant_id = '{id}'")).await, count, "{table}");
    }
    let invitation =
        format!("select lower(email), role, status, invited_by_id from invitations where tenant_id = '{id}'");
    assert_eq!(app.rows(&invitation).await, [["lola@motos.test", "ADMIN", "PENDING", ""]]);
    assert_eq!(log_of(&app, "motos", "tenant.created").await, [["vera@platform.test", "false", ""]]);
    assert_eq!(log_of(&app, "motos", "invitation.created").await, [["vera@platform.test", "false", ""]]);
    assert_eq!(log_of(&app, "platform", "tenant.created").await, [["vera@platform.test", "true", ""]]);
    assert_eq!(log_of(&app, "platform", "invitation.created").await, Vec::<Vec<String>>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_makes_no_business_at_all() {
    let app = TestApp::world().await;
    let vera = app.sign_in("platform", "vera@platform.test").await;
    let before = app
        .rows("select (select count(*) from tenants), (select count(*) from audit_logs), (select count(*) from emails)")
        .await;
    for (slug, expected) in [("autos", "CONFLICT"), ("No Slug", "VALIDATION")] {
        let errors = vera.data(CREATE, json!({ "slug": slug })).await["createTenant"]["errors"].clone();
        assert_eq!(errors[0]["code"], expected, "{errors}");
        assert_eq!(errors[0]["path"], json!(["slug"]), "{errors}");
    }
    // The settings of the transaction are those of the platform again.
    let both = format!("{} ", CREATE.trim_end_matches('}').trim_end()) + "tenants: __typename }";
    assert_eq!(vera.data(&both, json!({ "slug": "autos" })).await["createTenant"]["errors"][0]["code"], "CONFLICT");
    let after = app
        .rows("select (select count(*) from tenants), (select count(*) from audit_logs), (select count(*) from emails)")
        .await;
    assert_eq!(after, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_sees_all_businesses_and_everybody_else_their_own() {
    let app = TestApp::world().await;
    let list = "{ tenants(orderBy: [{ field: SLUG, direction: ASC }]) { totalCount nodes { slug } } }";
    let vera = app.sign_in("platform", "vera@platform.test").await;
    let slugs = vera.data(list, Value::Null).await["tenants"].clone();
    assert_eq!(slugs["nodes"], json!([{ "slug": "autos" }, { "slug": "casas" }, { "slug": "platform" }]));
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let slugs = ana.data(list, Value::Null).await["tenants"].clone();
    assert_eq!(slugs, json!({ "totalCount": 1, "nodes": [{ "slug": "autos" }] }));
    // Of what belongs to the businesses staff sees nothing from home.
    let inside =
        "{ tenants { nodes { slug settings { campaignBatchSize } } } contacts { totalCount } users { totalCount } }";
    let data = vera.data(inside, Value::Null).await;
    assert_eq!(data["contacts"]["totalCount"], 0);
    assert_eq!(data["users"]["totalCount"], 1);
    let settings = data["tenants"]["nodes"].as_array().unwrap().iter().filter(|node| !node["settings"].is_null());
    assert_eq!(settings.count(), 1);
    let autos = tenant(&app, "autos").await;
    let rename = "mutation ($id: ID!) { updateTenant(input: { id: $id, name: \"Mine\" }) { errors { code } } }";
    let renamed = vera.data(rename, json!({ "id": autos })).await["updateTenant"]["errors"].clone();
    assert_ne!(renamed, json!([]));
    assert_eq!(app.cell("select name from tenants where slug = 'autos'").await, "Autos del Sur");
}

/// Shows rule:tenant-status.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_a_suspended_business_are_refused_at_once_and_work_again_when_it_opens() {
    let app = TestApp::world().await;
    let vera = app.sign_in("platform", "vera@platform.test").await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let eva = app.sign_in("casas", "eva@casas.test").await;
    let id = json!({ "id": tenant(&app, "autos").await });
    let ask = "{ viewer { user { email } } }";
    ana.data(ask, Value::Null).await;
    let suspended = vera.data(&change("suspendTenant"), id.clone()).await["suspendTenant"].clone();
    assert_eq!(suspended, json!({ "tenant": { "status": "SUSPENDED" }, "errors": [] }));
    assert_eq!(code(&ana.send(ask, Value::Null).await), "UNAUTHENTICATED");
    eva.data(ask, Value::Null).await;
    vera.data(&change("suspendTenant"), id.clone()).await;
    let opened = vera.data(&change("reactivateTenant"), id.clone()).await["reactivateTenant"].clone();
    assert_eq!(opened["tenant"]["status"], "ACTIVE");
    ana.data(ask, Value::Null).await;
    let closed = vera.data(&change("closeTenant"), id.clone()).await["closeTenant"].clone();
    assert_eq!(closed["tenant"]["status"], "CLOSED");
    assert_eq!(code(&ana.send(ask, Value::Null).await), "UNAUTHENTICATED");
    for verb in ["activateTenant", "reactivateTenant", "suspendTenant"] {
        let refused = vera.data(&change(verb), id.clone()).await[verb]["errors"].clone();
        assert_eq!(refused[0]["code"], "INVALID_TRANSITION", "{verb}");
        assert_eq!(refused[0]["details"]["from"], "CLOSED", "{verb}");
    }
    for action in ["tenant.suspended", "tenant.activated", "tenant.closed"] {
        assert_eq!(log_of(&app, "autos", action).await, [["vera@platform.test", "false", "Ticket 7"]], "{action}");
        assert_eq!(log_of(&app, "platform", action).await, [["vera@platform.test", "true", "Ticket 7"]], "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_itself_stays_open_and_unknown_businesses_are_not_found() {
    let app = TestApp::world().await;
    let vera = app.sign_in("platform", "vera@platform.test").await;
    let own = json!({ "id": tenant(&app, "platform").await });
    assert_eq!(
        vera.data(&change("suspendTenant"), own.clone()).await["suspendTenant"]["errors"][0]["code"],
        "VALIDATION"
    );
    let acted = vera.data(ACT, json!({ "id": own["id"], "reason": "Why not" })).await["actInTenant"].clone();
    assert_eq!(acted["errors"][0]["path"], json!(["id"]));
    assert_eq!(acted["accessToken"], Value::Null);
    let nobody = json!({ "id": uuid::Uuid::from_u128(42), "reason": "Ticket 7" });
    assert_eq!(
        vera.data(&change("closeTenant"), json!({ "id": nobody["id"] })).await["closeTenant"]["errors"][0]["code"],
        "NOT_FOUND"
    );
    assert_eq!(vera.data(ACT, nobody).await["actInTenant"]["errors"][0]["code"], "NOT_FOUND");
    let why = json!({ "id": tenant(&app, "autos").await, "reason": "  " });
    assert_eq!(vera.data(ACT, why).await["actInTenant"]["errors"][0]["path"], json!(["reason"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_of_a_business_cannot_do_what_the_platform_does() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let id = json!({ "id": tenant(&app, "autos").await, "reason": "Mine" });
    assert_eq!(code(&ana.send(CREATE, json!({ "slug": "mine" })).await), "FORBIDDEN");
    for verb in ["activateTenant", "suspendTenant", "reactivateTenant", "closeTenant"] {
        assert_eq!(code(&ana.send(&change(verb), id.clone()).await), "FORBIDDEN", "{verb}");
    }
    assert_eq!(code(&ana.send(ACT, id).await), "FORBIDDEN");
    assert_eq!(log_of(&app, "autos", "access.denied").await.len(), 6, "the log has each of these attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_lets_nobody_else_reach_into_another_tenant() {
    let app = TestApp::world().await;
    let ids = app
        .rows(
            "select t.id, u.id from tenants t join users u on u.tenant_id = t.id
              where u.email in ('ana@autos.test', 'eva@casas.test', 'vera@platform.test') order by t.slug",
        )
        .await;
    let [(autos, ana), (casas, _), (platform, vera)] =
        [0, 1, 2].map(|index| (ids[index][0].as_str(), ids[index][1].as_str()));
    let api = connect("mostrador_api", &app.database_name).await;
    let attempts = [
        "select app.create_tenant(app.uuid_v7(), 'Mine', 'me@mine.test', 'mine', 'EUR', 'UTC')".to_owned(),
        format!("select app.change_tenant_status('{casas}', '{{ACTIVE}}', 'CLOSED', 'Mine')"),
        format!("select app.act_in_tenant('{casas}', 'Mine')"),
        format!("update tenants set status = 'CLOSED' where id = '{casas}'"),
        "update tenants set status = 'CLOSED'".to_owned(),
        "update tenants set is_platform = true".to_owned(),
        "insert into tenants (name, email, slug, default_currency, timezone) values ('M', 'm@m.test', 'mm', 'EUR', 'UTC')".to_owned(),
    ];
    let settings = |tenant: &str, user: &str| {
        format!(
            "begin; set local app.tenant_id = '{tenant}'; set local app.user_id = '{user}'; set local app.scope = 'records users platform'"
        )
    };
    // Somebody else's settings, forged ones, and none.
    for who in
        [settings(autos, ana), settings(platform, ana), settings(autos, vera), settings("", ""), "begin".to_owned()]
    {
        for attempt in &attempts {
            api.batch_execute(&who).await.unwrap();
            let error = api.batch_execute(attempt).await.expect_err(attempt);
            let code = error.code().unwrap().code();
            assert!(matches!(code, "MD001" | "42501"), "{who}: {attempt}: {error:?}");
            api.batch_execute("rollback").await.unwrap();
        }
        api.batch_execute(&who).await.unwrap();
        let seen: i64 = api.query_one("select count(*) from tenants", &[]).await.unwrap().get(0);
        assert!(seen <= 1, "{who} sees {seen} tenants");
        api.batch_execute("rollback").await.unwrap();
    }
    // Nor somebody who was of the platform.
    for end in ["role = 'ADMIN'", "is_active = false", "deleted_at = now()"] {
        app.sql(&format!(
            "insert into users (tenant_id, email, role) values ('{platform}', 'other@platform.test', 'SUPER_ADMIN') on conflict do nothing;
             update users set {end} where id = '{vera}'"
        ))
        .await;
        api.batch_execute(&settings(platform, vera)).await.unwrap();
        let error = api.batch_execute(&attempts[2]).await.expect_err(end);
        assert_eq!(error.code().unwrap().code(), "MD001", "{end}");
        api.batch_execute("rollback").await.unwrap();
        app.sql(&format!(
            "update users set role = 'SUPER_ADMIN', is_active = true, deleted_at = null where id = '{vera}'"
        ))
        .await;
    }
    api.batch_execute(&settings(platform, vera)).await.unwrap();
    api.batch_execute(&attempts[2]).await.unwrap();
    api.batch_execute("rollback").await.unwrap();
}

/// Shows rule:roles-super-admin-user-client.
#[tokio::test(flavor = "multi_thread")]
async fn staff_acts_in_a_business_by_name_and_what_they_do_is_theirs_in_its_log() {
    let app = TestApp::world().await;
    let vera = app.sign_in("platform", "vera@platform.test").await;
    let there = acting(&app, &vera, "autos").await;
    assert_eq!(log_of(&app, "autos", "tenant.entered").await, [["vera@platform.test", "false", "Ticket 7"]]);
    assert_eq!(log_of(&app, "platform", "tenant.entered").await, [["vera@platform.test", "true", "Ticket 7"]]);
    let contacts: Value = app.cell("select count(*) from contacts c join tenants t on t.id = c.tenant_id where slug = 'autos' and deleted_at is null").await.parse::<i64>().unwrap().into();
    assert_eq!(there.data("{ contacts { totalCount } }", Value::Null).await["contacts"]["totalCount"], contacts);
    assert_eq!(
        vera.data("{ contacts { totalCount } }", Value::Null).await["contacts"]["totalCount"],
        0,
        "at home as before"
    );
    let jan = app.cell("select id from users where email = 'jan@autos.test'").await;
    let update =
        "mutation ($id: ID!) { updateUser(input: { id: $id, phone: \"+34600000555\" }) { errors { code message } } }";
    assert_eq!(there.data(update, json!({ "id": jan })).await["updateUser"]["errors"], json!([]));
    assert_eq!(log_of(&app, "autos", "user.changed").await, [["vera@platform.test", "false", ""]]);
    assert_eq!(log_of(&app, "platform", "user.changed").await, Vec::<Vec<String>>::new());
    // A new row has no author: its column would point to a user of this business.
    let note = "mutation ($id: ID!) { createInteraction(input: { contactId: $id, type: NOTE, notes: \"Looked at it\" }) { interaction { user { email } } errors { code message } } }";
    let contact = app.cell("select c.id from contacts c join tenants t on t.id = c.tenant_id where slug = 'autos' and deleted_at is null limit 1").await;
    let noted = there.data(note, json!({ "id": contact })).await["createInteraction"].clone();
    assert_eq!(noted, json!({ "interaction": { "user": null }, "errors": [] }));
    // From one business to the next.
    let next = acting(&app, &there, "casas").await;
    assert_eq!(
        next.data("{ auditLogs(first: 1) { nodes { action } } }", Value::Null).await["auditLogs"]["nodes"][0]["action"],
        "tenant.entered"
    );
    assert_eq!(code(&there.send("{ viewer { user { email } } }", Value::Null).await), "NOT_FOUND");
    // Not what only the platform may do from home.
    let suspended =
        there.data(&change("suspendTenant"), json!({ "id": tenant(&app, "casas").await })).await["suspendTenant"]
            .clone();
    assert_eq!(suspended["errors"][0]["code"], "FORBIDDEN");
    assert_eq!(app.cell("select status from tenants where slug = 'casas'").await, "ACTIVE");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_personal_stays_closed_to_acting_staff() {
    let app = TestApp::world().await;
    let vera = app.sign_in("platform", "vera@platform.test").await;
    let there = acting(&app, &vera, "autos").await;
    let permissions = "{ viewer { permissions { process { code } action } } }";
    let reply = there.send(permissions, Value::Null).await;
    for personal in ["HEALTH", "FINANCE"] {
        assert!(!reply.json.to_string().contains(&format!("\"{personal}\"")), "{personal}: {}", reply.json);
    }
    for query in ["{ userSettings { totalCount } }", "{ oauthAccounts { totalCount } }"] {
        let reply = there.send(query, Value::Null).await;
        let refused = matches!(code(&reply).as_str(), Some("FORBIDDEN" | "GRAPHQL_VALIDATION_FAILED"));
        assert!(refused || reply.json["data"].to_string().contains(":0"), "{query}: {}", reply.json);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_a_business_ends_with_the_session_or_the_rank_behind_it() {
    let app = TestApp::world().await;
    let vera = app.sign_in("platform", "vera@platform.test").await;
    let ask = "{ contacts { totalCount } }";
    for end in
        ["update users set is_active = false", "update users set role = 'ADMIN'", "update users set deleted_at = now()"]
    {
        let there = acting(&app, &vera, "autos").await;
        there.data(ask, Value::Null).await;
        app.sql(&format!(
            "insert into users (tenant_id, email, role) select id, 'other@platform.test', 'SUPER_ADMIN' from tenants where slug = 'platform' on conflict do nothing;
             {end} where email = 'vera@platform.test'"
        ))
        .await;
        assert_eq!(code(&there.send(ask, Value::Null).await), "UNAUTHENTICATED", "{end}");
        app.sql("update users set role = 'SUPER_ADMIN', is_active = true, deleted_at = null where email = 'vera@platform.test'").await;
    }
    let there = acting(&app, &vera, "autos").await;
    there.data(ask, Value::Null).await;
    app.sql("update sessions set is_active = false where tenant_id = (select id from tenants where slug = 'platform')")
        .await;
    assert_eq!(code(&there.send(ask, Value::Null).await), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_can_look_after_a_suspended_business() {
    let app = TestApp::world().await;
    let vera = app.sign_in("platform", "vera@platform.test").await;
    vera.data(&change("suspendTenant"), json!({ "id": tenant(&app, "autos").await })).await;
    let there = acting(&app, &vera, "autos").await;
    assert_eq!(
        there.data("{ viewer { tenant { status } } }", Value::Null).await["viewer"]["tenant"]["status"],
        "SUSPENDED"
    );
}
