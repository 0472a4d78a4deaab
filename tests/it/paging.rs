//! Pages: cursors that hold for nulls, ties and other writers, in both directions, at the root and below.

mod tampered;
mod walk;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use entity::id::{format_id, parse_id};
use entity::model::{EntityModel, Member};
use entity::plan::order::enum_name;
use serde_json::json;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::app::superuser;
use crate::oracle::condition::{in_order, matches, sort_keys};
use crate::oracle::crowd::{Crowd, MANY, crowd, model};
use crate::oracle::rng::Tape;
use crate::oracle::{Stage, arguments, for_tapes, parsed};
use walk::{Direction, Walk};

/// Lists of the root that the walks go over.
fn lists() -> Vec<&'static EntityModel> {
    model().entities().iter().filter(|entity| !entity.decl.child_only).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_put_together_are_the_whole_list() {
    let stage = Stage::of(&crowd().await, MANY).await;
    for_tapes(100, async |tape| {
        let mut tape = Tape::new(tape);
        let entity = tape.of(&lists());
        let order = arguments::order(entity, &mut tape);
        let filter =
            if tape.one_in(3) { arguments::filter(&stage.world, entity, &mut tape, 1) } else { "{}".to_owned() };
        let size = tape.of(&[7, 1, 2, 3, 5, 16, 25, 48, 50]);
        let (keys, condition) = (sort_keys(entity, Some(&parsed(&order))), parsed(&filter));
        let mut rows: Vec<_> = stage.world.rows(entity).iter().collect();
        rows.retain(|row| !row.is_deleted() && matches(&stage.world, entity, row, &condition));
        rows.sort_by(|a, b| in_order(&keys, a, b));
        let expected: Vec<_> = rows.iter().map(|row| format_id(entity.decl.prefix, row.id)).collect();
        for direction in [Direction::Forward, Direction::Backward] {
            let walk =
                Walk { client: &stage.client, entity, parent: None, order: &order, filter: &filter, size, direction };
            let found = walk.to_the_end().await?;
            if found != expected {
                return Err(format!("{walk:?}\nfound\n{}\ninstead of\n{}", found.join("\n"), expected.join("\n")));
            }
        }
        Ok(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_parent_put_together_are_its_whole_list() {
    let stage = Stage::of(&crowd().await, MANY).await;
    for_tapes(60, async |tape| {
        let mut tape = Tape::new(tape);
        let owners = lists();
        let relations = owners.iter().flat_map(|owner| {
            owner.members.values().filter_map(|member| match member {
                Member::Many(many) => Some((*owner, many)),
                _ => None,
            })
        });
        let relations: Vec<_> = relations.collect();
        let (owner, many) = tape.of(&relations);
        let target = model().entity(many.target);
        let order = arguments::order(target, &mut tape);
        let keys = sort_keys(target, Some(&parsed(&order)));
        // The parent with the most rows. Personal ones may all be others'.
        let all = stage.world.rows(owner).iter();
        let Some(parent) = all.max_by_key(|row| stage.world.many(row, many).len()) else { return Ok(()) };
        let mut rows = stage.world.many(parent, many);
        rows.retain(|row| !row.is_deleted());
        rows.sort_by(|a, b| in_order(&keys, a, b));
        let expected: Vec<_> = rows.iter().map(|row| format_id(target.decl.prefix, row.id)).collect();
        let parent = Some((format_id(owner.decl.prefix, parent.id), many.name));
        for direction in [Direction::Forward, Direction::Backward] {
            let size = 1 + tape.below(3);
            let walk = Walk {
                client: &stage.client,
                entity: target,
                parent: parent.clone(),
                order: &order,
                filter: "{}",
                size,
                direction,
            };
            let found = walk.to_the_end().await?;
            if found != expected {
                return Err(format!("{walk:?}\nfound\n{}\ninstead of\n{}", found.join("\n"), expected.join("\n")));
            }
        }
        Ok(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_there_all_the_time_is_on_exactly_one_page_while_others_write() {
    let app = crowd().await;
    let stage = Stage::of(&app, MANY).await;
    let client = superuser(&app.database_name).await;
    client.batch_execute("set session_replication_role = replica; set timezone = 'UTC'").await.unwrap();
    let writer = Mutex::new(Crowd::over(&client).await);
    // Nothing points to a task, so rows can come and go.
    let tasks = model().by_name("Task").unwrap();
    let there = async || {
        let sql = format!("select id from tasks where tenant_id = '{MANY}' and deleted_at is null");
        app.rows(&sql).await.into_iter().map(|row| row[0].parse().unwrap()).collect::<BTreeSet<Uuid>>()
    };
    for_tapes(25, async |tape| {
        let mut tape = Tape::new(tape);
        let order = arguments::order(tasks, &mut tape);
        let direction = tape.of(&[Direction::Forward, Direction::Backward]);
        let size = 1 + tape.below(9);
        let walk =
            Walk { client: &stage.client, entity: tasks, parent: None, order: &order, filter: "{}", size, direction };
        let before = there().await;
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = walk.page(cursor.as_deref()).await?;
            let edge = if direction == Direction::Forward { page.ids.last() } else { page.ids.first() }.cloned();
            found.extend(page.ids);
            let Some(next) = page.next else { break };
            cursor = Some(next);
            // Others write between the pages: new rows anywhere, and rows that go, mostly the one the cursor stands for.
            let mut writer = writer.lock().await;
            for _ in 0..tape.below(3) {
                writer.add("tasks", MANY).await;
            }
            if let Some(edge) = edge.filter(|_| tape.one_in(2)) {
                let id = parse_id("task", &edge).unwrap();
                client.batch_execute(&format!("delete from tasks where id = '{id}'")).await.unwrap();
            }
            if found.len() > 2000 {
                return Err(format!("{walk:?} does not end"));
            }
        }
        let all_the_time: Vec<_> = before.intersection(&there().await).map(|id| format_id("task", *id)).collect();
        for id in &all_the_time {
            let times = found.iter().filter(|found| *found == id).count();
            if times != 1 {
                return Err(format!("{walk:?}: {id} was shown {times} times"));
            }
        }
        let mut once = found.clone();
        once.sort();
        once.dedup();
        if once.len() != found.len() { Err(format!("{walk:?} shows rows twice: {found:?}")) } else { Ok(()) }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn one_cursor_cuts_the_lists_of_all_parents() {
    let stage = Stage::of(&crowd().await, MANY).await;
    let (contacts, tasks) = (model().by_name("Contact").unwrap(), model().by_name("Task").unwrap());
    let Some(Member::Many(many)) = contacts.members.get("tasks") else { panic!("contacts have no tasks") };
    for order in
        ["[{field: DUE_DATE, nulls: FIRST}, {field: PRIORITY, direction: DESC}]", "{field: TITLE, direction: DESC}"]
    {
        let keys = sort_keys(tasks, Some(&parsed(order)));
        let mut all: Vec<_> = stage.world.rows(tasks).iter().filter(|row| !row.is_deleted()).collect();
        all.sort_by(|a, b| in_order(&keys, a, b));
        let list = format!("{{ tasks(first: 250, orderBy: {order}) {{ edges {{ cursor }} }} }}");
        let cursors = stage.client.data(&list, json!({})).await["tasks"]["edges"].clone();
        for at in [0, all.len() / 3, all.len() / 2, all.len() - 1] {
            let cursor = &cursors[at]["cursor"];
            let query = format!(
                "query ($at: String!) {{ contacts(first: 250) {{ nodes {{ id
                     after: tasks(first: 250, after: $at, orderBy: {order}) {{ nodes {{ id }} }}
                     before: tasks(last: 250, before: $at, orderBy: {order}) {{ nodes {{ id }} totalCount }} }} }} }}"
            );
            let answer = stage.client.data(&query, json!({ "at": cursor })).await;
            for contact in answer["contacts"]["nodes"].as_array().unwrap() {
                let id = parse_id("contact", contact["id"].as_str().unwrap()).unwrap();
                let mut own = stage.world.many(stage.world.row(contacts, id).unwrap(), many);
                own.retain(|row| !row.is_deleted());
                own.sort_by(|a, b| in_order(&keys, a, b));
                let side = |side| {
                    let rows = own.iter().filter(|row| in_order(&keys, row, all[at]) == side);
                    json!(rows.map(|row| json!({ "id": format_id("task", row.id) })).collect::<Vec<_>>())
                };
                assert_eq!(contact["after"]["nodes"], side(Ordering::Greater), "after {at} by {order}");
                assert_eq!(contact["before"]["nodes"], side(Ordering::Less), "before {at} by {order}");
                assert_eq!(contact["before"]["totalCount"], own.len(), "a cursor does not change the total");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_does_not_depend_on_the_selection() {
    let stage = Stage::of(&crowd().await, MANY).await;
    for entity in lists() {
        let list = entity.decl.plural;
        let field = entity.scalars().filter(|member| member.order && member.name != "id").last().unwrap();
        let order = format!("orderBy: {{field: {}}}", enum_name(field.name));
        let query = format!(
            "{{ a: {list}({order}) {{ edges {{ cursor }} }}
                b: {list}({order}) {{ totalCount edges {{ cursor node {{ {} createdAt }} }} pageInfo {{ startCursor endCursor }} }}
                c: {list}({order}) {{ pageInfo {{ startCursor endCursor }} }}
                d: {list}({order}, filter: {{createdAt: {{isNull: false}}}}) {{ edges {{ cursor }} }} }}",
            field.name
        );
        let answer = stage.client.data(&query, json!({})).await;
        let cursors = |alias: &str| {
            let edges = answer[alias]["edges"].as_array().unwrap().iter();
            edges.map(|edge| edge["cursor"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(cursors("a"), cursors("b"), "{list}");
        assert_eq!(cursors("a"), cursors("d"), "{list}");
        if cursors("a").is_empty() {
            // Personal rows may all be others'.
            continue;
        }
        assert_eq!(answer["b"]["pageInfo"], answer["c"]["pageInfo"], "{list}");
        assert_eq!(answer["b"]["pageInfo"]["endCursor"], *cursors("a").last().unwrap(), "{list}");
    }
}
