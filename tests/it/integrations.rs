//! Connections to other systems, against one on this machine that misbehaves.

mod credentials;
mod stub;

use std::sync::Arc;
use std::time::Duration;

use mostrador::integrations::{Schedule, SyncIntegration, TokenKeeper};
use mostrador::jobs::JobKind;
use mostrador::oauth::GrantClient;
use mostrador::work::{Crew, Tenancy};
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use self::stub::{Manner, Stub};
use crate::app::{TestApp, TestClient, keys, pool_settings};
use crate::jobs::errand::{PACE, stop, tenant, until, worker};

const BACK: &str = "https://app.example/connected";

const START: &str = "mutation($forBusiness: Boolean) {
    startIntegration(input: { provider: HUBSPOT, redirectUri: \"https://app.example/connected\", forBusiness: $forBusiness }) {
        authorizationUrl errors { code path existingId }
    } }";

const FINISH: &str = "mutation($state: String!, $code: String!) {
    finishIntegration(input: { state: $state, code: $code }) { integrationId errors { code path } } }";

const SHOWN: &str = "query($id: ID!) { integration(id: $id) {
    provider accessToken refreshToken scopes expiresAt isActive connectedAt lastSyncAt consecutiveFailures lastFailure alertedAt
    syncSettings { cursor direction nextSyncAt } syncLogs { nodes { status itemsSynced errorMessage finishedAt } } user { email }
} }";

/// The world without its own connections, with one system that can be connected.
struct Office {
    app: TestApp,
    stub: Stub,
    keeper: TokenKeeper,
    tenant: Uuid,
}

impl Office {
    async fn open() -> Self {
        let stub = Stub::start().await;
        let client = client_of(&stub);
        let world = TestApp::world().await;
        world.sql("delete from integrations").await;
        let grants = Arc::clone(&client);
        let app = world.serving(move |services| services.grants = Some(grants)).await;
        let keeper = TokenKeeper::new(&Tenancy::new(app.database.clone()), keys(), client);
        let tenant = tenant(&app, "autos").await;
        Self { app, stub, keeper, tenant }
    }

    async fn client(&self, email: &str) -> TestClient {
        self.app.sign_in("autos", email).await
    }

    /// Somebody connects the system; the ID of the connection.
    async fn connect(&self, client: &TestClient, for_business: bool) -> String {
        let started = client.data(START, json!({ "forBusiness": for_business })).await["startIntegration"].clone();
        assert_eq!(started["errors"], json!([]));
        let (state, code) = self.stub.agree(started["authorizationUrl"].as_str().unwrap());
        let finished = client.data(FINISH, json!({ "state": state, "code": code })).await["finishIntegration"].clone();
        assert_eq!(finished["errors"], json!([]));
        finished["integrationId"].as_str().unwrap().to_owned()
    }

    async fn shown(&self, client: &TestClient, id: &str) -> Value {
        client.data(SHOWN, json!({ "id": id })).await["integration"].clone()
    }

