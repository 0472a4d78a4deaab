//! Requests that are cancelled in TMS and SLC, with their codes, also while they are being registered.

use serde_json::json;

use super::office::{CREATE, Office, fleet, vin};
use super::stub::{Manner, Stub};

/// Shows rule:cancellation-codes.
#[tokio::test(flavor = "multi_thread")]
async fn a_registered_request_is_taken_back_with_the_codes_of_its_systems() {
    let (stub, slc) = (Stub::start([]).await, Stub::start([]).await);
    let office = Office::connected(&stub).await;
    office
        .app
        .sql(&format!("update logistics_connections set base_url = '{}' where system = 'SLC'", slc.url("/api")))
        .await;
    let mut vehicles = fleet(3);
    for vehicle in vehicles.as_array_mut().unwrap() {
        for code in ["tmsClientCode", "slcClientCode", "carrierCode"] {
            vehicle.as_object_mut().unwrap().remove(code);
        }
    }
    let made = office.ana.data(CREATE, json!({ "input": { "type": "MIXED", "vehicles": vehicles } })).await;
    let id = made["createLogisticsRequest"]["logisticsRequest"]["id"].clone();
    let crew = office.crew(2);
    office.quiet().await;
    let id_text = id.as_str().unwrap();
    assert_eq!(office.seen(id_text).await["status"], "REGISTERED");

    // One code after the other is asked for.
    for (codes, field) in [
        (json!({}), "tmsClientCode"),
        (json!({ "tmsClientCode": "TMS-77" }), "carrierCode"),
        (json!({ "tmsClientCode": "TMS-77", "carrierCode": "T-1" }), "slcClientCode"),
    ] {
        let mut input = codes.clone();
        input["id"] = id.clone();
        let refused = office.act("cancelLogisticsRequest", input).await;
        let error = &refused["errors"][0];
        assert_eq!((&error["code"], &error["path"]), (&json!("VALIDATION"), &json!([field])), "{refused:#}");
        assert_eq!(office.seen(id_text).await["status"], "REGISTERED", "a refusal changes nothing");
    }
    // Nor for whoever has psql.
    let sql = format!(
        "update logistics_requests set status = 'PENDING_CANCELLATION' where code = '{}'",
        made["createLogisticsRequest"]["logisticsRequest"]["code"].as_str().unwrap()
    );
    assert!(crate::app::superuser(&office.app.database_name).await.batch_execute(&sql).await.is_err());

    let codes = json!({ "id": id, "tmsClientCode": "TMS-77", "carrierCode": "T-1", "slcClientCode": "SLC-77" });
    let asked = office.act("cancelLogisticsRequest", codes).await;
    assert_eq!(asked["logisticsRequest"]["status"], "PENDING_CANCELLATION", "{asked:#}");
    office.quiet().await;
    Office::stop(crew).await;
    let seen = office.seen(id_text).await;
    assert_eq!(seen["status"], "CANCELLED", "{seen:#}");
    let expected = ["PENDING", "IN_PROGRESS", "REGISTERED", "PENDING_CANCELLATION", "CANCELLED"];
    assert_eq!(office.history(id_text).await, expected);
    assert_eq!((stub.kept(), slc.kept()), (0, 0));
    for line in seen["lines"]["nodes"].as_array().unwrap() {
        assert!(line["tmsCancelledAt"].is_string() && line["slcCancelledAt"].is_string(), "{line:#}");
    }
    let again = office.act("cancelLogisticsRequest", json!({ "id": id })).await;
    assert_eq!(again["errors"][0]["code"], "INVALID_TRANSITION", "{again:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_cancellation_goes_back_with_a_sentence_and_what_is_left_can_be_cancelled_later() {
    let stub = Stub::start([]).await;
    let office = Office::connected(&stub).await;
    let id = office.request("TRANSPORT", 4).await;
    let crew = office.crew(1);
    office.quiet().await;
    stub.keep(&vin(3), Some("ALREADY_LOADED"));
    office.act("cancelLogisticsRequest", json!({ "id": id })).await;
    office.quiet().await;
    let seen = office.seen(&id).await;
    assert_eq!(seen["status"], "REGISTERED", "{seen:#}");
    assert_eq!(seen["errorMessage"], format!("TMS refused to cancel the vehicle {} (ALREADY_LOADED).", vin(3)));
    assert_eq!(stub.kept(), 1);
    stub.keep(&vin(3), None);
    let calls = stub.count("POST", "/cancellation");
    let asked = office.act("cancelLogisticsRequest", json!({ "id": id })).await;
    assert_eq!(asked["logisticsRequest"]["errorMessage"], json!(null), "{asked:#}");
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.seen(&id).await["status"], "CANCELLED");
    assert_eq!((stub.kept(), stub.count("POST", "/cancellation")), (0, calls + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_bears_a_system_that_misbehaves() {
    let stub = Stub::start([]).await;
    let office = Office::connected(&stub).await;
    let id = office.request("TRANSPORT", 6).await;
    let crew = office.crew(1);
    office.quiet().await;
    stub.next([
        Manner::Refuses(500, "oh"),
        Manner::DoesAndCloses,
        Manner::DoesAndBabbles,
        Manner::DoesAndHesitates,
        Manner::DoesAndDawdles,
        Manner::Closes,
    ]);
    office.act("cancelLogisticsRequest", json!({ "id": id })).await;
    office.quiet().await;
    Office::stop(crew).await;
    let seen = office.seen(&id).await;
    assert_eq!((&seen["status"], stub.kept()), (&json!("CANCELLED"), 0), "{seen:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_while_it_is_registered_is_kept_nowhere() {
    // Two are taken and nobody hears of it; one is late.
    let stub = Stub::start([Manner::DoesAndCloses, Manner::DoesAndDawdles, Manner::DoesAndCloses]).await;
    let office = Office::connected(&stub).await;
    let id = office.request("TRANSPORT", 8).await;
    let crew = office.crew(1);
    office.until("select count(*) = 1 from jobs where attempts >= 1 and state = 'QUEUED'").await;
    assert!(stub.kept() >= 1);
    let asked = office.act("cancelLogisticsRequest", json!({ "id": id })).await;
    assert_eq!(asked["logisticsRequest"]["status"], "PENDING_CANCELLATION", "{asked:#}");
    office.quiet().await;
    Office::stop(crew).await;
    let seen = office.seen(&id).await;
    assert_eq!((&seen["status"], stub.kept()), (&json!("CANCELLED"), 0), "{seen:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_which_a_part_was_taken_is_taken_back_as_well() {
    let stub = Stub::start([]).await;
    stub.refuse(&vin(1), Some("NO_ROUTE"));
    let office = Office::connected(&stub).await;
    let id = office.request("TRANSPORT", 3).await;
    let crew = office.crew(1);
    office.quiet().await;
    assert_eq!((office.seen(&id).await["status"].clone(), stub.kept()), (json!("ERROR"), 2));
    let cancelled = office.act("cancelLogisticsRequest", json!({ "id": id })).await;
    assert_eq!(cancelled["logisticsRequest"]["status"], "CANCELLED", "{cancelled:#}");
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(stub.kept(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_are_called_off_leave_the_request_where_somebody_can_go_on() {
    let stub = Stub::start([]).await;
    let office = Office::connected(&stub).await;
    let id = office.request("TRANSPORT", 2).await;
    stub.always(Some(Manner::Refuses(503, "down")));
    let crew = office.crew(1);
    office.until("select count(*) = 1 from jobs where attempts >= 1 and state = 'QUEUED'").await;
    let jobs = office.ana.data("{ jobs { nodes { id subjectId } } }", json!({})).await;
    assert_eq!(jobs["jobs"]["nodes"][0]["subjectId"], json!(id), "{jobs:#}");
    let verb = |name: &str| {
        format!("mutation($id: ID!) {{ {name}(input: {{id: $id}}) {{ job {{ state }} errors {{ code }} }} }}")
    };
    office.ana.data(&verb("cancelJob"), json!({ "id": jobs["jobs"]["nodes"][0]["id"] })).await;
    let seen = office.seen(&id).await;
    assert_eq!(
        (&seen["status"], &seen["errorMessage"]),
        (&json!("ERROR"), &json!("Somebody called the work off; it can be taken up again.")),
        "{seen:#}"
    );
    stub.always(None);
    office.ana.data(&verb("retryJob"), json!({ "id": jobs["jobs"]["nodes"][0]["id"] })).await;
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.seen(&id).await["status"], "REGISTERED");
}
