//! Tickets: numbers without gaps, suggestions by an assistant, escalation of what nobody answers.

use std::sync::Arc;

use futures_util::future::join_all;
use mostrador::models::{ChatModel, LocalModel, NoModel};
use mostrador::support::{self, Escalation};
use mostrador::work::{Crew, Tenancy};
use serde_json::{Value, json};

use crate::app::{TestApp, TestClient, connect};
use crate::jobs::errand::{PACE, stop, tenant, until, worker};

const ASK: &str = "mutation($priority: Priority) {
    createSupportTicket(input: { title: \"Ayuda\", description: \"No puedo exportar los contactos\", category: TECHNICAL, priority: $priority }) {
        supportTicket { id ticketNumber status } errors { code message }
    } }";

const TICKET: &str = "query($id: ID!) { supportTicket(id: $id) {
    status aiSuggestion aiResolved resolvedAt escalatedAt messages { nodes { content isAi isStaff author { id } } }
} }";

async fn ask(client: &TestClient, priority: &str) -> String {
    let data = client.data(ASK, json!({ "priority": priority })).await;
    data["createSupportTicket"]["supportTicket"]["id"].as_str().unwrap().to_owned()
}

async fn ticket(client: &TestClient, id: &str) -> Value {
    client.data(TICKET, json!({ "id": id })).await["supportTicket"].clone()
}

/// rule:support-ticket-number Fifty ask at once, some think better of it: the numbers are those without them.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_ask_at_once_get_numbers_without_gaps() {
    let app = TestApp::world().await;
    let tenant = tenant(&app, "autos").await;
    let user = app.cell("select id from users where email = 'jan@autos.test'").await;
    let before: i64 = app
        .cell(&format!("select last_number from support_ticket_numbers where tenant_id = '{tenant}'"))
        .await
        .parse()
        .unwrap();
    let one = |number: usize| {
        let (database, user) = (app.database_name.clone(), user.clone());
        async move {
            let client = connect("mostrador_api", &database).await;
            let end = if number.is_multiple_of(3) { "rollback" } else { "commit" };
            client
                .batch_execute(&format!(
                    "begin; set local app.tenant_id = '{tenant}'; set local app.user_id = '{user}';
                     insert into support_tickets (title, description, category) values ('{number}', 'x', 'OTHER');
                     select pg_sleep({}); {end}",
                    (number % 5) as f64 / 500.0
                ))
                .await
                .unwrap();
        }
    };
    join_all((0..50).map(one)).await;
    let numbers: Vec<String> = app
        .rows(&format!("select ticket_number from support_tickets where tenant_id = '{tenant}' order by ticket_number"))
        .await
        .into_iter()
        .flatten()
        .collect();
    let made = i64::try_from(50 - (0_u32..50).filter(|number| number.is_multiple_of(3)).count()).unwrap();
    let expected: Vec<String> = (1..=before + made).map(|number| format!("T-{number:06}")).collect();
    assert_eq!(numbers, expected);
}

fn assistants(app: &TestApp, model: Arc<dyn ChatModel>) -> Crew {
    let kinds = support::job_kinds(&Tenancy::new(app.database.clone()), &model);
    Crew::start(vec![worker(app, PACE, kinds.clone()), worker(app, PACE, kinds)])
}

