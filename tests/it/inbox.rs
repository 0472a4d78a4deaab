//! What agents do in the inbox, many at the same moment: nothing is sent twice, given to two, or lost.

mod claims;
mod merges;
mod notes;
mod sends;
mod wakes;

use mostrador::demo::CONSISTENCY;
use serde_json::{Value, json};

use crate::app::{TestApp, TestClient};

/// The global ID of a row of `world.sql`.
fn id(prefix: &str, name: &str) -> String {
    format!("{prefix}_{name:0>26}")
}

/// Sends operations at the same moment, each from a task of its own; their payloads, in the order of the inputs.
async fn at_once(query: &str, field: &str, inputs: Vec<(TestClient, Value)>) -> Vec<Value> {
    let send = |(client, input): (TestClient, Value)| {
        let query = query.to_owned();
        tokio::spawn(async move { client.send(&query, json!({ "input": input })).await })
    };
    let tasks: Vec<_> = inputs.into_iter().map(send).collect();
    let mut payloads = Vec::with_capacity(tasks.len());
    for task in tasks {
        let reply = task.await.unwrap();
        assert!(reply.json.get("errors").is_none(), "{query}\n{:#}", reply.json);
        payloads.push(reply.json["data"][field].clone());
    }
    payloads
}

/// Everything that is counted of conversations equals what it counts.
async fn consistent(app: &TestApp) {
    let rules = "'^(unread_count|last_message_at|whatsapp_24h|first_reply_at|nobody waits|a merged)'";
    let sql = format!("select * from ({CONSISTENCY}) broken where rule ~ {rules}");
    assert_eq!(app.rows(&sql).await, Vec::<Vec<String>>::new());
}

/// The id of a row of the world as PostgreSQL writes it.
async fn uuid(app: &TestApp, table: &str, condition: &str) -> String {
    let tenant = "(select id from tenants where slug = 'autos')";
    app.cell(&format!("select id from {table} where tenant_id = {tenant} and {condition}")).await
}
