//! Two or twenty writers of the same thing at the same moment.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{at_once, id, winners, world};

const ERRORS: &str = "errors { code message path existingId details }";

#[tokio::test(flavor = "multi_thread")]
async fn of_many_contacts_with_the_same_phone_one_is_created_and_the_others_name_it() {
    let (app, client) = world().await;
    let query = format!(
        "mutation M($input: CreateContactInput!) {{ createContact(input: $input) {{ contact {{ id }} {ERRORS} }} }}"
    );
    for round in 0..10 {
        let phone = format!("+34688000{round:03}");
        let inputs = (0..8).map(|number| json!({ "displayName": format!("Racer {number}"), "phone": phone })).collect();
        let payloads = at_once(&client, "createContact", &query, inputs).await;
        let (won, lost) = winners(&payloads);
        assert_eq!(won.len(), 1, "{payloads:#?}");
        for payload in lost {
            let error = &payload["errors"][0];
            assert_eq!(error["code"], "CONFLICT", "{error:#}");
            assert_eq!(error["path"], json!(["phone"]), "{error:#}");
            assert_eq!(error["existingId"], won[0]["contact"]["id"], "{error:#}");
        }
        assert_eq!(app.cell(&format!("select count(*) from contacts where phone = '{phone}'")).await, "1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_used_by_twenty_at_once_writes_one_row_and_gives_twenty_equal_answers() {
    let (app, client) = world().await;
    let query = format!(
        "mutation M($input: CreateContactInput!) {{ createContact(input: $input) {{ contact {{ id displayName version createdAt }} {ERRORS} }} }}"
    );
    for round in 0..5 {
        let input = json!({ "displayName": format!("Once {round}"), "idempotencyKey": format!("key-{round}") });
        let payloads = at_once(&client, "createContact", &query, vec![input; 20]).await;
        let different: HashSet<String> = payloads.iter().map(Value::to_string).collect();
        assert_eq!(different.len(), 1, "{payloads:#?}");
        assert_eq!(payloads[0]["errors"], json!([]), "{payloads:#?}");
        assert_eq!(app.cell(&format!("select count(*) from contacts where display_name = 'Once {round}'")).await, "1");
    }
    // A refusal is an outcome as well, and so is the same key with another input.
    let taken = json!({ "phone": "+34600000001", "idempotencyKey": "refused" });
    let payloads = at_once(&client, "createContact", &query, vec![taken; 20]).await;
    let different: HashSet<String> = payloads.iter().map(Value::to_string).collect();
    assert_eq!(different.len(), 1, "{payloads:#?}");
    assert_eq!(payloads[0]["errors"][0]["code"], "CONFLICT", "{payloads:#?}");
    let inputs =
        (0..20).map(|number| json!({ "displayName": format!("Other {number}"), "idempotencyKey": "shared" })).collect();
    let payloads = at_once(&client, "createContact", &query, inputs).await;
    let (won, lost) = winners(&payloads);
    assert_eq!((won.len(), lost.len()), (1, 19), "{payloads:#?}");
    for payload in lost {
        assert_eq!(payload["errors"][0]["code"], "IDEMPOTENCY_KEY_REUSED", "{payload:#}");
        assert_eq!(payload["contact"], Value::Null);
    }
    assert_eq!(app.cell("select count(*) from contacts where display_name like 'Other %'").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_updates_of_the_same_version_one_wins_and_the_other_sees_the_row_as_it_is() {
    let (_app, client) = world().await;
    let query = format!(
        "mutation M($input: UpdateContactInput!) {{ updateContact(input: $input) {{ contact {{ id address version }} {ERRORS} }} }}"
    );
    let mut version = 1;
    for round in 0..10 {
        let input = |number: usize| json!({ "id": id("contact", "marta"), "address": format!("Street {round}-{number}"), "expectedVersion": version });
        let payloads = at_once(&client, "updateContact", &query, (0..6).map(input).collect()).await;
        let (won, lost) = winners(&payloads);
        assert_eq!(won.len(), 1, "{payloads:#?}");
        version += 1;
        assert_eq!(won[0]["contact"]["version"], version);
        for payload in lost {
            assert_eq!(payload["errors"][0]["code"], "CONFLICT", "{payload:#}");
            assert_eq!(payload["errors"][0]["path"], json!(["expectedVersion"]), "{payload:#}");
            assert_eq!(payload["errors"][0]["details"], json!({ "currentVersion": version }), "{payload:#}");
            assert_eq!(payload["contact"], won[0]["contact"], "the present row is shown: {payload:#}");
        }
    }
}

/// Shows rule:one-open-sale-per-vehicle.
#[tokio::test(flavor = "multi_thread")]
async fn one_vehicle_is_sold_once() {
    let (app, client) = world().await;
    let query =
        format!("mutation M($input: CreateSaleInput!) {{ createSale(input: $input) {{ sale {{ id }} {ERRORS} }} }}");
    let cancel = "mutation M($input: CancelSaleInput!) { cancelSale(input: $input) { sale { vehicle { status } } errors { code } } }";
    for _ in 0..10 {
        let input = |buyer: &str| json!({ "contactId": id("contact", buyer), "vehicleId": id("vehicle", "seat"), "salePrice": "19000", "financingType": "CASH" });
        let inputs = ["marta", "agata", "bernat", "german"].map(input).to_vec();
        let payloads = at_once(&client, "createSale", &query, inputs).await;
        let (won, lost) = winners(&payloads);
        assert_eq!(won.len(), 1, "{payloads:#?}");
        for payload in lost {
            let code = payload["errors"][0]["code"].as_str().unwrap();
            assert!(["CONFLICT", "VALIDATION"].contains(&code), "{payload:#}");
            assert_eq!(payload["errors"][0]["path"], json!(["vehicleId"]), "{payload:#}");
        }
        assert_eq!(app.cell("select status from vehicles where vin = 'VSSZZZKLZPR000001'").await, "RESERVED");
        let cancelled = client.data(cancel, json!({ "input": { "id": won[0]["sale"]["id"] } })).await;
        assert_eq!(cancelled["cancelSale"]["sale"]["vehicle"]["status"], "AVAILABLE");
    }
}

/// Shows rule:appointment-overlap.
#[tokio::test(flavor = "multi_thread")]
async fn one_agent_is_booked_once_at_a_time() {
    let (app, client) = world().await;
    let query = format!(
        "mutation M($input: CreateAppointmentInput!) {{ createAppointment(input: $input) {{ appointment {{ id }} {ERRORS} }} }}"
    );
    for day in 10..20 {
        // They overlap without being equal.
        let input = |minute: usize| {
            json!({ "contactId": id("contact", "marta"), "agentId": id("user", "jan"), "type": "VIDEO", "title": "Race",
                "scheduledAt": format!("2026-06-{day}T10:{:02}:00Z", minute * 5), "durationMinutes": 60 })
        };
        let payloads = at_once(&client, "createAppointment", &query, (0..6).map(input).collect()).await;
        let (won, lost) = winners(&payloads);
        assert_eq!(won.len(), 1, "{payloads:#?}");
        for payload in lost {
            assert_eq!(payload["errors"][0]["code"], "CONFLICT", "{payload:#}");
            assert!(payload["errors"][0]["message"].as_str().unwrap().contains("agent"), "{payload:#}");
        }
        let count =
            format!("select count(*) from appointments where scheduled_at::date = '2026-06-{day}' and title = 'Race'");
        assert_eq!(app.cell(&count).await, "1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_moves_to_states_that_exclude_each_other_one_is_made_and_the_other_names_it() {
    let (app, client) = world().await;
    let create = "mutation M($input: CreateVehicleInput!) { createVehicle(input: $input) { vehicle { id } errors { code message } } }";
    let sell =
        "mutation M($input: CreateSaleInput!) { createSale(input: $input) { sale { id } errors { code message } } }";
    let moved = format!(
        "mutation M($input: ChangeSaleStatusInput!) {{ changeSaleStatus(input: $input) {{ sale {{ status }} {ERRORS} }} }}"
    );
    for round in 0..10 {
        let input = json!({ "vin": format!("WVWZZZ1JZXW0000{round:02}"), "make": "VW", "model": "Golf", "year": 2022, "price": "1",
            "fuelType": "DIESEL", "transmission": "MANUAL" });
        let vehicle = client.data(create, json!({ "input": input })).await["createVehicle"]["vehicle"]["id"].clone();
        let input = json!({ "contactId": id("contact", "marta"), "vehicleId": vehicle, "salePrice": "1", "financingType": "CASH" });
        let sale = client.data(sell, json!({ "input": input })).await["createSale"]["sale"]["id"].clone();
        let to = |status: &str| json!({ "id": sale, "status": status });
        let completed = client.data(&moved, json!({ "input": to("COMPLETED") })).await;
        assert_eq!(completed["changeSaleStatus"]["errors"], json!([]), "{completed:#}");
        let payloads = at_once(&client, "changeSaleStatus", &moved, vec![to("DELIVERED"), to("CANCELLED")]).await;
        let (won, lost) = winners(&payloads);
        assert_eq!((won.len(), lost.len()), (1, 1), "{payloads:#?}");
        let state = &won[0]["sale"]["status"];
        let error = &lost[0]["errors"][0];
        assert_eq!(error["code"], "INVALID_TRANSITION", "{error:#}");
        assert_eq!(error["path"], json!(["status"]), "{error:#}");
        assert_eq!(&error["details"]["from"], state, "{error:#}");
        assert_eq!(&lost[0]["sale"]["status"], state, "the present row is shown: {payloads:#?}");
        let item = app.cell(&format!("select status from vehicles where vin = 'WVWZZZ1JZXW0000{round:02}'")).await;
        assert_eq!(item, if state == "DELIVERED" { "DELIVERED" } else { "AVAILABLE" });
    }
}

/// Shows rule:default-location.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_new_default_places_one_is_the_default() {
    let (app, client) = world().await;
    let query = format!(
        "mutation M($input: CreateLocationInput!) {{ createLocation(input: $input) {{ location {{ id }} {ERRORS} }} }}"
    );
    let inputs =
        (0..10).map(|number| json!({ "name": "Place", "code": format!("P{number}"), "isDefault": true })).collect();
    let payloads = at_once(&client, "createLocation", &query, inputs).await;
    let (won, lost) = winners(&payloads);
    assert!(!won.is_empty(), "{payloads:#?}");
    for payload in lost {
        assert_eq!(payload["errors"][0]["code"], "CONFLICT", "{payload:#}");
    }
    let defaults = "select count(*) from locations l join tenants t on t.id = l.tenant_id where slug = 'autos' and is_default and deleted_at is null";
    assert_eq!(app.cell(defaults).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_added_and_removed_by_many_at_once_is_there_or_not() {
    let (app, client) = world().await;
    let tag = app
        .cell(
            "select id from conversation_tags where tenant_id = (select id from tenants where slug = 'autos') limit 1",
        )
        .await;
    let input = json!({ "id": id("conversation", "chat2"), "conversationTagId": tag });
    for (field, expected) in [("addConversationTag", "1"), ("removeConversationTag", "0")] {
        let kind = field[..1].to_uppercase() + &field[1..] + "Input";
        let query = format!(
            "mutation M($input: {kind}!) {{ {field}(input: $input) {{ conversation {{ tags {{ nodes {{ id }} }} }} {ERRORS} }} }}"
        );
        let payloads = at_once(&client, field, &query, vec![input.clone(); 12]).await;
        let (won, lost) = winners(&payloads);
        assert!(!won.is_empty(), "{payloads:#?}");
        assert!(lost.is_empty() || field == "removeConversationTag", "adding twice changes nothing: {payloads:#?}");
        let count = format!(
            "select count(*) from conversation_tag_links where tag_id = '{tag}' and conversation_id::text = (select id::text from conversations where channel = 'EMAIL')"
        );
        assert_eq!(app.cell(&count).await, expected);
    }
}
