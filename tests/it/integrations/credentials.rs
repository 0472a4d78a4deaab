//! Credentials of the business can be tried out, and are never read back.

use mostrador::outbound::{OutboundSettings, TestCredentials};
use mostrador::work::{Crew, Tenancy};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

use crate::app::{TestApp, TestClient, keys};
use crate::jobs::errand::{PACE, stop, tenant, until, worker};
use crate::outbound::receiver::{Manner, Receiver};

const TEST: &str = "mutation($which: TestTenantCredentialsInput!) { testTenantCredentials(input: $which) { errors { code message } } }";

const SHOWN: &str = "{ viewer { user { tenant { credentials {
    whatsappCredentials callsCredentials conversationsCredentials
    whatsappTestedAt whatsappTestFailure callsTestedAt callsTestFailure conversationsTestedAt conversationsTestFailure
} } } } }";

async fn shown(client: &TestClient) -> Value {
    client.data(SHOWN, json!({})).await["viewer"]["user"]["tenant"]["credentials"].clone()
}

async fn tested(app: &TestApp, client: &TestClient, which: &str) -> Value {
    let queued = client.data(TEST, json!({ "which": { which: true } })).await;
    assert_eq!(queued["testTenantCredentials"]["errors"], json!([]));
    let settings = OutboundSettings { timeout: Duration::from_secs(2), is_private_allowed: true, pretends: false };
    let kind = TestCredentials::new(&Tenancy::new(app.database.clone()), keys(), &settings).unwrap();
    let crew = Crew::start(vec![worker(app, PACE, vec![Arc::new(kind)])]);
    until(app, "select bool_and(state = 'SUCCEEDED') from jobs where kind = 'test_tenant_credentials'").await;
    stop(crew).await;
    shown(client).await
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_tried_out_and_never_read_back() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let unset = ana.data(TEST, json!({ "which": { "whatsapp": true } })).await;
    assert_eq!(unset["testTenantCredentials"]["errors"][0]["code"], "VALIDATION", "they are not set");

    let receiver = Receiver::start([]).await;
    let set = "mutation { setTenantCredentials(input: {
        whatsappCredentials: { appSecret: \"0123456789abcdef\", verifyToken: \"word\", accessToken: \"a token\", phoneNumberId: \"27681\", businessAccountId: \"8856\", apiBaseUrl: \"https://127.0.0.1:1/\" }
        conversationsCredentials: { signingSecret: \"0123456789abcdef0123456789abcdef\" }
    }) { errors { code } } }";
    ana.data(set, json!({})).await;
    let after = tested(&app, &ana, "conversations").await;
    assert!(after["conversationsTestedAt"].is_string() && after["conversationsTestFailure"].is_null(), "{after:#}");
    assert_eq!((&after["whatsappCredentials"], &after["callsCredentials"]), (&json!("SET"), &json!("NOT_SET")));
    // Nobody is there.
    let after = tested(&app, &ana, "whatsapp").await;
    assert_eq!(after["whatsappTestFailure"], "PROVIDER_UNREACHABLE");

    // The provider's own address stands in what is sealed, so it is sealed anew here, at a server without https.
    let tenant = tenant(&app, "autos").await;
    let row =
        app.cell(&format!("select id from tenant_credentials where tenant_id = '{tenant}'")).await.parse().unwrap();
    let clear = json!({
        "appSecret": "0123456789abcdef", "verifyToken": "word", "accessToken": "a token", "phoneNumberId": "27681",
        "businessAccountId": "8856", "apiBaseUrl": receiver.url("/v23.0"),
    });
    let place = mostrador::secrets::Place { tenant, table: "tenant_credentials", column: "whatsapp_credentials", row };
    let sealed = keys().seal(&place, clear.to_string().as_bytes()).unwrap();
    let hex: String = sealed.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    app.sql(&format!(
        "update tenant_credentials set whatsapp_credentials = '\\x{hex}' where tenant_id = '{tenant}' and id = '{row}'"
    ))
    .await;
    for (manner, failure) in [
        (Manner::Refuses(401, "no"), json!("TOKEN_REFUSED")),
        (Manner::Refuses(404, "no"), json!("NUMBER_UNKNOWN")),
        (Manner::Refuses(500, "no"), json!("PROVIDER_UNAVAILABLE")),
        (Manner::Closes, json!("PROVIDER_UNREACHABLE")),
    ] {
        receiver.always(Some(manner));
        assert_eq!(tested(&app, &ana, "whatsapp").await["whatsappTestFailure"], failure);
    }
    receiver.always(Some(Manner::Refuses(200, "{}")));
    let after = tested(&app, &ana, "whatsapp").await;
    assert!(after["whatsappTestedAt"].is_string() && after["whatsappTestFailure"].is_null(), "{after:#}");
    let request = receiver.requests().pop().unwrap();
    assert_eq!(request.path, "/v23.0/27681?fields=id");
    assert_eq!(request.headers["authorization"], "Bearer a token");
    // Others say nothing of those.
    ana.data(set, json!({})).await;
    assert!(shown(&ana).await["whatsappTestedAt"].is_null());
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let refused = jan.send(TEST, json!({ "which": { "calls": true } })).await.json;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
}
