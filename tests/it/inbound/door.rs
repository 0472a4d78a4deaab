//! Who is let in: signatures, the word, strangers, floods.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::stage::{APP_SECRET, SIGNING_SECRET, Stage, VERIFY_TOKEN, signature, text, whatsapp_credentials};

const WHATSAPP: &str = "/webhooks/whatsapp/autos";

async fn verify(stage: &Stage, tenant: &str, query: &str) -> (StatusCode, String, Option<String>) {
    let request = Request::get(format!("/webhooks/whatsapp/{tenant}?{query}")).body(Body::empty()).unwrap();
    let response = stage.app.router.clone().oneshot(request).await.unwrap();
    let (status, kind) =
        (response.status(), response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned()));
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap(), kind)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_challenge_is_repeated_to_whoever_knows_the_word() {
    let stage = Stage::set().await;
    let word = VERIFY_TOKEN.replace(' ', "%20").replace('\'', "%27");
    let (status, body, kind) =
        verify(&stage, "autos", &format!("hub.mode=subscribe&hub.verify_token={word}&hub.challenge=1158201444")).await;
    assert_eq!(
        (status, body.as_str(), kind.as_deref()),
        (StatusCode::OK, "1158201444", Some("text/plain; charset=utf-8"))
    );
    for (tenant, word) in [("autos", "wrong"), ("autos", ""), ("casas", word.as_str()), ("nobody", word.as_str())] {
        let (status, body, _) =
            verify(&stage, tenant, &format!("hub.mode=subscribe&hub.verify_token={word}&hub.challenge=1")).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{tenant} {word}");
        assert!(!body.contains('1') || body.contains("requestId"), "{body}");
    }
    for query in [
        "",
        "hub.mode=subscribe",
        "hub.mode=unsubscribe&hub.challenge=1",
        "hub.mode=subscribe&hub.challenge=%3Cscript%3E",
    ] {
        assert_eq!(verify(&stage, "autos", query).await.0, StatusCode::BAD_REQUEST, "{query}");
    }
}

