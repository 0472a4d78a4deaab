//! Refused access to what is sensitive is written down before it is answered; a flood of it is counted.

use chrono::Duration;
use mostrador::clock::Clock;
use serde_json::{Value, json};

use crate::app::TestApp;

const DENIED: &str = "select count(*) from audit_logs where action = 'access.denied' and occurred_at > '2026-06-01'";

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_something_sensitive_is_in_the_log_when_it_is_answered() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let query = "{ first: roles { totalCount } contacts { nodes { owner { auditLogs { totalCount } } } } }";
    let reply = jan.send(query, Value::Null).await;
    assert_eq!(reply.json["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let rows = app
        .rows(
            "select target_type, details -> 'actor' ->> 'email', session_id is not null, (details -> 'denied')::text,
                    details ->> 'requestId' <> ''
               from audit_logs where action = 'access.denied' and occurred_at > '2026-06-01'",
        )
        .await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0][..3], ["Process", "jan@autos.test", "t"]);
    assert_eq!(rows[0][4], "t");
    let denied: Value = serde_json::from_str(&rows[0][3]).unwrap();
    assert!(
        denied.as_array().unwrap().contains(&json!({ "process": "ROLES", "action": "READ", "field": "first" })),
        "{denied}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_stands_in_a_payload_is_in_the_log_as_well() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let id = ana.data("{ viewer { user { id } } }", Value::Null).await["viewer"]["user"]["id"].clone();
    let process = app.cell("select id from processes where code = 'CONTACTS'").await;
    let query = "mutation M($input: AddUserProcessInput!) { addUserProcess(input: $input) { errors { code path } } }";
    let payload = ana.data(query, json!({ "input": { "id": id, "processId": process } })).await;
    assert_eq!(payload["addUserProcess"]["errors"], json!([{ "code": "FORBIDDEN", "path": [] }]));
    let denied = app.cell(&DENIED.replace("count(*)", "details -> 'denied'")).await;
    let expected = json!([{ "process": "ROLES", "action": "MANAGE_USERS", "field": "addUserProcess" }]);
    assert_eq!(serde_json::from_str::<Value>(&denied).unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_sensitive_is_refused_without_a_row() {
    let app = TestApp::world().await;
    let jan = app.sign_in("autos", "jan@autos.test").await;
    let reply = jan.send("{ contacts(includeDeleted: true) { totalCount } }", Value::Null).await;
    assert_eq!(reply.json["errors"][0]["extensions"]["code"], "FORBIDDEN");
    jan.data("{ contacts { totalCount } }", Value::Null).await;
    assert_eq!(app.cell(DENIED).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_refusals_is_counted_instead_of_written_down() {
    let app = TestApp::world().await;
    let (jan, max) = (app.sign_in("autos", "jan@autos.test").await, app.sign_in("casas", "max@casas.test").await);
    let query = "{ roles { totalCount } }";
    for _ in 0..33 {
        jan.send(query, Value::Null).await;
    }
    max.send(query, Value::Null).await;
    assert_eq!(app.cell(DENIED).await, "21", "20 of one session, 1 of the other");
    app.clock.advance(Duration::seconds(61));
    assert!(app.clock.now() > crate::app::now());
    max.send(query, Value::Null).await;
    assert_eq!(app.cell(DENIED).await, "22");
    let counted = app
        .rows("select details ->> 'count', details -> 'actor' ->> 'email' from audit_logs where action = 'access.suppressed'")
        .await;
    assert_eq!(counted, [["13", "jan@autos.test"]]);
}
