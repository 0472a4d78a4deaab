//! What is stored is worked through, whoever dies in between.

use std::time::Duration;

use serde_json::json;

use super::stage::{Stage, crew, payload, settled, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_is_stored_before_the_provider_is_told_and_worked_through_by_whoever_comes_next() {
    let stage = Stage::set().await;
    // Nobody works.
    stage.whatsapp(&text("34655000111", "wamid.1", "hi")).await;
    assert_eq!(stage.count("inbound_payloads where processed_at is null").await, 1);
    assert_eq!(stage.count("jobs where kind = 'inbound_payload' and state = 'QUEUED'").await, 1);
    assert_eq!(stage.count("messages where provider_message_id = 'wamid.1'").await, 0);
    // Nothing about a person stands in the job.
    let job = stage.app.cell("select payload::text || lane from jobs where kind = 'inbound_payload'").await;
    assert!(!job.contains("34655000111"), "{job}");
    let other = stage.app.beside(|_| ()).await;
    super::stage::work(&other).await;
    assert_eq!(stage.count("messages where provider_message_id = 'wamid.1'").await, 1);
    assert_eq!(stage.count("inbound_payloads where processed_at is not null").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_in_the_middle_of_a_payload_leaves_the_rest_to_the_next_one() {
    let stage = Stage::set().await;
    let messages: Vec<_> = (0..200)
        .map(|number| json!({ "from": format!("3465511{:04}", number % 20), "id": format!("wamid.{number}"), "timestamp": "1772443800", "type": "text", "text": { "body": format!("m{number}") } }))
        .collect();
    stage.whatsapp(&payload(json!(messages), json!([]))).await;
    let done = "messages where provider_message_id like 'wamid.%'";
    let mut deaths = 0;
    for _ in 0..4 {
        let first = crew(&stage.app);
        let before = stage.count(done).await;
        for _ in 0..2000 {
            if stage.count(done).await > before + 10 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        // Killed: its tasks are dropped where they are, and nobody gives the job back.
        drop(first);
        let now = stage.count(done).await;
        if now < 200 {
            deaths += 1;
        }
        // Its lease ends.
        stage.app.sql("update jobs set run_at = now() where kind = 'inbound_payload' and state = 'RUNNING'").await;
    }
    let last = crew(&stage.app);
    settled(&stage.app).await;
    assert!(last.stop(Duration::from_secs(20)).await);
    assert!(deaths > 0, "it was done before it could be killed");
    assert_eq!(stage.count(done).await, 200);
    assert_eq!(stage.count("contacts where phone like '+3465511%'").await, 20);
    let unread = stage.app.cell("select sum(c.unread_count) from conversations c join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id where p.phone like '+3465511%'").await;
    assert_eq!(unread, "200", "nothing is counted twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_are_cleared_away_when_their_time_is_over_and_those_that_are_not_done_stay() {
    use mostrador::inbound::InboundKeeper;
    use mostrador::work::{Stopper, Tenancy, Worker};
    let stage = Stage::set().await;
    for number in 0..3 {
        stage.whatsapp(&text("34655000111", &format!("wamid.{number}"), "hi")).await;
    }
    stage.whatsapp(&super::stage::status("wamid.never", "read", 1_772_443_800)).await;
    stage.work().await;
    stage.whatsapp(&text("34655000111", "wamid.waits", "hi")).await;
    let keeper = InboundKeeper::new(Tenancy::new(stage.app.services.database.clone()), 30);
    let (_stopper, stop) = Stopper::new();
    assert!(!keeper.round(&stop).await.unwrap());
    assert_eq!((stage.count("inbound_payloads").await, stage.count("parked_reports").await), (5, 1));
    stage.app.sql("update inbound_payloads set created_at = now() - interval '40 days', processed_at = case when processed_at is not null then now() - interval '31 days' end;
                   update parked_reports set created_at = now() - interval '31 days'").await;
    assert!(keeper.round(&stop).await.unwrap());
    assert!(!keeper.round(&stop).await.unwrap());
    assert_eq!((stage.count("inbound_payloads").await, stage.count("parked_reports").await), (1, 0));
    stage.work().await;
    assert_eq!(stage.count("messages where provider_message_id like 'wamid.%'").await, 4);
}
