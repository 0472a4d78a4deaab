//! The limit of the month, with many at once.

use std::time::Duration;

use futures_util::future::join_all;
use mostrador::models::Models;
use serde_json::json;

use super::stage::Stage;
use crate::app::{TestApp, connect};

/// rule:usage-limits, rule:usage-alerts-80-90-100: with 50 questions at the same moment as many are asked as are left, and
/// each alert goes off once.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_questions_at_once_ask_no_more_than_the_limit() {
    let stage = Stage::open(Models::local()).await;
    let ana = stage.ana().await;
    let limit = "mutation ($user: ID!) { setUsageLimits(input: { userId: $user, limitMessages: 5, limitTokens: null }) { errors { message } } }";
    let me = ana.data("{ viewer { user { id } } }", json!({})).await["viewer"]["user"]["id"].clone();
    ana.data(limit, json!({ "user": me })).await;
    let mut talks = Vec::new();
    for _ in 0..50 {
        talks.push(stage.talk(&ana, None).await);
    }
    let said = join_all(talks.iter().map(|talk| stage.say(&ana, talk, "Hola"))).await;
    assert_eq!(said.iter().filter(|said| said.is_ok()).count(), 5, "{said:?}");
    assert!(said.iter().flat_map(|said| said.as_ref().err()).all(|code| code == "QUOTA_EXCEEDED"), "{said:?}");
    let gone_off =
        "select count(*) from usage_alerts a join users u on u.id = a.user_id where u.email = 'ana@autos.test'";
    assert_eq!(stage.app.cell(gone_off).await, "0");

    let crew = stage.crew(3);
    for request in said.into_iter().flatten() {
        let events = Stage::watch(&stage.app, &ana, &request, None).await.all().await;
        assert_eq!(events.last().unwrap()["__typename"], "ChatReplyEnd");
    }
    crew.stop(Duration::from_secs(10)).await;
    let data = ana
        .data(
            "query ($me: ID!) { monthlyUsages(filter: { limitMessages: { eq: 5 } }) { nodes { totalMessages exceededLimit } }
               usageAlerts(filter: { userId: { eq: $me }, type: { eq: MESSAGES } }, orderBy: [{ field: THRESHOLD }]) { nodes { threshold triggered } } }",
            json!({ "me": me }),
        )
        .await;
    let gone_off = |threshold: i32| json!({ "threshold": threshold, "triggered": true });
    assert_eq!(
        data,
        json!({
            "monthlyUsages": { "nodes": [{ "totalMessages": 5, "exceededLimit": true }] },
            "usageAlerts": { "nodes": [gone_off(80), gone_off(90), gone_off(100)] }
        })
    );
    assert_eq!(stage.say(&ana, &talks[0], "¿Más?").await.unwrap_err(), "QUOTA_EXCEEDED");
}

/// rule:usage-limits: what is under way counts with what it may take.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_promised_count_as_used() {
    let stage = Stage::open(Models::local()).await;
    let ana = stage.ana().await;
    let me = ana.data("{ viewer { user { id } } }", json!({})).await["viewer"]["user"]["id"].clone();
    let limit = "mutation ($user: ID!) { setUsageLimits(input: { userId: $user, limitTokens: \"6000\" }) { errors { message } } }";
    ana.data(limit, json!({ "user": me })).await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        let talk = stage.talk(&ana, None).await;
        codes.push(stage.say(&ana, &talk, "Hola").await.err());
    }
    // Each may take four thousand, as she has chosen.
    let refused = Some("QUOTA_EXCEEDED".to_owned());
    assert_eq!(codes, [None, None, refused.clone(), refused]);
}

/// rule:usage-retention-1-year: the logs of a month that ended more than a year ago go; what they came to stays.
#[tokio::test(flavor = "multi_thread")]
async fn logs_are_dropped_after_a_year_and_the_months_stay() {
    let app = TestApp::world().await;
    let row = app.rows("select tenant_id, id from users where email = 'ana@autos.test'").await.remove(0);
    // As the owner of a database may; this one is a copy that the superuser made.
    app.sql("grant create on schema public to mostrador_owner").await;
    let owner = connect("mostrador_owner", &app.database_name).await;
    let sql = format!(
        "set app.tenant_id = '{}';
         alter table usage_logs detach partition usage_logs_past;
         call app.make_monthly_partition('usage_logs', 'usage_logs_2024_01',
             format('for values from (%L) to (%L)', app.first_uuid_of('2024-01-01Z'), app.first_uuid_of('2024-02-01Z')));
         insert into usage_logs (id, tenant_id, user_id, tokens_input, tokens_output, model, success, occurred_at)
         values (app.first_uuid_of('2024-01-10Z'), '{0}', '{}', 5, 6, 'local', true, '2024-01-10Z'),
                (app.uuid_v7(), '{0}', '{1}', 1, 1, 'local', true, now())",
        row[0], row[1]
    );
    owner.batch_execute(&sql).await.unwrap();
    let api = connect("mostrador_api", &app.database_name).await;
    api.batch_execute("select app.keep_monthly_partitions('usage_logs')").await.unwrap();
    assert_eq!(app.cell("select count(*) from usage_logs where occurred_at < now() - interval '1 year'").await, "0");
    assert_eq!(app.cell("select to_regclass('usage_logs_2024_01') is null").await, "t");
    assert_eq!(app.cell("select count(*) from usage_logs").await, "1");
    let month = "select total_messages, total_tokens from monthly_usage where year = 2024";
    assert_eq!(app.rows(month).await, [["1", "11"]]);
}
