//! Lists and look-ups of which it was said that they use an index: with many rows, as the API, under row-level security.

use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

use super::{Seen, whole};
use crate::app::{TestApp, connect};

/// What is looked for, and the index that finds it. `$tenant`, `$user`, `$session`, `$thread` are filled in.
const LOOKUPS: [(&str, &str); 18] = [
    // Who signs in; plans; sessions, by their user and by their tokens.
    (
        "from users where tenant_id = $tenant and email_lowered = lower('USER77@volume.test') and deleted_at is null",
        "users_email_lowered_idx",
    ),
    (
        "from users where tenant_id = $tenant and subscription_tier = 'ENTERPRISE' and deleted_at is null",
        "users_subscription_tier_idx",
    ),
    ("from sessions where tenant_id = $tenant and user_id = $user", "sessions_user_id_idx"),
    ("from sessions where tenant_id = $tenant and refresh_token_hash = sha256('x')", "sessions_refresh_token_hash_key"),
    ("from sessions where tenant_id = $tenant and session_token_hash = sha256('x')", "sessions_session_token_hash_key"),
    // What is one's own.
    ("from chat_threads where tenant_id = $tenant order by id desc limit 25", "chat_threads_user_id_idx"),
    (
        "from chat_sessions where tenant_id = $tenant order by last_activity_at desc, id desc limit 25",
        "chat_sessions_user_id_idx",
    ),
    ("from artifacts where tenant_id = $tenant order by id desc limit 25", "artifacts_user_id_idx"),
    (
        "from chat_threads where tenant_id = $tenant and session_id = $session and agent_id is null",
        "chat_threads_session_id_idx",
    ),
    (
        "from chat_messages where tenant_id = $tenant and thread_id = $thread order by id desc limit 50",
        "chat_messages_thread_id_idx",
    ),
    (
        "from stored_files where tenant_id = $tenant and user_id = $user and usage_context = 'HEALTH' and deleted_at is null order by id desc limit 25",
        "stored_files_user_id_usage_context_idx",
    ),
    // Properties, contacts and tasks by what one asks for.
    (
        "from properties where tenant_id = $tenant and status = 'UNDER_OFFER' and price between 100500 and 100600 and bedrooms = 3 and location = 'Town 7' and deleted_at is null",
        "properties_status_price_idx",
    ),
    (
        "from contacts where tenant_id = $tenant and deleted_at is null order by lead_score desc, id desc limit 25",
        "contacts_lead_score_idx",
    ),
    (
        "from contacts where tenant_id = $tenant and deleted_at is null and nurture_status = 'HOT'",
        "contacts_nurture_status_idx",
    ),
    ("from tasks where tenant_id = $tenant and owner_id = $user and deleted_at is null", "tasks_owner_id_idx"),
    ("from tasks where tenant_id = $tenant and status = 'FAILED' and deleted_at is null", "tasks_status_idx"),
    (
        "from tasks where tenant_id = $tenant and deleted_at is null order by due_date, id limit 25",
        "tasks_due_date_idx",
    ),
    (
        "from tasks where tenant_id = $tenant and deleted_at is null and due_date < '2020-01-01' order by due_date, id",
        "tasks_due_date_idx",
    ),
];

/// Shows rule:index-auth, rule:index-chat, rule:index-files, rule:user-id-indexes, rule:unique-email-tokens.
///
/// Shows rule:property-filters-index, rule:client-indexes, rule:task-indexes.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_looked_for_often_is_found_by_an_index() {
    let app = TestApp::demo().await;
    app.sql(include_str!("volume.sql")).await;
    let tenant = app.cell("select id from tenants where not is_platform order by id limit 1").await;
    let user = app.cell("select id from users where email = 'user77@volume.test'").await;
    let session = app.cell(&format!("select id from chat_sessions where user_id = '{user}' limit 1")).await;
    let thread = app.cell(&format!("select id from chat_threads where user_id = '{user}' limit 1")).await;
    let api = connect("mostrador_api", &app.database_name).await;
    api.batch_execute(&format!(
        "set jit = off; set app.tenant_id = '{tenant}'; set app.user_id = '{user}'; set app.scope = 'records users'"
    ))
    .await
    .unwrap();
    let mut wrong = Vec::new();
    for (lookup, index) in LOOKUPS {
        let mut sql = format!("explain (format json, costs off) select id {lookup}");
        for (name, id) in [("$tenant", &tenant), ("$user", &user), ("$session", &session), ("$thread", &thread)] {
            sql = sql.replace(name, &format!("'{id}'"));
        }
        let told = api.simple_query(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let lines = told.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
            _ => None,
        });
        let plan: Value = serde_json::from_str(&lines.collect::<Vec<String>>().join("\n")).unwrap();
        let indexes = Seen::of(&plan).indexes.into_iter().map(|index| unpartitioned(&whole(&index)));
        let indexes: Vec<String> = indexes.collect();
        if !indexes.iter().any(|used| used == index) {
            wrong.push(format!("{lookup} is found by {indexes:?}, not by {index}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The index of the table whose partition it is of: `chat_messages_2_thread_id_idx` is `chat_messages_thread_id_idx`.
fn unpartitioned(index: &str) -> String {
    (0..8).fold(index.to_owned(), |name, part| name.replace(&format!("chat_messages_{part}_"), "chat_messages_"))
}
