//! What rights open and close: every field of the schema over the real declarations, and what they mean for rows.

mod stage;

use entity::access::{Right, Rights};
use entity::model::{EntityModel, Member, Model, RootQuery};
use entity::roots::Schema as _;
use mostrador::graphql::schema::{Mostrador, sdl};
use mostrador::processes::{ACCOUNT, ALL, CONTACTS, CONVERSATIONS, USERS};
use serde_json::{Value, json};

use self::stage::Stage;
use crate::samples;

fn model() -> &'static Model {
    Mostrador::model()
}

fn without(right: Right) -> Rights {
    let mut rights = Rights::all();
    rights.remove(right);
    rights
}

fn with(rights: &[Right]) -> Rights {
    let mut all = Rights::none();
    rights.iter().for_each(|right| all.add(*right));
    all
}

/// An ID that no row has.
fn id(prefix: &str) -> String {
    format!("{prefix}_{:0>26}", "nnwhere")
}

const MARTA: &str = "contact_000000000000000000000marta";
const ESTEBAN: &str = "contact_0000000000000000000esteban";

#[tokio::test]
async fn every_root_field_needs_what_its_declaration_says() {
    let stage = Stage::set().await;
    for (name, root) in &model().queries {
        let (RootQuery::List(index) | RootQuery::ById(index)) = root else { continue };
        let entity = model().entity(*index);
        let needs = &entity.decl.needs;
        let (query, deleted) = match root {
            RootQuery::List(_) => (
                format!("{{ {name} {{ totalCount }} }}"),
                format!("{{ {name}(includeDeleted: true) {{ totalCount }} }}"),
            ),
            _ => {
                let id = id(entity.decl.prefix);
                (
                    format!("{{ {name}(id: \"{id}\") {{ id }} }}"),
                    format!("{{ {name}(id: \"{id}\", includeDeleted: true) {{ id }} }}"),
                )
            }
        };
        closed(&stage, needs.read, name, &query, json!({})).await;
        if entity.decl.soft_delete {
            closed(&stage, needs.read, name, &deleted, json!({})).await;
            closed(&stage, needs.include_deleted, name, &deleted, json!({})).await;
        }
        open(&stage, &[needs.read], &query, json!({})).await;
    }
    for entity in model().entities() {
        let node = format!("{{ node(id: \"{}\") {{ id }} }}", id(entity.decl.prefix));
        closed(&stage, entity.decl.needs.read, "node", &node, json!({})).await;
        let nodes = format!("{{ nodes(ids: [\"{}\"]) {{ id }} }}", id(entity.decl.prefix));
        closed(&stage, entity.decl.needs.read, "nodes", &nodes, json!({})).await;
    }
}

#[tokio::test]
async fn every_relation_and_every_filter_over_one_needs_the_right_to_its_end() {
    let stage = Stage::set().await;
    let mut covered = 0;
    for entity in model().entities() {
        for (name, member) in &entity.members {
            let (target, selection, path) = match member {
                Member::One(one) => (model().entity(one.target), "{ __typename }", Some(format!("{{{name}: {{}}}}"))),
                Member::Many(many) => {
                    (model().entity(many.target), "{ totalCount }", Some(format!("{{{name}: {{some: {{}}}}}}")))
                }
                _ => continue,
            };
            covered += 1;
            let right = target.decl.needs.read;
            let by_id = format!(
                "{{ node(id: \"{}\") {{ ... on {} {{ {name} {selection} }} }} }}",
                id(entity.decl.prefix),
                entity.decl.name
            );
            // When the entity itself needs the same right, the node is told.
            let place = if right == entity.decl.needs.read { "node".to_owned() } else { format!("node.{name}") };
            closed(&stage, right, &place, &by_id, json!({})).await;
            open(&stage, &[entity.decl.needs.read, right], &by_id, json!({})).await;
            if let (Some(filter), false, false) = (path, entity.decl.child_only, target.decl.global) {
                let list = entity.decl.plural;
                closed(&stage, right, list, &format!("{{ {list}(filter: {filter}) {{ totalCount }} }}"), json!({}))
                    .await;
            }
        }
    }
    assert!(covered > 100, "{covered}");
}

