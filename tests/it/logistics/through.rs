//! Through the gateway: whatever path leads to a vehicle or a request, it shows what the model says.

use std::collections::BTreeSet;

use entity::id::format_id;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::Yard;
use super::{seeds, yard};
use crate::app::{TestApp, TestClient};

/// Of each kind: list, type prefix, table.
const SHOWN: [(&str, &str, &str); 6] = [
    ("logisticsRequests", "logistics_request", "logistics_requests"),
    ("logisticsRequestLines", "logistics_request_line", "logistics_request_lines"),
    ("logisticsRequestDocuments", "logistics_request_document", "logistics_request_documents"),
    ("logisticsStatusChanges", "logistics_status_change", "logistics_status_changes"),
    ("ownershipTransfers", "ownership_transfer", "ownership_transfers"),
    ("subAllocations", "sub_allocation", "sub_allocations"),
];

async fn sign_in(app: &TestApp, user: usize) -> TestClient {
    app.sign_in("yard", &format!("{user}@yard.test")).await
}

/// What a user sees of a table, without what was deleted.
fn living(yard: &Yard, user: usize, table: &str) -> BTreeSet<Uuid> {
    let deleted: BTreeSet<_> = yard.lines.iter().filter(|line| line.is_deleted).map(|line| line.id).collect();
    yard.seen(user, table).difference(&deleted).copied().collect()
}

fn global(prefix: &str, ids: &BTreeSet<Uuid>) -> BTreeSet<String> {
    ids.iter().map(|id| format_id(prefix, *id)).collect()
}

fn nodes(connection: &Value) -> BTreeSet<String> {
    let nodes = connection["nodes"].as_array().unwrap_or_else(|| panic!("no nodes: {connection}"));
    nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_counts_relations_and_filters_show_what_the_model_says() {
    let lists: String =
        SHOWN.iter().map(|(list, _, _)| format!("{list}(first: 250) {{ totalCount nodes {{ id }} }} ")).collect();
    let query = format!(
        "{{ {lists}
            nested: logisticsRequests(first: 100) {{ nodes {{ id lines(first: 50) {{ totalCount nodes {{ id }} }} documents {{ totalCount }} statusHistory {{ totalCount }} }} }}
            dealerships(first: 10) {{ nodes {{ id originLines(first: 50) {{ totalCount nodes {{ id }} }} }} }}
            some: logisticsRequests(first: 100, filter: {{ lines: {{ some: {{ vin: {{ startsWith: \"VSS\" }} }} }} }}) {{ nodes {{ id }} }} }}"
    );
    for seed in seeds(2) {
        let (app, yard) = yard(seed).await;
        for user in 0..yard.users.len() {
            let data = sign_in(&app, user).await.data(&query, Value::Null).await;
            for (list, prefix, table) in SHOWN {
                let what = format!("seed {seed}, user {user}, {list}");
                let expected = global(prefix, &living(&yard, user, table));
                assert_eq!(nodes(&data[list]), expected, "{what}");
                assert_eq!(data[list]["totalCount"], expected.len(), "{what}");
            }
            let seen = living(&yard, user, "logistics_request_lines");
            let of = |holds: &dyn Fn(usize) -> bool| -> BTreeSet<String> {
                let lines = (0..yard.lines.len()).filter(|line| seen.contains(&yard.lines[*line].id) && holds(*line));
                lines.map(|line| format_id("logistics_request_line", yard.lines[line].id)).collect()
            };
            for node in data["nested"]["nodes"].as_array().unwrap() {
                let is_this =
                    |request: usize| json!(format_id("logistics_request", yard.requests[request].id)) == node["id"];
                let expected = of(&|line| is_this(yard.lines[line].request));
                assert_eq!(nodes(&node["lines"]), expected, "seed {seed}, user {user}");
                assert_eq!(node["lines"]["totalCount"], expected.len());
                assert_eq!(
                    (&node["documents"]["totalCount"], &node["statusHistory"]["totalCount"]),
                    (&json!(1), &json!(1))
                );
            }
            for node in data["dealerships"]["nodes"].as_array().unwrap() {
                let is_this = |origin: Option<usize>| {
                    origin.is_some_and(|origin| json!(format_id("dealership", yard.things[0][origin])) == node["id"])
                };
                assert_eq!(nodes(&node["originLines"]), of(&|line| is_this(yard.lines[line].origin)));
            }
            let with_lines: BTreeSet<_> = (0..yard.lines.len())
                .filter(|line| seen.contains(&yard.lines[*line].id))
                .map(|line| format_id("logistics_request", yard.requests[yard.lines[line].request].id))
                .collect();
            assert_eq!(nodes(&data["some"]), with_lines, "seed {seed}, user {user}, filtered");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_change_log_tells_of_what_one_sees_and_of_nothing_else() {
    let query = "query($after: String!) { changes(after: $after, first: 500, types: [LOGISTICS_REQUEST, LOGISTICS_REQUEST_LINE, LOGISTICS_REQUEST_DOCUMENT, LOGISTICS_STATUS_CHANGE, OWNERSHIP_TRANSFER, SUB_ALLOCATION]) { nodes { kind id node { id } } } }";
    let (app, yard) = yard(3).await;
    app.sequencer().take().await.unwrap();
    let first = sign_in(&app, 0).await;
    let after = first.data("{ eventCursor }", json!({})).await["eventCursor"].clone();
    app.sql(
        "update logistics_requests set comments = 'x'; update logistics_request_lines set license_plate = 'x';
         update logistics_request_documents set file_name = 'y'; update ownership_transfers set compound = 'x';
         update sub_allocations set allocated_at = allocated_at + interval '1 day';
         delete from sub_allocations a where id = (select id from sub_allocations b where b.tenant_id = a.tenant_id order by id limit 1)",
    )
    .await;
    app.sequencer().take().await.unwrap();
    let gone = yard.allocations.iter().map(|allocation| allocation.id).min().unwrap();
    for user in 0..yard.users.len() {
        let data = sign_in(&app, user).await.data(query, json!({ "after": after })).await;
        let told: BTreeSet<String> = data["changes"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| node["id"].as_str().unwrap().to_owned())
            .collect();
        let mut expected: BTreeSet<String> = SHOWN
            .iter()
            .filter(|(_, _, table)| *table != "logistics_status_changes")
            .flat_map(|(_, prefix, table)| global(prefix, &living(&yard, user, table)))
            .collect();
        // That something is gone is told to all who may read the type, by its ID alone: who saw it is not in the log.
        expected.insert(format_id("sub_allocation", gone));
        assert_eq!(told, expected, "user {user}");
    }
}
