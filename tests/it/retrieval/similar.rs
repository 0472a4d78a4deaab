//! Chats by meaning.

use serde_json::{Value, json};

use super::work;
use crate::app::{TestApp, TestClient};

const SIMILAR: &str =
    "query($to: ID!, $limit: Int) { similarChatMessages(to: $to, limit: $limit) { score message { id content } } }";

async fn say(app: &TestApp, user: &str, thread: &str, texts: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for text in texts {
        let id = app
            .cell(&format!(
                "insert into chat_messages (tenant_id, user_id, thread_id, role, content)
                 select t.tenant_id, t.user_id, t.id, 'USER', '{text}' from chat_threads t join users u on u.id = t.user_id
                  where u.email = '{user}' and t.title = '{thread}' returning id"
            ))
            .await;
        ids.push(entity::id::format_id("chat_message", id.parse().unwrap()));
    }
    ids
}

async fn similar(client: &TestClient, to: &str, limit: i32) -> Vec<Value> {
    let found = client.data(SIMILAR, json!({ "to": to, "limit": limit })).await;
    found["similarChatMessages"].as_array().unwrap().clone()
}

/// rule:message-embedding The embedding is empty until it is computed; then the nearest messages of the owner are found.
#[tokio::test(flavor = "multi_thread")]
async fn the_nearest_messages_of_the_owner_are_found() {
    let app = TestApp::world().await;
    let (ana, jan) = (app.sign_in("autos", "ana@autos.test").await, app.sign_in("autos", "jan@autos.test").await);
    let texts = [
        "¿Cuánto cuesta el seguro del coche?",
        "El seguro de este coche cuesta trescientos euros",
        "Mañana llueve en Sevilla",
        "¿Qué precio tiene asegurar coches?",
    ];
    let ids = say(&app, "ana@autos.test", "Garantía", &texts).await;
    say(&app, "jan@autos.test", "Cita de taller", &["¿Cuánto cuesta el seguro del coche?"]).await;
    let embedding = "query($id: ID!) { chatMessage(id: $id) { embedding } }";
    assert!(ana.data(embedding, json!({ "id": ids[0] })).await["chatMessage"]["embedding"].is_null());
    // Before, the message itself is embedded on the way, and there is nothing to compare it with.
    assert!(similar(&ana, &ids[0], 10).await.is_empty());
    work(&app).await;
    let numbers = ana.data(embedding, json!({ "id": ids[0] })).await["chatMessage"]["embedding"].clone();
    let length: f64 = numbers.as_array().unwrap().iter().map(|number| number.as_f64().unwrap().powi(2)).sum();
    assert!(numbers.as_array().unwrap().len() == 256 && (length - 1.0).abs() < 1e-5, "{length}");

    let found = similar(&ana, &ids[0], 2).await;
    let nearest: Vec<_> = found.iter().map(|hit| hit["message"]["id"].as_str().unwrap()).collect();
    assert_eq!(nearest.len(), 2);
    assert_eq!(nearest[0], ids[1], "{found:#?}");
    assert!(!nearest.contains(&ids[0].as_str()), "it is not among its own neighbours");
    let all = similar(&ana, &ids[0], 100).await;
    assert!(
        all.iter().all(|hit| hit["score"].as_f64().unwrap() < 0.999),
        "Jan said the same, which is Jan's: {all:#?}"
    );
    let refused = jan.send(SIMILAR, json!({ "to": ids[0], "limit": 3 })).await;
    assert_eq!(refused.json["errors"][0]["extensions"]["code"], "NOT_FOUND");
    let refused = ana.send(SIMILAR, json!({ "to": ids[0], "limit": 0 })).await;
    assert_eq!(refused.json["errors"][0]["extensions"]["code"], "PAGE_LIMIT");
}

/// The number of statements does not follow the number of hits.
#[tokio::test(flavor = "multi_thread")]
async fn searches_take_few_statements() {
    let app = TestApp::world().await;
    let ana = app.sign_in("autos", "ana@autos.test").await;
    let texts: Vec<String> = (0..40).map(|number| format!("coche número {number}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let ids = say(&app, "ana@autos.test", "Garantía", &texts).await;
    work(&app).await;
    let words = "query($first: Int) { searchChatMessages(text: \"coche\", first: $first) { score message { content thread { title agent { name } } } } }";
    let meaning = "query($to: ID!, $limit: Int) { similarChatMessages(to: $to, limit: $limit) { message { content thread { title agent { name } } } } }";
    let mut counts = Vec::new();
    for count in [1, 40] {
        let by_words = ana.measured(words, json!({ "first": count })).await;
        assert_eq!(by_words.json["data"]["searchChatMessages"].as_array().unwrap().len(), count);
        let by_meaning = ana.measured(meaning, json!({ "to": ids[0], "limit": count })).await;
        counts.push((by_words.statements, by_meaning.statements));
    }
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0].0 <= 3 && counts[0].1 <= 4, "{counts:?}");
}
