//! Writers in each other's way: exactly one wins, the others are told why, and what is counted stays right.

mod atomic;
mod counters;
mod races;

use serde_json::{Value, json};

use crate::app::{TestApp, TestClient};

/// The global ID of a row of `world.sql`.
fn id(prefix: &str, name: &str) -> String {
    format!("{prefix}_{name:0>26}")
}

/// Sends the same kind of operation many times at once, each from a task of its own; the payloads.
async fn at_once(client: &TestClient, field: &str, query: &str, inputs: Vec<Value>) -> Vec<Value> {
    let tasks: Vec<_> = inputs
        .into_iter()
        .map(|input| {
            let (client, query) = (client.clone(), query.to_owned());
            tokio::spawn(async move { client.send(&query, json!({ "input": input })).await })
        })
        .collect();
    let mut payloads = Vec::with_capacity(tasks.len());
    for task in tasks {
        let reply = task.await.unwrap();
        assert!(reply.json.get("errors").is_none(), "{query}\n{:#}", reply.json);
        payloads.push(reply.json["data"][field].clone());
    }
    payloads
}

/// Splits payloads into those that wrote and those that were refused.
fn winners(payloads: &[Value]) -> (Vec<&Value>, Vec<&Value>) {
    payloads.iter().partition(|payload| payload["errors"] == json!([]))
}

async fn world() -> (TestApp, TestClient) {
    let app = TestApp::world().await;
    let client = app.somebody_of("autos").await;
    (app, client)
}
