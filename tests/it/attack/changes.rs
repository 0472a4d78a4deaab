//! The change log: what A reads of it is what it would read if it were alone, whatever B writes meanwhile.

use serde_json::{Value, json};

use super::ask::{ask, difference};
use super::reads::Attack;
use crate::app::TestClient;

const QUERY: &str = "query Q($after: String!, $types: [EntityType!], $first: Int!) {
  eventCursor
  changes(after: $after, types: $types, first: $first) {
    endCursor hasMore
    nodes { cursor committedAt kind type id changedFields userId mutation clientMessageId node { __typename id } }
  }
}";

const WRITE: &str =
    "mutation M($input: UpdateContactInput!) { updateContact(input: $input) { contact { id } errors { message } } }";

impl Attack<'_> {
    pub(super) async fn every_change(&mut self) {
        let stage = self.stage;
        let (alone, both, of_b) = (cursor(&stage.a_alone).await, cursor(&stage.a).await, cursor(&stage.b).await);
        for (client, rows) in [(&stage.a_alone, &stage.own), (&stage.b, &stage.foreign), (&stage.a, &stage.own)] {
            let input = json!({ "id": rows["contact"][0], "lastName": "Changed" });
            let written = client.measured(WRITE, json!({ "input": input })).await.json;
            assert_eq!(written["data"]["updateContact"]["errors"], json!([]), "{written:#}");
        }
        for app in [&stage.alone, &stage.both] {
            app.sequencer().take().await.unwrap();
        }
        for (types, first) in [(Value::Null, 50), (json!(["CONTACT"]), 50), (json!(["CONTACT"]), 1)] {
            let variables = |after: &str| json!({ "after": after, "types": types, "first": first });
            let mut answers = Vec::new();
            for (client, after) in [(&stage.a_alone, &alone), (&stage.a, &both), (&stage.a, &of_b)] {
                let mut answer = ask(client, QUERY, &variables(after)).await;
                mask(&mut answer.json);
                answers.push(answer);
            }
            for other in &answers[1..] {
                if *other != answers[0] {
                    let difference = difference(&answers[0].json, &other.json, "");
                    self.findings.add(format!("another tenant changes what the change log says: {difference}"));
                }
            }
            let told = answers[0].json["data"]["changes"]["nodes"].as_array().map_or(0, Vec::len);
            assert!(told > 0, "{}", answers[0].text());
            self.findings.asked += 1;
            self.coverage.note(QUERY, &variables(&both));
        }
    }
}

async fn cursor(client: &TestClient) -> String {
    let answer = client.measured("{ eventCursor }", Value::Null).await.json;
    answer["data"]["eventCursor"].as_str().unwrap().to_owned()
}

/// Cursors name the log, which is another one in each database.
fn mask(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(entries) => {
            for (key, value) in entries {
                match key.to_lowercase().ends_with("cursor") {
                    true => *value = Value::Null,
                    false => mask(value),
                }
            }
        }
        _ => {}
    }
}
