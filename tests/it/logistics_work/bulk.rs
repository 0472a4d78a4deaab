//! Thousands of vehicles in one call: staged, made into requests block by block, stopped, mended, called off.

use serde_json::{Value, json};

use super::office::{CREATE, CREATE_BULK, Office, fleet, vin};

impl Office {
    /// Asks for so many transports; what the bulk request looks like.
    async fn bulk(&self, vehicles: usize) -> Value {
        self.bulk_of(fleet(vehicles)).await
    }

    async fn bulk_of(&self, vehicles: Value) -> Value {
        let made = self.ana.data(CREATE_BULK, json!({ "input": { "type": "TRANSPORT", "vehicles": vehicles } })).await;
        assert_eq!(made["createBulkRequest"]["errors"], json!([]), "{made:#}");
        made["createBulkRequest"]["bulkRequest"].clone()
    }

    async fn bulk_seen(&self, id: &Value) -> Value {
        let query = "query($id: ID!) { bulkRequest(id: $id) { status totalVehicles processedVehicles errorMessage items { totalCount } \
             requests(first: 50, orderBy: [{field: CODE}]) { totalCount nodes { status createdBy { displayName } lines { totalCount } } } } }";
        self.ana.data(query, json!({ "id": id })).await["bulkRequest"].clone()
    }

    /// How many lines there are, and vehicles in them; requests and their largest; rows that are left.
    async fn numbers(&self) -> Vec<String> {
        let sql = "select (select count(*) from logistics_request_lines), (select count(distinct vin) from logistics_request_lines), \
             (select count(*) from logistics_requests), \
             (select max(n) from (select count(*) as n from logistics_request_lines group by request_id) l), \
             (select count(*) from bulk_request_items)";
        self.app.rows(sql).await.remove(0)
    }
}

/// Shows rule:bulk-over-50-staging, rule:bulk-blocks-of-50 and rule:bulk-delete-after.
#[tokio::test(flavor = "multi_thread")]
async fn more_than_50_vehicles_are_staged_and_become_requests_of_50() {
    let office = Office::open().await;
    let cursor = office.ana.data("{ eventCursor }", json!({})).await["eventCursor"].clone();
    let staged = office.bulk(120).await;
    assert_eq!((&staged["status"], &staged["totalVehicles"]), (&json!("STAGED"), &json!(120)));
    assert_eq!((&staged["processedVehicles"], &staged["items"]["totalCount"]), (&json!(0), &json!(120)));
    assert_eq!(staged["requests"]["totalCount"], 0);
    let crew = office.crew(2);
    office.quiet().await;
    Office::stop(crew).await;
    let seen = office.bulk_seen(&staged["id"]).await;
    assert_eq!((&seen["status"], &seen["processedVehicles"]), (&json!("COMPLETED"), &json!(120)), "{seen:#}");
    assert_eq!(seen["items"]["totalCount"], 0);
    let requests = seen["requests"]["nodes"].as_array().unwrap();
    let sizes: Vec<_> = requests.iter().map(|request| request["lines"]["totalCount"].clone()).collect();
    assert_eq!(sizes, [50, 50, 20]);
    assert!(requests.iter().all(|request| request["createdBy"]["displayName"] == "Ana Molina"), "{seen:#}");
    assert!(requests.iter().all(|request| request["status"] == "PENDING"), "{seen:#}");
    let first = office.app.cell("select string_agg(right(vin, 6), ' ' order by l.id) from logistics_request_lines l join logistics_requests r on r.id = l.request_id where r.code = (select min(code) from logistics_requests)").await;
    let in_order: Vec<String> = (1..=50).map(|number| format!("{number:06}")).collect();
    assert_eq!(first, in_order.join(" "), "vehicles stay in the order of the call");
    // Who watches sees the number rise block by block: each was committed on its own.
    let sql = "select count(distinct xid), count(*) from changes where entity = 'bulk_request' and 'processed_vehicles' = any(columns)";
    assert_eq!(office.app.rows(sql).await, [["3", "3"]]);
    assert!(cursor.is_string());
}

