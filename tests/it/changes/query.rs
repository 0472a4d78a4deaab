//! The query `changes` and `eventCursor`: exact behind a snapshot, with the viewer's own rights, in few statements.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{head, tenant};
use crate::app::{TestApp, TestClient};

const CHANGES: &str = "query($after: String!, $types: [EntityType!], $first: Int) {
    changes(after: $after, types: $types, first: $first) {
        endCursor hasMore
        nodes { cursor committedAt kind type id changedFields userId mutation clientMessageId
                node { id ... on Contact { displayName owner { displayName } } ... on Brand { name } ... on Task { title } } }
    }
}";

async fn cursor(client: &TestClient) -> String {
    client.data("{ eventCursor }", json!({})).await["eventCursor"].as_str().unwrap().to_owned()
}

async fn since(app: &TestApp, client: &TestClient, after: &str, types: Value) -> Value {
    app.sequencer().take().await.unwrap();
    client.data(CHANGES, json!({ "after": after, "types": types })).await["changes"].clone()
}

fn told(page: &Value) -> Vec<(&str, &str, bool)> {
    let nodes = page["nodes"].as_array().unwrap();
    nodes
        .iter()
        .map(|change| (change["kind"].as_str().unwrap(), change["type"].as_str().unwrap(), !change["node"].is_null()))
        .collect()
}

