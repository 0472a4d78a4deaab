//! A document that was valid before is executed past async-graphql; whoever sends it must not notice.
//!
//! Every case is asked twice: with a text that the gateway knows, and with one that it has never seen, because a
//! comment at its end is new each time.

use mostrador::graphql::service::{Call, GraphqlService, RequestId};
use serde_json::{Value, json};

use crate::app::{TestApp, TestClient};

/// The answer, without the part that differs from one request to the next.
async fn ask(app: &TestApp, bearer: Option<&TestClient>, query: &str, variables: &Value) -> Value {
    let answer = app
        .gateway
        .execute(Call {
            query: query.to_owned(),
            operation_name: None,
            variables: variables.as_object().cloned(),
            extensions: None,
            queries_only: false,
            caller: Default::default(),
            bearer: bearer.map(|client| client.token.clone()),
            request_id: RequestId::accept("test-request").unwrap(),
        })
        .await;
    serde_json::from_slice(&answer.body).unwrap()
}

/// Asks for each set of variables twice. The first set must be one with which the document is valid.
async fn same_both_ways(query: &str, sets: &[Value]) {
    let app = TestApp::world().await;
    let client = app.sign_in("autos", "ana@autos.test").await;
    for bearer in [Some(&client), None] {
        for (number, variables) in sets.iter().enumerate() {
            let known = ask(&app, bearer, query, variables).await;
            let new = format!("{query}\n# {number} {}", bearer.is_some());
            let unknown = ask(&app, bearer, &new, variables).await;
            assert_eq!(known, unknown, "{query}\n{variables}");
            // The next round finds it valid for certain.
            assert_eq!(ask(&app, bearer, query, variables).await, unknown, "{query}\n{variables}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_document_finds_the_same_row_and_the_same_errors() {
    let ids = [
        json!("contact_000000000000000000000marta"),
        json!("contact_00000000000000000000nobody"),
        json!("user_00000000000000000000000ana"),
        json!("marta"),
        json!(7),
        json!(7.5),
        json!(true),
        json!(null),
        json!(["contact_000000000000000000000marta"]),
        json!({ "id": "contact_000000000000000000000marta" }),
    ];
    let mut sets: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    sets.extend([json!({}), json!({ "id": ids[0], "more": 1 })]);
    same_both_ways("query One($id: ID!) { contact(id: $id) { id displayName owner { id } } }", &sets).await;
    same_both_ways("query Any($id: ID!) { node(id: $id) { __typename id ... on Contact { email } } }", &sets).await;
    same_both_ways("query Some($id: ID!) { nodes(ids: [$id, $id]) { id } }", &sets).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_document_refuses_the_same_filters_and_pages() {
    let filters = [
        json!({}),
        json!({ "filter": null }),
        json!({ "filter": {} }),
        json!({ "filter": { "displayName": { "startsWith": "m" } } }),
        json!({ "filter": { "displayName": { "startsWith": 5 } } }),
        json!({ "filter": { "displayName": "Marta" } }),
        json!({ "filter": { "nurtureStatus": { "eq": "HOT" } } }),
        json!({ "filter": { "nurtureStatus": { "eq": "BOILING" } } }),
        json!({ "filter": { "nurtureStatus": { "in": ["HOT", "WARM"] } } }),
        json!({ "filter": { "nurtureStatus": { "in": "HOT" } } }),
        json!({ "filter": { "nurtureStatus": { "in": ["HOT", null] } } }),
        json!({ "filter": { "shoeSize": { "eq": 43 } } }),
        json!({ "filter": { "or": [{ "leadScore": { "gt": 10 } }, { "not": { "phone": { "isNull": true } } }] } }),
        json!({ "filter": { "createdAt": { "lt": "yesterday" } } }),
        json!({ "filter": { "createdAt": { "lt": 1 } } }),
        json!({ "filter": { "attributes": [{ "eq": 1 }] } }),
        json!({ "filter": [] }),
        json!({ "filter": "all" }),
    ];
    let query =
        "query List($filter: ContactFilter) { contacts(first: 3, filter: $filter) { totalCount nodes { id } } }";
    same_both_ways(query, &filters).await;

    let pages = [
        json!({}),
        json!({ "first": 2 }),
        json!({ "first": null }),
        json!({ "first": 0 }),
        json!({ "first": -1 }),
        json!({ "first": 251 }),
        json!({ "first": "2" }),
        json!({ "first": 2.5 }),
        json!({ "first": 4_000_000_000_u64 }),
        json!({ "after": "nowhere" }),
        json!({ "after": 1 }),
        json!({ "orderBy": [{ "field": "DISPLAY_NAME", "direction": "DESC" }] }),
        json!({ "orderBy": { "field": "DISPLAY_NAME" } }),
        json!({ "orderBy": [{ "direction": "DESC" }] }),
        json!({ "orderBy": [{ "field": "MOOD" }] }),
        json!({ "orderBy": [null] }),
    ];
    let query = "query Page($first: Int = 1, $after: String, $orderBy: [ContactOrder!]) { \
                 contacts(first: $first, after: $after, orderBy: $orderBy) { nodes { id } pageInfo { endCursor } } }";
    same_both_ways(query, &pages).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_document_keeps_the_order_and_the_merging_of_its_fields() {
    for query in [
        "{ z: contacts(first: 1) { totalCount } a: viewer { user { id } } z: contacts(first: 1) { nodes { id } } }",
        "{ contacts(first: 1) { totalCount } __typename }",
        "{ __typename }",
        "{ __schema { queryType { name } } viewer { tenant { id } } }",
        "query Twice { ...Part ...Part } fragment Part on Query { contacts(first: 1) { __typename nodes { __typename } } }",
        "{ contact(id: \"contact_00000000000000000000nobody\") { id } contacts(first: 1) { totalCount } }",
        "{ contact(id: \"contact_00000000000000000000nobody\") { id } contacts(after: \"nowhere\") { totalCount } }",
    ] {
        same_both_ways(query, &[json!({})]).await;
    }
    let query = "query Perhaps($yes: Boolean!, $no: Boolean = false) { viewer @include(if: $yes) { user { id } } \
                 contacts(first: 1) @skip(if: $no) { totalCount nodes { id @include(if: $yes) displayName } } }";
    let sets = [
        json!({ "yes": true }),
        json!({ "yes": false }),
        json!({ "yes": true, "no": true }),
        json!({ "yes": false, "no": true }),
        json!({ "yes": true, "no": null }),
        json!({ "yes": "true" }),
        json!({}),
    ];
    same_both_ways(query, &sets).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_that_is_reached_through_two_spreads_runs_once() {
    let app = TestApp::world().await;
    let client = app.sign_in("autos", "ana@autos.test").await;
    let query = "mutation { ...Part ...Part } \
                 fragment Part on Mutation { createContact(input: { displayName: \"Once\" }) { contact { displayName } } }";
    let made = ask(&app, Some(&client), query, &json!({})).await;
    assert_eq!(made, json!({ "data": { "createContact": { "contact": { "displayName": "Once" } } } }));
    let query = "{ contacts(filter: { displayName: { eq: \"Once\" } }) { totalCount } }";
    let found = ask(&app, Some(&client), query, &json!({})).await;
    assert_eq!(found, json!({ "data": { "contacts": { "totalCount": 1 } } }));
}
