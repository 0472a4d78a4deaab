//! Locks of AI workers.

use futures_util::future::join_all;
use serde_json::json;

use crate::app::TestApp;

const ACQUIRE: &str = "mutation ($row: ID!, $worker: String!) {
    acquireAiLock(input: { resourceId: $row, lockedBy: $worker, seconds: 60 }) { aiLock { id lockedBy } errors { code details } }
}";

/// rule:ia-lock: of fifty workers that want a row at the same moment one gets it, also when the lock of another one is over.
#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_workers_one_gets_the_lock() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let query = "{ conversations(first: 2, orderBy: [{ field: CREATED_AT }]) { nodes { id } } }";
    let rows = ana.data(query, json!({})).await["conversations"]["nodes"].clone();
    for row in rows.as_array().unwrap() {
        for round in 0..3 {
            let acquire = |worker: usize| {
                let worker = format!("worker-{round}-{worker}");
                let (ana, row) = (ana.clone(), row["id"].clone());
                async move { ana.data(ACQUIRE, json!({ "row": row, "worker": worker })).await["acquireAiLock"].clone() }
            };
            let answers = join_all((0..50).map(acquire)).await;
            let winners: Vec<_> = answers.iter().filter(|answer| answer["errors"] == json!([])).collect();
            assert_eq!(winners.len(), 1, "{answers:#?}");
            let winner = &winners[0]["aiLock"]["lockedBy"];
            for answer in answers.iter().filter(|answer| answer["errors"] != json!([])) {
                assert_eq!(
                    (&answer["errors"][0]["code"], &answer["errors"][0]["details"]["lockedBy"]),
                    (&json!("CONFLICT"), winner)
                );
            }
            app.sql("update ai_locks set acquired_at = '2026-02-01Z', expires_at = '2026-02-02Z'").await;
        }
    }
}
