//! `changes`: the whole log, as far as the viewer may see it.

use serde_json::{Value, json};

use super::stage::{CHANGES, Stage, id, uuid};

fn seen(events: &[Value]) -> Vec<(String, String)> {
    let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    events.iter().map(|event| (text(event, "kind"), text(event, "id"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_all_types_come_and_go() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let mut watcher = stage.watch(&ana, CHANGES, json!({ "types": ["CONTACT", "SALE"] })).await;
    watcher.of_type("StreamReady").await;
    let create = "mutation { createContact(input: { displayName: \"Nora\" }) { errors { message } contact { id } } }";
    let nora = ana.data(create, json!({})).await["createContact"]["contact"]["id"].as_str().unwrap().to_owned();
    let created = watcher.next().await;
    assert_eq!(
        (&created["kind"], &created["type"], &created["id"]),
        (&json!("CREATED"), &json!("CONTACT"), &json!(nora))
    );
    assert_eq!(created["node"], json!({ "__typename": "Contact", "id": nora, "displayName": "Nora" }));
    assert_eq!((&created["userId"], &created["mutation"]), (&json!(id("user", "ana")), &json!("createContact")));

    let update =
        "mutation($id: ID!) { updateContact(input: { id: $id, displayName: \"Nora P.\" }) { errors { message } } }";
    ana.data(update, json!({ "id": nora })).await;
    let updated = watcher.next().await;
    assert_eq!((&updated["kind"], &updated["changedFields"]), (&json!("UPDATED"), &json!(["displayName"])));
    assert_eq!(updated["node"]["displayName"], "Nora P.");

    let delete = "mutation($id: ID!) { deleteContact(input: { id: $id }) { errors { message } } }";
    ana.data(delete, json!({ "id": nora })).await;
    let deleted = watcher.next().await;
    assert_eq!((&deleted["kind"], &deleted["id"], &deleted["node"]), (&json!("DELETED"), &json!(nora), &json!(null)));

    let restore = "mutation($id: ID!) { restoreContact(input: { id: $id }) { errors { message } } }";
    ana.data(restore, json!({ "id": nora })).await;
    let restored = watcher.next().await;
    assert_eq!((&restored["kind"], &restored["node"]["displayName"]), (&json!("UPDATED"), &json!("Nora P.")));

    stage.app.sql(&format!("update sales set notes = 'x' where id = '{}'", uuid("dea11"))).await;
    let sale = watcher.next().await;
    assert_eq!(sale["node"], json!({ "__typename": "Sale", "id": id("sale", "dea11") }));
    // Other types were not asked for.
    stage.app.sql(&format!("update tasks set title = 'x' where id = '{}'", uuid("task1"))).await;
    watcher.is_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_of_what_they_may_not_see() {
    let stage = Stage::open().await;
    let (ana, jan) = (stage.ana().await, stage.jan().await);
    let mut watchers = Vec::new();
    for client in [&ana, &jan, &stage.eva().await] {
        let mut watcher = stage.watch(client, CHANGES, json!({})).await;
        watcher.of_type("StreamReady").await;
        watchers.push(watcher);
    }
    // Personal: Ana's own settings and sessions.
    stage.app.sql(&format!("update user_settings set default_model = 'x' where user_id = '{}'", uuid("ana"))).await;
    stage.app.sql(&format!("delete from user_settings where user_id = '{}'", uuid("ana"))).await;
    stage.app.sql(&format!("update contacts set first_name = 'M' where id = '{}'", uuid("marta"))).await;
    let mut ana_saw = Vec::new();
    loop {
        let event = watchers[0].next().await;
        ana_saw.push(event);
        if ana_saw.last().unwrap()["type"] == "CONTACT" {
            break;
        }
    }
    let kinds: Vec<_> = ana_saw.iter().map(|event| format!("{} {}", event["kind"], event["type"])).collect();
    assert!(kinds.contains(&"\"DELETED\" \"USER_SETTINGS\"".to_owned()), "{kinds:?}");
    let jan_saw = watchers[1].next().await;
    assert_eq!(jan_saw["type"], "CONTACT", "{jan_saw:#}");
    watchers[1].is_silent().await;
    watchers[2].is_silent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_passed_on_is_no_longer_visible() {
    let stage = Stage::open().await;
    stage
        .app
        .sql(&format!("update tenant_settings set record_sharing = true where tenant_id = '{}'", uuid("cars")))
        .await;
    let jan = stage.jan().await;
    let mut watcher = stage.watch(&jan, CHANGES, json!({ "types": ["CONTACT"] })).await;
    watcher.of_type("StreamReady").await;
    let name = |contact: &str, name: &str| {
        format!("update contacts set display_name = '{name}' where id = '{}'", uuid(contact))
    };
    // Somebody who is nobody's: nothing that happens to them is Jan's business.
    let hidden = "insert into contacts (id, tenant_id, display_name) values";
    stage.app.sql(&format!("{hidden} ('{}', '{}', 'H')", uuid("h1dden"), uuid("cars"))).await;
    stage.app.sql(&name("h1dden", "H. H.")).await;
    stage.app.sql(&name("marta", "M.")).await;
    let mine = watcher.next().await;
    assert_eq!((&mine["kind"], &mine["node"]["displayName"]), (&json!("UPDATED"), &json!("M.")));
    stage.app.sql(&format!("update contacts set owner_id = null where id = '{}'", uuid("marta"))).await;
    let gone = watcher.next().await;
    assert_eq!((&gone["kind"], &gone["id"]), (&json!("NO_LONGER_VISIBLE"), &json!(id("contact", "marta"))));
    assert_eq!((&gone["node"], &gone["userId"], &gone["changedFields"]), (&json!(null), &json!(null), &json!([])));
    stage.app.sql(&name("marta", "M. M.")).await;
    // Shared with him, she is there again.
    stage
        .app
        .sql(&format!(
            "insert into resource_shares (tenant_id, resource_type, resource_id, user_id) values ('{}', 'CONTACT', '{}', '{}')",
            uuid("cars"), uuid("marta"), uuid("jan")
        ))
        .await;
    let back = watcher.next().await;
    assert_eq!((&back["kind"], &back["node"]["displayName"]), (&json!("UPDATED"), &json!("M. M.")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_kept_by_changes_is_what_a_query_gives() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let page = ana.data("{ eventCursor contacts(first: 100) { nodes { id displayName } } }", json!({})).await;
    let mut copy: std::collections::BTreeMap<String, String> = Default::default();
    for node in page["contacts"]["nodes"].as_array().unwrap() {
        copy.insert(node["id"].as_str().unwrap().to_owned(), node["displayName"].as_str().unwrap().to_owned());
    }
    let mut watcher = stage.watch(&ana, CHANGES, json!({ "types": ["CONTACT"], "after": page["eventCursor"] })).await;
    let (tenant, agata) = (uuid("cars"), uuid("agata"));
    for step in 0..20 {
        stage
            .app
            .sql(&match step % 4 {
                0 => format!("insert into contacts (tenant_id, display_name) values ('{tenant}', 'Step {step}')"),
                1 => format!("update contacts set display_name = display_name || '!' where tenant_id = '{tenant}' and deleted_at is null"),
                2 => format!("update contacts set deleted_at = now() where display_name like 'Step {}%'", step - 2),
                _ => format!("update contacts set deleted_at = case when deleted_at is null then now() end where id = '{agata}'"),
            })
            .await;
    }
    stage.app.sql(&format!("insert into contacts (tenant_id, display_name) values ('{tenant}', 'the end')")).await;
    let mut events = Vec::new();
    loop {
        let event = watcher.next().await;
        let is_last = event["node"]["displayName"] == "the end";
        if event["__typename"] == "Change" {
            match &event["node"] {
                Value::Null => drop(copy.remove(event["id"].as_str().unwrap())),
                node => {
                    let name = node["displayName"].as_str().unwrap().to_owned();
                    copy.insert(event["id"].as_str().unwrap().to_owned(), name);
                }
            }
            events.push(event);
        }
        if is_last {
            break;
        }
    }
    let now = ana.data("{ contacts(first: 100) { nodes { id displayName } } }", json!({})).await;
    let truth: std::collections::BTreeMap<String, String> = now["contacts"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap().to_owned(), node["displayName"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(copy, truth, "{:?}", seen(&events));
}
