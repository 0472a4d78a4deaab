//! IDs and cursors of another tenant: the same answer as for what never existed, and nothing changes.

use std::collections::HashMap;

use entity::id::format_id;
use entity::kind::Kind;
use entity::model::{EntityModel, VerbKind};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{TENANTS, digest, model, tenant_id};
use crate::app::{TestApp, TestClient};
use crate::samples::{inputs, least, lower_first};

/// An ID that no row has, for each type.
const NOBODY: Uuid = Uuid::from_u128(0x0191_0000_0000_7000_8000_0000_0000_dead);

/// One side of the border: somebody who asks, and what is on the other side.
struct Side {
    client: TestClient,
    /// A row of this tenant, by prefix of its IDs.
    own: HashMap<&'static str, String>,
    /// A row of the other tenant, by prefix of its IDs.
    foreign: HashMap<&'static str, String>,
    other: String,
}

impl Side {
    /// What the other tenant has of a type, and what nobody has.
    fn strangers(&self, prefix: &str) -> Option<(String, String)> {
        Some((self.foreign.get(prefix)?.clone(), format_id(prefix, NOBODY)))
    }

    fn own_id(&self, prefix: &str) -> Value {
        json!(self.own.get(prefix).cloned().unwrap_or_else(|| format_id(prefix, NOBODY)))
    }

    /// Sends an operation once with the foreign ID and once with nobody's; the answers must not differ in anything else.
    async fn same(&self, query: &str, foreign: &str, nobody: &str, variables: impl Fn(&str) -> Value) -> Value {
        let theirs = self.client.send(query, variables(foreign)).await;
        let nobodys = self.client.send(query, variables(nobody)).await;
        assert_eq!(theirs.status, nobodys.status, "{query}");
        let (theirs, nobodys) = (masked(&theirs.json, foreign), masked(&nobodys.json, nobody));
        assert_eq!(theirs, nobodys, "{query} tells a row of another tenant from none:\n{:#}", variables(foreign));
        serde_json::from_str(&theirs).unwrap()
    }
}

/// The answer as text, without the ID itself and without the request's.
fn masked(json: &Value, id: &str) -> String {
    let mut json = json.clone();
    for error in json.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten() {
        error["extensions"].as_object_mut().unwrap().remove("requestId");
    }
    json.to_string().replace(id, "THE-ID")
}

async fn sides(app: &TestApp) -> [Side; 2] {
    // The world's settings share an ID, which is the subject of the twin.
    let settings =
        "update tenant_settings set id = app.uuid_v7() where tenant_id = (select min(id::text)::uuid from tenants)";
    app.sql(settings).await;
    let [dealership, agency] = TENANTS;
    let [a, b] = [rows_of(app, dealership).await, rows_of(app, agency).await];
    let side = async |slug: &str, own: &HashMap<_, _>, foreign: &HashMap<_, _>, other: &str| Side {
        client: app.somebody_of(slug).await,
        own: own.clone(),
        foreign: foreign.clone(),
        other: other.to_owned(),
    };
    [side(dealership, &a, &b, agency).await, side(agency, &b, &a, dealership).await]
}

