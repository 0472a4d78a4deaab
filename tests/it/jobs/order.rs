//! Whose turn it is: between businesses, and within a lane.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use mostrador::jobs::{JobError, Pace};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::errand::{Errand, PACE, crew, enqueue, leave_trace, stop, tenant, until};
use crate::app::TestApp;

/// One business queues a hundred thousand jobs at once; logging and versions are not what is tested.
async fn flood(app: &TestApp, slug: &str, count: u32) {
    let tenant = tenant(app, slug).await;
    let sql = format!(
        "set session_replication_role = replica;
         insert into jobs (tenant_id, kind, payload) select '{tenant}', 'errand', '{{}}' from generate_series(1, {count});
         analyze jobs"
    );
    app.sql(&sql).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_jobs_of_one_business_do_not_delay_the_one_of_another_by_more_than_a_round() {
    let app = TestApp::world().await;
    flood(&app, "autos", 100_000).await;
    let (done, gate) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Semaphore::new(0)));
    let errand = Errand::slow("errand", {
        let (done, gate) = (Arc::clone(&done), Arc::clone(&gate));
        move |job| {
            let (done, gate) = (Arc::clone(&done), Arc::clone(&gate));
            async move {
                gate.acquire().await.unwrap().forget();
                done.lock().unwrap().push(job.tenant);
                Ok(leave_trace(&job))
            }
            .boxed()
        }
    });
    // One place: whoever has it keeps everybody else waiting until the gate opens once.
    let pace = Pace { jobs_at_once: 1, ..PACE };
    let crew = crew(&app, 1, pace, vec![errand]);
    gate.add_permits(3);
    until(&app, "select count(*) = 1 from jobs where state = 'RUNNING' and exists (select from jobs where state = 'SUCCEEDED' having count(*) = 3)").await;

    let calm = tenant(&app, "casas").await;
    enqueue(&app, "casas", "'errand', '{}'").await;
    gate.add_permits(1);
    until(&app, "select count(*) = 1 from jobs where state = 'RUNNING' and exists (select from jobs where state = 'SUCCEEDED' having count(*) = 4)").await;
    gate.add_permits(1);
    until(&app, &format!("select state = 'SUCCEEDED' from jobs where tenant_id = '{calm}'")).await;
    let order: Vec<bool> = done.lock().unwrap().iter().map(|tenant: &Uuid| *tenant == calm).collect();
    assert_eq!(order, [false, false, false, false, true], "the one that was running, and then the newcomer");
    gate.add_permits(1000);
    stop(crew).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_whose_jobs_hang_leaves_places_for_others() {
    let app = TestApp::world().await;
    flood(&app, "autos", 20).await;
    let hanging = tenant(&app, "autos").await;
    let gate = Arc::new(Semaphore::new(0));
    let errand = Errand::slow("errand", {
        let gate = Arc::clone(&gate);
        move |job| {
            let gate = Arc::clone(&gate);
            async move {
                if job.tenant == hanging {
                    gate.acquire().await.unwrap().forget();
                }
                Ok(leave_trace(&job))
            }
            .boxed()
        }
    });
    let crew = crew(&app, 1, PACE, vec![errand]);
    until(&app, "select count(*) = 2 from jobs where state = 'RUNNING'").await;
    for _ in 0..10 {
        enqueue(&app, "casas", "'errand', '{}'").await;
    }
    until(&app, "select count(*) = 10 from jobs where state = 'SUCCEEDED'").await;
    assert_eq!(app.cell("select count(*) from jobs where state = 'RUNNING'").await, "2");
    gate.add_permits(1000);
    until(&app, "select bool_and(state = 'SUCCEEDED') from jobs").await;
    stop(crew).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_a_lane_run_one_after_another_in_order_also_when_some_fail() {
    let app = TestApp::world().await;
    for number in 0..60 {
        let lane = number % 4;
        enqueue(&app, "autos", &format!("'errand', '{{\"number\": {number}}}', lane => 'lane {lane}'")).await;
    }
    #[derive(Default)]
    struct Seen {
        now: HashMap<i64, u32>,
        done: HashMap<i64, Vec<i64>>,
        overlapped: u32,
    }
    let seen = Arc::new(Mutex::new(Seen::default()));
    let errand = Errand::slow("errand", {
        let seen = Arc::clone(&seen);
        move |job| {
            let seen = Arc::clone(&seen);
            async move {
                let number = job.payload["number"].as_i64().unwrap();
                {
                    let mut seen = seen.lock().unwrap();
                    let now = seen.now.entry(number % 4).or_default();
                    *now += 1;
                    seen.overlapped += u32::from(*seen.now.get(&(number % 4)).unwrap() > 1);
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
                let mut seen = seen.lock().unwrap();
                *seen.now.get_mut(&(number % 4)).unwrap() -= 1;
                // Every third one fails at first, every tenth for good.
                if number % 10 == 9 {
                    return Err(JobError::dead("NEVER"));
                }
                if number % 3 == 0 && job.attempt < 3 {
                    return Err(JobError::retry("NOT_YET"));
                }
                seen.done.entry(number % 4).or_default().push(number);
                Ok(leave_trace(&job))
            }
            .boxed()
        }
    });
    let errand = errand.first_wait(Duration::from_millis(5));
    let crew = crew(&app, 10, PACE, vec![errand]);
    until(&app, "select bool_and(state in ('SUCCEEDED', 'DEAD')) from jobs").await;
    stop(crew).await;
    assert_eq!(app.cell("select count(*) from jobs where state = 'DEAD'").await, "6");
    let seen = seen.lock().unwrap();
    assert_eq!(seen.overlapped, 0);
    for (lane, done) in &seen.done {
        let expected: Vec<i64> = (0..60).filter(|number| number % 4 == *lane && number % 10 != 9).collect();
        assert_eq!(*done, expected, "lane {lane}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_has_one_running_job_whatever_two_workers_see() {
    let app = TestApp::world().await;
    let tenant = tenant(&app, "autos").await;
    let first = enqueue(&app, "autos", "'errand', '{}', lane => 'lane'").await;
    let second = enqueue(&app, "autos", "'errand', '{}', lane => 'lane'").await;
    let run = |id: &str| {
        format!("update jobs set state = 'RUNNING', lease = id where id = '{id}' and tenant_id = '{tenant}'")
    };
    app.sql(&run(&first)).await;
    let client = crate::app::superuser(&app.database_name).await;
    let refused = client.batch_execute(&run(&second)).await.unwrap_err();
    assert_eq!(refused.as_db_error().unwrap().constraint(), Some("jobs_lane_key"));
}
