//! IDs and cursors of another tenant: the same answer as for what never existed, and nothing changes.

use std::collections::HashMap;

use entity::id::format_id;
use entity::kind::Kind;
use entity::model::{EntityModel, VerbKind};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{TENANTS, digest, is_of_platform, is_owned, model, owned, tenant_id};
use crate::app::{TestApp, TestClient};
use crate::samples::{inputs, least, lower_first};

/// An ID that no row has, for each type.
const NOBODY: Uuid = Uuid::from_u128(0x0191_0000_0000_7000_8000_0000_0000_dead);

/// One side of the border: somebody who asks, and what is on the other side.
struct Side {
    client: TestClient,
    /// A row of this tenant or of a catalogue of all, by prefix of its IDs.
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
    // The world's settings share an ID, and so do the roles that every tenant is born with: that is the subject of the
    // twin. Here each has one of its own.
    let [dealership, agency] = TENANTS;
    app.sql(&format!(
        "update tenant_settings set id = app.uuid_v7()
         where tenant_id = (select id from tenants where slug = '{dealership}');
         insert into roles (tenant_id, name)
         select id, 'Border guard' from tenants where slug in ('{dealership}', '{agency}');
         insert into role_permissions (tenant_id, role_id, permission_id)
         select r.tenant_id, r.id, p.id from roles r, permissions p
         where r.name = 'Border guard' and p.name = (select min(name) from permissions);
         insert into user_roles (tenant_id, role_id, user_id)
         select r.tenant_id, r.id, (select u.id from users u
             where u.tenant_id = r.tenant_id and u.deleted_at is null order by u.id limit 1)
         from roles r where r.name = 'Border guard'"
    ))
    .await;
    let [a, b] = [rows_of(app, dealership).await, rows_of(app, agency).await];
    let mut catalogue = HashMap::new();
    for entity in model().entities().iter().filter(|entity| !is_owned(entity)) {
        let id = app.cell(&format!("select id from {} order by id limit 1", entity.decl.table)).await;
        catalogue.insert(entity.decl.prefix, format_id(entity.decl.prefix, id.parse().unwrap()));
    }
    let side = async |slug: &str, own: &HashMap<_, _>, foreign: &HashMap<_, _>, other: &str| Side {
        client: app.somebody_of(slug).await,
        own: own.clone().into_iter().chain(catalogue.clone()).collect(),
        foreign: foreign.clone(),
        other: other.to_owned(),
    };
    [side(dealership, &a, &b, agency).await, side(agency, &b, &a, dealership).await]
}

/// The first row of each type that no other tenant has one with the same ID as.
async fn rows_of(app: &TestApp, slug: &str) -> HashMap<&'static str, String> {
    let tenant = tenant_id(app, slug).await;
    let mut found = HashMap::new();
    for entity in owned() {
        let table = entity.decl.table;
        let alive = if entity.decl.soft_delete { "and deleted_at is null" } else { "" };
        let sql = format!(
            "select id from {table} t where tenant_id = '{tenant}' {alive} \
             and not exists (select from {table} o where o.id = t.id and o.tenant_id <> t.tenant_id) \
             order by id limit 1"
        );
        if let Ok(id) = app.cell(&sql).await.parse() {
            found.insert(entity.decl.prefix, format_id(entity.decl.prefix, id));
        }
    }
    found
}

/// Types of which the world has no rows: sealed values are made by the program only, and jobs come and go. The attack's
/// fixture has some.
const WITHOUT_ROWS: [&str; 4] = ["TenantCredentials", "Job", "Webhook", "LogisticsConnection"];

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_another_tenant_is_as_absent_as_one_that_never_existed() {
    let app = TestApp::world().await;
    let sides = sides(&app).await;
    let mut untested: Vec<&str> = Vec::new();
    for entity in owned() {
        let prefix = entity.decl.prefix;
        let tested: Vec<_> = sides.iter().filter_map(|side| Some((side, side.strangers(prefix)?))).collect();
        if tested.is_empty() && !WITHOUT_ROWS.contains(&entity.decl.name) {
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
    let before = holdings(&app).await;
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
                    if name == "snoozeConversation" {
                        // One of two that are optional each.
                        input.insert("untilReply".into(), json!(true));
                    }
                    json!({ "input": input })
                };
                let answer = side.same(&query, &theirs, &nobodys, variables).await;
                tries += 1;
                if is_of_platform(verb) {
                    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{name}: {answer:#}");
                    continue;
                }
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
            }
        }
        let entity = model().entity(verb.entity).decl.name;
        if tries == 0
            && !WITHOUT_ROWS.contains(&entity)
            && inputs(model(), verb).iter().any(|field| matches!(field.ty.kind, Kind::Id(_)))
        {
            untested.push(name.clone());
        }
    }
    assert!(untested.is_empty(), "no tenant has what these need: {untested:?}");
    assert_eq!(before, holdings(&app).await);
}

/// What both tenants hold, without the notes in each one's own audit log that its user was denied something, and the
/// changes that say that there are such notes.
async fn holdings(app: &TestApp) -> Vec<Vec<String>> {
    // That somebody was refused, or looked for health data, is written down even when there was nothing.
    let log = "select tenant_id, id, action from audit_logs \
               where action not in ('access.denied', 'health.read') order by 1, 2";
    let mut held = app.rows(log).await;
    for slug in TENANTS {
        let rows = digest(app, &tenant_id(app, slug).await).await.into_iter();
        held.extend(rows.filter(|row| !matches!(row[0].as_str(), "audit_logs" | "changes")));
        let changes = "select entity, row_id, kind from changes where tenant_id = ";
        held.extend(
            app.rows(&format!("{changes} '{}' and entity <> 'audit_log' order by seq", tenant_id(app, slug).await))
                .await,
        );
    }
    held
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