/// Shows rule:bulk-over-50-staging: 50 are not staged.
#[tokio::test(flavor = "multi_thread")]
async fn up_to_50_vehicles_are_one_request_at_once() {
    let office = Office::open().await;
    let made = office.bulk(50).await;
    assert_eq!((&made["status"], &made["processedVehicles"]), (&json!("COMPLETED"), &json!(50)), "{made:#}");
    assert_eq!((&made["requests"]["totalCount"], &made["items"]["totalCount"]), (&json!(1), &json!(0)));
    let one = office.ana.data(CREATE, json!({ "input": { "type": "TRANSPORT", "vehicles": fleet(50) } })).await;
    assert_eq!(one["createLogisticsRequest"]["logisticsRequest"]["status"], "PENDING", "{one:#}");
    assert_eq!(office.numbers().await, ["100", "50", "2", "50", "0"]);
    assert_eq!(office.app.cell("select count(*) from jobs").await, "0");
    let refused = office.ana.data(CREATE, json!({ "input": { "type": "TRANSPORT", "vehicles": fleet(51) } })).await;
    assert_eq!(refused["createLogisticsRequest"]["errors"][0]["path"], json!(["vehicles"]), "{refused:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_rows_are_checked_before_anything_is_staged() {
    let office = Office::open().await;
    let mut vehicles = fleet(300);
    vehicles[7]["vin"] = json!(vin(3));
    vehicles[60]["origin"] = json!("nowhere");
    vehicles[250]["service"] = json!("NOTHING");
    let refused = office.ana.data(CREATE_BULK, json!({ "input": { "type": "TRANSPORT", "vehicles": vehicles } })).await;
    let told: Vec<Value> =
        refused["createBulkRequest"]["errors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect();
    let expected =
        [json!(["vehicles", "7", "vin"]), json!(["vehicles", "60", "origin"]), json!(["vehicles", "250", "service"])];
    assert_eq!(told, expected, "{refused:#}");
    // What only rules know: both ends are the same, and a client that is not Ana's.
    let mut vehicles = fleet(300);
    vehicles[99]["destination"] = json!("MAD");
    vehicles[299]["tmsClientCode"] = json!("TMS-99");
    let refused = office.ana.data(CREATE_BULK, json!({ "input": { "type": "TRANSPORT", "vehicles": vehicles } })).await;
    let told: Vec<Value> =
        refused["createBulkRequest"]["errors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect();
    let expected = [json!(["vehicles", "99", "destination"]), json!(["vehicles", "299", "tmsClientCode"])];
    assert_eq!(told, expected, "{refused:#}");
    // What is wrong with the request is no vehicle's fault.
    let input = json!({ "input": { "type": "SERVICE", "hstCode": "HST-B", "vehicles": fleet(60) } });
    let refused = office.ana.data(CREATE_BULK, input).await;
    assert_eq!(refused["createBulkRequest"]["errors"][0]["code"], "VALIDATION", "{refused:#}");
    assert_eq!(refused["createBulkRequest"]["errors"].as_array().unwrap().len(), 1);
    assert_eq!(office.numbers().await[..3], ["0", "0", "0"]);
    assert_eq!(office.app.cell("select (select count(*) from bulk_requests) + (select count(*) from jobs)").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_row_stops_its_block_with_its_name_and_is_mended_or_left_out() {
    let office = Office::open().await;
    let staged = office.bulk(120).await;
    let id = staged["id"].clone();
    // A dealership that goes out of use after the call was checked.
    office.app.sql("update bulk_request_items set destination = '10003' where row_number in (73, 118)").await;
    office.app.sql("update dealerships set is_active = false where buno_code = '10003'").await;
    let crew = office.crew(2);
    office.quiet().await;
    let seen = office.bulk_seen(&id).await;
    assert_eq!((&seen["status"], &seen["processedVehicles"]), (&json!("FAILED"), &json!(50)), "{seen:#}");
    let sentence = format!("Row 73 ({}): There is no active dealership with this BUNO code, code or name.", vin(73));
    assert_eq!(seen["errorMessage"], sentence);
    assert_eq!(office.numbers().await, ["50", "50", "1", "50", "70"], "nothing of the block is left");

    let item = office.ana.data("{ bulkRequestItems(filter: {rowNumber: {in: [73, 118]}}, orderBy: [{field: ROW_NUMBER}]) { nodes { id } } }", json!({})).await;
    let mend = "mutation($id: ID!) { updateBulkRequestItem(input: {id: $id, destination: \"10002\"}) { errors { code message } } }";
    let mended = office.ana.data(mend, json!({ "id": item["bulkRequestItems"]["nodes"][0]["id"] })).await;
    assert_eq!(mended["updateBulkRequestItem"]["errors"], json!([]), "{mended:#}");
    let retried = office.act("retryBulkRequest", json!({ "id": id })).await;
    assert_eq!(
        (&retried["bulkRequest"]["status"], &retried["bulkRequest"]["errorMessage"]),
        (&json!("PROCESSING"), &json!(null)),
        "{retried:#}"
    );
    office.quiet().await;
    let seen = office.bulk_seen(&id).await;
    assert_eq!((&seen["status"], &seen["processedVehicles"]), (&json!("FAILED"), &json!(100)), "{seen:#}");
    assert!(seen["errorMessage"].as_str().unwrap().starts_with("Row 118 "), "{seen:#}");

    let leave_out = "mutation($id: ID!) { deleteBulkRequestItem(input: {id: $id}) { errors { code message } } }";
    office.ana.data(leave_out, json!({ "id": item["bulkRequestItems"]["nodes"][1]["id"] })).await;
    office.act("retryBulkRequest", json!({ "id": id })).await;
    office.quiet().await;
    Office::stop(crew).await;
    let seen = office.bulk_seen(&id).await;
    assert_eq!(
        (&seen["status"], &seen["totalVehicles"], &seen["processedVehicles"]),
        (&json!("COMPLETED"), &json!(119), &json!(119)),
        "{seen:#}"
    );
    assert_eq!(office.numbers().await, ["119", "119", "3", "50", "0"]);
    let again = office.act("retryBulkRequest", json!({ "id": id })).await;
    assert_eq!(again["errors"][0]["code"], "INVALID_TRANSITION", "{again:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_off_is_forgotten_and_what_was_made_stays() {
    let office = Office::open().await;
    let staged = office.bulk(130).await;
    office.app.sql(&format!("select set_config('app.tenant_id', '{0}', false); select app.process_bulk_block('{0}', (select id from bulk_requests))", office.tenant)).await;
    let off = office.act("cancelBulkRequest", json!({ "id": staged["id"] })).await;
    assert_eq!(off["bulkRequest"]["status"], "CANCELLED", "{off:#}");
    let crew = office.crew(1);
    office.quiet().await;
    Office::stop(crew).await;
    let seen = office.bulk_seen(&staged["id"]).await;
    assert_eq!((&seen["totalVehicles"], &seen["processedVehicles"]), (&json!(130), &json!(50)), "{seen:#}");
    assert_eq!(office.numbers().await, ["50", "50", "1", "50", "0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_at_one_bulk_request_make_each_block_once() {
    let office = Office::open().await;
    office.bulk(400).await;
    // As if a lease had ended while its holder was still at it: several work on the same rows.
    office.app.sql(&format!("select set_config('app.tenant_id', '{}', false); insert into jobs (kind, payload) select 'process_bulk_request', payload from jobs, generate_series(1, 5)", office.tenant)).await;
    let crew = office.crew(3);
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.numbers().await, ["400", "400", "8", "50", "0"]);
    assert_eq!(office.app.rows("select status, processed_vehicles from bulk_requests").await, [["COMPLETED", "400"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_job_can_be_called_off_and_taken_up_again() {
    let office = Office::open().await;
    let staged = office.bulk(60).await;
    let jobs = office.ana.data("{ jobs { nodes { id subjectId } } }", json!({})).await;
    let job = &jobs["jobs"]["nodes"][0];
    assert_eq!(job["subjectId"], staged["id"], "{jobs:#}");
    let verb = |name: &str| {
        format!("mutation($id: ID!) {{ {name}(input: {{id: $id}}) {{ job {{ state }} errors {{ code }} }} }}")
    };
    office.ana.data(&verb("cancelJob"), json!({ "id": job["id"] })).await;
    assert_eq!(office.bulk_seen(&staged["id"]).await["status"], "FAILED");
    office.ana.data(&verb("retryJob"), json!({ "id": job["id"] })).await;
    let crew = office.crew(1);
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.bulk_seen(&staged["id"]).await["status"], "COMPLETED");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_vehicles_fit_into_one_call() {
    let office = Office::open().await;
    let staged = office.bulk(10_000).await;
    assert_eq!((&staged["totalVehicles"], &staged["items"]["totalCount"]), (&json!(10_000), &json!(10_000)));
    let refused =
        office.ana.data(CREATE_BULK, json!({ "input": { "type": "TRANSPORT", "vehicles": fleet(10_001) } })).await;
    assert_eq!(refused["createBulkRequest"]["errors"][0]["code"], "VALIDATION", "{refused:#}");
}
