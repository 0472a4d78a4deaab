//! What became of messages of ours: early, late, backwards, twice, in any order.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::stage::{Stage, message, status};

/// A message of Jan's in the conversation with Marta, and what is asked of it.
async fn queue(stage: &Stage, id: &str) {
    stage
        .app
        .sql(&format!(
            "insert into messages (tenant_id, id, conversation_id, sender_type, sender_user_id, content)
             select c.tenant_id, '{id}', c.id, 'USER', u.id, 'out' from conversations c join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
               join users u on u.tenant_id = c.tenant_id and u.email = 'jan@autos.test' where p.phone = '+34600000001' and c.channel = 'WHATSAPP'"
        ))
        .await;
}

/// Marta has written a moment ago, so she may be answered.
async fn set() -> Stage {
    let stage = Stage::set().await;
    stage
        .app
        .sql("update conversations set whatsapp_24h_expires_at = now() + interval '1 hour' where channel = 'WHATSAPP'")
        .await;
    stage
}

/// The sender hears the message's id from the provider, and stores it.
async fn sent(stage: &Stage, id: &str, provider_id: &str) {
    stage
        .app
        .sql(&format!(
            "update messages set delivery_status = 'SENT', provider_message_id = '{provider_id}' where id = '{id}' and delivery_status = 'QUEUED'"
        ))
        .await;
}

async fn state(stage: &Stage, id: &str) -> String {
    stage.app.cell(&format!("select delivery_status from messages where id = '{id}'")).await
}

fn id(number: u32) -> String {
    format!("01980000-0000-7000-8000-{number:012}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_comes_before_its_message_waits_for_it() {
    let stage = set().await;
    queue(&stage, &id(1)).await;
    stage.whatsapp(&status("wamid.early", "read", 1_772_443_802)).await;
    stage.whatsapp(&status("wamid.early", "delivered", 1_772_443_801)).await;
    stage.whatsapp(&status("wamid.early", "delivered", 1_772_443_801)).await;
    let outcomes = stage.work().await;
    assert!(outcomes.iter().all(|outcome| outcome["events"] == json!({ "parked": 1 })), "{outcomes:?}");
    assert_eq!(stage.count("parked_reports").await, 2);
    assert_eq!(state(&stage, &id(1)).await, "QUEUED");
    sent(&stage, &id(1), "wamid.early").await;
    assert_eq!(state(&stage, &id(1)).await, "READ");
    assert_eq!(stage.count("parked_reports").await, 0);
    let times = stage.app.rows(&format!("select extract(epoch from delivered_at)::bigint, extract(epoch from read_at)::bigint from messages where id = '{}'", id(1))).await;
    assert_eq!(times, [["1772443801", "1772443802"]], "when it happened, not when we heard of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_says_why_and_stays() {
    let stage = set().await;
    queue(&stage, &id(1)).await;
    sent(&stage, &id(1), "wamid.1").await;
    stage.whatsapp(&status("wamid.1", "failed", 1_772_443_801)).await;
    stage.work().await;
    stage.whatsapp(&status("wamid.1", "delivered", 1_772_443_802)).await;
    stage.work().await;
    let row = stage
        .app
        .rows(&format!("select delivery_status, error_message, failure_code from messages where id = '{}'", id(1)))
        .await;
    assert_eq!(row, [["FAILED", "131026: Message undeliverable", "WHATSAPP_131026"]]);
    // Tried again under another id; what is said about the first attempt is not about this one.
    stage.app.sql(&format!("update messages set delivery_status = 'QUEUED' where id = '{}'", id(1))).await;
    stage.whatsapp(&status("wamid.1", "failed", 1_772_443_803)).await;
    stage.work().await;
    sent(&stage, &id(1), "wamid.2").await;
    stage.whatsapp(&status("wamid.2", "delivered", 1_772_443_804)).await;
    stage.work().await;
    assert_eq!(state(&stage, &id(1)).await, "DELIVERED");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_changes_an_inbound_message_by_a_status_and_a_deleted_one_says_so() {
    let stage = Stage::set().await;
    // wamid-3 is Marta's, wamid-2 is ours.
    for id in ["wamid-3", "wamid-2"] {
        stage.whatsapp(&status(id, "failed", 1_772_443_801)).await;
        stage.whatsapp(&status(id, "deleted", 1_772_443_802)).await;
    }
    stage.work().await;
    let rows = stage.app.rows("select provider_message_id, delivery_status, (payload ? 'deletedAt')::text from messages m join tenants t on t.id = m.tenant_id and t.slug = 'autos' where provider_message_id in ('wamid-2', 'wamid-3') order by 1").await;
    assert_eq!(rows, [["wamid-2", "DELIVERED", "true"], ["wamid-3", "DELIVERED", ""]]);
}

/// One thing that happens to a message.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Stored,
    Said(&'static str),
}

/// The state after everything, by the rules: a later state never goes back, `failed` counts only before it arrived, and
/// what was said before the message was known counts once it is.
fn model(steps: &[Step]) -> &'static str {
    let mut known = false;
    let mut parked: Vec<&'static str> = Vec::new();
    let mut state = "QUEUED";
    let apply = |state: &'static str, said: &str| match (state, said) {
        ("SENT", "delivered") => "DELIVERED",
        ("SENT" | "DELIVERED", "read") => "READ",
        ("SENT", "failed") => "FAILED",
        _ => state,
    };
    for step in steps {
        match step {
            Step::Stored if !known => {
                known = true;
                state = "SENT";
                for said in parked.drain(..) {
                    state = apply(state, said);
                }
            }
            Step::Stored => {}
            Step::Said(said) if known => state = apply(state, said),
            Step::Said(said) => parked.push(said),
        }
    }
    state
}

fn histories() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => Just(Step::Stored),
        4 => proptest::sample::select(vec!["sent", "delivered", "read", "failed"]).prop_map(Step::Said)
    ];
    proptest::collection::vec(step, 1..9)
}

