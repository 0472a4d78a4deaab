//! What files are for is found by an index, among many.

use crate::app::{TestApp, connect};

/// rule:index-files
#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_usage_context_are_found_by_the_partial_index() {
    let app = TestApp::world().await;
    app.sql(
        "set session_replication_role = replica;
         insert into stored_files (tenant_id, user_id, filename, original_name, storage_path, mime_type, size, checksum, usage_context, scan_status, deleted_at)
         select u.tenant_id, u.id, 'f' || n, 'f' || n, 'files/many/' || n, 'text/plain', 1, encode(sha256(n::text::bytea), 'hex'),
                case when n % 50 = 0 then 'AVATAR' else 'GENERAL' end, 'CLEAN', case when n % 3 = 0 then now() end
           from users u, generate_series(1, 20000) n where u.email = 'jan@autos.test';
         analyze stored_files",
    )
    .await;
    let jan = app.rows("select tenant_id, id from users where email = 'jan@autos.test'").await.remove(0);
    let api = connect("mostrador_api", &app.database_name).await;
    api.batch_execute(&format!("set app.tenant_id = '{}'; set app.user_id = '{}'", jan[0], jan[1])).await.unwrap();
    let query = format!(
        "explain select t.id from stored_files t
          where t.tenant_id = '{}' and t.user_id = '{}' and t.usage_context = 'AVATAR' and t.deleted_at is null
          order by t.id desc limit 21",
        jan[0], jan[1]
    );
    let plan: String = api.query(&query, &[]).await.unwrap().iter().map(|row| row.get::<_, String>(0) + "\n").collect();
    assert!(plan.contains("stored_files_user_id_usage_context_idx"), "{plan}");
}
