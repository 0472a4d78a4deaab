//! Who may ask, and who may change what others may: sessions, what is remembered of them, roles and their rules.
//!
//! What each field and mutation needs stands in `permissions.rs`; how rights follow from roles in `permission_matrix.rs`.

mod catalogue;
mod remembered;
mod roles;
mod rules;
mod sessions;

use serde_json::{Value, json};

use crate::app::{Reply, TestApp, TestClient};

/// The global ID of a row of `world.sql`.
fn id(prefix: &str, name: &str) -> String {
    format!("{prefix}_{name:0>26}")
}

/// The codes of the top-level errors of an answer, then those of the payloads, without repetition.
fn codes(reply: &Reply) -> Vec<String> {
    let top = reply.json["errors"].as_array().into_iter().flatten().map(|error| &error["extensions"]["code"]);
    let payloads = reply.json["data"].as_object().into_iter().flat_map(|data| data.values());
    let inner =
        payloads.flat_map(|payload| payload["errors"].as_array().into_iter().flatten()).map(|error| &error["code"]);
    let mut codes: Vec<String> = top.chain(inner).map(|code| code.as_str().unwrap_or("?").to_owned()).collect();
    codes.dedup();
    codes
}

/// What a mutation with one `input` was refused for.
async fn attempt(client: &TestClient, mutation: &str, input: Value) -> Vec<String> {
    let name = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query =
        format!("mutation ($input: {name}!) {{ {mutation}(input: $input) {{ errors {{ code message path }} }} }}");
    let reply = client.send(&query, json!({ "input": input })).await;
    codes(&reply)
}

/// What a query was refused for.
async fn ask(client: &TestClient, query: &str) -> Vec<String> {
    codes(&client.send(query, json!({})).await)
}

const CONTACTS: &str = "{ contacts { totalCount } }";
const FINE: Vec<String> = Vec::new();

/// Makes a role that is not a system role, with these permissions (`contacts.read`), and gives it to users by address;
/// its global ID.
async fn make_role(app: &TestApp, tenant: &str, name: &str, permissions: &[&str], users: &[&str]) -> String {
    let list = |words: &[&str]| words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ");
    app.sql(&format!(
        "insert into roles (tenant_id, name) select id, '{name}' from tenants where slug = '{tenant}';
         insert into role_permissions (tenant_id, role_id, permission_id)
         select r.tenant_id, r.id, p.id from roles r, permissions p
          where r.name = '{name}' and r.tenant_id = (select id from tenants where slug = '{tenant}')
            and p.name = any (array[{}]::text[]);
         insert into user_roles (tenant_id, user_id, role_id)
         select u.tenant_id, u.id, r.id from users u join roles r on r.tenant_id = u.tenant_id and r.name = '{name}'
          where u.email = any (array[{}]::text[])",
        list(permissions),
        list(users)
    ))
    .await;
    let role = app.cell(&format!("select id from roles where name = '{name}'")).await;
    entity::id::format_id("role", role.parse().unwrap())
}

/// A new user of the car dealership without a right of their own, signed in; and the global ID.
async fn newcomer(app: &TestApp, name: &str) -> (TestClient, String) {
    app.sql(&format!(
        "insert into users (tenant_id, email, role, is_first_login)
         select id, '{name}@autos.test', 'USER', false from tenants where slug = 'autos'"
    ))
    .await;
    let user = app.cell(&format!("select id from users where email = '{name}@autos.test'")).await;
    (app.sign_in("autos", &format!("{name}@autos.test")).await, entity::id::format_id("user", user.parse().unwrap()))
}