    /// Settings for the sync of the only connection.
    async fn settings(&self, client: &TestClient, id: &str, direction: &str) {
        let create = "mutation($id: ID!, $direction: SyncDirection!) {
            createIntegrationSyncSettings(input: { integrationId: $id, direction: $direction, intervalMinutes: 5, fieldMapping: { email: \"mail\" } }) {
                errors { code message } } }";
        let made = client.data(create, json!({ "id": id, "direction": direction })).await;
        assert_eq!(made["createIntegrationSyncSettings"]["errors"], json!([]));
    }

    /// Two gateways synchronize what is due, and come to rest.
    async fn sync(&self) {
        self.app.sql("update integration_sync_settings set next_sync_at = now() where is_enabled").await;
        let schedule = Schedule::new(&Tenancy::new(self.app.database.clone()));
        let (one, other) = tokio::join!(schedule.queue(self.tenant), schedule.queue(self.tenant));
        one.unwrap();
        other.unwrap();
        let kinds: Vec<Arc<dyn JobKind>> = vec![Arc::new(SyncIntegration::new(self.keeper.clone()))];
        let crew = Crew::start(vec![worker(&self.app, PACE, kinds.clone()), worker(&self.app, PACE, kinds)]);
        until(
            &self.app,
            "select bool_and(state not in ('QUEUED', 'RUNNING')) from jobs where kind = 'sync_integration'",
        )
        .await;
        stop(crew).await;
    }

    /// The token expires now.
    async fn expire(&self) {
        self.app.sql("update integrations set expires_at = now() - interval '1 second', refresh_at = null").await;
    }
}

fn client_of(stub: &Stub) -> Arc<GrantClient> {
    let pages = vec![BACK.parse().unwrap()];
    Arc::new(GrantClient::new(stub.configuration().parse().unwrap(), pages, Duration::from_millis(1500)).unwrap())
}

/// rule:oauth-integrations rule:mcp-one-per-provider rule:encryption-integrations
#[tokio::test(flavor = "multi_thread")]
async fn a_user_connects_a_system_once_and_no_token_is_ever_seen() {
    let office = Office::open().await;
    let (jan, ana) = (office.client("jan@autos.test").await, office.client("ana@autos.test").await);
    let id = office.connect(&jan, false).await;
    let shown = office.shown(&jan, &id).await;
    assert_eq!((&shown["accessToken"], &shown["refreshToken"]), (&json!("SET"), &json!("SET")));
    assert_eq!((&shown["scopes"], &shown["isActive"]), (&json!("contacts"), &json!(true)));
    assert_eq!(shown["user"]["email"], "jan@autos.test");

    // It works, so a second one is in the way; Ana's own is another one, and so is that of the business.
    let again = jan.data(START, json!({})).await["startIntegration"].clone();
    assert_eq!(again["errors"], json!([{ "code": "CONFLICT", "path": ["provider"], "existingId": id }]));
    let of_ana = office.connect(&ana, false).await;
    let of_all = office.connect(&ana, true).await;
    assert!(of_ana != id && of_all != of_ana);
    let second = format!(
        "insert into integrations (tenant_id, user_id, provider, is_active) select tenant_id, user_id, provider, false from integrations where user_id is null and tenant_id = '{}'",
        office.tenant
    );
    let superuser = crate::app::superuser(&office.app.database_name).await;
    assert_eq!(
        superuser.batch_execute(&second).await.unwrap_err().as_db_error().unwrap().constraint(),
        Some("integrations_user_id_provider_key")
    );

    // Jan may not connect for the business, and sees neither of Ana's.
    let refused = jan.send(START, json!({ "forBusiness": true })).await.json;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let hidden = jan.send(SHOWN, json!({ "id": of_all })).await.json;
    assert_eq!(hidden["errors"][0]["extensions"]["code"], "NOT_FOUND");
    let list = ana.data("{ integrations { totalCount } }", json!({})).await;
    assert_eq!(list["integrations"]["totalCount"], 2, "an administrator does not see Jan's own");

    // No token stands anywhere in the clear.
    let dump = office.app.rows("select t::text from integrations t union all select c::text from changes c union all select a::text from audit_logs a union all select j::text from jobs j").await;
    let dump = dump.into_iter().flatten().collect::<String>();
    for token in office.stub.tokens() {
        let hex: String = token.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!dump.contains(&token) && !dump.contains(&hex), "{token}");
    }

