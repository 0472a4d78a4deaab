//! The ends of relations: what is about a record that one may not see is still shown where it has no row rule of its
//! own, with nothing at the end.

use std::collections::BTreeSet;

use entity::id::format_id;
use serde_json::{Value, json};

use super::model::{CONTACT, LEAD, Office, PROPERTY};
use super::{office, seeds};
use crate::app::{TestApp, TestClient};

/// An office with record sharing, where each contact has a conversation and a call and nearly bought a property. All three have
/// the ID of the contact, each as its own kind of thing.
async fn busy(seed: u64) -> (TestApp, Office) {
    let (app, office) = office(seed).await;
    let tenant = office.tenant;
    let mut sql = format!(
        "update tenant_settings set record_sharing = true where tenant_id = '{tenant}';
         set session_replication_role = replica;"
    );
    for record in office.of_kind(CONTACT) {
        let (contact, property) = (office.records[record].id, office.records[property_of(&office, record)].id);
        sql.push_str(&format!(
            "insert into conversations (id, tenant_id, contact_id, channel)
             values ('{contact}', '{tenant}', '{contact}', 'WHATSAPP');
             insert into calls (id, tenant_id, contact_id, type, state)
             values ('{contact}', '{tenant}', '{contact}', 'INBOUND', 'QUEUED');
             insert into sales (id, tenant_id, contact_id, property_id, sale_price, currency, financing_type, status)
             values ('{contact}', '{tenant}', '{contact}', '{property}', 1, 'EUR', 'CASH', 'CANCELLED');"
        ));
    }
    app.sql(&sql).await;
    (app, office)
}

/// The property that a contact nearly bought.
fn property_of(office: &Office, contact: usize) -> usize {
    let properties: Vec<_> = office.of_kind(PROPERTY).collect();
    properties[contact % properties.len()]
}

async fn sign_in(app: &TestApp, user: usize) -> TestClient {
    app.sign_in("office", &format!("{user}@office.test")).await
}

/// The contact or the lead that a node has the ID of.
fn record_of(office: &Office, prefix: &str, kind: usize, node: &Value) -> usize {
    office.of_kind(kind).find(|record| json!(format_id(prefix, office.records[*record].id)) == node["id"]).unwrap()
}

fn nodes(data: &Value) -> &[Value] {
    data["nodes"].as_array().unwrap()
}

const LISTS: &str = "{
    conversations(first: 250) { totalCount nodes { id contactId contact { id displayName } } }
    calls(first: 250) { totalCount nodes { id contactId contact { id displayName } } }
    sales(first: 250) { totalCount nodes { id contactId contact { id displayName } propertyId property { id } item { ... on Property { id title } } } }
    leads(first: 250) { totalCount nodes { id contactId contact { id displayName } } }
}";

#[tokio::test(flavor = "multi_thread")]
async fn rows_about_unseen_records_are_listed_with_nothing_at_the_end() {
    let mut unseen = 0;
    for seed in seeds(2) {
        let (app, office) = busy(seed).await;
        for user in 0..office.users.len() {
            let data = sign_in(&app, user).await.data(LISTS, Value::Null).await;
            let all = office.of_kind(CONTACT).count();
            let end = |kind: &str, record: usize| match office.sees(user, record) {
                true => json!(format_id(kind, office.records[record].id)),
                false => Value::Null,
            };
            for (list, prefix) in [("conversations", "conversation"), ("calls", "call"), ("sales", "sale")] {
                let what = format!("seed {seed}, user {user}, {list}");
                assert_eq!(data[list]["totalCount"], all, "{what}");
                assert_eq!(nodes(&data[list]).len(), all, "{what}");
                for node in nodes(&data[list]) {
                    let contact = record_of(&office, prefix, CONTACT, node);
                    assert_eq!(node["contactId"], json!(format_id("contact", office.records[contact].id)), "{what}");
                    assert_eq!(
                        node["contact"].get("id").cloned().unwrap_or_default(),
                        end("contact", contact),
                        "{what}"
                    );
                    unseen += usize::from(node["contact"].is_null());
                    if list == "sales" {
                        let property = property_of(&office, contact);
                        assert_eq!(node["propertyId"], json!(format_id("property", office.records[property].id)));
                        for name in ["property", "item"] {
                            let found = node[name].get("id").cloned().unwrap_or_default();
                            assert_eq!(found, end("property", property), "{what} {name}");
                        }
                    }
                }
            }
            // Leads are records themselves: those that are seen come, whoever their contact is.
            for node in nodes(&data["leads"]) {
                let lead = record_of(&office, "lead", LEAD, node);
                let contact = office.records[lead].contact.unwrap();
                assert!(office.sees(user, lead));
                assert_eq!(node["contactId"], json!(format_id("contact", office.records[contact].id)));
                assert_eq!(node["contact"].get("id").cloned().unwrap_or_default(), end("contact", contact));
            }
        }
    }
    assert!(unseen > 20, "only {unseen} ends were out of sight");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_over_a_relation_find_rows_of_seen_records_only() {
    let filters = [
        "{ displayName: { startsWith: \"contact\" } }",
        "{ displayName: { ne: \"nobody\" } }",
        "{ ownerId: { isNull: true } }",
        "{ not: { displayName: { eq: \"nobody\" } } }",
        "{ createdAt: { gt: \"2000-01-01T00:00:00Z\" } }",
    ];
    for seed in seeds(2) {
        let (app, office) = busy(seed).await;
        for user in 0..office.users.len() {
            let client = sign_in(&app, user).await;
            for filter in filters {
                let query = format!(
                    "{{ conversations(first: 250, filter: {{ contact: {filter} }}) {{ totalCount nodes {{ id }} }} \
                        sales(first: 250, filter: {{ contact: {filter} }}) {{ totalCount nodes {{ id }} }} }}"
                );
                let data = client.data(&query, Value::Null).await;
                for (list, prefix) in [("conversations", "conversation"), ("sales", "sale")] {
                    let wanted: BTreeSet<usize> = office
                        .of_kind(CONTACT)
                        .filter(|contact| office.sees(user, *contact))
                        .filter(|contact| !filter.contains("isNull") || office.records[*contact].owner.is_none())
                        .collect();
                    let found: BTreeSet<usize> =
                        nodes(&data[list]).iter().map(|node| record_of(&office, prefix, CONTACT, node)).collect();
                    assert_eq!(found, wanted, "seed {seed}, user {user}, {list} {filter}");
                    assert_eq!(data[list]["totalCount"], wanted.len(), "seed {seed}, user {user}, {list} {filter}");
                }
            }
        }
    }
}
