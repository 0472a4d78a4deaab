//! Workers that die, stall, lose their lease or are cut off; jobs on which they do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use mostrador::jobs::Pace;
use serde_json::json;
use tokio::sync::Semaphore;

use super::errand::{Errand, PACE, crew, enqueue, leave_trace, stop, traces, until};
use crate::app::TestApp;

/// An errand that waits at a gate, and how many have come to it.
fn gated() -> (impl Fn() -> Errand, Arc<Semaphore>, Arc<AtomicU32>) {
    let (gate, begun) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU32::new(0)));
    let errand = {
        let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
        move || {
            let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
            Errand::slow("errand", move |job| {
                let (gate, begun) = (Arc::clone(&gate), Arc::clone(&begun));
                async move {
                    begun.fetch_add(1, Ordering::SeqCst);
                    gate.acquire().await.unwrap().forget();
                    Ok(leave_trace(&job))
                }
                .boxed()
            })
        }
    };
    (errand, gate, begun)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_lease_has_ended_is_taken_over_and_its_first_worker_writes_nothing() {
    let app = TestApp::world().await;
    let id = enqueue(&app, "autos", "'errand', '{}'").await;
    let (errand, gate, begun) = gated();
    // With one place, so that it is not the stalled worker itself that begins anew.
    let stalled = crew(&app, 1, Pace { jobs_at_once: 1, ..PACE }, vec![errand()]);
    until(&app, "select state = 'RUNNING' from jobs").await;
    // As when the process is frozen for too long, or the database's clock is put forward.
    app.sql("update jobs set run_at = run_at - interval '2 hours'").await;
    let healthy = crew(&app, 1, PACE, vec![Errand::traces("errand")]);
    until(&app, "select state = 'SUCCEEDED' from jobs").await;
    assert_eq!(traces(&app, &id).await, 1);
    gate.add_permits(10);
    stop(stalled).await;
    stop(healthy).await;
    assert_eq!(traces(&app, &id).await, 1);
    assert_eq!(begun.load(Ordering::SeqCst), 1);
    assert_eq!(app.cell("select attempts from jobs").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_longer_than_its_lease_is_done_once_because_it_is_renewed() {
    let app = TestApp::world().await;
    let id = enqueue(&app, "autos", "'errand', '{}'").await;
    let pace = Pace { lease: Duration::from_secs(3), ..PACE };
    let errand = || {
        Errand::slow("errand", |job| {
            async move {
                tokio::time::sleep(Duration::from_secs(7)).await;
                Ok(leave_trace(&job))
            }
            .boxed()
        })
    };
    let crews = [crew(&app, 1, pace, vec![errand()]), crew(&app, 1, pace, vec![errand()])];
    until(&app, "select state = 'SUCCEEDED' from jobs").await;
    for crew in crews {
        stop(crew).await;
    }
    assert_eq!(traces(&app, &id).await, 1);
    assert_eq!(app.cell("select attempts from jobs").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_that_is_cancelled_writes_nothing_any_more() {
    let app = TestApp::world().await;
    let id = enqueue(&app, "autos", "'errand', '{}'").await;
    let (errand, gate, _) = gated();
    let crew = crew(&app, 1, PACE, vec![errand()]);
    until(&app, "select state = 'RUNNING' from jobs").await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let jobs = ana.data("{ jobs { nodes { id } } }", json!({})).await;
    let cancel = "mutation($id: ID!) { cancelJob(input: {id: $id}) { job { state } errors { code } } }";
    let cancelled = ana.data(cancel, json!({ "id": jobs["jobs"]["nodes"][0]["id"] })).await;
    assert_eq!(cancelled["cancelJob"], json!({ "job": { "state": "CANCELLED" }, "errors": [] }));
    gate.add_permits(10);
    stop(crew).await;
    assert_eq!(traces(&app, &id).await, 0);
    assert_eq!(app.cell("select state from jobs").await, "CANCELLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_panics_is_a_failed_attempt_and_the_worker_goes_on() {
    let app = TestApp::world().await;
    enqueue(&app, "autos", "'poison', '{}'").await;
    let good = enqueue(&app, "autos", "'errand', '{}'").await;
    let poison = Errand::new("poison", |_| panic!("on purpose")).attempts(3).first_wait(Duration::from_millis(1));
    let crew = crew(&app, 1, PACE, vec![poison, Errand::traces("errand")]);
    until(&app, "select bool_and(state in ('DEAD', 'SUCCEEDED')) from jobs").await;
    stop(crew).await;
    assert_eq!(app.rows("select attempts, last_error from jobs where kind = 'poison'").await, [["3", "PANICKED"]]);
    assert_eq!(traces(&app, &good).await, 1);
    assert_eq!(app.cell("select count(*) from conversation_tags where name like '%gave up PANICKED%'").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_on_which_processes_die_is_given_up_without_being_begun_once_more() {
    let app = TestApp::world().await;
    let id = enqueue(&app, "autos", "'errand', '{}'").await;
    // As after five workers that did not live to say what became of it.
    app.sql("update jobs set state = 'RUNNING', lease = id, attempts = 5, run_at = now() - interval '1 s'").await;
    let crew = crew(&app, 1, PACE, vec![Errand::traces("errand")]);
    until(&app, "select state = 'DEAD' from jobs").await;
    stop(crew).await;
    assert_eq!(app.cell("select last_error from jobs").await, "TOO_MANY_ATTEMPTS");
    assert_eq!(traces(&app, &id).await, 0);
    assert_eq!(app.cell(&format!("select count(*) from conversation_tags where name like '{id} gave up%'")).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_lets_jobs_end_and_gives_back_those_that_take_too_long() {
    let app = TestApp::world().await;
    let quick = enqueue(&app, "autos", "'quick', '{}'").await;
    let slow = enqueue(&app, "autos", "'errand', '{}'").await;
    let (errand, _gate, _) = gated();
    let gentle = Errand::slow("quick", |job| {
        async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok(leave_trace(&job))
        }
        .boxed()
    });
    let pace = Pace { drain: Duration::from_secs(3), ..PACE };
    let crew = crew(&app, 1, pace, vec![gentle, errand()]);
    until(&app, "select count(*) = 2 from jobs where state <> 'QUEUED'").await;
    stop(crew).await;
    assert_eq!(traces(&app, &quick).await, 1);
    assert_eq!(traces(&app, &slow).await, 0);
    let sql = format!("select state, attempts, last_error, (run_at <= now())::text from jobs where id = '{slow}'");
    assert_eq!(app.rows(&sql).await, [["QUEUED", "0", "SHUTDOWN", "true"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_delays_and_doubles_nothing() {
    let app = TestApp::world().await;
    let id = enqueue(&app, "autos", "'errand', '{}'").await;
    let (errand, gate, begun) = gated();
    let pace = Pace { lease: Duration::from_secs(3), ..PACE };
    let crew = crew(&app, 2, pace, vec![errand()]);
    until(&app, "select state = 'RUNNING' from jobs").await;
    // What was written before the clock went back lies in the future now; the next sign of life mends it.
    app.sql("update jobs set run_at = run_at + interval '2 hours'").await;
    until(&app, "select run_at < now() + interval '1 minute' from jobs").await;
    gate.add_permits(10);
    until(&app, "select state = 'SUCCEEDED' from jobs").await;
    stop(crew).await;
    assert_eq!(traces(&app, &id).await, 1);
    assert_eq!(begun.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut_all_the_time_lose_and_double_nothing() {
    let app = TestApp::world().await;
    for _ in 0..100 {
        enqueue(&app, "autos", "'errand', '{}'").await;
    }
    let pace = Pace { rest: Duration::from_millis(5), ..PACE };
    let errand = || Errand::traces("errand").attempts(10_000).first_wait(Duration::from_millis(5));
    let crews = [crew(&app, 1, pace, vec![errand()]), crew(&app, 1, pace, vec![errand()])];
    let client = crate::app::superuser(&app.database_name).await;
    let is_done = "select coalesce(bool_and(state = 'SUCCEEDED'), false) from jobs";
    for round in 0..3000 {
        if client.query_one(is_done, &[]).await.unwrap().get::<_, bool>(0) {
            break;
        }
        assert!(round < 2999, "{:?}", app.rows("select state, attempts, last_error from jobs").await);
        // For a while; then what was taken by somebody who never heard of it is taken again.
        if round < 40 {
            let cut = "select pg_terminate_backend(pid) from pg_stat_activity \
                       where datname = current_database() and usename = 'mostrador_api'";
            client.batch_execute(cut).await.unwrap();
        } else {
            client.batch_execute("update jobs set run_at = now() where state in ('RUNNING', 'QUEUED')").await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    for crew in crews {
        stop(crew).await;
    }
    let sql = "select count(*), count(distinct left(name, 36)) from conversation_tags where name like '% did %'";
    assert_eq!(app.rows(sql).await, [["100", "100"]]);
}
