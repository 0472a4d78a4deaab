//! Many people ask at once.

use std::collections::BTreeSet;

use serde_json::json;

use crate::app::TestApp;

const CREATE: &str = "mutation($vin: String!, $broken: Boolean!) {
    createLogisticsRequest(input: { type: TRANSPORT, vehicles: [{ vin: $vin, origin: \"MAD\", destination: \"SEV\" }] }) @skip(if: $broken) {
        logisticsRequest { code } errors { code message }
    }
    broken: createLogisticsRequest(input: { type: TRANSPORT, vehicles: [{ vin: $vin, origin: \"MAD\" }] }) @include(if: $broken) {
        logisticsRequest { code } errors { code message }
    }
}";

/// rule:request-code-unique: one after the other, and a request that is refused takes no number.
#[tokio::test(flavor = "multi_thread")]
async fn codes_have_no_gaps_and_no_doubles_however_many_ask_at_once() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let create = CREATE.replace("vin: $vin", "vin: \"{vin}\"").replace("$vin: String!, ", "");
    let asked = (0..40).map(|number| {
        let (ana, create) = (&ana, create.replace("{vin}", &format!("VSSZZZKLZPR0005{number:02}")));
        async move {
            let broken = number % 4 == 0;
            let data = ana.data(&create, json!({ "broken": broken })).await;
            let answer = &data[if broken { "broken" } else { "createLogisticsRequest" }];
            assert_eq!(answer["errors"].as_array().unwrap().is_empty(), !broken, "{answer:#}");
            answer["logisticsRequest"]["code"].as_str().map(ToOwned::to_owned)
        }
    });
    let codes: Vec<_> = futures_util::future::join_all(asked).await.into_iter().flatten().collect();
    let expected: BTreeSet<_> = (3..33).map(|number| format!("LR-{number:06}")).collect();
    assert_eq!(codes.len(), 30);
    assert_eq!(codes.into_iter().collect::<BTreeSet<_>>(), expected);
}

/// An import may bring along a code that is still to come; it is passed over then.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_brought_along_is_passed_over() {
    let app = TestApp::world().await;
    app.sql("insert into logistics_requests (tenant_id, code, type) select id, 'LR-000003', 'TRANSPORT' from tenants where slug = 'autos'").await;
    app.sql(
        "insert into logistics_requests (tenant_id, type) select id, 'TRANSPORT' from tenants where slug = 'autos'",
    )
    .await;
    let codes = app.rows("select r.code from logistics_requests r join tenants t on t.id = r.tenant_id and t.slug = 'autos' order by 1").await;
    assert_eq!(codes.concat(), ["LR-000001", "LR-000002", "LR-000003", "LR-000004"]);
}

/// rule:request-state-history: however many try the same move at once, it is made and written down once.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_is_made_by_one_and_written_down_once() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let id = ana
        .data("{ logisticsRequests(filter: { code: { eq: \"LR-000002\" } }) { nodes { id } } }", json!({}))
        .await["logisticsRequests"]["nodes"][0]["id"]
        .clone();
    let validate = "mutation($id: ID!) { validateLogisticsRequest(input: { id: $id }) { errors { code } } }";
    let tried = (0..12).map(|_| async {
        let data = ana.data(validate, json!({ "id": id })).await;
        data["validateLogisticsRequest"]["errors"][0]["code"].as_str().map(ToOwned::to_owned)
    });
    let mut codes = futures_util::future::join_all(tried).await;
    codes.sort();
    assert_eq!(codes[0], None);
    assert!(codes[1..].iter().all(|code| code.as_deref() == Some("INVALID_TRANSITION")), "{codes:?}");
    let written = app
        .rows(
            "select c.previous_status, c.new_status from logistics_status_changes c
               join logistics_requests r on r.tenant_id = c.tenant_id and r.id = c.request_id
              where r.code = 'LR-000002' order by c.created_at, c.id",
        )
        .await;
    assert_eq!(written, [["", "PENDING_VALIDATION"], ["PENDING_VALIDATION", "PENDING"]]);
}

/// Vehicles that come into the stock are found by their VIN, and bring their brand along.
#[tokio::test(flavor = "multi_thread")]
async fn a_vehicle_that_comes_into_the_stock_is_found_at_its_requests() {
    let app = TestApp::world().await;
    let line = "select coalesce(v.vin, ''), coalesce(b.name, '') from logistics_request_lines l
                  left join vehicles v on v.tenant_id = l.tenant_id and v.id = l.vehicle_id
                  left join brands b on b.tenant_id = l.tenant_id and b.id = l.brand_id where l.vin = 'VSSZZZKLZPR000009'";
    assert_eq!(app.rows(line).await, [["", "SEAT"]]);
    app.sql(
        "insert into vehicles (tenant_id, brand_id, vin, make, model, year, price, fuel_type, transmission)
         select t.id, b.id, 'VSSZZZKLZPR000009', 'SEAT', 'Ibiza', 2024, 1, 'GASOLINE', 'MANUAL'
           from tenants t join brands b on b.tenant_id = t.id and b.name = 'Volkswagen' where t.slug = 'autos'",
    )
    .await;
    assert_eq!(app.rows(line).await, [["VSSZZZKLZPR000009", "Volkswagen"]]);
    app.sql("update vehicles set vin = 'VSSZZZKLZPR000008' where vin = 'VSSZZZKLZPR000009'").await;
    assert_eq!(app.rows(line).await, [["", "Volkswagen"]]);
}
