//! Requests that are registered with TMS and SLC, which misbehave.

use std::collections::HashSet;

use serde_json::json;

use super::office::{Office, vin};
use super::stub::{Manner, Stub};

/// Shows rule:external-ids-tms-slc, the part of the integration: the ids that the systems give stand on the lines and are
/// searched for.
#[tokio::test(flavor = "multi_thread")]
async fn a_mixed_request_is_registered_with_both_systems_and_found_by_their_ids() {
    let stub = Stub::start([]).await;
    let office = Office::connected(&stub).await;
    // Two stubs in one would give a line one reference for both: SLC has a place of its own.
    let slc = Stub::start([]).await;
    office
        .app
        .sql(&format!("update logistics_connections set base_url = '{}' where system = 'SLC'", slc.url("/api")))
        .await;
    let id = office.request("MIXED", 3).await;
    let crew = office.crew(2);
    office.quiet().await;
    Office::stop(crew).await;
    let seen = office.seen(&id).await;
    assert_eq!((&seen["status"], &seen["errorMessage"]), (&json!("REGISTERED"), &json!(null)), "{seen:#}");
    assert_eq!(office.history(&id).await, ["PENDING", "IN_PROGRESS", "REGISTERED"]);
    let line = &seen["lines"]["nodes"][0];
    assert_eq!(line["status"], "REGISTERED");
    assert_eq!((&line["tmsOrigin"], &line["tmsDestination"]), (&json!("Autos Madrid"), &json!("Autos Sevilla")));
    assert_eq!(line["slcService"], "Inspección previa a la entrega");
    assert_eq!((stub.taken().len(), slc.taken().len()), (3, 3));
    let sent = stub.taken()[&vin(1)].body.clone();
    assert_eq!((&sent["carrierCode"], &sent["clientCode"]), (&json!("T-1"), &json!("TMS-77")));
    assert_eq!(slc.taken()[&vin(1)].body["service"]["id"], "S-100");

    let search = "query($tms: ID!, $slc: String!) { \
         tms: logisticsRequestLines(filter: {tmsRequestId: {eq: $tms}}) { nodes { vin } } \
         slc: logisticsRequestLines(filter: {slcRequestId: {eq: $slc}}) { nodes { vin } } }";
    let ids = json!({ "tms": line["tmsRequestId"], "slc": line["slcRequestId"] });
    let found = office.ana.data(search, ids).await;
    assert_eq!(found["tms"]["nodes"], json!([{ "vin": vin(1) }]), "{found:#}");
    assert_eq!(found["slc"]["nodes"], json!([{ "vin": vin(1) }]), "{found:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_misbehaves_gets_every_vehicle_once() {
    let stub = Stub::start([
        Manner::Refuses(500, "oh"),
        Manner::Refuses(429, "{}"),
        Manner::Closes,
        Manner::Babbles,
        Manner::DoesAndCloses,
        Manner::DoesAndBabbles,
        Manner::Refuses(503, "<html>"),
        Manner::DoesAndDawdles,
        Manner::DoesAndHesitates,
        Manner::Hangs,
        Manner::DoesAndCloses,
    ])
    .await;
    let office = Office::connected(&stub).await;
    let id = office.request("TRANSPORT", 12).await;
    let crew = office.crew(1);
    // The circuit may open on the way, which is no attempt.
    office.quiet().await;
    Office::stop(crew).await;
    let seen = office.seen(&id).await;
    assert_eq!(seen["status"], "REGISTERED", "{seen:#}");
    let taken = stub.taken();
    assert_eq!(taken.len(), 12, "each once");
    for line in seen["lines"]["nodes"].as_array().unwrap() {
        assert_eq!(line["tmsRequestId"], json!(taken[line["vin"].as_str().unwrap()].id), "{line:#}");
    }
    let registering: Vec<_> = stub.requests().into_iter().filter(|request| request.method == "POST").collect();
    assert!(registering.len() > 12);
    let keys: HashSet<_> = registering.iter().map(|request| request.headers["idempotency-key"].clone()).collect();
    assert_eq!(keys.len(), 12, "a vehicle has one key, whatever the attempt");
    let signatures: HashSet<_> = stub.requests().iter().map(|r| r.headers["mostrador-signature"].clone()).collect();
    assert_eq!(signatures.len(), stub.requests().len(), "no signature is used twice");
    assert!(stub.requests().iter().all(|request| request.headers["mostrador-key"] == "autos"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_known_ends_in_error_until_it_is_set_right() {
    let stub = Stub::start([]).await;
    let office = Office::open().await;
    let connection = office.connect("TMS", &stub.url("/api"), "another secret than theirs").await;
    let id = office.request("TRANSPORT", 2).await;
    let crew = office.crew(1);
    office.quiet().await;
    let seen = office.seen(&id).await;
    assert_eq!(seen["status"], "ERROR", "{seen:#}");
    let sentence = "TMS does not accept our signature: look at the key of its connection (TMS_UNAUTHORIZED).";
    assert_eq!(seen["errorMessage"], sentence);
    assert!(stub.taken().is_empty());

    let rotate = "mutation($id: ID!, $secret: String!) { rotateLogisticsConnectionSecret(input: {id: $id, secret: $secret}) { errors { code } } }";
    office.ana.data(rotate, json!({ "id": connection, "secret": stub.secret })).await;
    let again = office.act("registerLogisticsRequest", json!({ "id": id })).await;
    assert_eq!(again["logisticsRequest"]["errorMessage"], json!(null), "{again:#}");
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.seen(&id).await["status"], "REGISTERED");
    assert_eq!(office.history(&id).await, ["PENDING", "IN_PROGRESS", "ERROR", "PENDING", "IN_PROGRESS", "REGISTERED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_vehicle_is_named_and_the_others_stay_registered() {
    let stub = Stub::start([]).await;
    stub.refuse(&vin(2), Some("NO_ROUTE"));
    let office = Office::connected(&stub).await;
    let id = office.request("TRANSPORT", 4).await;
    let crew = office.crew(1);
    office.quiet().await;
    let seen = office.seen(&id).await;
    assert_eq!(seen["status"], "ERROR", "{seen:#}");
    assert_eq!(seen["errorMessage"], format!("TMS refused to take the vehicle {} (NO_ROUTE).", vin(2)));
    assert_eq!(stub.taken().len(), 3);
    stub.refuse(&vin(2), None);
    let calls = stub.count("POST", "/transports");
    office.act("registerLogisticsRequest", json!({ "id": id })).await;
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.seen(&id).await["status"], "REGISTERED");
    assert_eq!(stub.count("POST", "/transports"), calls + 1, "nothing is asked for again that was taken");
    assert_eq!(stub.taken().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_down_is_left_alone_and_given_up_in_the_end() {
    let stub = Stub::start([]).await;
    stub.always(Some(Manner::Refuses(503, "down")));
    let office = Office::connected(&stub).await;
    let id = office.request("TRANSPORT", 8).await;
    let crew = office.crew(1);
    for _ in 0..1000 {
        // Its waits between attempts are ended, until nobody is called any more.
        office.app.sql("update jobs set run_at = now() where state = 'QUEUED' and last_error <> 'CIRCUIT_OPEN'").await;
        if office.app.cell("select count(*) from jobs where last_error = 'CIRCUIT_OPEN'").await == "1" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let called = stub.requests().len();
    assert!((5..=24).contains(&called), "it was called {called} times");
    // Its last attempt.
    office.app.sql("update jobs set attempts = 11 where state = 'QUEUED'").await;
    office.quiet().await;
    Office::stop(crew).await;
    assert_eq!(office.app.cell("select state from jobs").await, "DEAD");
    let seen = office.seen(&id).await;
    let sentence = "It was tried again and again, without success (TMS_HTTP_503). It can be tried once more.";
    assert_eq!((&seen["status"], &seen["errorMessage"]), (&json!("ERROR"), &json!(sentence)), "{seen:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_connections_requests_wait_until_somebody_registers_them() {
    let office = Office::open().await;
    let id = office.request("MIXED", 1).await;
    assert_eq!(office.app.cell("select count(*) from jobs").await, "0");
    let refused = office.act("registerLogisticsRequest", json!({ "id": id })).await;
    assert_eq!(refused["errors"][0]["code"], "VALIDATION", "{refused:#}");
    let stub = Stub::start([]).await;
    office.connect("TMS", &stub.url("/api"), &stub.secret).await;
    let refused = office.act("registerLogisticsRequest", json!({ "id": id })).await;
    assert_eq!(refused["errors"][0]["code"], "VALIDATION", "SLC is missing: {refused:#}");
    office.connect("SLC", &Stub::start([]).await.url("/nothing-here"), &stub.secret).await;
    office.act("registerLogisticsRequest", json!({ "id": id })).await;
    let crew = office.crew(1);
    office.quiet().await;
    Office::stop(crew).await;
    let seen = office.seen(&id).await;
    assert_eq!(seen["status"], "ERROR", "{seen:#}");
    assert!(seen["errorMessage"].as_str().unwrap().contains("SLC"), "{seen:#}");
    let refused = office.ana.data(
        "mutation($id: ID!) { registerLogisticsRequest(input: {id: $id}) { errors { code } } }",
        json!({ "id": "logistics_request_00000000000000000000000000" }),
    );
    assert_eq!(refused.await["registerLogisticsRequest"]["errors"][0]["code"], "NOT_FOUND");
}
