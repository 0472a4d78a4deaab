//! Money: balances are the sums of their history whoever writes at once; what is due is booked once for each day.

mod balances;
mod booking;

use serde_json::{Value, json};

use crate::app::{TestApp, TestClient};

/// Jan of the business `autos`, whose money the world knows.
async fn jan(app: &TestApp) -> TestClient {
    app.sign_in("autos", "jan@autos.test").await
}

/// The first row with this name of one of Jan's types.
async fn id(client: &TestClient, list: &str, name: &str) -> String {
    let query = format!("query($name: String) {{ {list}(filter: {{ name: {{ eq: $name }} }}) {{ nodes {{ id }} }} }}");
    let found = client.data(&query, json!({ "name": name })).await;
    found[list]["nodes"][0]["id"].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned()
}

async fn profile(client: &TestClient) -> String {
    let found = client.data("{ financialProfiles { nodes { id } } }", Value::Null).await;
    found["financialProfiles"]["nodes"][0]["id"].as_str().unwrap().to_owned()
}