async fn code(client: &TestClient, query: &str, variables: Value) -> String {
    let reply = client.send(query, variables).await;
    assert!(reply.json["data"].is_null(), "{:#}", reply.json);
    reply.json["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_reads_a_list_and_then_exactly_what_has_changed_since() {
    let app = TestApp::world().await;
    head(&app).await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let page = ana.data("{ contacts(first: 50) { nodes { id displayName } } eventCursor }", json!({})).await;
    let start = page["eventCursor"].as_str().unwrap().to_owned();
    let created = ana
        .data(
            "mutation { createContact(input: { displayName: \"Nora\", phone: \"+34600999111\" }) { contact { id } errors { code } } }",
            json!({}),
        )
        .await;
    let nora = created["createContact"]["contact"]["id"].as_str().unwrap().to_owned();
    ana.data(
        "mutation($id: ID!) { updateContact(input: { id: $id, lastName: \"Vidal\" }) { errors { code } } }",
        json!({ "id": nora }),
    )
    .await;
    let page = since(&app, &ana, &start, json!(["CONTACT"])).await;
    assert_eq!(told(&page), [("CREATED", "CONTACT", true), ("UPDATED", "CONTACT", true)]);
    let [created, updated] = [&page["nodes"][0], &page["nodes"][1]];
    assert_eq!((created["id"].as_str(), created["mutation"].as_str()), (Some(nora.as_str()), Some("createContact")));
    assert!(created["userId"].as_str().unwrap().starts_with("user_"));
    let fields: Vec<&str> =
        updated["changedFields"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(fields.contains(&"lastName"), "{fields:?}");
    // Both show the object as it is now.
    assert_eq!(created["node"], updated["node"]);
    assert_eq!(page["hasMore"], json!(false));
    let end = page["endCursor"].as_str().unwrap();
    assert_eq!(since(&app, &ana, end, Value::Null).await["nodes"], json!([]));
    // From the cursor of the first, only the second one.
    let behind = since(&app, &ana, created["cursor"].as_str().unwrap(), json!(["CONTACT"])).await;
    assert_eq!(told(&behind), [("UPDATED", "CONTACT", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_comes_as_a_tombstone_and_what_is_restored_comes_back() {
    let app = TestApp::world().await;
    head(&app).await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let autos = tenant(&app, "autos").await;
    let start = cursor(&ana).await;
    let key = "(select id from contacts where first_name = 'Germán')";
    app.sql(&format!("update contacts set first_name = 'Hermann' where id = {key}")).await;
    app.sql("update contacts set deleted_at = now() where first_name = 'Hermann'").await;
    app.sql(&format!(
        "insert into brands (tenant_id, name) values ('{autos}', 'Brief'); delete from brands where name = 'Brief'"
    ))
    .await;
    let page = since(&app, &ana, &start, json!(["CONTACT", "BRAND"])).await;
    // What happened to it before is of no use to anybody any more.
    assert_eq!(told(&page), [("DELETED", "CONTACT", false), ("DELETED", "BRAND", false)]);
    let middle = page["endCursor"].as_str().unwrap().to_owned();
    app.sql("update contacts set deleted_at = null where first_name = 'Hermann'").await;
    let page = since(&app, &ana, &middle, json!(["CONTACT"])).await;
    assert_eq!(told(&page), [("UPDATED", "CONTACT", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_sight_of_a_record_is_told_and_who_never_saw_it_is_not() {
    let app = TestApp::world().await;
    head(&app).await;
    app.sql("update tenant_settings set record_sharing = true where tenant_id = (select id from tenants where slug = 'autos')")
        .await;
    let (ana, jan) = (app.sign_in("autos", "ana@autos.test").await, app.sign_in("autos", "jan@autos.test").await);
    let id = |email: &str| format!("(select id from users where email = '{email}')");
    app.sql(&format!(
        "update contacts set owner_id = {} where tenant_id = (select id from tenants where slug = 'autos')",
        id("ana@autos.test")
    ))
    .await;
    app.sql(&format!("update contacts set owner_id = {} where first_name = 'Marta'", id("jan@autos.test"))).await;
    app.sequencer().take().await.unwrap();
    let (of_ana, of_jan) = (cursor(&ana).await, cursor(&jan).await);
    app.sql("update contacts set last_name = 'Secreto' where first_name = 'Bernat'").await;
    app.sql("update contacts set last_name = 'Ruiz Gil' where first_name = 'Marta'").await;
    app.sql(&format!("update contacts set owner_id = {} where first_name = 'Marta'", id("ana@autos.test"))).await;
    let types = json!(["CONTACT"]);
    let page = since(&app, &jan, &of_jan, types.clone()).await;
    assert_eq!(told(&page), [("NO_LONGER_VISIBLE", "CONTACT", false)]);
    let lost = &page["nodes"][0];
    assert_eq!((&lost["changedFields"], &lost["userId"], &lost["mutation"]), (&json!([]), &Value::Null, &Value::Null));
    let page = since(&app, &ana, &of_ana, types).await;
    assert_eq!(told(&page), [("UPDATED", "CONTACT", true); 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn types_that_may_not_be_read_are_refused_by_name_and_left_out_otherwise() {
    let app = TestApp::world().await;
    head(&app).await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let autos = tenant(&app, "autos").await;
    let start = cursor(&jan).await;
    app.sql(&format!(
        "insert into brands (tenant_id, name) values ('{autos}', 'Lancia');
         update invitations set status = 'REVOKED' where tenant_id = '{autos}' and status = 'PENDING';
         update roles set description = 'changed' where tenant_id = '{autos}'"
    ))
    .await;
    let page = since(&app, &jan, &start, Value::Null).await;
    let types: BTreeSet<&str> =
        page["nodes"].as_array().unwrap().iter().map(|change| change["type"].as_str().unwrap()).collect();
    assert!(types.contains("BRAND") && !types.contains("AUDIT_LOG") && !types.contains("INVITATION"), "{types:?}");
    let refused = code(&jan, CHANGES, json!({ "after": start, "types": ["BRAND", "AUDIT_LOG"] })).await;
    assert_eq!(refused, "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_none_and_one_that_is_too_old_are_told_apart() {
    let app = TestApp::world().await;
    head(&app).await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let other = TestApp::world().await;
    let start = cursor(&ana).await;
    for bad in ["", "x", "AAAA", "eyJhbGciOiJIUzI1NiJ9", &start[..start.len() - 1]] {
        assert_eq!(code(&ana, CHANGES, json!({ "after": bad })).await, "INVALID_CURSOR", "{bad}");
    }
    head(&other).await;
    let there = cursor(&other.sign_in("autos", "ana@autos.test").await).await;
    assert_eq!(code(&ana, CHANGES, json!({ "after": there })).await, "RESYNC_REQUIRED");
    for first in [0, -1, 501] {
        assert_eq!(code(&ana, CHANGES, json!({ "after": start, "first": first })).await, "PAGE_LIMIT");
    }
    let page = "query($after: String!) { changes(after: $after) { endCursor hasMore __typename } }";
    let page = ana.data(page, json!({ "after": start })).await;
    assert_eq!((&page["changes"]["hasMore"], &page["changes"]["__typename"]), (&json!(false), &json!("ChangePage")));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_take_one_statement_and_one_more_for_each_type() {
    let app = TestApp::world().await;
    head(&app).await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let autos = tenant(&app, "autos").await;
    // Policies are read once.
    let start = cursor(&ana).await;
    since(&app, &ana, &start, Value::Null).await;
    let reply = ana.measured("{ eventCursor }", json!({})).await;
    assert_eq!(reply.statements, 1);
    let list = "{ contacts(first: 20) { nodes { displayName } } eventCursor brands(first: 5) { nodes { name } } }";
    assert_eq!(ana.measured(list, json!({})).await.statements, 3);
    for number in 0..30 {
        app.sql(&format!(
            "insert into brands (tenant_id, name) values ('{autos}', 'Brand {number}');
             update contacts set lead_score = {number} + 1 where tenant_id = '{autos}' and first_name = 'Marta'"
        ))
        .await;
    }
    app.sequencer().take().await.unwrap();
    let reply = ana.measured(CHANGES, json!({ "after": start, "types": ["CONTACT", "BRAND"] })).await;
    assert_eq!(reply.json["data"]["changes"]["nodes"].as_array().unwrap().len(), 60);
    assert_eq!(reply.statements, 3);
    let ends = "query($after: String!) { changes(after: $after) { endCursor hasMore } }";
    assert_eq!(ana.measured(ends, json!({ "after": start })).await.statements, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_on_where_the_last_one_ended() {
    let app = TestApp::world().await;
    head(&app).await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let autos = tenant(&app, "autos").await;
    let start = cursor(&ana).await;
    app.sql(&format!(
        "insert into brands (tenant_id, name) select '{autos}', 'Brand ' || n from generate_series(1, 25) n"
    ))
    .await;
    app.sequencer().take().await.unwrap();
    let (mut after, mut names) = (start, Vec::new());
    loop {
        let page = ana.data(CHANGES, json!({ "after": after, "types": ["BRAND"], "first": 7 })).await;
        let page = &page["changes"];
        names.extend(page["nodes"].as_array().unwrap().iter().map(|change| change["node"]["name"].clone()));
        after = page["endCursor"].as_str().unwrap().to_owned();
        if page["hasMore"] == json!(false) {
            break;
        }
    }
    let expected: Vec<Value> = (1..=25).map(|number| json!(format!("Brand {number}"))).collect();
    assert_eq!(names, expected);
}