async fn rows_of(app: &TestApp, slug: &str) -> HashMap<&'static str, String> {
    let tenant = tenant_id(app, slug).await;
    let mut found = HashMap::new();
    for entity in model().entities() {
        let alive = if entity.decl.soft_delete { "and deleted_at is null" } else { "" };
        let sql =
            format!("select id from {} where tenant_id = '{tenant}' {alive} order by id limit 1", entity.decl.table);
        if let Ok(id) = app.cell(&sql).await.parse() {
            found.insert(entity.decl.prefix, format_id(entity.decl.prefix, id));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_another_tenant_is_as_absent_as_one_that_never_existed() {
    let app = TestApp::world().await;
    let sides = sides(&app).await;
    let mut untested: Vec<&str> = Vec::new();
    for entity in model().entities() {
        let prefix = entity.decl.prefix;
        let tested: Vec<_> = sides.iter().filter_map(|side| Some((side, side.strangers(prefix)?))).collect();
        if tested.is_empty() {
            untested.push(entity.decl.name);
        }
        for (side, (theirs, nobodys)) in tested {
            let ask = async |query: &str| {
                side.same(query, &theirs, &nobodys, |id| json!({ "id": id, "ids": [id, side.own_id("user")] })).await
            };
            let by_node = ask("query Q($id: ID!) { node(id: $id) { __typename id } }").await;
            assert_eq!(by_node["data"]["node"], Value::Null);
            assert_eq!(by_node["errors"][0]["extensions"]["code"], "NOT_FOUND", "{by_node:#}");
            let by_nodes = ask("query Q($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }").await;
            assert_eq!(by_nodes["data"]["nodes"][0], Value::Null);
            assert_eq!(by_nodes["data"]["nodes"][1]["__typename"], "User", "{by_nodes:#}");
            if !entity.decl.child_only {
                let field = lower_first(entity.decl.name);
                let deleted = if entity.decl.soft_delete { ", includeDeleted: true" } else { "" };
                let by_id =
                    ask(&format!("query Q($id: ID!) {{ {field}(id: $id{deleted}) {{ __typename id }} }}")).await;
                assert_eq!(by_id["data"][&field], Value::Null);
                assert_eq!(by_id["errors"][0]["extensions"]["code"], "NOT_FOUND", "{by_id:#}");
            }
        }
    }
    assert!(untested.is_empty(), "neither tenant has a row of {untested:?}: world.sql should have one");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_filter_finds_rows_by_what_belongs_to_another_tenant() {
    let app = TestApp::world().await;
    let sides = sides(&app).await;
    let mut tested = 0;
    for entity in model().entities().iter().filter(|entity| !entity.decl.child_only) {
        let list = entity.decl.plural;
        for member in entity.scalars().filter(|member| member.filter) {
            let Kind::Id(prefix) = member.ty.kind else { continue };
            for side in &sides {
                let Some((theirs, nobodys)) = side.strangers(prefix) else { continue };
                let name = member.name;
                let relation = name.strip_suffix("Id").filter(|relation| entity.members.contains_key(relation));
                let mut filters =
                    vec![format!("{{ {name}: {{ eq: $id }} }}"), format!("{{ {name}: {{ in: [$id] }} }}")];
                filters.push(format!("{{ or: [{{ {name}: {{ eq: $id }} }}] }}"));
                filters.extend(relation.map(|relation| format!("{{ {relation}: {{ id: {{ eq: $id }} }} }}")));
                for filter in filters {
                    let query = format!(
                        "query Q($id: ID!) {{ {list}(first: 1, filter: {filter}) {{ totalCount nodes {{ id }} }} }}"
                    );
                    let answer = side.same(&query, &theirs, &nobodys, |id| json!({ "id": id })).await;
                    assert_eq!(answer["data"][list]["totalCount"], 0, "{query}\n{answer:#}");
                    tested += 1;
                }
            }
        }
    }
    assert!(tested > 100, "only {tested} filters were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_tenant_leads_to_own_rows_only() {
    let app = TestApp::world().await;
    let [here, there] = sides(&app).await;
    let own = tenant_id(&app, &there.other).await;
    let own = format_id("tenant", own.parse().unwrap());
    for entity in model().entities().iter().filter(|entity| !entity.decl.child_only && !entity.decl.global) {
        let list = entity.decl.plural;
        let cut = format!("{{ {list}(first: 2) {{ edges {{ cursor }} }} }}");
        let cut = there.client.data(&cut, json!({})).await;
        for edge in cut[list]["edges"].as_array().unwrap() {
            for (size, place) in [("first: 50", "after"), ("last: 50", "before")] {
                let query =
                    format!("query Q($c: String!) {{ {list}({size}, {place}: $c) {{ nodes {{ tenantId }} }} }}");
                let page = here.client.data(&query, json!({ "c": edge["cursor"] })).await;
                for node in page[list]["nodes"].as_array().unwrap() {
                    assert_eq!(node["tenantId"], own, "{query}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mutation_reaches_a_row_of_another_tenant() {
    let app = TestApp::world().await;
    let sides = sides(&app).await;
    let before = [
        digest(&app, &tenant_id(&app, &sides[1].other).await).await,
        digest(&app, &tenant_id(&app, &sides[0].other).await).await,
    ];
    let mut untested: Vec<String> = Vec::new();
    for (name, verb) in &model().mutations {
        let query = mutation(name, &model().mutations[name].kind);
        let mut tries = 0;
        for side in &sides {
            for field in inputs(model(), verb) {
                let Kind::Id(prefix) = field.ty.kind else { continue };
                let Some((theirs, nobodys)) = side.strangers(prefix) else { continue };
                let variables = |id: &str| {
                    let mut input = least(model(), verb, &|prefix| side.own_id(prefix));
                    input.insert(field.name.clone(), json!(id));
                    json!({ "input": input })
                };
                let answer = side.same(&query, &theirs, &nobodys, variables).await;
                let payload = &answer["data"][name];
                let errors = payload["errors"].as_array().unwrap_or_else(|| panic!("{name}: {answer:#}"));
                assert!(
                    !errors.is_empty(),
                    "{name} accepted {} of another tenant as {}: {answer:#}",
                    theirs,
                    field.name
                );
                if field.name == "id" && !matches!(verb.kind, VerbKind::Create) {
                    assert_eq!(errors[0]["code"], "NOT_FOUND", "{name}: {answer:#}");
                }
                tries += 1;
            }
        }
        if tries == 0 && inputs(model(), verb).iter().any(|field| matches!(field.ty.kind, Kind::Id(_))) {
            untested.push(name.clone());
        }
    }
    assert!(untested.is_empty(), "no tenant has what these need: {untested:?}");
    let after = [
        digest(&app, &tenant_id(&app, &sides[1].other).await).await,
        digest(&app, &tenant_id(&app, &sides[0].other).await).await,
    ];
    assert_eq!(before, after);
}

fn mutation(name: &str, kind: &VerbKind) -> String {
    let verb = &model().mutations[name];
    let entity: &EntityModel = model().entity(verb.entity);
    let object = lower_first(entity.decl.name);
    let shown = if matches!(kind, VerbKind::Purge) || matches!(kind, VerbKind::Delete) && !entity.decl.soft_delete {
        "deletedId".to_owned()
    } else {
        format!("{object} {{ id }}")
    };
    let input = format!("{}Input", name[..1].to_uppercase() + &name[1..]);
    format!(
        "mutation M($input: {input}!) {{ {name}(input: $input) {{ {shown} errors {{ code message path existingId details }} }} }}"
    )
}
