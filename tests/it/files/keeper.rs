//! What is over is taken away, with its bytes, and nothing else.

use std::time::Duration;

use bytes::Bytes;
use mostrador::file_store::StoreError;
use mostrador::files::{FileKeeper, OrphanSweep};
use mostrador::work::{Stopper, Tenancy, Worker};
use serde_json::{Value, json};

use super::stage::{Stage, raw, text};

fn tenancy(stage: &Stage) -> Tenancy {
    Tenancy::new(stage.app.services.database.clone())
}

async fn keep(stage: &Stage) {
    let (_stopper, stop) = Stopper::new();
    let keeper = FileKeeper::new(tenancy(stage), stage.app.services.files.clone(), 30, false);
    while keeper.round(&stop).await.unwrap() {}
}

async fn key(stage: &Stage, table: &str, id: &str) -> String {
    stage.app.cell(&format!("select storage_path from {table} where id = '{}'", raw(id))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_go_with_their_row_and_not_before() {
    let stage = Stage::set().await;
    let store = stage.app.services.files.clone();
    let mut files = Vec::new();
    for number in 0..5 {
        let file = stage.store(&stage.jan, "text/plain", &text(number, 100), Value::Null).await;
        files.push((key(&stage, "stored_files", &file).await, file));
    }
    let asked = stage.request(&stage.jan, "text/plain", &text(10, 100), Value::Null).await;
    let upload = asked["fileUpload"]["id"].as_str().unwrap().to_owned();
    stage.put(asked["uploadUrl"].as_str().unwrap(), &text(10, 100)).await;
    let upload_key = key(&stage, "file_uploads", &upload).await;
    keep(&stage).await;
    for (key, _) in &files {
        assert!(store.get(key).await.is_ok());
    }
    assert!(store.get(&upload_key).await.is_ok());

    // Purged, expired, deleted long ago, deleted just now, and an upload that nobody confirmed in time.
    let id = |at: usize| raw(&files[at].1);
    let (purged, expired, old, young) = (id(0), id(1), id(2), id(3));
    stage
        .jan
        .data(
            "mutation ($id: ID!) { deleteStoredFile(input: { id: $id }) { errors { code } } }",
            json!({ "id": files[3].1 }),
        )
        .await;
    stage
        .app
        .sql(&format!(
            "delete from stored_files where id = '{purged}';
             set session_replication_role = replica;
             update stored_files set expires_at = now() - interval '1 second' where id = '{expired}';
             update file_uploads set expires_at = now() - interval '1 second' where id = '{}';
             set session_replication_role = origin;
             update stored_files set deleted_at = now() - interval '31 days' where id = '{old}'",
            raw(&upload)
        ))
        .await;
    keep(&stage).await;
    for (at, (key, ..)) in files.iter().enumerate().take(3) {
        assert_eq!(store.get(key).await, Err(StoreError::Missing), "{at}");
    }
    assert!(store.get(&files[3].0).await.is_ok() && store.get(&files[4].0).await.is_ok());
    assert_eq!(store.get(&upload_key).await, Err(StoreError::Missing));
    let left = stage
        .app
        .rows(&format!("select count(*) from stored_files where id in ('{purged}', '{expired}', '{old}')"))
        .await;
    assert_eq!(left, [["0"]]);
    assert_eq!(stage.app.cell("select count(*) from file_discards").await, "0");
    let (quota, recounted) = stage.counted("jan@autos.test").await;
    assert_eq!(quota, recounted);
    // It was deleted, and can be restored.
    let restored = stage
        .jan
        .data(
            "mutation ($id: ID!) { restoreStoredFile(input: { id: $id }) { errors { code } } }",
            json!({ "id": files[3].1 }),
        )
        .await;
    assert_eq!(restored["restoreStoredFile"]["errors"], json!([]), "{young}");
    // A user who is purged takes all files along.
    stage.app.sql("update contacts set owner_id = null; delete from users where email = 'jan@autos.test'").await;
    keep(&stage).await;
    assert_eq!(store.get(&files[4].0).await, Err(StoreError::Missing));
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_without_a_row_are_swept_away_once_they_are_old() {
    let stage = Stage::set().await;
    let store = stage.app.services.files.clone();
    let file = stage.store(&stage.jan, "text/plain", &text(1, 100), Value::Null).await;
    let kept = key(&stage, "stored_files", &file).await;
    let tenant = kept.split('/').nth(1).unwrap().to_owned();
    let orphan = format!("files/{tenant}/{}", uuid::Uuid::nil());
    store.put(&orphan, Bytes::from_static(b"left behind")).await.unwrap();
    store.put("contents/of-somebody-else", Bytes::from_static(b"not ours")).await.unwrap();
    let sweep = || OrphanSweep::new(tenancy(&stage), store.clone(), std::sync::Arc::new(mostrador::clock::SystemClock));
    assert_eq!(sweep().sweep().await.unwrap(), 0, "it may be an upload on its way");
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(sweep().older_than(Duration::from_millis(10)).sweep().await.unwrap(), 1);
    assert_eq!(store.get(&orphan).await, Err(StoreError::Missing));
    assert!(store.get(&kept).await.is_ok() && store.get("contents/of-somebody-else").await.is_ok());
}