/// An answer without what differs from request to request.
fn shape((status, mut json): (StatusCode, Value)) -> (StatusCode, Value) {
    if let Some(extensions) = json.pointer_mut("/errors/0/extensions").and_then(Value::as_object_mut) {
        extensions.remove("requestId");
    }
    (status, json)
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_hear_the_same_whatever_is_wrong_and_nothing_is_stored() {
    let stage = Stage::set().await;
    let body = text("34655000111", "wamid.1", "hi").to_string();
    let right = signature(APP_SECRET, body.as_bytes());
    let mut changed = body.clone().into_bytes();
    changed[20] ^= 1;
    let other = signature("another secret", body.as_bytes());
    let generic = signature(SIGNING_SECRET, body.as_bytes());
    let mut heard = Vec::new();
    for (path, body, signature) in [
        (WHATSAPP, body.as_bytes(), None),
        (WHATSAPP, body.as_bytes(), Some(other.as_str())),
        (WHATSAPP, body.as_bytes(), Some("sha256=00")),
        (WHATSAPP, body.as_bytes(), Some(&right["sha256=".len()..])),
        // The body, not what it means, is what was signed.
        (WHATSAPP, changed.as_slice(), Some(right.as_str())),
        // The secret of one webhook opens no other.
        (WHATSAPP, body.as_bytes(), Some(generic.as_str())),
        ("/webhooks/inbound/autos/sms", body.as_bytes(), Some(right.as_str())),
        // A business without credentials, one that does not exist, one that cannot be.
        ("/webhooks/whatsapp/casas", body.as_bytes(), Some(right.as_str())),
        ("/webhooks/whatsapp/nobody", body.as_bytes(), Some(right.as_str())),
        ("/webhooks/whatsapp/%00%27", body.as_bytes(), Some(right.as_str())),
        ("/webhooks/inbound/nobody/sms", body.as_bytes(), Some(generic.as_str())),
    ] {
        heard.push((path, shape(stage.bring(path, body, signature).await)));
    }
    for (path, answer) in &heard {
        assert_eq!(answer, &heard[0].1, "{path}");
    }
    assert_eq!(heard[0].1.0, StatusCode::FORBIDDEN);
    assert_eq!(heard[0].1.1["errors"][0]["extensions"]["code"], json!("FORBIDDEN"));
    assert_eq!((stage.count("inbound_payloads").await, stage.count("jobs").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_business_is_brought_no_other_one_has() {
    let stage = Stage::set().await;
    let eva = stage.app.sign_in("casas", "eva@casas.test").await;
    let set = eva
        .data(
            "mutation ($w: JSON) { setTenantCredentials(input: { whatsappCredentials: $w }) { errors { message } } }",
            json!({ "w": whatsapp_credentials("the secret of Casas", "the word of Casas") }),
        )
        .await;
    assert_eq!(set["setTenantCredentials"]["errors"], json!([]));
    // The same payload to both: the same person writes to both, with the same ids.
    let body = text("34600000001", "wamid.same", "hola").to_string();
    for (tenant, secret) in [("autos", APP_SECRET), ("casas", "the secret of Casas")] {
        let path = format!("/webhooks/whatsapp/{tenant}");
        let (status, _) = stage.bring(&path, body.as_bytes(), Some(&signature(secret, body.as_bytes()))).await;
        assert_eq!(status, StatusCode::OK);
    }
    let crossed = signature(APP_SECRET, body.as_bytes());
    assert_eq!(stage.bring("/webhooks/whatsapp/casas", body.as_bytes(), Some(&crossed)).await.0, StatusCode::FORBIDDEN);
    stage.work().await;
    let whose = "select t.slug, p.display_name from messages m join tenants t on t.id = m.tenant_id
                 join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
                 join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id where m.provider_message_id = 'wamid.same' order by 1";
    assert_eq!(stage.app.rows(whose).await, [["autos", "Marta Ruiz"], ["casas", "Andrés Gil"]]);
    // A status that Autos is told about its message changes nothing in Casas, where the id is the same.
    stage.app.sql("update messages set provider_message_id = 'wamid-2' where content = 'Quiero ver la casa'").await;
    stage.whatsapp(&super::stage::status("wamid-2", "read", 1_772_443_800)).await;
    stage.work().await;
    let states = stage.app.rows("select t.slug, m.delivery_status from messages m join tenants t on t.id = m.tenant_id where m.provider_message_id = 'wamid-2' order by 1").await;
    assert_eq!(states, [["autos", "READ"], ["casas", "DELIVERED"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_business_keeps_its_mail_and_a_closed_one_has_no_door() {
    let stage = Stage::set().await;
    stage.app.sql("update tenants set status = 'SUSPENDED' where slug = 'autos'").await;
    stage.whatsapp(&text("34655000111", "wamid.1", "hi")).await;
    assert_eq!(stage.count("jobs where kind = 'inbound_payload' and state = 'QUEUED'").await, 1);
    stage.app.sql("update tenants set status = 'ACTIVE' where slug = 'autos'").await;
    stage.work().await;
    assert_eq!(stage.count("messages where provider_message_id = 'wamid.1'").await, 1);
    stage.app.sql("update tenants set status = 'CLOSED' where slug = 'autos'").await;
    let body = text("34655000111", "wamid.2", "hi").to_string();
    let right = signature(APP_SECRET, body.as_bytes());
    assert_eq!(stage.bring(WHATSAPP, body.as_bytes(), Some(&right)).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_a_limit_and_methods_and_channels_are_checked() {
    let stage = Stage::set().await;
    let large = vec![b' '; 4 * 1024 * 1024 + 1];
    let right = signature(APP_SECRET, &large);
    assert_eq!(stage.bring(WHATSAPP, &large, Some(&right)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    for channel in ["telex", "call", ""] {
        let path = format!("/webhooks/inbound/autos/{channel}");
        assert_eq!(
            stage.bring(&path, b"{}", Some(&signature(SIGNING_SECRET, b"{}"))).await.0,
            StatusCode::NOT_FOUND,
            "{channel}"
        );
    }
    let request = Request::put(WHATSAPP).body(Body::empty()).unwrap();
    assert_eq!(stage.app.router.clone().oneshot(request).await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    // What is signed is taken, even when nothing can be made of it: somebody may want to look at it.
    let (status, _) = stage.bring(WHATSAPP, b"\xffnot json", Some(&signature(APP_SECRET, b"\xffnot json"))).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(stage.work().await[0], json!({ "events": {}, "notUnderstood": { "PAYLOAD": 1 } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fails_too_often_is_told_to_wait_and_nobody_else_is() {
    let stage = Stage::set().await;
    let body = text("34655000111", "wamid.1", "hi").to_string();
    let right = signature(APP_SECRET, body.as_bytes());
    let mut waits = 0;
    for _ in 0..40 {
        let (status, json) = stage.bring(WHATSAPP, body.as_bytes(), Some("sha256=wrong")).await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(json["errors"][0]["extensions"]["code"], json!("RATE_LIMITED"));
            waits += 1;
        }
    }
    assert_eq!(waits, 10, "thirty are heard");
    // From this address, for this business, the door is shut for a while …
    assert_eq!(stage.bring(WHATSAPP, body.as_bytes(), Some(&right)).await.0, StatusCode::TOO_MANY_REQUESTS);
    // … not for another business, whose provider may come from the same address.
    assert_eq!(stage.bring("/webhooks/whatsapp/casas", b"{}", Some(&right)).await.0, StatusCode::FORBIDDEN);
    stage.app.clock.advance(chrono::Duration::seconds(61));
    assert_eq!(stage.bring(WHATSAPP, body.as_bytes(), Some(&right)).await.0, StatusCode::OK);
    // However many come at once: only failures count.
    let many = (0..200).map(|number| {
        let stage = &stage;
        async move { stage.whatsapp(&text("34655000111", &format!("wamid.many{number}"), "hi")).await }
    });
    futures_util::future::join_all(many).await;
}
