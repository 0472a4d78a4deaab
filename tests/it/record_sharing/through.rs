//! Through the gateway: whatever path leads to a record, it shows and changes what the model says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use entity::id::format_id;
use serde_json::{Value, json};

use super::model::{CONTACT, LEAD, Office, PROPERTY, TASK};
use super::{office, seeds};
use crate::app::{TestApp, TestClient};

/// Of each kind: type prefix, list, mutation, a harmless change.
const SHOWN: [(&str, &str, &str, &str); 4] = [
    ("contact", "contacts", "Contact", "leadScore: 7"),
    ("lead", "leads", "Lead", "notes: \"seen\""),
    ("task", "tasks", "Task", "description: \"seen\""),
    ("property", "properties", "Property", "location: \"seen\""),
];

/// An office with record sharing switched on.
async fn narrowed(seed: u64) -> (TestApp, Office) {
    let (app, office) = office(seed).await;
    app.sql(&format!("update tenant_settings set record_sharing = true where tenant_id = '{}'", office.tenant)).await;
    (app, office)
}

async fn sign_in(app: &TestApp, user: usize) -> TestClient {
    app.sign_in("office", &format!("{user}@office.test")).await
}

fn id_of(office: &Office, record: usize) -> String {
    let record = &office.records[record];
    format_id(SHOWN[record.kind].0, record.id)
}

fn ids_of(office: &Office, kind: usize, holds: impl Fn(usize) -> bool) -> BTreeSet<String> {
    office.of_kind(kind).filter(|record| holds(*record)).map(|record| id_of(office, record)).collect()
}

