//! Real worker processes that are killed at the worst moments.

use std::time::Duration;

use serde_json::json;

use super::office::{CREATE_BULK, Office, fleet};
use super::stub::{Manner, Stub};
use crate::binary::Worker;

/// The moment at which the lease ends.
const EXPIRE: &str = "update jobs set run_at = now() where state = 'RUNNING'";

/// Shows rule:bulk-delete-after: a stopped run goes on without doubles.
#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_neither_double_nor_lose_vehicles() {
    let office = Office::open().await;
    let made = office.ana.data(CREATE_BULK, json!({ "input": { "type": "TRANSPORT", "vehicles": fleet(1000) } })).await;
    assert_eq!(made["createBulkRequest"]["errors"], json!([]), "{made:#}");
    let mut seen = Vec::new();
    for least in [1, 200, 450, 700] {
        let worker = Worker::start(&office.app).await;
        // In the middle of a block, as often as not.
        office.until(&format!("select processed_vehicles >= {least} from bulk_requests")).await;
        tokio::time::sleep(Duration::from_millis(least % 7)).await;
        worker.kill();
        let processed: u32 = office.app.cell("select processed_vehicles from bulk_requests").await.parse().unwrap();
        let sql = "select (select count(*) from logistics_request_lines), (select count(*) from logistics_requests) * 50, 1000 - (select count(*) from bulk_request_items)";
        assert_eq!(office.app.rows(sql).await, [vec![processed.to_string(); 3]], "whole blocks only");
        seen.push(processed);
        office.app.sql(EXPIRE).await;
    }
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
    let _last = Worker::start(&office.app).await;
    office.until("select status = 'COMPLETED' from bulk_requests").await;
    let sql = "select (select count(*) from bulk_request_items), count(*), count(distinct vin), count(distinct request_id) from logistics_request_lines";
    assert_eq!(office.app.rows(sql).await, [["0", "1000", "1000", "20"]]);
    let sql = "select distinct count(*) from logistics_request_lines group by request_id";
    assert_eq!(office.app.rows(sql).await, [["50"]], "exactly 20 requests of 50");
    let codes = office
        .app
        .cell(
            "select count(*) = max(right(code, 6)::integer) - min(right(code, 6)::integer) + 1 from logistics_requests",
        )
        .await;
    assert_eq!(codes, "t", "codes have no gaps");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_after_a_system_has_taken_a_vehicle_registers_it_once() {
    let stub = Stub::start([Manner::DoesAndDawdles, Manner::DoesAndDawdles, Manner::Hangs]).await;
    let office = Office::connected(&stub).await;
    let id = office.request("TRANSPORT", 5).await;
    let first = Worker::start(&office.app).await;
    for _ in 0..6000 {
        if stub.requests().len() >= 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    first.kill();
    assert_eq!(office.app.cell("select count(*) from jobs where state = 'RUNNING'").await, "1");
    assert_eq!(office.app.cell("select status from logistics_requests").await, "IN_PROGRESS");
    office.app.sql(EXPIRE).await;
    let _second = Worker::start(&office.app).await;
    office.quiet().await;
    let seen = office.seen(&id).await;
    assert_eq!((&seen["status"], stub.taken().len()), (&json!("REGISTERED"), 5), "{seen:#}");
    assert!(stub.count("GET", "") > 0, "whoever tries again asks first what is there");
}
