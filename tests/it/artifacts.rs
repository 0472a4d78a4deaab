//! Artifacts: versions by many at once, long contents, what an open artifact tells.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::app::TestApp;

const CREATE: &str = "mutation($input: CreateArtifactInput!) { createArtifact(input: $input) {
    artifact { id version content contentFile { id filename mimeType size usageContext } } errors { code message path } } }";

const VERSION: &str =
    "mutation($id: ID!, $content: String!) { createArtifactVersion(input: { artifactId: $id, content: $content }) {
    artifact { version } errors { code } } }";

/// rule:artifact-versioning Versions that are made at once get numbers without gaps, and none twice.
#[tokio::test(flavor = "multi_thread")]
async fn versions_made_at_once_are_numbered_one_after_the_other() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let made = ana.data(CREATE, json!({ "input": { "name": "Código", "type": "CODE", "content": "0" } })).await;
    let id = made["createArtifact"]["artifact"]["id"].clone();
    let all =
        join_all((1..=12).map(|number| ana.data(VERSION, json!({ "id": id, "content": number.to_string() })))).await;
    let mut numbers: Vec<i64> =
        all.iter().map(|made| made["createArtifactVersion"]["artifact"]["version"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=13).collect::<Vec<_>>());
    let versions = "query($id: ID!) { artifact(id: $id) { versions { nodes { version } } } }";
    let listed = ana.data(versions, json!({ "id": id })).await;
    let listed: Vec<i64> = listed["artifact"]["versions"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["version"].as_i64().unwrap())
        .collect();
    assert_eq!(listed.len(), 13);
    assert!(listed.is_sorted(), "{listed:?}");
}

/// rule:artifact-overflow A content of more than 1 MB is stored as a file and still returned.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_content_is_a_file_and_still_the_content() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let long = "ñ\"\n".repeat(400_000);
    let used = "query { viewer { user { storageQuota { usedStorage usageBreakdown } } } }";
    let before = ana.data(used, json!({})).await["viewer"]["user"]["storageQuota"]["usedStorage"].clone();
    let create = |content: &str| json!({ "input": { "name": "Informe / marzo", "type": "JSON", "content": content } });
    let made = ana.data(CREATE, create(&long)).await["createArtifact"].clone();
    assert_eq!(made["errors"], json!([]));
    assert_eq!(made["artifact"]["content"].as_str(), Some(long.as_str()));
    let file = &made["artifact"]["contentFile"];
    let expected = json!({ "id": file["id"], "filename": "Informe   marzo.json", "mimeType": "application/json", "size": long.len().to_string(), "usageContext": "ARTIFACT" });
    assert_eq!(*file, expected);
    assert_eq!(app.cell("select count(*) from artifacts where content is null and content_file_id is not null and octet_length(name) > 9").await, "1");
    let after = ana.data(used, json!({})).await["viewer"]["user"]["storageQuota"].clone();
    let number = |value: &Value| value.as_str().unwrap().parse::<i64>().unwrap();
    assert_eq!(number(&after["usedStorage"]) - number(&before), i64::try_from(long.len()).unwrap());
    // The same again is the same file; one byte less than the limit is none.
    let again = ana.data(CREATE, create(&long)).await["createArtifact"]["artifact"].clone();
    assert_eq!(again["contentFile"]["id"], file["id"]);
    let short = "x".repeat(1 << 20);
    assert!(ana.data(CREATE, create(&short)).await["createArtifact"]["artifact"]["contentFile"].is_null());
    // Opened, it is there for whoever has the token.
    let share = "mutation($id: ID!) { shareArtifact(input: { id: $id }) { shareToken errors { code } } }";
    let token = ana.data(share, json!({ "id": made["artifact"]["id"] })).await["shareArtifact"]["shareToken"].clone();
    let shared = ana
        .data("query($token: String!) { sharedArtifact(token: $token) { content } }", json!({ "token": token }))
        .await;
    assert_eq!(shared["sharedArtifact"]["content"].as_str(), Some(long.as_str()));
    // With psql no row takes it.
    let client = crate::app::superuser(&app.database_name).await;
    let refused = client
        .execute("insert into artifacts (tenant_id, user_id, name, type, content) select tenant_id, id, 'x', 'CODE', repeat('x', 1048577) from users limit 1", &[])
        .await
        .unwrap_err();
    assert_eq!(refused.as_db_error().unwrap().constraint(), Some("artifacts_content_check"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_room_nothing_is_kept() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    app.sql("update storage_quotas set max_storage = 100000").await;
    let long = "x".repeat((1 << 20) + 1);
    let made = ana.data(CREATE, json!({ "input": { "name": "X", "type": "CODE", "content": long } })).await;
    assert_eq!(made["createArtifact"]["errors"][0]["code"], "QUOTA_EXCEEDED", "{}", made["createArtifact"]["errors"]);
    assert_eq!(app.cell("select count(*) from artifacts where name = 'X'").await, "0");
    assert_eq!(app.cell("select count(*) from stored_files where usage_context = 'ARTIFACT'").await, "0");
}

/// What somebody has opened is closed with the business, and when the owner has left.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_open_any_more_when_its_owner_has_left() {
    let app = TestApp::world().await;
    let (ana, eva) = (app.sign_in("autos", "ana@autos.test").await, app.sign_in("casas", "eva@casas.test").await);
    let share = "mutation { shareArtifact(input: { id: \"artifact_000000000000000000000000art1\" }) { shareToken errors { code } } }";
    let id = app.cell("select id from artifacts where name = 'Oferta para Marta' and version = 1").await;
    let share =
        share.replace("artifact_000000000000000000000000art1", &entity::id::format_id("artifact", id.parse().unwrap()));
    let token = ana.data(&share, json!({})).await["shareArtifact"]["shareToken"].clone();
    let shared = "query($token: String!) { sharedArtifact(token: $token) { name } }";
    assert_eq!(eva.data(shared, json!({ "token": token })).await["sharedArtifact"]["name"], "Oferta para Marta");
    for (change, back) in [
        (
            "update users set is_active = false where email = 'ana@autos.test'",
            "update users set is_active = true where email = 'ana@autos.test'",
        ),
        (
            "update tenants set status = 'SUSPENDED' where slug = 'autos'",
            "update tenants set status = 'ACTIVE' where slug = 'autos'",
        ),
    ] {
        app.sql(&format!("set session_replication_role = replica; {change}")).await;
        let refused = eva.send(shared, json!({ "token": token })).await;
        assert_eq!(refused.json["errors"][0]["extensions"]["code"], "NOT_FOUND", "{change}");
        app.sql(&format!("set session_replication_role = replica; {back}")).await;
    }
    assert_eq!(eva.data(shared, json!({ "token": token })).await["sharedArtifact"]["name"], "Oferta para Marta");
}
