//! Vehicles on their way: subscriptions tell of what is in one's scope, and of what comes into it.

use serde_json::{Value, json};

use super::stage::{CHANGES, Stage, id, uuid};

fn ids(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_of_vehicles_and_requests_out_of_their_scope() {
    let stage = Stage::open().await;
    let types = json!({ "types": ["LOGISTICS_REQUEST", "LOGISTICS_REQUEST_LINE", "BRAND"] });
    let mut watchers = Vec::new();
    for client in [&stage.ana().await, &stage.jan().await] {
        let mut watcher = stage.watch(client, CHANGES, types.clone()).await;
        watcher.of_type("StreamReady").await;
        watchers.push(watcher);
    }
    let touch = |mark: &str| {
        format!(
            "update logistics_requests set comments = '{mark}' where tenant_id = '{0}';
             update logistics_request_lines set license_plate = '{mark}' where tenant_id = '{0}';
             update brands set name = name || '{mark}' where id = '{1}'",
            uuid("cars"),
            uuid("vw")
        )
    };
    let all = ["req1", "req2"].map(|name| id("logistics_request", name)).into_iter();
    let all = all.chain(["car1", "car2", "car3"].map(|name| id("logistics_request_line", name)));
    let mut all: Vec<_> = all.collect();
    let mut few = vec![id("logistics_request", "req1"), id("logistics_request_line", "car1")];
    all.sort();
    few.sort();
    stage.app.sql(&touch("a")).await;
    for (watcher, expected) in watchers.iter_mut().zip([&all, &few]) {
        // The brand is seen by everybody and comes last.
        let mut told = Vec::new();
        while told.last() != Some(&id("brand", "vw")) {
            told.extend(ids(&[watcher.next().await]));
        }
        told.pop();
        told.sort();
        assert_eq!(&told, expected);
    }
    // What comes into scope is heard of from its next change on.
    stage.app.sql(&format!("update logistics_profiles set all_brands = true, all_service_types = true, all_dealerships = true where user_id = '{}'", uuid("jan"))).await;
    stage.app.sql(&touch("b")).await;
    for watcher in &mut watchers {
        let mut told = Vec::new();
        while told.last() != Some(&id("brand", "vw")) {
            told.extend(ids(&[watcher.next().await]));
        }
        told.pop();
        told.sort();
        assert_eq!(told, all);
    }
}
