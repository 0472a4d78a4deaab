//! A mutation is there as a whole or not at all, wherever it fails.

use std::time::Duration;

use serde_json::json;

use super::{id, world};
use crate::app::superuser;

const CREATE: &str = "mutation M($input: CreateContactInput!) { createContact(input: $input) { contact { id } errors { code message } } }";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_undone_when_the_payload_cannot_be_read() {
    let (app, _) = world().await;
    let hasty = app.beside(|settings| settings.statement_timeout = Duration::from_millis(300)).await;
    let client = hasty.somebody_of("autos").await;
    let mut locker = superuser(&app.database_name).await;
    let lock = locker.transaction().await.unwrap();
    lock.batch_execute("lock table calls in access exclusive mode").await.unwrap();
    let with_calls = "mutation M($input: UpdateContactInput!) { updateContact(input: $input) { contact { id calls { nodes { id } } } errors { code } } }";
    let input = json!({ "id": id("contact", "marta"), "address": "Half a write", "idempotencyKey": "half" });
    let reply = client.send(with_calls, json!({ "input": input })).await;
    assert_eq!(reply.json["errors"][0]["extensions"]["code"], "TIMEOUT", "{:#}", reply.json);
    lock.rollback().await.unwrap();
    assert_eq!(app.cell("select count(*) from contacts where address = 'Half a write'").await, "0");
    assert_eq!(app.cell("select count(*) from idempotency_keys").await, "0");
    // The same key is still fresh.
    let data = client.data(with_calls, json!({ "input": input })).await;
    assert_eq!(data["updateContact"]["errors"], json!([]));
    assert_eq!(app.cell("select count(*) from contacts where address = 'Half a write'").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_in_the_middle_leaves_nothing_and_says_nothing_of_its_reason() {
    let (app, client) = world().await;
    app.sql(
        "create function public.explode() returns trigger language plpgsql as $$
         begin raise exception 'relation \"secrets\" does not exist: select password from secrets'; end $$;
         create trigger explode after insert on contacts for each row when (new.display_name = 'Boom') execute function public.explode()",
    )
    .await;
    let reply = client.send(CREATE, json!({ "input": { "displayName": "Boom", "idempotencyKey": "boom" } })).await;
    let error = &reply.json["errors"][0];
    assert_eq!(error["extensions"]["code"], "INTERNAL", "{:#}", reply.json);
    assert!(!reply.json.to_string().contains("secrets"), "{:#}", reply.json);
    assert_eq!(app.cell("select count(*) from contacts where display_name = 'Boom'").await, "0");
    assert_eq!(app.cell("select count(*) from idempotency_keys").await, "0");
    // The connection is as good as before, and a refusal in the same place is no fault.
    app.sql(
        "create or replace function public.explode() returns trigger language plpgsql as $$
         begin perform app.refuse('VALIDATION', 'display_name', 'Too loud.'); return null; end $$",
    )
    .await;
    let data = client.data(CREATE, json!({ "input": { "displayName": "Boom", "idempotencyKey": "boom" } })).await;
    assert_eq!(data["createContact"]["errors"], json!([{ "code": "VALIDATION", "message": "Too loud." }]));
    assert_eq!(app.cell("select count(*) from contacts where display_name = 'Boom'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn mutations_of_one_document_run_in_order_and_each_on_its_own() {
    let (app, client) = world().await;
    let reply = client
        .send(
            "mutation { first: createContact(input: {displayName: \"One\", phone: \"+34677000001\"}) { contact { displayName } errors { code } }
               second: createContact(input: {displayName: \"Two\", phone: \"+34677000001\"}) { contact { displayName } errors { code } }
               third: updateContact(input: {id: \"contact_000000000000000000000marta\", address: \"Three\"}) { contact { address } errors { code } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        reply.json["data"],
        json!({
            "first": { "contact": { "displayName": "One" }, "errors": [] },
            "second": { "contact": null, "errors": [{ "code": "CONFLICT" }] },
            "third": { "contact": { "address": "Three" }, "errors": [] },
        })
    );
    assert_eq!(app.cell("select count(*) from contacts where phone = '+34677000001'").await, "1");
}
