//! Conversations that sleep, and the job that opens them.

use std::sync::Arc;
use std::time::Duration;

use mostrador::jobs::{JobWorker, JobWorkerParts, Pace};
use mostrador::telemetry::jobs::JobMetrics;
use mostrador::work::{Crew, Tenancy};
use serde_json::json;

use super::{id, uuid};
use crate::app::TestApp;

/// The gateway's worker, with what the inbox has for it to do.
fn crew(app: &TestApp) -> Crew {
    let parts = JobWorkerParts {
        tenancy: Tenancy::new(app.database.clone()),
        ids: Arc::clone(&app.services.ids),
        kinds: mostrador::inbox::job_kinds(),
        bus: Arc::clone(&app.services.bus),
        metrics: JobMetrics::new().unwrap(),
        pace: Pace { rest: Duration::from_millis(50), ..Pace::default() },
    };
    Crew::start(vec![Box::new(JobWorker::new(parts))])
}

async fn until(app: &TestApp, question: &str) {
    for _ in 0..1500 {
        if app.cell(question).await == "t" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never came: {question}");
}

const SNOOZE: &str = "mutation M($input: SnoozeConversationInput!) { snoozeConversation(input: $input) {
    conversation { status isSnoozed snoozedUntil } errors { code message } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_wakes_within_seconds_of_its_time_and_not_before() {
    let app = TestApp::world().await;
    let crew = crew(&app);
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let chat = uuid(&app, "conversations", "channel = 'WHATSAPP'").await;
    let moment = app
        .cell("select to_char(now() at time zone 'UTC' + interval '2 seconds', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        .await;
    let asleep = jan.data(SNOOZE, json!({ "input": { "id": id("conversation", "chat1"), "until": moment } })).await;
    assert_eq!(asleep["snoozeConversation"]["conversation"]["isSnoozed"], true, "{asleep:#}");
    // Asleep as long as its time has not come: looked at in one statement, so that no clock runs in between.
    let too_early = format!("select status = 'OPEN' and now() < '{moment}' from conversations where id = '{chat}'");
    let awake = format!("select status = 'OPEN' and snoozed_until is null from conversations where id = '{chat}'");
    for _ in 0..1500 {
        assert_ne!(app.cell(&too_early).await, "t");
        if app.cell(&awake).await == "t" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until(&app, &awake).await;
    until(&app, "select bool_and(state = 'SUCCEEDED') from jobs where kind = 'wake_conversation'").await;
    assert!(crew.stop(Duration::from_secs(20)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_leaves_alone_what_was_snoozed_anew_or_settled_meanwhile() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let chat = uuid(&app, "conversations", "channel = 'WHATSAPP'").await;
    let (first, later) = ("2999-01-01T00:00:00Z", "2999-02-01T00:00:00Z");
    for until in [first, later] {
        let asleep = jan.data(SNOOZE, json!({ "input": { "id": id("conversation", "chat1"), "until": until } })).await;
        assert_eq!(asleep["snoozeConversation"]["errors"], json!([]), "{asleep:#}");
    }
    let due = |moment: &str| {
        format!(
            "update jobs set run_at = now() where kind = 'wake_conversation' and state = 'QUEUED' and run_at = '{moment}'"
        )
    };
    let crew = crew(&app);
    app.sql(&due(first)).await;
    until(&app, "select count(*) = 1 from jobs where kind = 'wake_conversation' and state = 'SUCCEEDED'").await;
    let still = format!("select status || ' ' || snoozed_until from conversations where id = '{chat}'");
    assert!(app.cell(&still).await.starts_with("PENDING 2999-02-01"), "{}", app.cell(&still).await);
    app.sql(&format!("update conversations set status = 'RESOLVED' where id = '{chat}'")).await;
    app.sql(&due(later)).await;
    until(&app, "select count(*) = 2 from jobs where kind = 'wake_conversation' and state = 'SUCCEEDED'").await;
    assert_eq!(app.cell(&format!("select status from conversations where id = '{chat}'")).await, "RESOLVED");
    assert!(crew.stop(Duration::from_secs(20)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn psql_snoozes_as_the_api_does() {
    let app = TestApp::world().await;
    let crew = crew(&app);
    let chat = uuid(&app, "conversations", "channel = 'WHATSAPP'").await;
    app.sql(&format!(
        "update conversations set status = 'PENDING', snoozed_until = now() + interval '1 second' where id = '{chat}'"
    ))
    .await;
    until(&app, &format!("select status = 'OPEN' from conversations where id = '{chat}'")).await;
    assert!(crew.stop(Duration::from_secs(20)).await);
}