/// Shows rule:rbac.
#[tokio::test]
async fn every_mutation_needs_what_its_declaration_says_before_its_input_is_read() {
    let stage = Stage::set().await;
    let sdl = sdl();
    for (name, verb) in &model().mutations {
        let (first, rest) = name.split_at(1);
        let called = format!("{}{rest}", first.to_uppercase());
        let asking = |selection: &str| {
            format!("mutation ($input: {called}Input!) {{ {name}(input: $input) {{ {selection} }} }}")
        };
        let least = samples::least(model(), verb, &|prefix| json!(id(prefix)));
        closed(&stage, verb.right, name, &asking("errors { code }"), json!({ "input": least })).await;
        let wrong = samples::least(model(), verb, &|_| json!("no ID at all"));
        closed(&stage, verb.right, name, &asking("errors { code }"), json!({ "input": wrong })).await;
        // The payload is a way to rows like any other.
        let entity = model().entity(verb.entity);
        let (object, read) = (samples::lower_first(entity.decl.name), entity.decl.needs.read);
        let payload = sdl.split(&format!("type {called}Payload {{")).nth(1).and_then(|rest| rest.split('}').next());
        if payload.unwrap().contains(&format!("  {object}: ")) && verb.right != read {
            let shown = asking(&format!("{object} {{ id }}"));
            closed(&stage, read, &format!("{name}.{object}"), &shown, json!({ "input": least })).await;
        }
    }
}

/// Without this right nothing is asked, whatever other rights there are.
async fn closed(stage: &Stage, right: Right, path: &str, query: &str, variables: Value) {
    let told = stage.ask(without(right), query, variables).await;
    assert_eq!(told.errors, [format!("FORBIDDEN {right:?} {path}")], "{query}");
    assert_eq!(told.statements, 0, "{query}");
}

/// With these rights alone it is answered, if only by saying that there is no such row.
async fn open(stage: &Stage, rights: &[Right], query: &str, variables: Value) {
    let told = stage.ask(with(rights), query, variables).await;
    assert!(told.errors.iter().all(|error| error.starts_with("NOT_FOUND")), "{query}: {:?}", told.errors);
    assert!(told.statements > 0, "{query}");
}

#[tokio::test]
async fn a_deleted_row_exists_for_those_only_who_may_see_it() {
    let stage = Stage::set().await;
    stage.app.sql("update contacts set deleted_at = '2026-03-01T08:00Z' where display_name = 'Esteban Olvidado'").await;
    let ways = [
        (
            "node",
            format!("{{ node(id: \"{ESTEBAN}\") {{ id }} }}"),
            format!("{{ node(id: \"{}\") {{ id }} }}", id("contact")),
        ),
        (
            "contact",
            format!("{{ contact(id: \"{ESTEBAN}\") {{ id }} }}"),
            format!("{{ contact(id: \"{}\") {{ id }} }}", id("contact")),
        ),
    ];
    for (name, query, unknown) in ways {
        let (deleted, unknown) = (
            stage.ask(with(&[CONTACTS.read()]), &query, json!({})).await,
            stage.ask(with(&[CONTACTS.read()]), &unknown, json!({})).await,
        );
        assert_eq!(deleted.errors, [format!("NOT_FOUND {name}")]);
        assert_eq!(
            (deleted.errors, deleted.data, deleted.statements),
            (unknown.errors, unknown.data, unknown.statements)
        );
    }
    let reader = with(&[CONTACTS.read()]);
    let admin = with(&[CONTACTS.read(), CONTACTS.admin()]);
    let node = format!("{{ node(id: \"{ESTEBAN}\") {{ id }} nodes(ids: [\"{ESTEBAN}\", \"{MARTA}\"]) {{ id }} }}");
    let told = stage.ask(admin, &node, json!({})).await;
    assert_eq!(told.data, json!({ "node": { "id": ESTEBAN }, "nodes": [{ "id": ESTEBAN }, { "id": MARTA }] }));
    let told = stage.ask(reader, &node, json!({})).await;
    assert_eq!(told.data, json!({ "node": null, "nodes": [null, { "id": MARTA }] }));
    let by_id = format!("{{ contact(id: \"{ESTEBAN}\", includeDeleted: true) {{ id }} }}");
    assert_eq!(stage.ask(admin, &by_id, json!({})).await.data, json!({ "contact": { "id": ESTEBAN } }));
    assert_eq!(stage.ask(reader, &by_id, json!({})).await.errors, ["FORBIDDEN CONTACTS:ADMIN contact"]);
}

