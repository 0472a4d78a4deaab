//! Folders that two move at the same moment.

use serde_json::{Value, json};

use super::stage::Stage;

/// rule:folder-hierarchy
#[tokio::test(flavor = "multi_thread")]
async fn two_who_move_folders_into_each_other_make_no_circle() {
    let stage = Stage::set().await;
    let make = "mutation ($name: String!) { createFolder(input: { name: $name }) { folder { id } } }";
    let shift = "mutation ($id: ID!, $to: ID) { updateFolder(input: { id: $id, parentId: $to }) { folder { path } errors { code } } }";
    for round in 0..10 {
        let mut ids = Vec::new();
        for name in ["uno", "dos", "tres"] {
            let made = stage.jan.data(make, json!({ "name": format!("{name} {round}") })).await;
            ids.push(made["createFolder"]["folder"]["id"].clone());
        }
        let moves = (0..3).map(|at| stage.jan.data(shift, json!({ "id": ids[at], "to": ids[(at + 1) % 3] })));
        let answers = futures_util::future::join_all(moves).await;
        let refused: Vec<&Value> = answers
            .iter()
            .map(|answer| &answer["updateFolder"]["errors"][0]["code"])
            .filter(|code| !code.is_null())
            .collect();
        assert_eq!(refused, [&json!("VALIDATION")], "one of the three would close the circle");
    }
    let wrong = stage
        .app
        .rows(
            "select f.path, p.path from folders f left join folders p on p.tenant_id = f.tenant_id and p.id = f.parent_id
              where f.path <> coalesce(p.path, '') || '/' || f.name",
        )
        .await;
    assert_eq!(wrong, Vec::<Vec<String>>::new());
}
