//! Health: owner only under every path, each operation that reads is written down, and nothing of it lies in the clear.

use mostrador::app::rotate_keys::{rotate, take_inventory};
use mostrador::graphql::service::{Call, Caller, GraphqlService, LiveCaller, RequestId, Subscribed};
use mostrador::secrets::KeyRing;
use serde_json::{Value, json};

use crate::app::{TestApp, TestClient, connect};

/// What was written down about reading since this was last asked.
async fn readings(app: &TestApp) -> Vec<Vec<String>> {
    let sql = "select u.email, a.target_type, a.target_id = 'user_' || u.id, a.details ->> 'types', a.details ->> 'subscription'
                 from audit_logs a join users u on u.tenant_id = a.tenant_id and u.id = a.actor_id
                where a.action = 'health.read' order by a.id";
    let rows = app.rows(sql).await;
    app.sql("set session_replication_role = replica; delete from audit_logs where action = 'health.read'").await;
    rows
}

async fn jan(app: &TestApp) -> TestClient {
    app.sign_in("autos", "jan@autos.test").await
}

const SAVE: &str = "mutation($input: SaveHealthProfileInput!) {
    saveHealthProfile(input: $input) { healthProfile { id insuranceInfo } errors { code message path } } }";

/// rule:health-owner-only rule:audit-trail — one row for each operation, with all types that it read, whichever way it took;
/// operations about other things, and those that only name types, write none.
#[tokio::test(flavor = "multi_thread")]
async fn each_operation_that_reads_health_data_is_written_down_once() {
    let app = TestApp::world().await;
    let jan = jan(&app).await;
    let all =
        "{ viewer { user { email healthProfile { bloodType medications { nodes { name logs { totalCount } } } } } }
                 again: healthProfiles { nodes { allergies { nodes { allergen } } } } contacts { totalCount } }";
    let node =
        jan.data("{ healthProfiles { nodes { id } } }", Value::Null).await["healthProfiles"]["nodes"][0]["id"].clone();
    assert_eq!(readings(&app).await.len(), 1);
    let cases = [
        (all, json!(["Allergy", "HealthProfile", "Medication", "MedicationLog"])),
        ("query($id: ID!) { node(id: $id) { __typename } }", json!(["HealthProfile"])),
        ("query($id: ID!) { nodes(ids: [$id]) { ... on HealthProfile { sex } } }", json!(["HealthProfile"])),
        ("{ healthMeasurements(first: 0) { totalCount } }", json!(["HealthMeasurement"])),
        ("{ users(filter: { healthProfile: { weight: { gt: \"1\" } } }) { totalCount } }", json!(["HealthProfile"])),
        ("{ upcomingMedicalAlerts { at } }", json!(["MedicalAppointment", "Medication"])),
        (
            "mutation($id: ID!) { updateHealthProfile(input: { id: $id, sex: MALE }) { healthProfile { weight } errors { message } } }",
            json!(["HealthProfile"]),
        ),
    ];
    for (query, types) in cases {
        let reply = jan.send(query, json!({ "id": node })).await;
        assert!(reply.json.get("errors").is_none(), "{query}: {}", reply.json);
        let noted = readings(&app).await;
        assert_eq!(noted.len(), 1, "{query}: {noted:?}");
        assert_eq!(noted[0][..3], ["jan@autos.test", "User", "t"], "{query}");
        assert_eq!(serde_json::from_str::<Value>(&noted[0][3]).unwrap(), types, "{query}");
    }
    for query in [
        "{ viewer { user { email } } contacts { nodes { id } } }",
        "{ __typename }",
        "mutation($id: ID!) { updateHealthProfile(input: { id: $id, sex: MALE }) { errors { message } } }",
    ] {
        jan.send(query, json!({ "id": node })).await;
        assert_eq!(readings(&app).await, Vec::<Vec<String>>::new(), "{query}");
    }
}

