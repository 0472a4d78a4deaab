//! Guessing IDs: a row that one may not see is answered exactly as one that never was, whatever the reason.

use entity::model::EntityModel;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask::{Findings, ask};
use super::stage::{A, PREFIXES, Stage, counterpart, model};
use super::types::Types;
use crate::app::TestClient;

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_another_tenant_is_answered_like_one_that_nobody_has() {
    let stage = Stage::set().await;
    let types = Types::read(&stage.a).await;
    let mut findings = Findings::default();
    let mut guessed = 0;
    for node in types.nodes() {
        let entity = model().by_name(&node.name).unwrap();
        // Catalogues are the same for all.
        if entity.decl.global && entity.decl.name != "Tenant" {
            continue;
        }
        let (own, foreign) = (&stage.own[entity.decl.prefix], &stage.foreign[entity.decl.prefix]);
        assert!(!own.is_empty() && !foreign.is_empty(), "no {} to guess", node.name);
        for query in questions(&types, entity, true) {
            // The first lives, the last may be deleted.
            for id in [foreign.first(), foreign.last()].into_iter().flatten() {
                guessed += 1;
                findings.same(&stage, &query, &json!({ "id": id })).await;
                alike(&mut findings, &stage.a, &query, id).await;
            }
            guessed += 1;
            alike(&mut findings, &stage.b, &query, &own[0]).await;
        }
    }
    println!("guesses: {guessed} across the border");
    findings.settle("guesses");
}

/// Who has no ADMIN does not learn that a row was deleted; who is narrowed to own records, not that there are others.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_user_may_not_see_is_answered_like_one_that_nobody_has() {
    let stage = Stage::set().await;
    let types = Types::read(&stage.a).await;
    let mut findings = Findings::default();
    let (mut deleted, mut hidden) = (0, 0);
    for role in ["EMPLOYEE", "AGENT"] {
        let client = stage.person(role).await;
        for node in types.nodes() {
            let entity = model().by_name(&node.name).unwrap();
            let rights = stage.rights(role).await;
            let needed = |right: entity::access::Right| rights.contains(&format!("{right:?}"));
            if !needed(entity.decl.needs.read) {
                continue;
            }
            let ids = &stage.own[entity.decl.prefix];
            let query = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }";
            let shown = ask(&client, query, &json!({ "ids": ids })).await;
            let gone = if entity.decl.soft_delete && !needed(entity.decl.needs.include_deleted) {
                let sql =
                    format!("select id from {} where tenant_id = '{A}' and deleted_at is not null", entity.decl.table);
                let gone = stage.both.rows(&sql).await.into_iter().flatten();
                gone.map(|id| entity::id::format_id(entity.decl.prefix, id.parse::<Uuid>().unwrap())).collect()
            } else {
                Vec::new()
            };
            for (id, found) in ids.iter().zip(shown.json["data"]["nodes"].as_array().unwrap()) {
                if gone.contains(id) {
                    deleted += 1;
                    if !found.is_null() {
                        findings.add(format!("{role} sees {id}, which was deleted"));
                    }
                }
                if found.is_null() {
                    hidden += 1;
                    for query in questions(&types, entity, false) {
                        alike(&mut findings, &client, &query, id).await;
                    }
                }
            }
        }
    }
    println!("guesses: {hidden} rows that are hidden within the tenant, {deleted} of them deleted");
    assert!(deleted > 10 && hidden > deleted, "{deleted} deleted, {hidden} hidden");
    findings.settle("guesses within the tenant");
}

/// Every way to ask for one row.
fn questions(types: &Types, entity: &EntityModel, with_deleted: bool) -> Vec<String> {
    let name = entity.decl.name;
    let leaves = types.leaves(types.of(name));
    let mut questions = vec![
        "query Q($id: ID!) { node(id: $id) { __typename id } }".to_owned(),
        format!("query Q($id: ID!) {{ nodes(ids: [$id]) {{ ... on {name} {{ {leaves} }} }} }}"),
    ];
    if let Some(by_id) = types.by_id_of(name) {
        questions.push(format!("query Q($id: ID!) {{ {}(id: $id) {{ {leaves} }} }}", by_id.name));
        if with_deleted && by_id.args.iter().any(|arg| arg.name == "includeDeleted") {
            questions.push(format!("query Q($id: ID!) {{ {}(id: $id, includeDeleted: true) {{ id }} }}", by_id.name));
        }
    }
    questions
}

/// The same status, the same words, the same shape and the same number of statements as for an ID of nobody.
async fn alike(findings: &mut Findings, client: &TestClient, query: &str, id: &str) {
    let nobody = counterpart(id, PREFIXES[2]);
    let theirs = ask(client, query, &json!({ "id": id })).await;
    let nobodys = ask(client, query, &json!({ "id": nobody })).await;
    let is_not_found = theirs.codes() == ["NOT_FOUND"];
    if theirs.without(id) != nobodys.without(&nobody) || !is_not_found {
        findings.add(format!(
            "{query} tells {id} from nobody's:\n{} ({} statements)\n{} ({} statements)",
            theirs.text(),
            theirs.statements,
            nobodys.text(),
            nobodys.statements
        ));
    }
    let (theirs, nobodys) =
        (client.send(query, json!({ "id": id })).await, client.send(query, json!({ "id": nobody })).await);
    if theirs.status != nobodys.status || masked(&theirs.json, id) != masked(&nobodys.json, &nobody) {
        findings.add(format!("over HTTP, {query} tells {id} from nobody's"));
    }
    findings.asked += 1;
}

fn masked(json: &Value, id: &str) -> String {
    let mut json = json.clone();
    for error in json["errors"].as_array_mut().into_iter().flatten() {
        error["extensions"]["requestId"] = Value::Null;
    }
    json.to_string().replace(id, "THE-ID")
}