#[tokio::test]
async fn a_payload_shows_deleted_rows_to_who_deletes_and_to_who_may_see_them() {
    let stage = Stage::set().await;
    let delete = format!(
        "mutation {{ deleteContact(input: {{id: \"{ESTEBAN}\"}}) {{ contact {{ displayName }} errors {{ code }} }} }}"
    );
    let told = stage.ask(with(&[CONTACTS.read(), CONTACTS.delete()]), &delete, json!({})).await;
    assert_eq!(told.data["deleteContact"]["contact"]["displayName"], "Esteban Olvidado");
    let update = format!(
        "mutation {{ updateContact(input: {{id: \"{ESTEBAN}\", firstName: \"E\"}}) {{ contact {{ displayName }} errors {{ code }} }} }}"
    );
    let told = stage.ask(with(&[CONTACTS.read(), CONTACTS.write()]), &update, json!({})).await;
    assert_eq!(told.data["updateContact"], json!({ "contact": null, "errors": [{ "code": "NOT_FOUND" }] }));
    let told = stage.ask(with(&[CONTACTS.read(), CONTACTS.write(), CONTACTS.admin()]), &update, json!({})).await;
    assert_eq!(told.data["updateContact"]["contact"]["displayName"], "Esteban Olvidado");
    let restore = format!(
        "mutation {{ restoreContact(input: {{id: \"{ESTEBAN}\"}}) {{ contact {{ displayName }} errors {{ code }} }} }}"
    );
    let told = stage.ask(with(&[CONTACTS.read(), CONTACTS.delete()]), &restore, json!({})).await;
    assert_eq!(told.data["restoreContact"], json!({ "contact": { "displayName": "Esteban Olvidado" }, "errors": [] }));
}

#[tokio::test]
async fn a_refused_mutation_changes_nothing() {
    let stage = Stage::set().await;
    let before = stage.app.cell("select md5(string_agg(c::text, '' order by id)) from contacts c").await;
    let update = format!(
        "mutation {{ updateContact(input: {{id: \"{MARTA}\", firstName: \"X\"}}) {{ contact {{ owner {{ id }} }} }} }}"
    );
    for right in [CONTACTS.write(), CONTACTS.read(), USERS.read()] {
        assert!(stage.ask(without(right), &update, json!({})).await.errors[0].starts_with("FORBIDDEN"));
    }
    assert_eq!(stage.app.cell("select md5(string_agg(c::text, '' order by id)) from contacts c").await, before);
}

#[tokio::test]
async fn viewer_can_says_what_may_be_done_and_why_not() {
    let stage = Stage::set().await;
    stage.app.sql("update contacts set deleted_at = '2026-03-01T08:00Z' where display_name = 'Esteban Olvidado'").await;
    let query = "{ contacts(includeDeleted: true, orderBy: [{field: DISPLAY_NAME}], filter: {displayName: {in: [\"Marta Ruiz\", \"Esteban Olvidado\"]}}) {
        nodes { displayName viewerCan { change: update { allowed reason } delete { allowed } restore { allowed reason } } } } }";
    let told = stage.ask(with(&[CONTACTS.read(), CONTACTS.write(), CONTACTS.admin()]), query, json!({})).await;
    let missing = "You may not do this: none of your roles gives you DELETE on Contacts.";
    assert_eq!(
        told.data["contacts"]["nodes"],
        json!([
            {
                "displayName": "Esteban Olvidado",
                "viewerCan": {
                    "change": { "allowed": false, "reason": "This contact was deleted; restore it first." },
                    "delete": { "allowed": false },
                    "restore": { "allowed": false, "reason": missing },
                },
            },
            {
                "displayName": "Marta Ruiz",
                "viewerCan": {
                    "change": { "allowed": true, "reason": null },
                    "delete": { "allowed": false },
                    "restore": { "allowed": false, "reason": missing },
                },
            },
        ])
    );
    let told = stage.ask(Rights::all(), query, json!({})).await;
    let restore = |row: usize| &told.data["contacts"]["nodes"][row]["viewerCan"]["restore"];
    assert_eq!(restore(0), &json!({ "allowed": true, "reason": null }));
    assert_eq!(restore(1), &json!({ "allowed": false, "reason": "This contact is not deleted." }));
    assert_eq!(told.statements, 1, "viewerCan costs no statement");
    // Of a joined row as of a row of its own.
    let joined = "{ conversations(first: 1) { nodes { viewerCan { markConversationRead { allowed } } contact { viewerCan { update { allowed } } } } } }";
    let told = stage.ask(with(&[CONTACTS.read(), CONVERSATIONS.read(), CONTACTS.write()]), joined, json!({})).await;
    assert_eq!(
        told.data["conversations"]["nodes"][0],
        json!({
            "viewerCan": { "markConversationRead": { "allowed": false } },
            "contact": { "viewerCan": { "update": { "allowed": true } } },
        })
    );
    assert_eq!(told.statements, 1);
}

