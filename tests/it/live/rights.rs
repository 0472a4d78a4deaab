//! Rights that change while somebody watches.

use serde_json::json;

use super::stage::{CHANGES, SAID, Stage, id, uuid};
use crate::app::superuser;

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_taken_away_ends_the_subscription() {
    let stage = Stage::open().await;
    let jan = stage.jan().await;
    let mut watcher = stage.watch(&jan, SAID, json!({ "id": id("conversation", "chat1") })).await;
    watcher.of_type("StreamReady").await;
    // As another node or psql would: only the notification tells.
    let take = format!("update users set role = 'CLIENT' where id = '{}'", uuid("jan"));
    superuser(&stage.app.database_name).await.batch_execute(&take).await.unwrap();
    assert_eq!(watcher.end().await, "FORBIDDEN");
    let refused = stage.try_watch(&jan, SAID, json!({ "id": id("conversation", "chat1") })).await.err().unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert_eq!(refused["errors"][0]["extensions"]["requires"], json!({ "process": "CONVERSATIONS", "action": "READ" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_comes_after_the_end_of_a_session_is_sent() {
    let stage = Stage::open().await;
    let (ana, jan) = (stage.ana().await, stage.jan().await);
    let mut watcher = stage.watch(&jan, SAID, json!({ "id": id("conversation", "chat1") })).await;
    let mut other = stage.watch(&ana, SAID, json!({ "id": id("conversation", "chat1") })).await;
    watcher.of_type("StreamReady").await;
    other.of_type("StreamReady").await;
    jan.data("mutation { signOut(input: {}) { endedSessions } }", json!({})).await;
    stage.hear_from_contact("chat1", "secret").await;
    assert_eq!(other.next().await["message"]["content"], "secret");
    let document = watcher.document().await.unwrap();
    assert_eq!(document["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{document:#}");
    assert_eq!(watcher.document().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rights_are_not_asked_for_and_what_is_left_goes_on() {
    let stage = Stage::open().await;
    let (ana, jan) = (stage.ana().await, stage.jan().await);
    let mut everything = stage.watch(&jan, CHANGES, json!({})).await;
    everything.of_type("StreamReady").await;
    let refused = stage.try_watch(&jan, CHANGES, json!({ "types": ["ROLE"] })).await.err().unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused:#}");
    // Ana may see roles.
    let mut roles = stage.watch(&ana, CHANGES, json!({ "types": ["ROLE"] })).await;
    roles.of_type("StreamReady").await;
    stage.app.sql(&format!("update roles set description = 'x' where tenant_id = '{}'", uuid("cars"))).await;
    assert_eq!(roles.next().await["type"], "ROLE");
    stage.app.sql(&format!("update contacts set display_name = 'x' where id = '{}'", uuid("marta"))).await;
    loop {
        let event = everything.next().await;
        assert_ne!(event["type"], "ROLE", "{event:#}");
        if event["type"] == "CONTACT" {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_runs_out_ends_the_subscription_unless_it_is_renewed() {
    let stage = Stage::open().await;
    let ana = stage.ana().await;
    let variables = json!({ "id": id("conversation", "chat1") });
    let mut renewed = stage.watch(&ana, SAID, variables.clone()).await;
    let mut forgotten = stage.watch(&ana, SAID, variables).await;
    renewed.of_type("StreamReady").await;
    forgotten.of_type("StreamReady").await;
    let identity = renewed.renewal.identity();
    let later = identity.expires_at + chrono::Duration::hours(5);
    renewed.renewal.renew(mostrador::graphql::service::Identity { expires_at: later, ..identity });
    stage.app.clock.advance(chrono::Duration::hours(2));
    stage.app.access.forget_all();
    assert_eq!(forgotten.end().await, "UNAUTHENTICATED");
    stage.hear_from_contact("chat1", "still here").await;
    assert_eq!(renewed.next().await["message"]["content"], "still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_need_another_right_are_refused_as_in_a_query() {
    let stage = Stage::open().await;
    let jan = stage.jan().await;
    let query = "subscription($id: ID!) { conversationEvents(conversationId: $id) {
        ... on MessageAdded { message { senderUser { roles { totalCount } } } } } }";
    let answer = stage.try_watch(&jan, query, json!({ "id": id("conversation", "chat1") })).await.err().unwrap();
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["requires"], json!({ "process": "ROLES", "action": "READ" }), "{answer:#}");
    assert_eq!(error["path"], json!(["conversationEvents", "message", "senderUser", "roles"]));
}
