//! The quota under many who ask at once, against recounting.

use std::sync::Arc;

use serde_json::{Value, json};

use super::stage::{Stage, raw, text};

async fn limit(stage: &Stage, limits: Value) {
    let user = stage.app.cell("select id from users where email = 'jan@autos.test'").await;
    let query = "mutation ($input: SetStorageQuotaInput!) { setStorageQuota(input: $input) { errors { code } } }";
    let mut input = json!({ "userId": entity::id::format_id("user", user.parse().unwrap()) });
    for (name, value) in limits.as_object().unwrap() {
        input[name] = value.clone();
    }
    let set = stage.ana.data(query, json!({ "input": input })).await;
    assert_eq!(set["setStorageQuota"]["errors"], json!([]));
}

/// Announces so many files of 100 bytes at once; says how many were let in.
async fn announce(stage: &Arc<Stage>, first: usize, count: usize) -> usize {
    let tasks: Vec<_> = (first..first + count)
        .map(|number| {
            let stage = Arc::clone(stage);
            tokio::spawn(async move { stage.request(&stage.jan, "text/plain", &text(number, 100), Value::Null).await })
        })
        .collect();
    let mut let_in = 0;
    for task in tasks {
        let asked = task.await.unwrap();
        match asked["errors"].as_array().unwrap().as_slice() {
            [] => let_in += 1,
            [error] => assert_eq!(error["code"], "QUOTA_EXCEEDED", "{error:#}"),
            errors => panic!("{errors:#?}"),
        }
    }
    let_in
}

/// rule:storage-quotas
#[tokio::test(flavor = "multi_thread")]
async fn forty_who_ask_at_once_do_not_pass_the_limits() {
    let stage = Arc::new(Stage::set().await);
    stage.app.sql("delete from file_uploads").await;
    // Jan has 398,325 bytes in two files.
    limit(&stage, json!({ "maxStorage": "399325", "maxFiles": 1000 })).await;
    assert_eq!(announce(&stage, 0, 40).await, 10);
    limit(&stage, json!({ "maxStorage": "10000000", "maxFiles": 17 })).await;
    assert_eq!(announce(&stage, 100, 40).await, 5, "ten are on their way");
    let (quota, recounted) = stage.counted("jan@autos.test").await;
    assert_eq!(quota, recounted);
    assert_eq!((quota[3].as_str(), quota[4].as_str()), ("1500", "15"));
}

/// rule:counters-storage
#[tokio::test(flavor = "multi_thread")]
async fn counters_equal_a_recount_after_many_did_everything_at_once() {
    let stage = Arc::new(Stage::set().await);
    let tasks: Vec<_> = (0..24)
        .map(|number| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move {
                let context = ["GENERAL", "AVATAR", "CHAT", "RAG"][number % 4];
                let bytes = text(number, 200 + number);
                let file = stage.store(&stage.jan, "text/plain", &bytes, json!({ "usageContext": context })).await;
                let change = |what: &str| format!("mutation ($id: ID!) {{ {what} {{ errors {{ code }} }} }}");
                let mut verbs = Vec::new();
                if number % 3 == 0 {
                    verbs.push("deleteStoredFile(input: { id: $id })");
                }
                if number % 6 == 0 {
                    verbs.push("restoreStoredFile(input: { id: $id })");
                }
                if number % 2 == 0 {
                    verbs.push("updateStoredFile(input: { id: $id, usageContext: DOCUMENT })");
                }
                for verb in verbs {
                    stage.jan.data(&change(verb), json!({ "id": file })).await;
                }
                if number % 4 == 0 {
                    // Announced, and called off.
                    let asked = stage.request(&stage.jan, "text/plain", &text(500 + number, 90), Value::Null).await;
                    let id = asked["fileUpload"]["id"].clone();
                    stage.jan.data(&change("deleteFileUpload(input: { id: $id })"), json!({ "id": id })).await;
                }
                file
            })
        })
        .collect();
    let mut files = Vec::new();
    for task in tasks {
        files.push(raw(&task.await.unwrap()));
    }
    let (quota, recounted) = stage.counted("jan@autos.test").await;
    assert_eq!(quota, recounted);
    // Somebody with psql counts as well.
    let [one, two, three] = [files[0], files[1], files[2]];
    stage
        .app
        .sql(&format!(
            "update stored_files set deleted_at = now() where id in ('{one}', '{two}');
             update stored_files set deleted_at = null where id = '{two}';
             delete from stored_files where id = '{three}'"
        ))
        .await;
    let (quota, recounted) = stage.counted("jan@autos.test").await;
    assert_eq!(quota, recounted);
}
