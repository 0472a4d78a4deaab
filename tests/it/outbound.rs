//! Messages on their way out, against a receiver that behaves badly.

mod killed;
pub(crate) mod office;
pub(crate) mod receiver;
mod whatsapp;

use std::collections::HashSet;
use std::time::Duration;

use hmac::{Hmac, Mac};
use mostrador::clock::{Clock as _, SystemClock};
use mostrador::outbound::OutboundSettings;
use serde_json::json;
use sha2::Sha256;

use self::office::{Office, SETTINGS};
use self::receiver::Manner;
use crate::jobs::errand::PACE;

/// Shows rule:webhooks-per-channel.
#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_conversation_arrive_signed_and_in_order() {
    let office = Office::open([]).await;
    let mut ids = Vec::new();
    for text in ["one", "two", "three"] {
        ids.push(office.send(&office.email, text).await);
    }
    let crew = office.crew(3);
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.receiver.texts(), ["one", "two", "three"]);
    for (id, request) in ids.iter().zip(office.receiver.taken()) {
        assert_eq!(request.path, "/hook?a=b");
        assert_eq!(request.headers["idempotency-key"], *id);
        assert_eq!(request.headers["mostrador-event"], "message.send");
        assert_eq!(request.headers["mostrador-attempt"], "1");
        let (time, signature) = request.headers["mostrador-signature"].split_once(',').unwrap();
        let time = time.strip_prefix("t=").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(office.secret.as_bytes()).unwrap();
        mac.update(format!("{time}.{}", request.body).as_bytes());
        let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(signature, format!("v1={expected}"));
        let age = SystemClock.now().timestamp() - time.parse::<i64>().unwrap();
        assert!((-5..120).contains(&age), "{age}");
        let body = request.json();
        assert_eq!((&body["event"], &body["message"]["id"]), (&json!("message.send"), &json!(id)));
        assert_eq!(body["message"]["channel"], "EMAIL");
        assert_eq!(body["message"]["contentType"], "TEXT");
        assert!(body["to"]["contactId"].as_str().unwrap().starts_with("contact_"), "{body:#}");
    }
    let message = office.message(&ids[0]).await;
    assert_eq!(message["deliveryStatus"], "SENT");
    assert_eq!(message["providerMessageId"], "email:id-1");
    assert!(message["sentAt"].is_string() && message["failureCode"].is_null(), "{message:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_misbehaves_gets_every_message_once() {
    let office = Office::open([
        Manner::Refuses(500, "oh"),
        Manner::Refuses(429, "{}"),
        Manner::Closes,
        Manner::Babbles,
        Manner::TakesAndCloses,
        Manner::TakesAndBabbles,
        Manner::Refuses(503, "<html>"),
        Manner::TakesAndDawdles,
        Manner::Hangs,
        Manner::TakesAndCloses,
    ])
    .await;
    let texts: Vec<String> = (1..=6).map(|number| format!("text {number}")).collect();
    for text in &texts {
        office.send(&office.email, text).await;
    }
    let crew = office.crew(2);
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.receiver.texts(), texts, "each once, in order");
    let sql = "select delivery_status, count(*) from messages where content like 'text %' group by 1";
    assert_eq!(office.app.rows(sql).await, [["SENT", "6"]]);
    let attempts = office.receiver.requests();
    assert!(attempts.len() > 6);
    let keys: HashSet<_> = attempts.iter().map(|request| &request.headers["idempotency-key"]).collect();
    assert_eq!(keys.len(), 6, "a message has one key, whatever the attempt");
    let counted = attempts.iter().any(|request| request.headers["mostrador-attempt"] != "1");
    assert!(counted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_refused_fails_with_the_reason_and_can_be_sent_again() {
    let office = Office::open([Manner::Refuses(422, r#"{"error":{"code":"NO_CREDIT","message":"for Marta"}}"#)]).await;
    let id = office.send(&office.email, "first").await;
    let later = office.send(&office.email, "second").await;
    let crew = office.crew(1);
    office.quiet().await;
    let failed = office.message(&id).await;
    assert_eq!(failed["deliveryStatus"], "FAILED");
    assert_eq!(failed["failureCode"], "WEBHOOK_NO_CREDIT");
    assert_eq!(failed["failureCategory"], "PROVIDER");
    assert_eq!(failed["errorMessage"], "The message could not be sent.");
    assert!(failed["isRetryable"].as_bool().unwrap() && failed["failedAt"].is_string(), "{failed:#}");
    assert_eq!(office.message(&later).await["deliveryStatus"], "SENT", "the next one is not held up for ever");
    let dead = "{ jobs(filter: {state: {eq: DEAD}}) { nodes { id kind lastError subjectId } } }";
    let dead = office.ana.data(dead, json!({})).await;
    assert_eq!(dead["jobs"]["nodes"][0]["subjectId"], json!(id), "{dead:#}");
    assert_eq!(dead["jobs"]["nodes"][0]["lastError"], "WEBHOOK_NO_CREDIT");

    let retry = "mutation($id: ID!) { retryMessage(input: {id: $id}) { message { deliveryStatus failureCode errorMessage failedAt } errors { code path } } }";
    let retried = office.ana.data(retry, json!({ "id": id })).await;
    assert_eq!(
        retried["retryMessage"]["message"],
        json!({ "deliveryStatus": "QUEUED", "failureCode": null, "errorMessage": null, "failedAt": null })
    );
    office.quiet().await;
    assert_eq!(office.message(&id).await["deliveryStatus"], "SENT");
    let refused = office.ana.data(retry, json!({ "id": id })).await;
    assert_eq!(refused["retryMessage"]["errors"][0]["code"], "INVALID_TRANSITION");
    // The job that gave it up stands for a message that is sent by now.
    let retry_job = "mutation($id: ID!) { retryJob(input: {id: $id}) { job { state } errors { code } } }";
    let job = office.ana.data(retry_job, json!({ "id": dead["jobs"]["nodes"][0]["id"] })).await;
    assert_eq!(job["retryJob"]["errors"], json!([]), "{job:#}");
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.receiver.texts(), ["second", "first"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_job_is_called_off_fails_and_is_sent_when_the_job_is_retried() {
    let office = Office::open([]).await;
    let id = office.send(&office.email, "wait").await;
    let jobs = office.ana.data("{ jobs { nodes { id subjectId } } }", json!({})).await;
    let job = &jobs["jobs"]["nodes"][0]["id"];
    let verb = |name: &str| {
        format!("mutation($id: ID!) {{ {name}(input: {{id: $id}}) {{ job {{ state }} errors {{ code }} }} }}")
    };
    office.ana.data(&verb("cancelJob"), json!({ "id": job })).await;
    let failed = office.message(&id).await;
    assert_eq!((&failed["deliveryStatus"], &failed["failureCategory"]), (&json!("FAILED"), &json!("CANCELLED")));
    let crew = office.crew(1);
    office.quiet().await;
    assert!(office.receiver.requests().is_empty());
    office.ana.data(&verb("retryJob"), json!({ "id": job })).await;
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.message(&id).await["deliveryStatus"], "SENT");
    assert_eq!(office.app.cell("select count(*) from jobs").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_is_left_alone_while_others_are_served() {
    let office = Office::open([]).await;
    let other = receiver::Receiver::start([]).await;
    let eva = office.app.sign_in("casas", "eva@casas.test").await;
    let create = "mutation($url: String!) { createWebhook(input: {channel: WHATSAPP, url: $url}) { errors { code } } }";
    eva.data(create, json!({ "url": other.url("/") })).await;
    office.receiver.always(Some(Manner::Refuses(503, "down")));
    // Ten conversations, because those of one wait for each other.
    let sql = format!(
        "set app.tenant_id = '{0}';
         with people as (insert into contacts (tenant_id, display_name) select '{0}', 'Person ' || n from generate_series(1, 10) n returning id),
         talks as (insert into conversations (tenant_id, contact_id, channel) select '{0}', id, 'SMS' from people returning id)
         insert into messages (tenant_id, conversation_id, sender_type, content) select '{0}', id, 'AI_AGENT', 'text' from talks",
        office.tenant
    );
    office.app.sql(&sql).await;
    let crew = office.crew(1);
    office.until("select count(*) >= 5 from jobs where last_error = 'CIRCUIT_OPEN'").await;
    let called = office.receiver.requests().len();
    assert!((5..=8).contains(&called), "it was called {called} times");
    let conversation = eva.data("{ conversations { nodes { id } } }", json!({})).await;
    let send = "mutation($id: ID!) { sendMessage(input: {conversationId: $id, content: \"hello\"}) { message { id } errors { code } } }";
    eva.data(send, json!({ "id": conversation["conversations"]["nodes"][0]["id"] })).await;
    office.until("select count(*) = 1 from jobs where state = 'SUCCEEDED'").await;
    assert_eq!(other.texts(), ["hello"]);
    office.receiver.always(None);
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.receiver.taken().len(), 10);
    assert_eq!(
        office.app.cell("select count(*) from messages where content = 'text' and delivery_status = 'SENT'").await,
        "10"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_lets_us_call_private_addresses() {
    let office = Office::open([]).await;
    let settings = OutboundSettings { is_private_allowed: false, ..SETTINGS };
    let crew = office.crew_with(1, PACE, settings);
    let port = office.receiver.url("").rsplit(':').next().unwrap().to_owned();
    for url in [
        office.receiver.url("/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://2130706433:{port}/"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        office.app.sql(&format!("update webhooks set url = '{url}'")).await;
        let id = office.send(&office.email, "hello").await;
        office.quiet().await;
        let failed = office.message(&id).await;
        assert_eq!(failed["failureCode"], "ADDRESS_REFUSED", "{url}: {failed:#}");
        assert_eq!(failed["failureCategory"], "CONFIGURATION");
    }
    Office::stop(crew).await;
    assert!(office.receiver.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_not_connected_says_so_unless_one_tries_things_out() {
    let office = Office::open([]).await;
    office.app.sql("update webhooks set is_active = false").await;
    let id = office.send(&office.email, "hello").await;
    let crew = office.crew(1);
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.message(&id).await["failureCode"], "CHANNEL_NOT_CONNECTED");
    let crew = office.crew_with(1, PACE, OutboundSettings { pretends: true, ..SETTINGS });
    let id = office.send(&office.email, "hello").await;
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.message(&id).await["deliveryStatus"], "SENT");
    assert!(office.receiver.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waited_for_a_day_is_given_up() {
    let office = Office::open([]).await;
    let id = office.send(&office.email, "hello").await;
    office
        .app
        .sql("update messages set queued_at = now() - interval '25 hours' where delivery_status = 'QUEUED'")
        .await;
    let crew = office.crew(1);
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.message(&id).await["failureCode"], "EXPIRED");
    assert!(office.receiver.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_queued_again_while_its_old_job_ends_is_sent() {
    let office = Office::open([Manner::Hangs]).await;
    let id = office.send(&office.email, "hello").await;
    let crew = office.crew(1);
    office.until("select state = 'RUNNING' from jobs").await;
    while office.receiver.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Meanwhile somebody says that it failed, and somebody else wants it to be sent again: the job under way keeps a second
    // one away.
    office.app.sql("update messages set delivery_status = 'FAILED' where content = 'hello'").await;
    let retry = "mutation($id: ID!) { retryMessage(input: {id: $id}) { message { deliveryStatus } errors { code } } }";
    office.ana.data(retry, json!({ "id": id })).await;
    assert_eq!(office.app.cell("select count(*) from jobs").await, "1");
    office.receiver.let_go();
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.message(&id).await["deliveryStatus"], "SENT");
    assert_eq!(office.receiver.taken().len(), 1);
}