/// What cannot be written down is not read.
#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_cannot_be_written_down_is_refused() {
    let app = TestApp::world().await;
    let jan = jan(&app).await;
    app.sql(
        "create function app.no_audit() returns trigger language plpgsql as $$ begin raise exception 'full'; end $$;
         create trigger no_audit before insert on audit_logs for each row when (new.action = 'health.read') execute function app.no_audit()",
    )
    .await;
    let reply = jan.send("{ healthProfiles { nodes { bloodType } } }", Value::Null).await;
    assert_eq!(reply.json["data"], Value::Null, "{}", reply.json);
    assert_eq!(reply.json["errors"][0]["extensions"]["code"], "INTERNAL");
    assert!(!reply.json.to_string().contains("O_POSITIVE"));
    // All else goes on.
    jan.data("{ viewer { user { email } } }", Value::Null).await;
}

/// A subscription is written down when it begins, if its events would show health data; one that only names rows is not,
/// and nor is what others watch.
#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_that_show_health_data_are_written_down_when_they_begin() {
    let app = TestApp::world().await;
    let jan = jan(&app).await;
    for (query, noted) in [
        ("subscription { changes(types: [MEDICATION]) { ... on Change { node { ... on Medication { name } } } } }", 1),
        ("subscription { changes { ... on Change { node { __typename id } } } }", 0),
        ("subscription { changes(types: [CONTACT]) { ... on Change { node { ... on Contact { displayName } } } } }", 0),
    ] {
        let stream = subscribe(&app, &jan, query).await;
        let rows = readings(&app).await;
        assert_eq!(rows.len(), noted, "{query}: {rows:?}");
        if noted == 1 {
            assert_eq!(rows[0], ["jan@autos.test", "User", "t", "[\"Medication\"]", "changes"]);
        }
        drop(stream);
    }
}

async fn subscribe(app: &TestApp, client: &TestClient, query: &str) -> Subscribed {
    let identity = app.services.tokens.verify(&client.token).unwrap();
    let (_renewal, caller) = LiveCaller::begin(identity);
    let call = Call {
        query: query.to_owned(),
        operation_name: None,
        variables: None,
        extensions: None,
        queries_only: false,
        bearer: None,
        caller: Caller::default(),
        request_id: RequestId::accept("test-request").unwrap(),
    };
    match app.gateway.subscribe(call, caller).await {
        Ok(subscribed) => subscribed,
        Err(answer) => panic!("{query}: {}", String::from_utf8_lossy(&answer.body)),
    }
}

/// rule:health-owner-only — administrators and staff of the platform get NOT_FOUND or nothing, over every way.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_reads_a_word_of_it() {
    let app = TestApp::world().await;
    let jan = jan(&app).await;
    let input = json!({ "insuranceInfo": { "policy": "SECRET-4711" } });
    let saved = jan.data(SAVE, json!({ "input": input })).await;
    let id = saved["saveHealthProfile"]["healthProfile"]["id"].clone();
    let user = jan.data("{ viewer { user { id } } }", Value::Null).await["viewer"]["user"]["id"].clone();
    let uuid = async |sql: &str| app.cell(sql).await;
    let (cars, vera, base) = (
        uuid("select id from tenants where slug = 'autos'").await.parse().unwrap(),
        uuid("select id from users where email = 'vera@platform.test'").await.parse().unwrap(),
        uuid("select id from tenants where is_platform").await.parse().unwrap(),
    );
    let session = crate::app::session_of(&crate::app::superuser(&app.database_name).await, vera).await;
    let others = [
        app.sign_in("autos", "ana@autos.test").await,
        app.sign_in("casas", "eva@casas.test").await,
        app.sign_in("platform", "vera@platform.test").await,
        app.acting(cars, vera, session, base),
    ];
    let before = readings(&app).await.len();
    assert!(before >= 1);
    for other in &others {
        for query in [
            "query($id: ID!) { healthProfile(id: $id) { bloodType insuranceInfo } }",
            "query($id: ID!) { node(id: $id) { ... on HealthProfile { insuranceInfo } } }",
            "query($id: ID!) { nodes(ids: [$id]) { ... on HealthProfile { insuranceInfo } } }",
            "query($id: ID!) { healthProfiles(includeDeleted: true) { nodes { id insuranceInfo } } }",
            "query($user: ID!) { user(id: $user) { healthProfile { insuranceInfo } } }",
            "{ medications { nodes { name } } medicalConditions { nodes { name } } }",
        ] {
            let reply = other.send(query, json!({ "id": id, "user": user })).await;
            let text = reply.json.to_string();
            for word in ["SECRET", "O_POSITIVE", "Ventolin", "Asma"] {
                assert!(!text.contains(word), "{query}: {text}");
            }
            if query.contains("(id: $id)") && query.contains("insuranceInfo") {
                let code = &reply.json["errors"][0]["extensions"]["code"];
                assert!(["NOT_FOUND", "FORBIDDEN"].contains(&code.as_str().unwrap_or_default()), "{query}: {text}");
            }
        }
    }
    let ana = others[0].send("query($id: ID!) { healthProfile(id: $id) { id } }", json!({ "id": id })).await;
    assert_eq!(ana.json["errors"][0]["extensions"]["code"], "NOT_FOUND", "{}", ana.json);
}

