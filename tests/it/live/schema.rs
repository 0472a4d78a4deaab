//! What the schema says of subscriptions, and on what rows depend: read from the database, and written down here.

use mostrador::live::{Dependence, Policies};
use serde_json::json;

use super::stage::Stage;
use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn it_is_known_of_every_table_whether_its_rows_depend_on_who_asks() {
    let app = TestApp::world().await;
    let model = <mostrador::graphql::schema::Mostrador as entity::roots::Schema>::model();
    let policies = Policies::read(&app.database, model).await.unwrap();
    let records = Dependence { records: true, ..Dependence::default() };
    let users = Dependence { users: true, ..Dependence::default() };
    let always = Dependence { always: true, ..Dependence::default() };
    let mut wrong = Vec::new();
    for entity in model.entities() {
        let found = policies.of_table(entity.decl.table);
        let expected = match entity.decl.table {
            "contacts"
            | "leads"
            | "tasks"
            | "properties"
            | "contact_status_history"
            | "interactions"
            | "lead_activities"
            | "media"
            | "market_analyses"
            | "property_interests"
            | "resource_shares" => records,
            "sessions" => users,
            // Who acts for the platform sees all of them; what stands behind a view is not looked at.
            "tenants" | "contact_timeline" => always,
            "user_settings" | "oauth_accounts" | "canned_replies" => always,
            "health_profiles" | "medical_conditions" | "allergies" | "medications" | "medication_logs" => always,
            "medical_appointments" | "health_measurements" => always,
            "financial_profiles" | "financial_accounts" | "financial_transactions" | "budgets" | "debts" => always,
            "debt_payments" | "investments" | "recurring_payments" => always,
            "support_tickets" | "support_messages" | "property_performance" => always,
            "integrations" | "integration_sync_settings" | "sync_logs" => always,
            "logistics_requests" | "logistics_request_lines" | "logistics_request_documents" => always,
            "logistics_status_changes" | "bulk_requests" | "bulk_request_items" => always,
            "ownership_transfers" | "sub_allocations" => always,
            "folders" | "stored_files" | "file_uploads" | "file_shares" | "file_access_logs" | "storage_quotas" => {
                always
            }
            "ai_agents" | "ai_agent_permissions" | "chat_sessions" | "chat_threads" | "chat_messages" => always,
            "ai_requests" | "usage_logs" | "monthly_usage" | "usage_alerts" => always,
            "artifacts" | "rag_documents" | "rag_settings" => always,
            // All that has a policy of its own is personal until it is looked at.
            _ => Dependence::default(),
        };
        if found != expected {
            wrong.push(format!("{}: {found:?}", entity.decl.table));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (table, columns, may) in [
        ("contacts", &["owner_id"][..], true),
        ("contacts", &["team_id"], true),
        ("contacts", &["shares"], true),
        ("contacts", &["display_name", "phone"], false),
        ("interactions", &["contact_id"], true),
        ("conversations", &["status", "assigned_to_id"], false),
    ] {
        assert_eq!(policies.may_hide(table, columns.iter().copied()), may, "{table} {columns:?}");
    }
    // What may depend on who asks says so in its policies: no other table names the user.
    let naming = app
        .rows(
            "select distinct tablename from pg_policies
              where schemaname = 'public' and (roles && '{public,mostrador_api}'::name[])
                and (coalesce(qual, '') ~ 'app\\.user_id|app\\.(circle|my_teams|shared_records|in_scope|is_)')
              order by 1",
        )
        .await;
    for row in naming {
        assert_ne!(policies.of_table(&row[0]), Dependence::default(), "{} depends on the user", row[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_stands_in_the_schema() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let query =
        "{ __schema { subscriptionType { fields { name description args { name } type { ofType { name kind } } } } } }";
    let fields = ana.data(query, json!({})).await["__schema"]["subscriptionType"]["fields"].clone();
    for (name, arguments, ty) in [
        ("conversationEvents", &["after", "conversationId"][..], "ConversationEvent"),
        ("inboxEvents", &["after", "filter"], "InboxEvent"),
        ("changes", &["after", "types"], "ChangeEvent"),
        ("messageAdded", &["after", "conversationId"], "Message"),
    ] {
        let field = fields.as_array().unwrap().iter().find(|field| field["name"] == name).unwrap();
        let mut found: Vec<&str> =
            field["args"].as_array().unwrap().iter().map(|argument| argument["name"].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, arguments, "{name}");
        assert_eq!(field["type"]["ofType"]["name"], ty);
        let says = field["description"].as_str().unwrap();
        assert!(name == "messageAdded" || says.contains("RESYNC_REQUIRED") && says.contains("StreamGap"), "{says}");
    }
}
