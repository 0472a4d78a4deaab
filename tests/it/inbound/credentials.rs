//! Credentials: set, cleared, never shown, sealed anew.

use futures_util::FutureExt;
use mostrador::inbound::whatsapp_credentials as open;
use mostrador::secrets::KeyRing;
use mostrador::work::Tenancy;
use serde_json::{Value, json};

use super::stage::{APP_SECRET, Stage, VERIFY_TOKEN, signature, text, whatsapp_credentials};
use crate::app::connect;

/// The key of `crate::app::keys`.
const KEY: &str = "test:MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";

const SET: &str = "mutation ($input: SetTenantCredentialsInput!) { setTenantCredentials(input: $input) {
    tenantCredentials { whatsappSetAt callsSetAt conversationsSetAt encryptionVersion version }
    errors { code message path } } }";

async fn set(stage: &Stage, input: Value) -> Value {
    stage.ana.data(SET, json!({ "input": input })).await["setTenantCredentials"].clone()
}

async fn opened(stage: &Stage) -> Option<mostrador::inbound::WhatsappCredentials> {
    let tenant = stage.app.cell("select id from tenants where slug = 'autos'").await.parse().unwrap();
    let keys = stage.app.services.keys.clone();
    let tenancy = Tenancy::new(stage.app.services.database.clone());
    tenancy.write(tenant, move |tx| async move { open(tx, &keys, tenant).await }.boxed()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_set_left_alone_and_taken_away_and_only_that_is_shown() {
    let stage = Stage::set().await;
    assert_eq!(opened(&stage).await.unwrap().verify_token, VERIFY_TOKEN);
    let shown = set(&stage, json!({ "callsCredentials": { "account": "AC1" } })).await;
    assert_eq!(shown["errors"], json!([]));
    let credentials = &shown["tenantCredentials"];
    for field in ["whatsappSetAt", "callsSetAt", "conversationsSetAt"] {
        assert!(credentials[field].is_string(), "{field}");
    }
    let shown = set(&stage, json!({ "whatsappCredentials": null })).await;
    assert_eq!(shown["tenantCredentials"]["whatsappSetAt"], Value::Null);
    assert!(shown["tenantCredentials"]["callsSetAt"].is_string(), "what is left out stays as it is");
    assert_eq!(opened(&stage).await, None);
    // They count from the moment in which they are set.
    let body = text("34655000111", "wamid.1", "hi").to_string();
    let right = signature(APP_SECRET, body.as_bytes());
    assert_eq!(stage.bring("/webhooks/whatsapp/autos", body.as_bytes(), Some(&right)).await.0, 403);
    set(&stage, json!({ "whatsappCredentials": whatsapp_credentials(APP_SECRET, "word") })).await;
    assert_eq!(stage.bring("/webhooks/whatsapp/autos", body.as_bytes(), Some(&right)).await.0, 200);
    let tenant = stage.ana.data("{ viewer { user { tenant { credentials { whatsappSetAt } } } } }", json!({})).await;
    assert!(tenant.pointer("/viewer/user/tenant/credentials/whatsappSetAt").is_some_and(Value::is_string), "{tenant}");
    // Not in clear, wherever one looks.
    let dump = stage.app.rows("select t::text from tenant_credentials t union all select details::text from audit_logs union all select t::text from changes t union all select t::text from idempotency_keys t").await;
    assert!(!dump.iter().flatten().any(|row| row.contains("secret of Autos") || row.contains("EAAB-token")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_credentials_is_said_without_quoting_them_and_changes_nothing() {
    let stage = Stage::set().await;
    let mut half = whatsapp_credentials("secret-that-must-not-be-quoted", "word");
    half.as_object_mut().unwrap().remove("accessToken");
    let refused = set(&stage, json!({ "whatsappCredentials": half, "conversationsCredentials": { "signingSecret": "short" }, "callsCredentials": [] })).await;
    let errors = refused["errors"].as_array().unwrap();
    assert_eq!(
        errors.iter().map(|error| error["path"][0].as_str().unwrap()).collect::<Vec<_>>(),
        ["whatsappCredentials", "callsCredentials", "conversationsCredentials"]
    );
    assert!(!refused.to_string().contains("must-not-be-quoted"));
    assert_eq!(opened(&stage).await.unwrap().app_secret, APP_SECRET);
    // Agents have no business with them.
    let jan = stage.app.sign_in("autos", "jan@autos.test").await;
    let reply = jan.send(SET, json!({ "input": { "whatsappCredentials": null } })).await;
    assert_eq!(reply.json["errors"][0]["extensions"]["code"], json!("FORBIDDEN"));
    assert!(opened(&stage).await.is_some());
}

/// Shows rule:credentials-encrypted.
#[tokio::test(flavor = "multi_thread")]
async fn setting_credentials_is_written_down_and_sealing_them_anew_is_not_but_counted() {
    let stage = Stage::set().await;
    let logged = "audit_logs where action = 'tenant_credentials.changed'";
    assert_eq!(stage.count(logged).await, 1);
    let actor = stage.app.cell("select u.email from audit_logs a join users u on u.tenant_id = a.tenant_id and u.id = a.actor_id where action = 'tenant_credentials.changed'").await;
    assert_eq!(actor, "ana@autos.test");
    let versions = "select c.encryption_version, c.version from tenant_credentials c join tenants t on t.id = c.tenant_id where t.slug = 'autos'";
    let before = stage.app.rows(versions).await;
    // A ring that opens with the key of the tests and seals with another one.
    let both: KeyRing = format!("new:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=,{KEY}").parse().unwrap();
    assert!(both.ids().any(|id| crate::app::keys().current() == id));
    let mut owner = connect("mostrador_owner", &stage.app.database_name).await;
    let sealed = mostrador::app::rotate_keys::rotate(&mut owner, &both, |_| ()).await.unwrap();
    assert!(sealed >= 2, "{sealed}");
    let after = stage.app.rows(versions).await;
    assert!(after[0][0].parse::<i32>().unwrap() > before[0][0].parse::<i32>().unwrap(), "{before:?} {after:?}");
    assert_eq!(after[0][1], before[0][1], "sealing anew is no change of the row");
    assert_eq!(stage.count(logged).await, 1);
    let inventory = mostrador::app::rotate_keys::take_inventory(&mut owner, &both).await.unwrap();
    assert_eq!((inventory.broken, inventory.open.len()), (0, 1));
}