#[tokio::test]
async fn the_viewer_reads_who_it_is_without_any_right() {
    let stage = Stage::set().await;
    let query = "{ viewer { user { email } tenant { name } permissions { process action } } }";
    let told = stage.ask(Rights::none(), query, json!({})).await;
    let viewer =
        json!({ "user": { "email": "ana@autos.test" }, "tenant": { "name": "Autos del Sur" }, "permissions": [] });
    assert_eq!(told.data["viewer"], viewer);
    let told = stage.ask(with(&[USERS.manage_users(), USERS.read(), ACCOUNT.read()]), query, json!({})).await;
    let permission = |process: &str, action: &str| json!({ "process": process, "action": action });
    let permissions = [permission("ACCOUNT", "READ"), permission("USERS", "READ"), permission("USERS", "MANAGE_USERS")];
    assert_eq!(told.data["viewer"]["permissions"], json!(permissions));
    let below = "{ viewer { user { ownedContacts { totalCount } } } }";
    let told = stage.ask(with(&[USERS.read()]), below, json!({})).await;
    assert_eq!(told.errors, ["FORBIDDEN CONTACTS:READ viewer.user.ownedContacts"]);
    assert_eq!(told.statements, 0);
}

#[tokio::test]
async fn the_timeline_begins_with_the_latest() {
    let stage = Stage::set().await;
    let query = format!("{{ contact(id: \"{MARTA}\") {{ timeline {{ nodes {{ occurredAt }} }} }} }}");
    let told = stage.ask(Rights::all(), &query, json!({})).await;
    let times: Vec<_> = told.data["contact"]["timeline"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["occurredAt"].as_str().unwrap().to_owned())
        .collect();
    assert!(times.len() > 2 && times.iter().rev().is_sorted(), "{times:?}");
}

#[test]
fn the_schema_says_of_each_type_and_root_field_which_right_it_needs() {
    let sdl = sdl();
    let requires =
        |right: Right| format!("@requires(process: \"{}\", action: {})", right.process.code, right.action.as_str());
    for entity in model().entities() {
        let EntityModel { decl, .. } = entity;
        let line = sdl.lines().find(|line| line.starts_with(&format!("type {} implements Node", decl.name))).unwrap();
        assert!(line.contains(&requires(decl.needs.read)), "{line}");
    }
    for (name, verb) in &model().mutations {
        let (first, rest) = name.split_at(1);
        let end = format!("): {}{rest}Payload! {}", first.to_uppercase(), requires(verb.right));
        assert!(sdl.contains(&end), "{end}");
    }
}

#[test]
fn no_entity_is_open_to_everybody_but_ones_own_account_and_business() {
    let open = model().entities().iter().filter(|entity| entity.decl.needs.read.process.personal);
    let open: Vec<_> = open.map(|entity| entity.decl.name).collect();
    for name in ["Session", "Tenant"] {
        assert!(open.contains(&name), "{open:?}");
    }
    let writes = model().mutations.values().filter(|verb| verb.right.process.personal);
    let foreign: Vec<_> = writes.filter(|verb| model().entity(verb.entity).decl.process.code != ACCOUNT.code).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    assert!(ALL.iter().any(|process| process.personal));
}