    let disconnect = "mutation($id: ID!) { disconnectIntegration(input: { id: $id }) { integration { accessToken refreshToken isActive } errors { code } } }";
    let gone = jan.data(disconnect, json!({ "id": id })).await["disconnectIntegration"]["integration"].clone();
    assert_eq!(gone, json!({ "accessToken": "NOT_SET", "refreshToken": "NOT_SET", "isActive": false }));
    assert_eq!(office.connect(&jan, false).await, id, "the same connection, connected anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_must_have_gone_and_only_once() {
    let office = Office::open().await;
    let (jan, ana) = (office.client("jan@autos.test").await, office.client("ana@autos.test").await);
    let started = jan.data(START, json!({})).await["startIntegration"].clone();
    let (state, code) = office.stub.agree(started["authorizationUrl"].as_str().unwrap());
    let finish = async |client: &TestClient, state: &str, code: &str| {
        let answer = client.data(FINISH, json!({ "state": state, "code": code })).await;
        answer["finishIntegration"]["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(finish(&ana, &state, &code).await, "INVALID_TOKEN", "it was not she who went");
    assert_eq!(finish(&jan, "nonsense", &code).await, "INVALID_TOKEN");
    assert_eq!(finish(&jan, &state, "another code").await, "INVALID_TOKEN", "the provider does not know it");
    assert_eq!(finish(&jan, &state, &code).await, "INVALID_TOKEN", "a state is used up whatever comes of it");

    let started = jan.data(START, json!({})).await["startIntegration"].clone();
    let (late, code) = office.stub.agree(started["authorizationUrl"].as_str().unwrap());
    office.app.sql("update integration_flows set expires_at = created_at").await;
    assert_eq!(finish(&jan, &late, &code).await, "INVALID_TOKEN", "too late");

    // A provider that does not answer, or babbles, is nobody's mistake.
    for manner in [Manner::Says(500, "oops"), Manner::Says(200, "<html>"), Manner::Sleeps] {
        let started = jan.data(START, json!({})).await["startIntegration"].clone();
        let (state, code) = office.stub.agree(started["authorizationUrl"].as_str().unwrap());
        office.stub.behave([manner]);
        let reply = jan.send(FINISH, json!({ "state": state, "code": code })).await.json;
        assert_eq!(reply["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{reply:#}");
    }
    let elsewhere = "mutation { startIntegration(input: { provider: HUBSPOT, redirectUri: \"https://evil.example/\" }) { errors { code path } } }";
    let refused = jan.data(elsewhere, json!({})).await;
    assert_eq!(refused["startIntegration"]["errors"], json!([{ "code": "VALIDATION", "path": ["redirectUri"] }]));
    assert_eq!(office.app.cell("select count(*) from integrations").await, "0");
}

/// rule:mcp-token-refresh One of many workers renews; the provider takes each refresh token once.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_before_it_expires_by_one_of_many() {
    let office = Office::open().await;
    let jan = office.client("jan@autos.test").await;
    let id = office.connect(&jan, false).await;
    let row: Uuid = office.app.cell("select id from integrations").await.parse().unwrap();
    let before = office.keeper.token(office.tenant, row).await.unwrap().unwrap();
    assert_eq!(office.stub.refreshes(), 0, "it lasts");
    office.app.sql("update integrations set expires_at = now() + interval '5 minutes'").await;
    let beside = TestApp::with_settings(
        pool_settings(crate::app::cluster().await.url("mostrador_api", &office.app.database_name)),
        office.app.database_name.clone(),
    );
    let other = TokenKeeper::new(&Tenancy::new(beside.database.clone()), keys(), client_of(&office.stub));
    let (one, two, three) = tokio::join!(
        office.keeper.renew_all(office.tenant),
        other.renew_all(office.tenant),
        other.renew_all(office.tenant)
    );
    assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 1);
    assert_eq!(office.stub.refreshes(), 1);
    let after = office.keeper.token(office.tenant, row).await.unwrap().unwrap();
    assert_ne!(before.as_str(), after.as_str());
    assert_eq!(office.app.cell("select expires_at > now() + interval '50 minutes' from integrations").await, "t");

    // Expired already, it is renewed before it is used, by one of those who want to use it.
    office.expire().await;
    // The other system does not answer before one of the two has: so that they do ask at once.
    let told = Arc::new(Notify::new());
    office.stub.behave([Manner::Holds(Arc::clone(&told))]);
    let ask = async |keeper: &TokenKeeper| {
        let token = keeper.token(office.tenant, row).await.unwrap();
        told.notify_one();
        token
    };
    let (one, two) = tokio::join!(ask(&office.keeper), ask(&other));
    let got = [one, two];
    assert_eq!(got.iter().filter(|token| token.is_ok()).count(), 1, "the other one comes again");
    assert_eq!(office.stub.refreshes(), 2);
    assert_eq!(office.shown(&jan, &id).await["consecutiveFailures"], 0);
}

/// rule:mcp-failure-alert
#[tokio::test(flavor = "multi_thread")]
async fn three_failures_in_a_row_switch_it_off_and_tell() {
    let office = Office::open().await;
    let jan = office.client("jan@autos.test").await;
    let id = office.connect(&jan, false).await;
    office.settings(&jan, &id, "PULL").await;
    // Two failures and a success are none in a row.
    for manner in [Manner::Says(500, "oops"), Manner::Says(503, "")] {
        office.stub.behave([manner]);
        office.sync().await;
    }
    assert_eq!(office.shown(&jan, &id).await["consecutiveFailures"], 2);
    office.sync().await;
    let well = office.shown(&jan, &id).await;
    assert_eq!((&well["consecutiveFailures"], &well["lastFailure"]), (&json!(0), &Value::Null));

    office.stub.always(Some(Manner::Says(500, "oops")));
    for _ in 0..3 {
        office.sync().await;
    }
    let off = office.shown(&jan, &id).await;
    assert_eq!(
        (&off["isActive"], &off["consecutiveFailures"], &off["lastFailure"]),
        (&json!(false), &json!(3), &json!("UNAVAILABLE"))
    );
    assert!(off["alertedAt"].is_string());
    let told = "select count(*) from audit_logs where action = 'integration.failed'";
    assert_eq!(office.app.cell(told).await, "1");
    let logged = "select count(*) from changes where entity = 'integration' and 'alerted_at' = any (columns)";
    assert_eq!(office.app.cell(logged).await, "1", "who watches hears of it");
    office.sync().await;
    assert_eq!(off["syncLogs"], office.shown(&jan, &id).await["syncLogs"], "nothing is asked any more");

    // A refresh token that is not taken any more counts as well.
    office.stub.always(None);
    let on = "mutation($id: ID!) { updateIntegration(input: { id: $id, isActive: true }) { integration { consecutiveFailures alertedAt } errors { code } } }";
    let again = jan.data(on, json!({ "id": id })).await["updateIntegration"]["integration"].clone();
    assert_eq!(again, json!({ "consecutiveFailures": 0, "alertedAt": null }));
    office.stub.always(Some(Manner::Says(400, r#"{"error":"invalid_grant"}"#)));
    for _ in 0..3 {
        office.expire().await;
        office.keeper.renew_all(office.tenant).await.unwrap();
    }
    let off = office.shown(&jan, &id).await;
    assert_eq!((&off["isActive"], &off["lastFailure"]), (&json!(false), &json!("CODE_REFUSED")));
}

/// rule:mcp-sync-logs rule:sync-history Each run is one row, whatever becomes of it.
#[tokio::test(flavor = "multi_thread")]
async fn contacts_come_and_go_in_pages_and_each_sync_is_a_row() {
    let office = Office::open().await;
    let ana = office.client("ana@autos.test").await;
    let id = office.connect(&ana, true).await;
    office.settings(&ana, &id, "PULL").await;
    office.stub.hold(vec![
        json!({ "mail": "nueva@example.test", "firstName": "Nueva", "lastName": "Persona" }),
        json!({ "firstName": "Nobody", "lastName": "Knows" }),
        json!({ "mail": "otra@example.test", "phone": "no number" }),
        json!({ "mail": "tercera@example.test", "displayName": "Tercera" }),
        json!({ "mail": "NUEVA@example.test", "firstName": "Renovada" }),
    ]);
    let before: i64 = office.app.cell("select count(*) from contacts").await.parse().unwrap();
    office.sync().await;
    let after = office.shown(&ana, &id).await;
    let log = &after["syncLogs"]["nodes"][0];
    assert_eq!((&log["status"], &log["itemsSynced"]), (&json!("PARTIAL"), &json!(3)));
    assert!(log["errorMessage"].as_str().unwrap().starts_with("2 contacts"), "{log:#}");
    assert!(log["finishedAt"].is_string() && after["lastSyncAt"].is_string());
    assert_eq!(office.app.cell("select count(*) from contacts").await, (before + 2).to_string());
    assert_eq!(
        office.app.cell("select first_name || ' ' || last_name from contacts where email ilike 'nueva@%'").await,
        "Renovada Persona"
    );

    // The next one goes on where this one stood, also when it broke off in between.
    office.stub.hold((0..9).map(|n| json!({ "mail": format!("p{n}@example.test") })).collect());
    office.stub.behave([Manner::Well, Manner::Says(429, "slow down")]);
    office.sync().await;
    office.sync().await;
    let logs = office.shown(&ana, &id).await["syncLogs"]["nodes"].clone();
    let states: Vec<_> = logs
        .as_array()
        .unwrap()
        .iter()
        .map(|log| (log["status"].as_str().unwrap(), log["itemsSynced"].as_i64().unwrap()))
        .collect();
    assert_eq!(states, [("SUCCESS", 2), ("FAILED", 2), ("PARTIAL", 3)], "the newest first");
    assert_eq!(office.app.cell("select count(*) from contacts where email ~ '^p[5-8]@'").await, "4");

    // An answer that cannot be read, or that goes round for ever, is a failure and no more.
    for text in ["<html>", r#"{"items":[],"hasMore":true}"#, r#"{"items":[],"hasMore":true,"cursor":"9"}"#] {
        office.stub.always(Some(Manner::Says(200, text)));
        office.app.sql("update integrations set is_active = true, consecutive_failures = 0").await;
        office.sync().await;
        let shown = office.shown(&ana, &id).await;
        assert_eq!(shown["lastFailure"], "UNREADABLE", "{text}");
    }
    // A process that died left a log behind.
    office.stub.always(None);
    office.app.sql("insert into sync_logs (tenant_id, integration_id) select tenant_id, id from integrations").await;
    office.sync().await;
    assert_eq!(office.app.cell("select count(*) from sync_logs where status = 'RUNNING'").await, "0");
    let one_each = "select count(*) = (select count(*) from jobs where kind = 'sync_integration') + 1 from sync_logs";
    assert_eq!(office.app.cell(one_each).await, "t");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_here_goes_there_once() {
    let office = Office::open().await;
    let ana = office.client("ana@autos.test").await;
    let id = office.connect(&ana, true).await;
    office.settings(&ana, &id, "PUSH").await;
    office.sync().await;
    let living: usize = office
        .app
        .cell(&format!("select count(*) from contacts where tenant_id = '{}' and deleted_at is null", office.tenant))
        .await
        .parse()
        .unwrap();
    assert_eq!(office.stub.taken().len(), living);
    assert!(office.stub.taken().iter().all(|item| item.get("mail").is_some() && item.get("email").is_none()));
    office.sync().await;
    assert_eq!(office.stub.taken().len(), living, "nothing has changed since");
    // A token that is not taken any more is renewed for the next time.
    office.stub.behave([Manner::Says(401, "")]);
    office.app.sql("update contacts set updated_at = now() - interval '20 seconds' where id = (select id from contacts where deleted_at is null order by id limit 1)").await;
    office.sync().await;
    assert_eq!(office.shown(&ana, &id).await["lastFailure"], "UNAUTHORIZED");
    office.sync().await;
    assert_eq!(office.stub.refreshes(), 1);
    assert!(office.stub.taken().len() > living);
    assert_eq!(office.shown(&ana, &id).await["lastFailure"], Value::Null);
}