/// Shows rule:delivery-status.
#[tokio::test(flavor = "multi_thread")]
async fn statuses_in_any_order_end_as_the_model_says_and_never_go_back() {
    let stage = set().await;
    let mut runner = TestRunner::deterministic();
    let order = ["QUEUED", "SENT", "DELIVERED", "READ"];
    for number in 0..60 {
        let mut steps = histories().new_tree(&mut runner).unwrap().current();
        steps.push(Step::Stored);
        queue(&stage, &id(number)).await;
        let provider_id = format!("wamid.p{number}");
        let mut before = "QUEUED".to_owned();
        for (place, step) in steps.iter().enumerate() {
            match step {
                Step::Stored => sent(&stage, &id(number), &provider_id).await,
                Step::Said(said) => {
                    let said = status(&provider_id, said, 1_772_443_800 + place as i64);
                    let sql = format!(
                        "begin; set local app.tenant_id = '{}'; select app.provider_event('WHATSAPP', '{provider_id}', 'STATUS', '{}', to_timestamp({}), null, null); commit",
                        stage.app.cell("select id from tenants where slug = 'autos'").await,
                        said.pointer("/entry/0/changes/0/value/statuses/0/status")
                            .and_then(Value::as_str)
                            .unwrap()
                            .to_uppercase(),
                        1_772_443_800 + place
                    );
                    crate::app::connect("mostrador_api", &stage.app.database_name)
                        .await
                        .batch_execute(&sql)
                        .await
                        .unwrap();
                }
            }
            let now = state(&stage, &id(number)).await;
            let rank = |state: &str| order.iter().position(|known| *known == state);
            if let (Some(was), Some(is)) = (rank(&before), rank(&now)) {
                assert!(is >= was, "{steps:?}: {before} became {now}");
            }
            before = now;
        }
        assert_eq!(before, model(&steps), "{steps:?}");
    }
    assert_eq!(stage.count("parked_reports").await, 0, "every message became known");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_and_the_id_at_the_same_moment_find_each_other() {
    let stage = set().await;
    let tenant = stage.app.cell("select id from tenants where slug = 'autos'").await;
    for number in 0..40 {
        queue(&stage, &id(number)).await;
        let provider_id = format!("wamid.r{number}");
        let report = async {
            let client = crate::app::connect("mostrador_api", &stage.app.database_name).await;
            let sql = format!(
                "begin; set local app.tenant_id = '{tenant}'; select app.provider_event('WHATSAPP', '{provider_id}', 'STATUS', 'DELIVERED', now(), null, null);
                 select pg_sleep({}); commit",
                f64::from(number % 4) * 0.01
            );
            client.batch_execute(&sql).await.unwrap();
        };
        let store = async {
            let client = crate::app::superuser(&stage.app.database_name).await;
            let sql = format!(
                "begin; update messages set delivery_status = 'SENT', provider_message_id = '{provider_id}' where id = '{}'; select pg_sleep({}); commit",
                id(number),
                f64::from(number % 3) * 0.01
            );
            client.batch_execute(&sql).await.unwrap();
        };
        tokio::join!(report, store);
        assert_eq!(state(&stage, &id(number)).await, "DELIVERED", "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_come_and_go_on_messages_of_both_sides_whenever_they_come() {
    let stage = Stage::set().await;
    let react = async |target: &str, emoji: &str, at: i64| {
        let reaction = json!({ "reaction": { "message_id": target, "emoji": emoji }, "timestamp": at.to_string() });
        stage.whatsapp(&message("34600000001", &format!("wamid.reaction{at}{emoji}"), "reaction", reaction)).await;
        stage.work().await;
    };
    let shown = async |id: &str| {
        stage.app.cell(&format!("select payload -> 'reactions' from messages m join tenants t on t.id = m.tenant_id and t.slug = 'autos' where provider_message_id = '{id}'")).await
    };
    let messages = stage.count("messages").await;
    react("wamid-2", "👍", 1_772_443_801).await;
    assert!(shown("wamid-2").await.contains("👍"));
    react("wamid-2", "❤️", 1_772_443_803).await;
    // Late news of an earlier one.
    react("wamid-2", "😡", 1_772_443_802).await;
    let now = shown("wamid-2").await;
    assert!(now.contains("❤️") && !now.contains("👍") && !now.contains("😡"), "{now}");
    react("wamid-2", "", 1_772_443_804).await;
    assert!(shown("wamid-2").await.contains(r#""emoji": null"#));
    // On a message that is not here yet.
    react("wamid.later", "🎉", 1_772_443_805).await;
    stage.whatsapp(&super::stage::text("34600000001", "wamid.later", "¡Llego!")).await;
    stage.work().await;
    assert!(shown("wamid.later").await.contains("🎉"));
    assert_eq!(stage.count("messages").await, messages + 1, "a reaction is no message");
}
