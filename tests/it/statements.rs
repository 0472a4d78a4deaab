//! How many statements an operation takes: that depends on its shape, never on the number of rows.

use serde_json::{Value, json};

use crate::app::{TestApp, TestClient, demo_tenants};
use crate::oracle::crowd::{FEW, MANY, crowd};
use crate::oracle::generate::{Style, operation};
use crate::oracle::{Stage, for_tapes};

/// The operations that are measured in `benches/operations`.
pub(crate) const INBOX: &str = include_str!("../../benches/operations/queries/inbox.graphql");
pub(crate) const DEEP: &str = include_str!("../../benches/operations/queries/deep.graphql");

/// Runs an operation that must succeed.
async fn statements(client: &TestClient, query: &str, variables: Value) -> u32 {
    let reply = client.measured(query, variables).await;
    assert!(reply.json.get("errors").is_none(), "{query}\n{:#}", reply.json);
    reply.statements
}

/// The same operation with pages of another size.
fn with_first(query: &str, was: usize, size: usize) -> String {
    let (was, now) = (format!("first: {was}"), format!("first: {size}"));
    assert!(query.contains(&was), "{query}");
    query.replacen(&was, &now, 1)
}

/// Shows rule:no-n-plus-1.
#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_takes_three_statements_whatever_the_number_of_conversations() {
    let app = TestApp::demo().await;
    for tenant in demo_tenants() {
        let client = app.somebody_of(tenant).await;
        for size in [1, 5, 25, 100] {
            let query = with_first(INBOX, 25, size);
            // Conversations with contact and assignee; tags; messages with their senders.
            assert_eq!(statements(&client, &query, json!({})).await, 3, "{tenant}, {size} conversations");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deep_operation_takes_five_statements_whatever_the_number_of_contacts() {
    let app = TestApp::demo().await;
    for tenant in demo_tenants() {
        let client = app.somebody_of(tenant).await;
        let owners = "{ contacts(filter: {sales: {some: {}}, conversations: {some: {}}, appointments: {some: {}}, owner: {}}) { nodes { ownerId } } }";
        let owner = client.data(owners, json!({})).await["contacts"]["nodes"][0]["ownerId"].clone();
        for size in [1, 5, 20, 50] {
            let query = with_first(DEEP, 20, size);
            let all = query.replace("first: 1,", "first: 1").replace("filter: { ownerId: { eq: $owner } }", "filter: { ownerId: { eq: $owner }, sales: {some: {}}, conversations: {some: {}}, appointments: {some: {}} }");
            // Contacts; conversations, appointments, sales with their vehicles; messages.
            assert_eq!(statements(&client, &all, json!({ "owner": owner })).await, 5, "{tenant}, {size} contacts");
            assert!(statements(&client, &query, json!({ "owner": owner })).await <= 5, "{tenant}, {size} contacts");
        }
    }
}

/// Shows rule:no-n-plus-1, rule:detailed-views.
#[tokio::test(flavor = "multi_thread")]
async fn statements_depend_on_the_shape_of_an_operation_only() {
    let app = crowd().await;
    let (few, many) = (Stage::of(&app, FEW).await, Stage::of(&app, MANY).await);
    let compared = std::cell::Cell::new((0, 0));
    for_tapes(150, async |tape| {
        let operation = operation(&many.world, tape, Style::Lists);
        let mut taken = Vec::new();
        for stage in [&few, &many] {
            // One statement for each place of the operation that has parents: a level without any needs none.
            let places = stage.expected(&operation).statements;
            let answered = stage.answer(&operation.query, &operation.variables).await;
            if answered.statements != places.len() || places.len() > operation.bound {
                let (statements, bound) = (answered.statements, operation.bound);
                return Err(format!(
                    "{}\n{statements} statements instead of {places:?}, {bound} at most",
                    operation.query
                ));
            }
            taken.push(places);
        }
        let (same, all) = compared.get();
        compared.set((same + usize::from(taken[0] == taken[1]), all + 1));
        Ok(())
    });
    let (same, all) = compared.get();
    assert!(same * 3 > all, "only {same} of {all} operations had rows in the same places of both tenants");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_beside_nested_rows_stays_in_their_transaction() {
    let app = TestApp::demo().await.beside(|settings| settings.pool_size = 1).await;
    let client = app.somebody_of(demo_tenants()[0]).await;
    let nested = |count: &str| format!("{{ contacts(first: 3) {{ {count} nodes {{ tasks {{ nodes {{ id }} }} }} }} }}");
    // What was prepared before goes out at once, with the end of the transaction; the count has to be prepared first.
    statements(&client, &nested(""), json!({})).await;
    statements(&client, &nested(""), json!({})).await;
    let counted = client.data(&nested("totalCount"), json!({})).await["contacts"]["totalCount"].clone();
    assert_eq!(counted, client.data("{ contacts { totalCount } }", json!({})).await["contacts"]["totalCount"]);
}
