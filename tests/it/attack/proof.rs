//! The attack notices what it is there to notice: leaks that were planted.

use serde_json::json;

use super::ask::Findings;
use super::coverage::Coverage;
use super::stage::{A, B, PREFIXES, Stage, counterpart};
use super::types::Types;

#[tokio::test(flavor = "multi_thread")]
async fn a_leak_that_was_planted_is_found() {
    let stage = Stage::set().await;
    let lists = "{ contacts(first: 50) { totalCount nodes { id displayName } } }";
    let count = "query Q($f: ContactFilter) { contacts(filter: $f) { totalCount } }";
    let filter = json!({ "f": { "id": { "ne": stage.own["contact"][0] } } });
    let mut findings = Findings::default();
    findings.same(&stage, lists, &json!({})).await;
    findings.same(&stage, count, &filter).await;
    assert_eq!(findings.found, Vec::<String>::new());
    // One row of B is A's now: the text of its name, its ID, and one more in the count.
    let columns = stage
        .both
        .rows("select string_agg(quote_ident(col), ', ') from attack.columns('contacts') where col not in ('tenant_id', 'status_id', 'owner_id', 'team_id', 'phone', 'email', 'deleted_by_id')")
        .await
        .remove(0)
        .remove(0);
    stage
        .both
        .sql(&format!(
            "set session_replication_role = replica; insert into contacts (tenant_id, {columns}) \
             select '{A}', {columns} from contacts where tenant_id = '{B}' and deleted_at is null order by id limit 1"
        ))
        .await;
    findings.same(&stage, lists, &json!({})).await;
    assert_eq!(findings.found.len(), 3, "another answer, a mark and an ID: {:#?}", findings.found);
    findings.same(&stage, count, &filter).await;
    assert_eq!(findings.found.len(), 4, "another count: {:#?}", findings.found);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_asked_is_not_covered() {
    let stage = Stage::set().await;
    let types = Types::read(&stage.a).await;
    let mut coverage = Coverage::of_queries(&types);
    let all = coverage.missing().len();
    assert!(all > 3_000, "{all}");
    let query = "query Q($f: ContactFilter) { contacts(first: 1, filter: $f, orderBy: [{field: EMAIL}]) { nodes { ... on Contact { email } } } }";
    coverage.note(query, &json!({ "f": { "email": { "eq": "x" } } }));
    let covered = [
        "Query.contacts",
        "Query.contacts(first)",
        "Query.contacts(filter)",
        "Query.contacts(orderBy)",
        "ContactConnection.nodes",
        "Contact.email",
        "ContactFilter.email",
        "StringFilter.eq",
        "ContactOrder.field",
        "ContactOrderField.EMAIL",
    ];
    let missing = coverage.missing();
    assert!(covered.iter().all(|item| !missing.contains(item)));
    assert_eq!(missing.len(), all - covered.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenants_are_mirrors_of_each_other() {
    let stage = Stage::set().await;
    for (prefix, own) in stage.own.iter().filter(|(prefix, _)| **prefix != "tenant") {
        let mirrored: Vec<String> = own.iter().map(|id| counterpart(id, PREFIXES[1])).collect();
        assert_eq!(&mirrored, &stage.foreign[prefix], "{prefix}");
    }
}
