//! Durable jobs: taken by one, done once, in fair turns and lanes, also when workers die, stall or are cut off.
//!
//! Moments of waiting are shortened by moving `run_at` in the database, not by sleeping; so are the jumps of clocks.

pub(crate) mod errand;
mod order;
mod trouble;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mostrador::bus::{Bus, LocalBus, Topic};
use mostrador::jobs::{Effects, JobError, JobKeeper, JobKind, Pace};
use mostrador::work::{Crew, Tenancy};
use serde_json::json;

use self::errand::{Errand, PACE, crew, effects_of, enqueue, leave_trace, stop, tenant, traces, until, worker_on};
use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_committed_transaction_is_done_once_and_that_of_another_never() {
    let app = TestApp::world().await;
    app.sql(
        "begin; select set_config('app.tenant_id', (select id::text from tenants where slug = 'autos'), true);
         select app.enqueue_job('errand', '{}'); rollback",
    )
    .await;
    let id = enqueue(&app, "autos", "'errand', '{}'").await;
    let crew = crew(&app, 2, PACE, vec![Errand::traces("errand")]);
    until(&app, "select bool_and(state = 'SUCCEEDED') from jobs").await;
    stop(crew).await;
    assert_eq!(traces(&app, &id).await, 1);
    let sql = "select count(*), min(attempts), count(last_error), count(lease), count(finished_at) from jobs";
    assert_eq!(app.rows(sql).await, [["1", "1", "0", "0", "1"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_workers_do_each_of_many_jobs_once() {
    let app = TestApp::world().await;
    for slug in ["autos", "casas"] {
        let sql = format!(
            "select set_config('app.tenant_id', (select id::text from tenants where slug = '{slug}'), false);
             select app.enqueue_job('errand', '{{}}') from generate_series(1, 150)"
        );
        app.sql(&sql).await;
    }
    let mut crews = Vec::new();
    for _ in 0..50 {
        crews.push(crew(&app, 1, PACE, vec![Errand::traces("errand")]));
    }
    until(&app, "select bool_and(state = 'SUCCEEDED') from jobs").await;
    for crew in crews {
        stop(crew).await;
    }
    assert_eq!(app.cell("select count(*) from jobs where attempts = 1").await, "300");
    let sql = "select count(*), count(distinct name) from conversation_tags where icon = 'job'";
    assert_eq!(app.rows(sql).await, [["300", "300"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_woken_when_something_was_written() {
    let app = TestApp::world().await;
    let bus = Arc::new(LocalBus::new());
    let pace = Pace { rest: Duration::from_secs(3600), ..PACE };
    let kinds: Vec<Arc<dyn JobKind>> = vec![Arc::new(Errand::traces("errand"))];
    let crew = Crew::start(vec![worker_on(&app, pace, kinds, Arc::clone(&bus) as Arc<dyn Bus>)]);
    for count in 1..=3 {
        enqueue(&app, "autos", "'errand', '{}'").await;
        bus.publish(Topic::Rounds, "1".into()).unwrap();
        until(&app, &format!("select count(*) = {count} from jobs where state = 'SUCCEEDED'")).await;
    }
    stop(crew).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_keeps_a_second_job_away_until_the_first_is_finished() {
    let app = TestApp::world().await;
    let first = enqueue(&app, "autos", "'errand', '{}', key => 'once'").await;
    assert_eq!(enqueue(&app, "autos", "'errand', '{}', key => 'once'").await, first);
    assert_ne!(enqueue(&app, "casas", "'errand', '{}', key => 'once'").await, first, "keys are of one business");
    let crew = crew(&app, 1, PACE, vec![Errand::traces("errand")]);
    until(&app, "select bool_and(state = 'SUCCEEDED') from jobs").await;
    let second = enqueue(&app, "autos", "'errand', '{}', key => 'once'").await;
    assert_ne!(second, first);
    until(&app, "select bool_and(state = 'SUCCEEDED') from jobs").await;
    stop(crew).await;
    assert_eq!(app.cell("select count(*) from jobs").await, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_waits_until_it_is_due() {
    let app = TestApp::world().await;
    let id = enqueue(&app, "autos", "'errand', '{}', run_at => now() + interval '1 hour'").await;
    enqueue(&app, "autos", "'errand', '{}'").await;
    let crew = crew(&app, 1, PACE, vec![Errand::traces("errand")]);
    until(&app, "select count(*) = 1 from jobs where state = 'SUCCEEDED'").await;
    assert_eq!(traces(&app, &id).await, 0);
    app.sql(&format!("update jobs set run_at = now() where id = '{id}'")).await;
    until(&app, "select bool_and(state = 'SUCCEEDED') from jobs").await;
    stop(crew).await;
    assert_eq!(traces(&app, &id).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_is_tried_again_with_longer_waits_and_given_up_in_the_end() {
    let app = TestApp::world().await;
    let id = enqueue(&app, "autos", "'errand', '{}'").await;
    let errand = Errand::new("errand", |_| Err(JobError::retry("NO_LUCK")));
    let crew = crew(&app, 1, PACE, vec![errand.attempts(3)]);
    let mut waits = Vec::new();
    for attempt in 1..3 {
        until(&app, &format!("select state = 'QUEUED' and attempts = {attempt} from jobs")).await;
        waits.push(app.cell("select extract(epoch from run_at - now())::int from jobs").await.parse::<i64>().unwrap());
        app.sql("update jobs set run_at = now()").await;
    }
    until(&app, "select state = 'DEAD' from jobs").await;
    stop(crew).await;
    // An hour, then two, give or take a quarter.
    assert!((2600..=4600).contains(&waits[0]) && (5300..=9100).contains(&waits[1]), "{waits:?}");
    let sql = "select attempts, last_error, (finished_at is not null)::text from jobs";
    assert_eq!(app.rows(sql).await, [["3", "NO_LUCK", "true"]]);
    // What the kind writes when it gives up: its own trace.
    let sql = format!("select count(*) from conversation_tags where name like '{id} gave up NO_LUCK%'");
    assert_eq!(app.cell(&sql).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_put_off_loses_no_attempt() {
    let app = TestApp::world().await;
    enqueue(&app, "autos", "'errand', '{}'").await;
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let errand = Errand::new("errand", move |job| match counted.fetch_add(1, Ordering::SeqCst) {
        0..5 => Err(JobError::Postpone { code: "NOT_NOW".into(), after: Duration::ZERO }),
        _ => Ok(leave_trace(job)),
    });
    let crew = crew(&app, 1, PACE, vec![errand.attempts(1)]);
    until(&app, "select state = 'SUCCEEDED' and attempts = 1 from jobs").await;
    stop(crew).await;
    assert_eq!(calls.load(Ordering::SeqCst), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_nobody_here_can_do_and_those_of_suspended_businesses_wait() {
    let app = TestApp::world().await;
    let foreign = enqueue(&app, "autos", "'of_the_next_version', '{}'").await;
    let suspended = enqueue(&app, "casas", "'errand', '{}'").await;
    app.sql("update tenants set status = 'SUSPENDED' where slug = 'casas'").await;
    let last = enqueue(&app, "autos", "'errand', '{}'").await;
    let crew = crew(&app, 1, PACE, vec![Errand::traces("errand")]);
    until(&app, &format!("select state = 'SUCCEEDED' from jobs where id = '{last}'")).await;
    let waiting = format!("select count(*) from jobs where id in ('{foreign}', '{suspended}') and attempts = 0");
    assert_eq!(app.cell(&waiting).await, "2");
    app.sql("update tenants set status = 'ACTIVE' where slug = 'casas'").await;
    until(&app, &format!("select state = 'SUCCEEDED' from jobs where id = '{suspended}'")).await;
    stop(crew).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_see_jobs_retry_and_cancel_them_and_nobody_else_does() {
    let app = TestApp::world().await;
    let (ana, jan, eva) = (
        app.sign_in("autos", "ana@autos.test").await,
        app.sign_in("autos", "jan@autos.test").await,
        app.sign_in("casas", "eva@casas.test").await,
    );
    let subject = app
        .cell("select id from contacts where tenant_id = (select id from tenants where slug = 'autos') limit 1")
        .await;
    let payload = json!({ "contact_id": subject });
    enqueue(&app, "autos", &format!("'errand', '{payload}', run_at => now() + interval '1 day'")).await;
    let query = "{ jobs(filter: {kind: {eq: \"errand\"}, state: {eq: QUEUED}}) { totalCount nodes { id kind state attempts lastError subjectId runAt finishedAt } } }";
    let seen = ana.data(query, json!({})).await;
    let job = &seen["jobs"]["nodes"][0];
    assert_eq!((&job["kind"], &job["attempts"], &job["finishedAt"]), (&json!("errand"), &json!(0), &json!(null)));
    assert!(job["subjectId"].as_str().unwrap().starts_with("contact_"), "{seen:#}");
    assert_eq!(eva.data(query, json!({})).await["jobs"]["totalCount"], 0);
    let refused = jan.send(query, json!({})).await.json;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused:#}");

    let id = job["id"].clone();
    let cancel = "mutation($id: ID!) { cancelJob(input: {id: $id}) { job { state finishedAt } errors { code path } } }";
    let retry =
        "mutation($id: ID!) { retryJob(input: {id: $id}) { job { state attempts finishedAt } errors { code path } } }";
    let refused = jan.send(cancel, json!({ "id": id })).await.json;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused:#}");
    let unknown = eva.data(cancel, json!({ "id": id })).await;
    assert_eq!(unknown["cancelJob"]["errors"][0]["code"], "NOT_FOUND", "of another business");

    let cancelled = ana.data(cancel, json!({ "id": id })).await;
    assert_eq!(cancelled["cancelJob"]["job"]["state"], "CANCELLED", "{cancelled:#}");
    let again = ana.data(cancel, json!({ "id": id })).await;
    assert_eq!(again["cancelJob"]["errors"][0]["code"], "INVALID_TRANSITION");
    let retried = ana.data(retry, json!({ "id": id })).await;
    assert_eq!(retried["retryJob"]["job"], json!({ "state": "QUEUED", "attempts": 0, "finishedAt": null }));

    let crew = crew(&app, 1, PACE, vec![Errand::traces("errand")]);
    until(&app, "select state = 'SUCCEEDED' from jobs").await;
    stop(crew).await;
    let done = ana.data(retry, json!({ "id": id })).await;
    assert_eq!(done["retryJob"]["errors"][0]["code"], "INVALID_TRANSITION");
}

#[tokio::test(flavor = "multi_thread")]
async fn finished_jobs_are_kept_for_a_while_and_no_others_are_removed() {
    let app = TestApp::world().await;
    for (state, age) in [("SUCCEEDED", 15), ("SUCCEEDED", 13), ("DEAD", 15), ("CANCELLED", 400)] {
        let id = enqueue(&app, "autos", "'errand', '{}'").await;
        let sql = format!(
            "update jobs set state = 'RUNNING', lease = id where id = '{id}';
             update jobs set state = '{state}', lease = null, finished_at = now() - interval '{age} days' where id = '{id}'"
        );
        app.sql(&sql).await;
    }
    enqueue(&app, "casas", "'errand', '{}', run_at => now() - interval '1 year'").await;
    let keeper = JobKeeper::new(Tenancy::new(app.database.clone()), 14);
    let crew = Crew::start(vec![Box::new(keeper)]);
    until(&app, "select count(*) = 2 from jobs").await;
    stop(crew).await;
    let states = app.rows("select state from jobs order by state").await;
    assert_eq!(states, [["QUEUED"], ["SUCCEEDED"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_job_writes_is_written_with_its_end_or_not_at_all() {
    let app = TestApp::world().await;
    let tenant = tenant(&app, "autos").await;
    let wrong = enqueue(&app, "autos", "'wrong', '{}'").await;
    let crew = crew(
        &app,
        1,
        PACE,
        vec![
            Errand::new("wrong", move |job| {
                // The second statement is refused, so the first one must not stay.
                let (good, bad) =
                    (effects_of(job), "insert into conversation_tags (tenant_id, name) values ($$$$, null)");
                let _ = tenant;
                Ok(Effects::new(move |tx| {
                    let good = good.clone();
                    Box::pin(async move {
                        tx.rows(good, false).await?;
                        let mut sql = entity::sql::Sql::new();
                        sql.push(bad);
                        tx.rows(sql, false).await.map(|_| ())
                    })
                }))
            })
            .attempts(1),
        ],
    );
    until(&app, "select state = 'DEAD' from jobs").await;
    stop(crew).await;
    let sql = format!("select count(*) from conversation_tags where name like '{wrong} did%'");
    assert_eq!(app.cell(&sql).await, "0");
}