/// The IDs of a connection's nodes.
fn nodes(connection: &Value) -> BTreeSet<String> {
    let nodes = connection["nodes"].as_array().unwrap_or_else(|| panic!("no nodes: {connection}"));
    nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

/// Shows rule:team-brokerage-sharing.
#[tokio::test(flavor = "multi_thread")]
async fn lists_counts_and_look_ups_show_what_the_model_says() {
    for seed in seeds(3) {
        let (app, office) = narrowed(seed).await;
        for user in 0..office.users.len() {
            let client = sign_in(&app, user).await;
            for (kind, (_, list, name, _)) in SHOWN.iter().enumerate() {
                let what = format!("seed {seed}, user {user}, {list}");
                let query = format!(
                    "{{ {list}(first: 250) {{ totalCount nodes {{ id viewerCan {{ update {{ allowed reason }} }} }} }} }}"
                );
                let data = client.data(&query, Value::Null).await;
                let seen = ids_of(&office, kind, |record| office.sees(user, record));
                assert_eq!(nodes(&data[list]), seen, "{what}");
                assert_eq!(data[list]["totalCount"], seen.len(), "{what}");
                let changed = ids_of(&office, kind, |record| office.changes(user, record));
                for node in data[list]["nodes"].as_array().unwrap() {
                    let may = changed.contains(node["id"].as_str().unwrap());
                    assert_eq!(node["viewerCan"]["update"]["allowed"], may, "{what} {node}");
                    assert_eq!(node["viewerCan"]["update"]["reason"].is_null(), may, "{what} {node}");
                }
                // One by one, with `node` and by its own field.
                let mut query = "{".to_owned();
                let field = SHOWN[kind].0;
                for record in office.of_kind(kind) {
                    let id = id_of(&office, record);
                    write!(query, " a{record}: {field}(id: \"{id}\") {{ id }} n{record}: node(id: \"{id}\") {{ id }}")
                        .unwrap();
                }
                query.push('}');
                let data = client.send(&query, Value::Null).await.json["data"].clone();
                for record in office.of_kind(kind) {
                    let wanted = if office.sees(user, record) { json!(id_of(&office, record)) } else { Value::Null };
                    for alias in ["a", "n"] {
                        let found = &data[format!("{alias}{record}")];
                        let found = if found.is_null() { found } else { &found["id"] };
                        assert_eq!(*found, wanted, "{what} {name} {alias}");
                    }
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_orders_and_relations_reach_only_what_is_seen() {
    for seed in seeds(3) {
        let (app, office) = narrowed(seed).await;
        for user in 0..office.users.len() {
            let what = format!("seed {seed}, user {user}");
            let client = sign_in(&app, user).await;
            let sees = |record: &usize| office.sees(user, *record);
            // A filter over a relation finds a lead only over a contact that is seen.
            let data = client
                .data(
                    "{
                       leads(first: 250, filter: { contact: { displayName: { startsWith: \"contact\" } } }) { totalCount nodes { id } }
                       tasks(first: 250, filter: { property: { title: { startsWith: \"property\" } } }) { nodes { id } }
                       ordered: tasks(first: 250, orderBy: [{ field: TITLE }]) { nodes { id contact { id } property { id } } }
                       users(first: 250) { nodes {
                         id
                         ownedContacts(first: 250) { totalCount nodes { id } } assignedLeads(first: 250) { totalCount nodes { id } }
                         tasks(first: 250) { totalCount nodes { id } } properties(first: 250) { totalCount nodes { id } }
                       } }
                       contacts(first: 250) { nodes {
                         id leads(first: 250) { totalCount nodes { id } } tasks(first: 250) { totalCount nodes { id } }
                       } }
                     }",
                    Value::Null,
                )
                .await;
            let over_contact =
                ids_of(&office, LEAD, |lead| sees(&lead) && office.records[lead].contact.as_ref().is_some_and(sees));
            assert_eq!(nodes(&data["leads"]), over_contact, "{what}: leads over contacts");
            assert_eq!(data["leads"]["totalCount"], over_contact.len(), "{what}");
            let over_property =
                ids_of(&office, TASK, |task| sees(&task) && office.records[task].property.as_ref().is_some_and(sees));
            assert_eq!(nodes(&data["tasks"]), over_property, "{what}: tasks over properties");
            // What a task is for is null when it is not seen.
            let shown =
                |record: Option<usize>| record.filter(sees).map_or(Value::Null, |record| json!(id_of(&office, record)));
            let tasks: BTreeMap<String, (Value, Value)> = office
                .of_kind(TASK)
                .filter(sees)
                .map(|task| {
                    let record = &office.records[task];
                    (id_of(&office, task), (shown(record.contact), shown(record.property)))
                })
                .collect();
            let id = |node: &Value| node.get("id").cloned().unwrap_or_default();
            let found: BTreeMap<String, (Value, Value)> = data["ordered"]["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|node| (node["id"].as_str().unwrap().to_owned(), (id(&node["contact"]), id(&node["property"]))))
                .collect();
            assert_eq!(found, tasks, "{what}");
            for node in data["users"]["nodes"].as_array().unwrap() {
                let owner = office.users.iter().position(|user| format_id("user", *user) == node["id"]).unwrap();
                let relations =
                    [("ownedContacts", CONTACT), ("assignedLeads", LEAD), ("tasks", TASK), ("properties", PROPERTY)];
                for (relation, kind) in relations {
                    let wanted =
                        ids_of(&office, kind, |record| sees(&record) && office.records[record].owner == Some(owner));
                    assert_eq!(nodes(&node[relation]), wanted, "{what}: {relation} of user {owner}");
                    assert_eq!(node[relation]["totalCount"], wanted.len(), "{what}: {relation} of user {owner}");
                }
            }
            for node in data["contacts"]["nodes"].as_array().unwrap() {
                let contact = office.of_kind(CONTACT).find(|record| id_of(&office, *record) == node["id"]).unwrap();
                for (relation, kind) in [("leads", LEAD), ("tasks", TASK)] {
                    let wanted = ids_of(&office, kind, |record| {
                        sees(&record) && office.records[record].contact == Some(contact)
                    });
                    assert_eq!(nodes(&node[relation]), wanted, "{what}: {relation} of {contact}");
                    assert_eq!(node[relation]["totalCount"], wanted.len(), "{what}: {relation} of {contact}");
                }
            }
        }
    }
}

/// Shows rule:team-brokerage-sharing.
#[tokio::test(flavor = "multi_thread")]
async fn mutations_change_what_may_be_changed_and_say_why_not() {
    for seed in seeds(2) {
        let (app, office) = narrowed(seed).await;
        for user in 0..office.users.len() {
            let client = sign_in(&app, user).await;
            for record in 0..office.records.len() {
                let (_, _, name, change) = SHOWN[office.records[record].kind];
                let id = id_of(&office, record);
                let query = format!(
                    "mutation {{ update{name}(input: {{ id: \"{id}\", {change} }}) {{ errors {{ code message path }} }} }}"
                );
                let data = client.data(&query, Value::Null).await;
                let errors = &data[format!("update{name}")]["errors"];
                let code = errors[0]["code"].as_str();
                let wanted = match (office.changes(user, record), office.sees(user, record)) {
                    (true, _) => None,
                    (false, true) => Some("FORBIDDEN"),
                    (false, false) => Some("NOT_FOUND"),
                };
                assert_eq!(code, wanted, "seed {seed}, user {user}, {name} {id}: {errors}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_switch_and_for_other_roles_everything_is_seen() {
    let (app, office) = office(1).await;
    let all = |kind| ids_of(&office, kind, |_| true);
    let query = "{ contacts(first: 250) { totalCount nodes { id } } leads(first: 250) { totalCount nodes { id contact { id } } } }";
    let data = sign_in(&app, 0).await.data(query, Value::Null).await;
    assert_eq!(nodes(&data["contacts"]), all(CONTACT));
    assert_eq!(nodes(&data["leads"]), all(LEAD));
    let switch = format!(
        "update tenant_settings set record_sharing = true where tenant_id = '{0}';
         update users set role = 'EMPLOYEE' where tenant_id = '{0}' and id = '{1}'",
        office.tenant, office.users[0]
    );
    app.sql(&switch).await;
    let data = sign_in(&app, 0).await.data(query, Value::Null).await;
    assert_eq!(nodes(&data["contacts"]), all(CONTACT), "an employee is not narrowed");
    let seen = ids_of(&office, CONTACT, |record| office.sees(1, record));
    let data = sign_in(&app, 1).await.data("{ contacts(first: 250) { nodes { id } } }", Value::Null).await;
    assert_eq!(nodes(&data["contacts"]), seen, "an agent is");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_works_from_the_next_request_and_until_it_is_removed() {
    let (app, office) = narrowed(2).await;
    let user = 0;
    let hidden =
        office.of_kind(CONTACT).find(|record| !office.sees(user, *record) && office.records[*record].owner.is_some());
    let hidden = hidden.unwrap();
    let owner = sign_in(&app, office.records[hidden].owner.unwrap()).await;
    let client = sign_in(&app, user).await;
    let id = id_of(&office, hidden);
    let look =
        format!("{{ contact(id: \"{id}\") {{ id shares {{ totalCount }} viewerCan {{ update {{ allowed }} }} }} }}");
    let seen = async || client.send(&look, Value::Null).await.json["data"]["contact"].clone();
    assert!(seen().await.is_null());
    let share = "mutation ($record: ID!, $user: ID!) {
        createResourceShare(input: { resourceId: $record, userId: $user, access: READ }) { resourceShare { id resourceType resourceId } errors { code message } }
    }";
    let variables = json!({ "record": id, "user": format_id("user", office.users[user]) });
    let made = owner.data(share, variables.clone()).await["createResourceShare"].clone();
    assert_eq!(made["resourceShare"]["resourceId"], json!(id), "{made}");
    let contact = seen().await;
    assert_eq!(contact["viewerCan"]["update"]["allowed"], false, "{contact}");
    let again = client.data(share, variables).await["createResourceShare"].clone();
    assert_eq!(again["errors"][0]["code"], "FORBIDDEN", "who only reads it shares it further: {again}");
    let share_id = made["resourceShare"]["id"].as_str().unwrap();
    let raise = format!(
        "mutation {{ updateResourceShare(input: {{ id: \"{share_id}\", access: WRITE }}) {{ errors {{ code }} }} }}"
    );
    assert_eq!(client.data(&raise, Value::Null).await["updateResourceShare"]["errors"][0]["code"], "FORBIDDEN");
    assert_eq!(owner.data(&raise, Value::Null).await["updateResourceShare"]["errors"], json!([]));
    assert_eq!(seen().await["viewerCan"]["update"]["allowed"], true);
    let remove = format!("mutation {{ deleteResourceShare(input: {{ id: \"{share_id}\" }}) {{ errors {{ code }} }} }}");
    assert_eq!(owner.data(&remove, Value::Null).await["deleteResourceShare"]["errors"], json!([]));
    assert!(seen().await.is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn being_narrowed_costs_no_statement() {
    let (app, office) = narrowed(1).await;
    let query =
        "{ contacts(first: 25) { totalCount nodes { id leads { nodes { id } } viewerCan { update { allowed } } } } }";
    let narrow = sign_in(&app, 0).await;
    narrow.measured(query, Value::Null).await;
    let statements = narrow.measured(query, Value::Null).await.statements;
    app.sql(&format!("update users set role = 'ADMIN' where id = '{}'", office.users[1])).await;
    let wide = sign_in(&app, 1).await;
    wide.measured(query, Value::Null).await;
    assert_eq!(wide.measured(query, Value::Null).await.statements, statements);
}