/// rule:encryption-health rule:encryption-debt-account-number — no word of what is sealed lies anywhere in the database, in
/// whatever form a row is shown, and its own log of what was written says no value either.
#[tokio::test(flavor = "multi_thread")]
async fn no_table_holds_what_is_sealed() {
    let app = TestApp::world().await;
    let jan = jan(&app).await;
    let input = json!({
        "emergencyContacts": [{ "name": "ZQXSECRET" }], "insuranceInfo": { "policy": "ZQXSECRET" },
        "encryptedData": "ZQXSECRET", "idempotencyKey": "once"
    });
    let saved = jan.data(SAVE, json!({ "input": input })).await;
    assert_eq!(saved["saveHealthProfile"]["healthProfile"]["insuranceInfo"]["policy"], "ZQXSECRET", "{saved}");
    let debt = "mutation($profile: ID!) { createDebt(input: { profileId: $profile, name: \"x\", type: OTHER, principal: \"1\", interestRate: \"1\",
        startDate: \"2026-01-01\", accountNumber: \"ZQXSECRET7788\" }) { debt { accountNumber } errors { message } } }";
    let profile = jan.data("{ financialProfiles { nodes { id } } }", Value::Null).await["financialProfiles"]["nodes"]
        [0]["id"]
        .clone();
    let made = jan.data(debt, json!({ "profile": profile })).await;
    assert_eq!(made["createDebt"]["debt"]["accountNumber"], "7788", "{made}");
    let tables = app.rows("select c.oid::regclass::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'").await;
    for table in tables.into_iter().flatten() {
        // Bytes as text with escapes, so that words in them would be seen.
        let sql = format!("set bytea_output = 'escape'; select count(*) from {table} t where t::text ~ 'ZQXSECRET'");
        assert_eq!(app.cell(&sql).await, "0", "{table}");
    }
}

/// Sealed columns are sealed anew with a new key, and read back as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_seals_health_and_debts_anew() {
    // What test applications seal with, see `app::keys`.
    const OLD: &str = "test:MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
    const NEW: &str = "2027:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";
    let app = TestApp::world().await;
    let client = jan(&app).await;
    let input = json!({ "encryptedData": { "kept": true } });
    client.data(SAVE, json!({ "input": input })).await;
    let both: KeyRing = format!("{NEW},{OLD}").parse().unwrap();
    let mut owner = connect("mostrador_owner", &app.database_name).await;
    assert!(rotate(&mut owner, &both, |_| ()).await.unwrap() >= 1);
    let inventory = take_inventory(&mut owner, &both).await.unwrap();
    assert_eq!((inventory.broken, inventory.open.len()), (0, 1), "{inventory:?}");
    let app = app.serving(|services| services.keys = both).await;
    let read = jan(&app).await.data("{ healthProfiles { nodes { encryptedData } } }", Value::Null).await;
    assert_eq!(read["healthProfiles"]["nodes"][0]["encryptedData"], json!({ "kept": true }));
}