/// rule:support-ai-analysis
#[tokio::test(flavor = "multi_thread")]
async fn a_new_ticket_gets_a_suggestion_that_its_user_may_accept() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let id = ask(&jan, "NORMAL").await;
    assert!(ticket(&jan, &id).await["aiSuggestion"].is_null());
    let crew = assistants(&app, Arc::new(LocalModel::default()));
    until(&app, "select bool_and(state = 'SUCCEEDED') from jobs where kind = 'suggest_ticket_answer'").await;
    stop(crew).await;
    let suggested = ticket(&jan, &id).await;
    let suggestion = suggested["aiSuggestion"].as_str().unwrap();
    assert!(suggestion.contains("No puedo exportar"), "{suggestion}");
    assert_eq!(suggested["status"], "OPEN", "an assistant is no answer of the staff");
    let expected = json!([{ "content": suggestion, "isAi": true, "isStaff": false, "author": null }]);
    assert_eq!(suggested["messages"]["nodes"], expected);

    let accept = "mutation($id: ID!) { acceptTicketSuggestion(input: { id: $id }) { errors { code } } }";
    let accepted = jan.data(accept, json!({ "id": id })).await;
    assert_eq!(accepted["acceptTicketSuggestion"]["errors"], json!([]));
    let resolved = ticket(&jan, &id).await;
    assert_eq!((&resolved["status"], &resolved["aiResolved"]), (&json!("RESOLVED"), &json!(true)));
    assert!(resolved["resolvedAt"].is_string());
    // It was no help after all.
    let say =
        "mutation($id: ID!) { createSupportMessage(input: { ticketId: $id, content: \"No\" }) { errors { code } } }";
    jan.data(say, json!({ "id": id })).await;
    let again = ticket(&jan, &id).await;
    assert_eq!((&again["status"], &again["aiResolved"]), (&json!("OPEN"), &json!(false)));
    let again = jan.data(accept, json!({ "id": id })).await;
    assert_eq!(again["acceptTicketSuggestion"]["errors"], json!([]), "it may be accepted later");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_there_is_no_suggestion_and_no_failure() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let id = ask(&jan, "NORMAL").await;
    let crew = assistants(&app, Arc::new(NoModel));
    until(&app, "select bool_and(state = 'SUCCEEDED') from jobs where kind = 'suggest_ticket_answer'").await;
    stop(crew).await;
    assert!(ticket(&jan, &id).await["aiSuggestion"].is_null());
}

/// rule:support-escalation
#[tokio::test(flavor = "multi_thread")]
async fn urgent_tickets_that_nobody_answers_in_time_are_escalated_once() {
    let app = TestApp::world().await;
    let tenant = tenant(&app, "autos").await;
    app.sql("delete from support_messages; delete from support_tickets").await;
    let (jan, ana) = (app.sign_in("autos", "jan@autos.test").await, app.sign_in("autos", "ana@autos.test").await);
    let mut ids = Vec::new();
    for priority in ["LOW", "NORMAL", "HIGH", "URGENT", "URGENT"] {
        ids.push(ask(&jan, priority).await);
    }
    let due = "select string_agg((extract(epoch from answer_due_at - waiting_since) / 60)::integer::text, ' ' order by ticket_number) from support_tickets";
    assert_eq!(app.cell(due).await, "2880 1440 240 60 60", "as the settings of the business say");
    let escalation = Escalation::new(&Tenancy::new(app.database.clone()));
    assert_eq!(escalation.escalate(tenant).await.unwrap(), 0, "it is not time yet");

    // The last one is answered in time.
    let say =
        "mutation($id: ID!) { createSupportMessage(input: { ticketId: $id, content: \"Voy\" }) { errors { code } } }";
    ana.data(say, json!({ "id": ids[4] })).await;
    app.sql(
        "update support_tickets set waiting_since = waiting_since - interval '30 days' where waiting_since is not null",
    )
    .await;
    let both = Escalation::new(&Tenancy::new(app.beside(|_| ()).await.database.clone()));
    let (one, other) = tokio::join!(escalation.escalate(tenant), both.escalate(tenant));
    assert_eq!(one.unwrap() + other.unwrap(), 2, "two workers do it once");
    let states = "select string_agg(status, ' ' order by ticket_number) from support_tickets";
    assert_eq!(app.cell(states).await, "OPEN OPEN ESCALATED ESCALATED IN_PROGRESS");
    let logged = "select count(*) from changes where entity = 'support_ticket' and kind = 'UPDATE' and 'escalated_at' = any (columns)";
    assert_eq!(app.cell(logged).await, "2", "who watches hears of it");

    // An answer takes it up; late once more, it is not escalated a second time.
    ana.data(say, json!({ "id": ids[3] })).await;
    assert_eq!(ticket(&jan, &ids[3]).await["status"], "IN_PROGRESS");
    jan.data(say, json!({ "id": ids[3] })).await;
    app.sql(
        "update support_tickets set waiting_since = waiting_since - interval '30 days' where waiting_since is not null",
    )
    .await;
    assert_eq!(escalation.escalate(tenant).await.unwrap(), 0);
    assert_eq!(ticket(&jan, &ids[3]).await["status"], "IN_PROGRESS");
}
